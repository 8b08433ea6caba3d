"""Cue text: the tokenizer and tree of the W3C standard (WebVTT §6.4), plain text and safe re-serialisation.

Everything but the known tags disappears, so text from anywhere can be written back and shown: `<img onerror=…>` is no
cue tag and leaves nothing behind, `&lt;img&gt;` is text and stays text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from media_library.media.webvtt.model import Cue
from media_library.media.webvtt.timestamps import format_timestamp, match_timestamp

_TOKEN = re.compile(r"<([^>]*)(?:>|\Z)|([^<]+)")
_NAME = re.compile(r"[^\t\n\f\r .]*")
_CLASSES = re.compile(r"((?:\.[^\t\n\f\r .]*)*)")
_SPACES = re.compile(r"[\t\n\f\r ]+")
_SPACE = "\t\n\f\r "
_PLAIN_TAGS = frozenset({"c", "i", "b", "u", "ruby"})
_TAGS = _PLAIN_TAGS | {"rt", "v", "lang"}
# Deeper nesting means nothing to a viewer and everything to a recursive reader.
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Timestamp:
    ms: int


@dataclass(slots=True)
class Span:
    """`tag` is one of c, i, b, u, ruby, rt, v, lang; `annotation` is the voice's name or the language."""

    tag: str
    classes: tuple[str, ...] = ()
    annotation: str = ""
    children: list[Node] = field(default_factory=list)


Node = Text | Timestamp | Span


def parse_text(text: str) -> list[Node]:
    """The cue's tree, as a browser builds it."""
    root = Span("")
    open_spans = [root]
    for found in _TOKEN.finditer(text):
        if found[2] is not None:
            _append_text(open_spans[-1], html.unescape(found[2]))
        else:
            _apply_tag(open_spans, found[1])
    return root.children


def _append_text(span: Span, value: str) -> None:
    last = span.children[-1] if span.children else None
    if isinstance(last, Text):
        span.children[-1] = Text(last.value + value)
    elif value:
        span.children.append(Text(value))


def _apply_tag(open_spans: list[Span], inside: str) -> None:
    if inside.startswith("/"):
        _close(open_spans, inside[1:])
    elif inside[:1].isascii() and inside[:1].isdigit():
        stamp = match_timestamp(inside, 0)
        if stamp is not None and stamp[1] == len(inside):
            open_spans[-1].children.append(Timestamp(stamp[0]))
    else:
        _open(open_spans, inside)


def _open(open_spans: list[Span], inside: str) -> None:
    name = _NAME.match(inside)
    tag = name[0] if name else ""
    if tag not in _TAGS or (tag == "rt" and open_spans[-1].tag != "ruby") or len(open_spans) > _MAX_DEPTH:
        return
    found = _CLASSES.match(inside, len(tag))
    classes = found[1] if found else ""
    annotation = ""
    if tag in {"v", "lang"}:
        annotation = _SPACES.sub(" ", html.unescape(inside[len(tag) + len(classes) :])).strip(" ")
    span = Span(tag, tuple(name for name in classes.split(".") if name), annotation)
    open_spans[-1].children.append(span)
    open_spans.append(span)


def _close(open_spans: list[Span], tag: str) -> None:
    current = open_spans[-1].tag
    if not current:
        return
    if tag == current:
        open_spans.pop()
    elif tag == "ruby" and current == "rt":
        del open_spans[-2:]


def plain_text(cue: Cue | str) -> str:
    """What is read: no tags, references resolved. Ruby annotations are left out, as in the standard's chapter titles."""
    text = cue if isinstance(cue, str) else cue.text
    if "<" not in text and "&" not in text:
        return text
    return "".join(_texts(parse_text(text)))


def _texts(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Text):
            yield node.value
        elif isinstance(node, Span) and node.tag != "rt":
            yield from _texts(node.children)


def voices(cue: Cue | str) -> list[str]:
    """Who speaks, in order of appearance: the names in `<v Name>`."""
    text = cue if isinstance(cue, str) else cue.text
    found: list[str] = []

    def walk(nodes: list[Node]) -> None:
        for node in nodes:
            if isinstance(node, Span):
                if node.tag == "v" and node.annotation and node.annotation not in found:
                    found.append(node.annotation)
                walk(node.children)

    walk(parse_text(text))
    return found


def serialise(nodes: list[Node]) -> str:
    """Cue text that reads back as the same tree."""
    return "".join(_written(node) for node in nodes)


def sanitise(text: str) -> str:
    """Cue text with nothing in it but text and known tags, every one closed."""
    if "<" not in text and "&" not in text and ">" not in text:
        return text
    return serialise(parse_text(text))


def escape(text: str) -> str:
    """Plain text as cue text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _written(node: Node) -> str:
    if isinstance(node, Text):
        return escape(node.value)
    if isinstance(node, Timestamp):
        return f"<{format_timestamp(node.ms)}>"
    classes = "".join(f".{name}" for name in node.classes)
    annotation = f" {escape(_SPACES.sub(' ', node.annotation))}" if node.annotation else ""
    return f"<{node.tag}{classes}{annotation}>{serialise(node.children)}</{node.tag}>"
