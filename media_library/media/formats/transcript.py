"""A Word document to read, print and mark: a table of time, speaker and text."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterable

import docx
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Cm
from docx.table import _Row
from docx.text.paragraph import Paragraph

from media_library.media.formats.characters import is_right_to_left, language_tag, one_line, showable
from media_library.media.formats.runs import Run
from media_library.media.formats.track import captions
from media_library.media.webvtt.model import Document

_HEADINGS = ("Time", "Speaker", "Text")
_WIDTHS = (Cm(3.2), Cm(3.4), Cm(9.8))


def write(document: Document, *, language: str, title: str) -> bytes:
    """Text stays text: Word runs neither formulas nor markup that stands in a run, and no field is written."""
    word = docx.Document()
    heading = one_line(title) or "Transcript"
    _describe(word, heading, language)
    word.add_heading(heading, level=1)
    table = word.add_table(rows=1, cols=3, style="Table Grid")
    table.autofit = False
    _fill(table.rows[0], _HEADINGS)
    for paragraph in (cell.paragraphs[0] for cell in table.rows[0].cells):
        paragraph.runs[0].bold = True
    # The headings stand on every page, and screen readers call them headings.
    properties = table.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no name for it
    properties.append(properties.makeelement(qn("w:tblHeader"), {}))
    empty = copy.deepcopy(table.add_row()._tr)  # noqa: SLF001 - rows are copied: adding them one by one takes the square of the time
    body = table._tbl  # noqa: SLF001  (python-docx has no name for it)
    body.remove(table.rows[1]._tr)  # noqa: SLF001  (python-docx has no name for it)
    speaker = ""
    for caption in captions(document):
        element = copy.deepcopy(empty)
        body.append(element)
        row = _Row(element, table)
        cells = row.cells
        names = ", ".join(caption.voices)
        cells[0].paragraphs[0].add_run(f"{_clock(caption.start_ms)} – {_clock(caption.end_ms)}")
        if names and names != speaker:
            cells[1].paragraphs[0].add_run(names)
        speaker = names
        _write_runs(cells[2].paragraphs[0], caption.runs)
    for row in table.rows[:1]:
        for cell, width in zip(row.cells, _WIDTHS, strict=True):
            cell.width = width
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column._gridCol.w = width  # noqa: SLF001 - `column.width` sets every cell of the column, row by row
    target = io.BytesIO()
    word.save(target)
    return target.getvalue()


def _describe(word: WordDocument, heading: str, language: str) -> None:
    core = word.core_properties
    tag = language_tag(language)
    core.title, core.author, core.comments, core.language = heading[:255], "", "", tag
    for element in word.styles.element.iter(qn("w:lang")) if tag else ():
        for attribute in ("w:val", "w:eastAsia", "w:bidi"):
            element.set(qn(attribute), tag)


def _fill(row: _Row, texts: Iterable[str]) -> None:
    for cell, text in zip(row.cells, texts, strict=True):
        cell.paragraphs[0].add_run(text)


def _write_runs(paragraph: Paragraph, runs: list[Run]) -> None:
    for run in runs:
        written = paragraph.add_run(showable(run.text) + (f" ({run.ruby})" if run.ruby else ""))
        written.bold, written.italic, written.underline = run.bold or None, run.italic or None, run.underline or None
        if is_right_to_left(run.text):
            written.font.rtl = True


def _clock(ms: int) -> str:
    seconds = ms // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms % 1000:03}"
