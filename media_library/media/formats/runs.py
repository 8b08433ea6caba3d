"""Cue text as runs: pieces of text that look the same from end to end. Every format is read to them and written from them.

Two layers of a caption have no other place in most formats and are kept where a format has one: who speaks (`voice`) and the
reading given above a word (`ruby`). Timestamps inside the text stay in WebVTT and JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from media_library.media.formats.characters import one_line, showable
from media_library.media.webvtt.cuetext import Node, Span, Text, escape, parse_text

# The colours that WebVTT names by itself, as a class that needs no style sheet. White is what captions are anyway.
COLORS = {
    "lime": "00ff00",
    "cyan": "00ffff",
    "red": "ff0000",
    "yellow": "ffff00",
    "magenta": "ff00ff",
    "blue": "0000ff",
    "black": "000000",
}
COLOR_NAMES = {value: name for name, value in COLORS.items()}

# A name is said again with every caption or word it belongs to: a long one would make a small file a huge one.
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Run:
    text: str
    voice: str = ""
    language: str = ""
    color: str = ""
    bold: bool = False
    italic: bool = False
    underline: bool = False
    ruby: str = ""

    @property
    def look(self) -> tuple[object, ...]:
        return (self.voice, self.language, self.color, self.bold, self.italic, self.underline)

    def like(self, other: Run) -> bool:
        """Whether the two can be one run."""
        return not self.ruby and not other.ruby and self.look == other.look


Layer = tuple[str, Callable[[str, str], str]]


def runs_of(cue_text: str) -> list[Run]:
    """The runs of WebVTT cue text."""
    cue_text = showable(cue_text)
    if "<" not in cue_text and "&" not in cue_text:
        return [Run(cue_text)] if cue_text else []
    found: list[Run] = []
    _collect(parse_text(cue_text), Run(""), found)
    return merged(found)


def _collect(nodes: list[Node], look: Run, found: list[Run]) -> None:
    for node in nodes:
        if isinstance(node, Text):
            found.append(replace(look, text=node.value))
        elif isinstance(node, Span):
            if node.tag == "ruby":
                _collect_ruby(node, look, found)
            elif node.tag != "rt":
                _collect(node.children, _looking(look, node), found)


def _looking(look: Run, span: Span) -> Run:
    if span.tag == "v":
        look = replace(look, voice=one_line(span.annotation[:MAX_NAME]))
    elif span.tag == "lang":
        look = replace(look, language=one_line(span.annotation[:MAX_NAME]))
    elif span.tag == "b":
        look = replace(look, bold=True)
    elif span.tag == "i":
        look = replace(look, italic=True)
    elif span.tag == "u":
        look = replace(look, underline=True)
    for name in span.classes:
        if name in COLORS or name == "white":
            look = replace(look, color="" if name == "white" else name)
    return look


def _collect_ruby(span: Span, look: Run, found: list[Run]) -> None:
    look = _looking(look, span)
    base: list[Run] = []
    for child in span.children:
        if isinstance(child, Span) and child.tag == "rt":
            if base:
                said: list[Run] = []
                _collect(child.children, look, said)
                found.append(replace(base[0], text=text_of(base), ruby=text_of(said)))
            base = []
        else:
            _collect([child], look, base)
    found.extend(base)


def text_of(runs: Iterable[Run]) -> str:
    return "".join([run.text for run in runs])


def merged(runs: Iterable[Run]) -> list[Run]:
    """No empty run, and no two neighbours that look the same."""
    groups: list[list[Run]] = []
    for run in runs:
        if not run.text:
            continue
        if groups and groups[-1][0].like(run):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [group[0] if len(group) == 1 else replace(group[0], text=text_of(group)) for group in groups]


def without_blank_lines(runs: Sequence[Run]) -> list[Run]:
    """A blank line would end the cue in WebVTT and SubRip. Lines that hold something keep their spaces."""
    if "\n" not in text_of(runs):
        return list(runs)
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *rest = run.text.split("\n")
        lines[-1].append(replace(run, text=first))
        lines.extend([replace(run, text=text)] for text in rest)
    kept = [line for line in lines if text_of(line).strip()]
    return [
        run for at, line in enumerate(kept) for run in ([replace(line[0], text="\n", ruby="")] if at else []) + line
    ]


def wrapped(runs: Sequence[Run], layers: Sequence[Layer], leaf: Callable[[Run], str]) -> str:
    """Markup around runs, the outermost layer first, each opened once for neighbours that share it."""
    if not layers:
        return "".join([leaf(run) for run in runs])
    (name, wrap), *rest = layers
    parts: list[str] = []
    for value, group in groupby(runs, key=lambda run: getattr(run, name)):
        inner = wrapped(list(group), rest, leaf)
        parts.append(wrap(value, inner) if value else inner)
    return "".join(parts)


_CUE_TEXT_LAYERS: tuple[Layer, ...] = (
    ("voice", lambda value, inner: f"<v {escape(value)}>{inner}</v>"),
    ("language", lambda value, inner: f"<lang {escape(value)}>{inner}</lang>"),
    ("color", lambda value, inner: f"<c.{value}>{inner}</c>"),
    ("bold", lambda _, inner: f"<b>{inner}</b>"),
    ("italic", lambda _, inner: f"<i>{inner}</i>"),
    ("underline", lambda _, inner: f"<u>{inner}</u>"),
)


def _cue_text_leaf(run: Run) -> str:
    text = escape(run.text)
    return f"<ruby>{text}<rt>{escape(run.ruby)}</rt></ruby>" if run.ruby else text


def _cleaned(run: Run) -> Run:
    return replace(
        run,
        text=showable(run.text),
        voice=one_line(run.voice[:MAX_NAME]),
        language=one_line(run.language[:MAX_NAME]),
        ruby=one_line(run.ruby),
    )


def cue_text_of(runs: Iterable[Run]) -> str:
    """WebVTT cue text, safe whatever the runs hold."""
    kept = merged(_cleaned(run) for run in runs)
    return wrapped(merged(without_blank_lines(kept)), _CUE_TEXT_LAYERS, _cue_text_leaf)
