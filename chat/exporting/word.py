"""A document for Word. Text stays text: no field, no link and no template from elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from chat.exporting.values import Block, clean
from media_library.media.formats.characters import is_right_to_left, language_tag, one_line

QUIET, WARM = RGBColor(0x56, 0x5F, 0x64), RGBColor(0x70, 0x45, 0x08)
STYLES = {"quote": "Intense Quote", "item": "List Bullet"}


def document(title: str, blocks: Sequence[Block], *, subtitle: str = "", language: str = "") -> bytes:
    word = docx.Document()
    heading = one_line(title) or "Untitled"
    _describe(word, heading, language)
    for section in word.sections:
        section.left_margin = section.right_margin = Cm(2.4)
    word.add_heading(heading, level=0)
    if subtitle:
        _write(word, one_line(subtitle), small=True, ink=QUIET)
    for block in map(clean, blocks):
        _block(word, block)
    target = io.BytesIO()
    word.save(target)
    return target.getvalue()


def _describe(word: WordDocument, heading: str, language: str) -> None:
    core, tag = word.core_properties, language_tag(language)
    core.title, core.author, core.comments, core.language = heading[:255], "", "", tag
    for element in word.styles.element.iter(qn("w:lang")) if tag else ():
        for attribute in ("w:val", "w:eastAsia", "w:bidi"):
            element.set(qn(attribute), tag)


def _block(word: WordDocument, block: Block) -> None:
    if block.kind == "heading":
        word.add_heading(block.text, level=min(max(block.level, 1), 3))
    else:
        if block.by:
            _write(word, block.by, bold=True)
        text = f"[ {block.text or 'Narration to be written'} ]" if block.kind == "gap" else block.text
        ink = {"gap": WARM, "note": QUIET}.get(block.kind)
        _write(word, text, style=STYLES.get(block.kind), small=block.kind == "note", ink=ink)
    if block.about:
        _write(word, block.about, small=True, ink=QUIET)


def _write(
    word: WordDocument,
    text: str,
    *,
    style: str | None = None,
    small: bool = False,
    bold: bool = False,
    ink: RGBColor | None = None,
) -> None:
    paragraph = word.add_paragraph(style=style)
    run = paragraph.add_run(text)
    run.bold = bold or None
    if small:
        run.font.size = Pt(9)
    if ink is not None:
        run.font.color.rgb = ink
    if small or bold:
        paragraph.paragraph_format.space_after = Pt(2)
    if is_right_to_left(text):
        run.font.rtl = True
        properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001  (python-docx has no name for it)
        element = properties.makeelement(qn("w:bidi"), {})
        # Word insists on the order of the standard.
        properties.insert_element_before(element, "w:spacing", "w:ind", "w:jc", "w:rPr")
