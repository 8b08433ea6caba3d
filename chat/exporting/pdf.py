"""A document as PDF, drawn by us line by line: no page is interpreted, so nothing in a text can fetch, run or link anything."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from chat.exporting.values import Block, clean
from core import fonts
from media_library.media.formats.characters import is_right_to_left, language_tag, one_line

# The writer tells of every glyph on its own logger; what is missing is said in the document.
logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)

MARGIN = 20.0
INDENT = 8.0
INK, QUIET, WARM = (26, 34, 38), (86, 95, 100), (112, 69, 8)
# Points, and the millimetres of a line.
TITLE, BODY, SMALL = (19, 8.5), (10.5, 5.4), (8.5, 4.4)
HEADINGS = {1: (13.5, 6.6), 2: (12, 6.0), 3: (11, 5.6)}
REPLACEMENT = "\u25a1"


class _Writer(Protocol):
    def __call__(
        self,
        text: str,
        size: tuple[float, float],
        *,
        bold: bool = ...,
        ink: tuple[int, int, int] = ...,
        indent: float = ...,
    ) -> None: ...


class _Page(FPDF):
    def footer(self) -> None:
        self.set_y(-14)
        self.set_font("main", size=8)
        self.set_text_color(*QUIET)
        self.cell(0, 5, str(self.page_no()), align="C")


def document(
    title: str, blocks: Sequence[Block], *, subtitle: str = "", language: str = "", at: datetime | None = None
) -> bytes:
    """Letters of all scripts that the studio has fonts for; the others become boxes, and the last lines say which."""
    title, subtitle = one_line(title) or "Untitled", one_line(subtitle)
    cleaned = [clean(block) for block in blocks]
    everything = "".join([title, subtitle, *(part for one in cleaned for part in (one.text, one.by, one.about))])
    taken, missing = fonts.needed(everything)
    gone = dict.fromkeys(map(ord, missing), REPLACEMENT)

    page = _Page(format="A4")
    page.set_margins(MARGIN, MARGIN, MARGIN)
    page.set_auto_page_break(auto=True, margin=MARGIN)
    page.set_title(title.translate(gone))
    page.set_creator("Reelwright")
    if at is not None:
        page.set_creation_date(at)
    if tag := language_tag(language):
        page.set_lang(tag)
    page.add_font("main", "", fonts.MAIN)
    page.add_font("main", "B", fonts.BOLD)
    for number, path in enumerate(taken):
        page.add_font(f"more{number}", "", path)
    page.set_fallback_fonts([f"more{number}" for number in range(len(taken))], exact_match=False)
    page.set_text_shaping(use_shaping_engine=True)
    page.add_page()

    def write(
        text: str, size: tuple[float, float], *, bold: bool = False, ink: tuple[int, int, int] = INK, indent: float = 0
    ) -> None:
        text = text.translate(gone)
        page.set_font("main", "B" if bold else "", size[0])
        page.set_text_color(*ink)
        # Right to left begins at the right, and its indent is there too.
        right = is_right_to_left(text)
        page.set_x(MARGIN if right else MARGIN + indent)
        width = page.w - 2 * MARGIN - indent
        page.multi_cell(width, size[1], text, align="R" if right else "L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    write(title, TITLE, bold=True)
    if subtitle:
        write(subtitle, SMALL, ink=QUIET)
    page.ln(4)
    for block in cleaned:
        _block(page, block, write)
    if missing:
        page.ln(4)
        note = f"No font of this studio has these characters; they stand as boxes: {fonts.named(missing)}."
        write(note, SMALL, ink=WARM)
    target = io.BytesIO()
    page.output(target)
    return target.getvalue()


def _block(page: FPDF, block: Block, write: _Writer) -> None:
    match block.kind:
        case "heading":
            # A heading does not stay behind alone at the foot of a page.
            if page.will_page_break(30):
                page.add_page()
            page.ln(3)
            write(block.text, HEADINGS.get(block.level, HEADINGS[3]), bold=True)
            if block.about:
                write(block.about, SMALL, ink=QUIET)
            page.ln(1)
        case "quote":
            if block.by:
                write(block.by, SMALL, bold=True, indent=INDENT)
            write(f"\u201c{block.text}\u201d" if block.text else "\u2013", BODY, indent=INDENT)
            if block.about:
                write(block.about, SMALL, ink=QUIET, indent=INDENT)
            page.ln(2.5)
        case "gap":
            write(f"[ {block.text or 'Narration to be written'} ]", BODY, ink=WARM)
            page.ln(2.5)
        case "item":
            write(f"\u2022 {block.text}", BODY, indent=INDENT / 2)
            page.ln(0.8)
        case "note":
            write(block.text, SMALL, ink=QUIET)
            page.ln(1.5)
        case _:
            if block.by:
                write(block.by, SMALL, bold=True)
            write(block.text, BODY)
            if block.about:
                write(block.about, SMALL, ink=QUIET)
            page.ln(2.5)
