"""Tracks made by hypothesis: what people put into captions, and what nobody should."""

from __future__ import annotations

from hypothesis import strategies as st

from media_library.media.formats.runs import Run, cue_text_of, text_of
from media_library.media.webvtt.model import Cue, Document

# Letters that mean something to one format or another, beside ordinary ones, other scripts and joined emoji.
SIGNS = "<>&{}\\\"'/-–>#;:,.!?= \u00a0"
LETTERS = st.sampled_from(SIGNS) | st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"])
TRAPS = [
    "<i>",
    "</i>",
    "<b class=x>",
    "<script>alert(1)</script>",
    "&lt;",
    "&amp;amp;",
    "&nbsp;",
    "{\\an8}",
    "{\\i1}",
    "\\N",
    "\\h",
    "\\{",
    "]]>",
    "<![CDATA[",
    "<!--",
    "<?xml?>",
    "-->",
    "00:00:01,000 --> 00:00:02,000",
    "42",
    "NOTE",
    "WEBVTT",
    "=1+1",
    "漢字",
    "שלום",
    "👩‍👩‍👧",
    "<",
    "{",
    "&",
]


def _tidy(text: str) -> str:
    """Spaces at the edges of lines are nobody's text."""
    return " ".join(text.replace("\u00a0", " ").split(" ")).strip()


LINES = (
    st.lists(st.sampled_from(TRAPS) | st.text(LETTERS, max_size=12), min_size=1, max_size=4)
    .map(" ".join)
    .map(_tidy)
    .filter(bool)
)
TEXTS = st.lists(LINES, min_size=1, max_size=3).map("\n".join)


@st.composite
def runs(draw: st.DrawFn, *, plain: bool = False) -> list[Run]:
    found = []
    for text in draw(st.lists(LINES, min_size=1, max_size=4)):
        look = {} if plain else {name: draw(st.booleans()) for name in ("bold", "italic", "underline")}
        color = "" if plain else draw(st.sampled_from(["", "", "red", "cyan", "black"]))
        found.append(Run(text, color=color, **look))
        found.append(Run(draw(st.sampled_from([" ", "\n"]))))
    return found[:-1]


@st.composite
def documents(draw: st.DrawFn, *, plain: bool = False, voices: bool = False, step: int = 1) -> Document:
    cues = []
    at = 0
    for number in range(draw(st.integers(1, 6))):
        at += draw(st.integers(0, 5000)) * step
        length = draw(st.integers(1, 8000)) * step
        text = cue_text_of(draw(runs(plain=plain)))
        if voices and draw(st.booleans()):
            text = f"<v Anna B.>{text}</v>"
        settings = draw(
            st.sampled_from(
                ["", "", "line:0", "line:50%", "position:10% align:left", "line:0 position:90% align:right"]
            )
        )
        cues.append(Cue(at, at + length, text, settings=settings))
        at += length if number % 2 else length // 2
    return Document(cues)


__all__ = ["TEXTS", "TRAPS", "documents", "runs", "text_of"]
