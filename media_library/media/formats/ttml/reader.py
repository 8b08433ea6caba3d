"""Captions out of a TTML tree: times of nested elements added up, styles inherited, text with its white space as XML says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from media_library.media import webvtt
from media_library.media.formats.characters import one_line
from media_library.media.formats.errors import CaptionsTooLarge, InvalidCaptions, Notices
from media_library.media.formats.runs import MAX_NAME, Run, merged, text_of
from media_library.media.formats.track import MAX_TEXT, Track
from media_library.media.formats.ttml import styling
from media_library.media.formats.ttml.styling import Look, Screen, Styles
from media_library.media.formats.ttml.times import Clock, milliseconds
from media_library.media.formats.ttml.tree import Node, parse

_SPACES = re.compile(r"[ \t\n]+")
_CONTENT = {"tt:body", "tt:div", "tt:p", "tt:span", "tt:br"}
# Size of paragraphs times the moments at which their parts come and go. More is an attack, or a picture made of letters.
_MAX_WORK = 20_000_000
# How long the last caption is shown when it does not say.
_LAST_MS = 5000


@dataclass(frozen=True)
class Scope:
    """What an element hands down."""

    begin: Fraction
    end: Fraction | None
    look: Look
    region: str = ""
    preserve: bool = False
    voice: str = ""
    language: str = ""
    timed: bool = False

    @cached_property
    def span(self) -> tuple[int, int | None]:
        """Begin and end in milliseconds."""
        return milliseconds(self.begin), None if self.end is None else milliseconds(self.end)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a paragraph, not yet rid of its line ends, with its times in milliseconds. `breaks` is a `br`."""

    run: Run
    begin: int
    end: int | None
    preserve: bool
    breaks: bool = False


@dataclass(slots=True)
class _Found:
    """A caption; without an end, it lasts until the next one."""

    node: Node
    begin: int
    end: int | None
    runs: list[Run]
    place: int


@dataclass(slots=True)
class _Reader:
    track: Track
    clock: Clock
    styles: Styles
    screen: Screen
    language: str
    regions: dict[str, Look] = field(default_factory=dict)
    voices: dict[str, str] = field(default_factory=dict)
    found: list[_Found] = field(default_factory=list)
    work: int = 0

    def walk(self, node: Node, scope: Scope) -> Scope | None:
        """Reads `node` and all below; returns what it was read in."""
        inner = self.scope(node, scope)
        if inner is None:
            return None
        if node.name == "tt:p":
            self.read_paragraph(node, inner)
            return inner
        ahead = inner
        for child in node.elements:
            if child.name not in _CONTENT:
                continue
            read = self.walk(child, ahead)
            if node.get("timeContainer") == "seq" and read is not None and read.end is not None:
                ahead = replace(inner, begin=read.end)
        return inner

    def scope(self, node: Node, outer: Scope) -> Scope | None:
        """`outer` narrowed to this element; None when it is not to be shown or its times cannot be read."""
        look = outer.look
        region = node.get("region") or outer.region
        if region != outer.region and region in self.regions:
            look = styling.inherited(self.regions[region]) | look
        look = styling.inherited(look) | self.styles.own(node)
        if look.get("tts:display") == "none" or look.get("tts:visibility") == "hidden":
            self.track.leave_out(node.line, "Hidden text was left out.", one_line(node.text))
            return None
        begin, end = outer.begin, outer.end
        given: dict[str, Fraction] = {}
        for name in ("begin", "end", "dur"):
            if text := node.get(name):
                seconds = self.clock.seconds(text)
                if seconds is None:
                    self.track.leave_out(
                        node.line, f"The time in {name} cannot be read; its text was left out.", one_line(node.text)
                    )
                    return None
                given[name] = seconds
        begin += given.get("begin", Fraction(0))
        ends = [outer.begin + given["end"]] if "end" in given else []
        ends += [begin + given["dur"]] if "dur" in given else []
        ends += [end] if end is not None else []
        agents = [self.voices[name] for name in node.get("ttm:agent").split()[:8] if name in self.voices]
        return Scope(
            begin=begin,
            end=min(ends, default=None),
            look=look,
            region=region,
            preserve={"preserve": True, "default": False}.get(node.get("xml:space"), outer.preserve),
            voice=", ".join(agents) or outer.voice,
            language=node.get("xml:lang") or outer.language,
            timed=outer.timed or bool(given),
        )

    def read_paragraph(self, node: Node, scope: Scope) -> None:
        size = node.size()
        if size > MAX_TEXT:
            self.track.too_long(node.line, one_line(node.text))
            return
        pieces = list(self.pieces(node, scope))
        place = self.place(scope)
        first, last = scope.span
        moments = {moment for piece in pieces for moment in (piece.begin, piece.end)} - {first, last}
        if not moments:
            self.add(_Found(node, first, last, flowed(pieces), place), scope)
            return
        begins = sorted(moment for moment in moments | {first} if moment is not None)
        self.work += len(begins) * size
        if self.work > _MAX_WORK:
            raise CaptionsTooLarge(node.line, "parts of paragraphs come and go more often than any caption's")
        ends = [*begins[1:], last]
        for begin, end in zip(begins, ends, strict=True):
            runs = flowed(
                [piece for piece in pieces if piece.begin <= begin and (piece.end is None or piece.end > begin)]
            )
            if text_of(runs).strip():
                self.add(_Found(node, begin, end, runs, place), replace(scope, timed=True))

    def add(self, found: _Found, scope: Scope) -> None:
        node = found.node
        if not found.runs and not (scope.timed and (node.get("begin") or node.get("end") or node.get("dur"))):
            return
        if not scope.timed:
            self.track.leave_out(node.line, "Text without a time was left out.", one_line(node.text))
            return
        if len(self.found) >= webvtt.MAX_CUES:
            raise CaptionsTooLarge(node.line, f"the file has more than {webvtt.MAX_CUES:,} captions")
        self.found.append(found)

    def close(self) -> None:
        begins = sorted({found.begin for found in self.found})
        following = dict(pairwise(begins))
        for found in self.found:
            end = found.end
            if end is None:
                end = following.get(found.begin, found.begin + _LAST_MS)
                self.track.notices.add(
                    found.node.line, "This caption has no end; it now ends where the next one begins."
                )
            self.track.add(found.node.line, found.begin, end, found.runs, place=found.place)

    def place(self, scope: Scope) -> int:
        region = self.regions.get(scope.region)
        # Without a region the standard says above, and every player shows it below.
        row = self.screen.row(region) if region is not None else 0
        column = {"left": 0, "start": 0, "right": 2, "end": 2}.get(scope.look.get("tts:textAlign", ""), 1)
        return 3 * row + column + 1

    def pieces(self, node: Node, scope: Scope) -> Iterator[Piece]:
        for child in node.children:
            if isinstance(child, str):
                yield self.piece(child, scope, node)
            elif child.name == "tt:br":
                yield replace(self.piece("\n", scope, child), breaks=True)
            elif child.name == "tt:span":
                inner = self.scope(child, scope)
                if inner is None:
                    continue
                if inner.look.get("tts:ruby") == "container":
                    yield self.ruby(child, inner)
                elif inner.look.get("tts:ruby") != "delimiter":
                    yield from self.pieces(child, inner)
            elif child.name in {"tt:image", "?:image"}:
                self.track.notices.once(child.line, "Pictures were left out: a caption holds text.")

    def piece(self, text: str, scope: Scope, node: Node) -> Piece:
        return Piece(self.run(text, scope, node.line), *scope.span, scope.preserve)

    def ruby(self, container: Node, scope: Scope) -> Piece:
        base, said = _ruby_parts(container, self.styles)
        piece = self.piece(_SPACES.sub(" ", base), scope, container)
        return replace(piece, run=replace(piece.run, ruby=one_line(said)))

    def run(self, text: str, scope: Scope, line: int) -> Run:
        look = scope.look
        color = styling.color(look.get("tts:color", "white"))
        if color is None:
            self.track.notices.once(line, "Colours other than those WebVTT names were left out.")
        return Run(
            text,
            voice=scope.voice,
            language=scope.language if scope.language.lower() != self.language.lower() else "",
            color=color or "",
            bold=look.get("tts:fontWeight") == "bold",
            italic=look.get("tts:fontStyle") in {"italic", "oblique"},
            underline="underline" in look.get("tts:textDecoration", "").split(),
        )


def _ruby_parts(node: Node, styles: Styles) -> tuple[str, str]:
    """What is written and what is said above it."""
    base = said = ""
    for child in node.children:
        if isinstance(child, str):
            continue
        role = styles.own(child).get("tts:ruby", "")
        if role == "base":
            base += child.text
        elif role == "text":
            said += child.text
        elif role in {"baseContainer", "textContainer"}:
            inner = _ruby_parts(child, styles)
            base, said = base + inner[0], said + inner[1]
    return base, said


def flowed(pieces: list[Piece]) -> list[Run]:
    """White space as it is shown: runs of it one space, none at the edges of a line, unless it is preserved."""
    runs: list[Run] = []
    hungry = True  # a space here would stand at the edge of a line or beside another one
    soft = False  # the last space is one that a line end takes with it
    for piece in pieces:
        text = piece.run.text
        if piece.breaks:
            if soft:
                _trim(runs)
        elif not piece.preserve:
            text = _SPACES.sub(" ", text)
            text = text.lstrip(" ") if hungry else text
        if text:
            runs.append(replace(piece.run, text=text))
            hungry = text[-1] in " \n" and (piece.breaks or not piece.preserve)
            soft = not piece.preserve and not piece.breaks
    if soft:
        _trim(runs)
    return merged(runs)


def _trim(runs: list[Run]) -> None:
    while runs and not runs[-1].text.strip(" "):
        runs.pop()
    if runs:
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip(" "))


def read(text: str, notices: Notices) -> Track:
    root = parse(text)
    if root.name != "tt:tt":
        raise InvalidCaptions(root.line, f"the root element is {root.name.partition(':')[2][:40]}; TTML begins with tt")
    head = next((node for node in root.elements if node.name == "tt:head"), None)
    reader = _Reader(
        track=Track(notices),
        clock=Clock.of(root),
        styles=Styles.of(head),
        screen=Screen.of(root),
        language=root.get("xml:lang"),
    )
    if root.get("ttp:timeBase") == "clock":
        notices.add(root.line, "Times of day were read as times of the film.")
    if head is not None:
        _read_head(head, reader)
    outer = Scope(
        begin=Fraction(0),
        end=None,
        look={},
        preserve=root.get("xml:space") == "preserve",
        language=root.get("xml:lang"),
    )
    for body in root.elements:
        if body.name == "tt:body":
            reader.walk(body, outer)
    reader.close()
    return reader.track


def _read_head(head: Node, reader: _Reader) -> None:
    for part in head.elements:
        if part.name == "tt:layout":
            for node in part.elements:
                if node.name == "tt:region":
                    reader.regions[node.get("xml:id")] = reader.styles.own(node)
        agents = part.elements if part.name == "tt:metadata" else [part]
        for agent in agents:
            if agent.name == "ttm:agent" and agent.get("xml:id"):
                names = [name.text for name in agent.elements if name.name == "ttm:name"]
                reader.voices[agent.get("xml:id")] = one_line((names or [agent.get("xml:id")])[0][:MAX_NAME])
