"""A film from ranges of footage: pictures are copied wherever they can be, and only what is new is encoded.

Each clip becomes a piece by itself: its title card, the way it comes out of the clip before, its own pictures. Pieces are kept, and a
film is made of them by copying, so that a cut in which one clip changed encodes the ends of that one. Copied footage keeps its
parameter sets; what `smart_cut` encodes at the ends and what is drawn here have sets of other numbers, and the film's header holds all.
Footage of another size, rate or kind than the film's is encoded in the film's form.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from media_library.media import cut_check
from media_library.media.avc import Record
from media_library.media.cut_plan import NotJoinableError
from media_library.media.encoding import PROFILES, encoded, picture_encoder
from media_library.media.errors import HaltedError, NotMediaError, RenderError, TruncatedError, UnsupportedError
from media_library.media.ffmpeg import Progress
from media_library.media.film_frames import Footage, Planes, Shape, Span, pictures
from media_library.media.opening import open_media, picture_stream
from media_library.media.smart_cut import join
from media_library.media.sniff import sniff
from media_library.media.writing import written

Transition = Literal["cut", "dissolve", "dip"]

# Shorter than this, copying its middle saves nothing.
_LEAST_TO_COPY_SECONDS = Fraction(1, 2)
# The title itself comes and goes.
_CARD_FADE_SECONDS = Fraction(2, 5)
_REPORT_EVERY = 50
# No more of a clip than this is spent on a transition at one of its ends.
_SHARE = 3


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One clip of the film: how many frames it shows, how it begins, and for how many frames its title stands before it."""

    frames: int
    transition: Transition = "cut"
    card: int = 0


@dataclass(frozen=True, kw_only=True)
class Place:
    """In frames. The piece begins at `begins` with `card` frames of title; the clip's first is at `shows`, and of its `frames` the first
    `dissolves` are seen through the clip before, the last `leaves` belong to the piece after. `rises` and `falls` are from and to black.
    """

    begins: int
    shows: int
    frames: int
    card: int = 0
    dissolves: int = 0
    leaves: int = 0
    rises: int = 0
    falls: int = 0

    @property
    def ends(self) -> int:
        """Where the next piece begins."""
        return self.shows + self.frames - self.leaves


@dataclass(frozen=True, kw_only=True)
class Source:
    """Footage in the part of a clip. None is black."""

    footage: Footage | None
    span: Span


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Samples in a file by themselves. `delay` is by how many places the latest of them stands after its turn."""

    path: Path
    frames: int
    copied: int = 0
    delay: int = 0


Drawn = Callable[[Planes, int], None]
"""Draws what stands over the picture of a frame of the piece."""


def lay_out(wishes: Sequence[Wish], *, transition: int) -> list[Place]:
    """`transition` is how many frames one lasts; where a clip is short, less. What comes after a title comes out of black."""
    found: list[Place] = []
    at = 0
    for number, wish in enumerate(wishes):
        before = wishes[number - 1] if number else None
        after = wishes[number + 1] if number + 1 < len(wishes) else None
        dissolves = _overlap(before, wish, transition) if before else 0
        leaves = _overlap(wish, after, transition) if after else 0
        dips = (
            _dip(wish, transition) if wish.transition == "dip" or (wish.card and wish.transition == "dissolve") else 0
        )
        falls = _dip(wish, transition) if after and _blackens(after) else 0
        shows = at + wish.card
        place = Place(
            begins=at,
            shows=shows,
            frames=wish.frames,
            card=wish.card,
            dissolves=dissolves,
            leaves=leaves,
            rises=dips if number or wish.card else 0,
            falls=falls,
        )
        found.append(place)
        at = place.ends
    return found


def _overlap(before: Wish, wish: Wish, transition: int) -> int:
    if wish.transition != "dissolve" or wish.card:
        return 0
    return min(transition, before.frames // _SHARE, wish.frames // _SHARE)


def _blackens(wish: Wish) -> bool:
    return wish.transition == "dip" or (wish.transition == "dissolve" and wish.card > 0)


def _dip(wish: Wish, transition: int) -> int:
    """On each side of the black."""
    return min(transition // 2, wish.frames // _SHARE)


def make_piece(
    source: Source,
    into: Path,
    shape: Shape,
    place: Place,
    *,
    before: Source | None = None,
    card: Planes | None = None,
    drawn: Drawn | None = None,
    touched: Sequence[tuple[int, int]] | None = None,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Piece:
    """The pictures of one clip. `before` is the clip that it dissolves out of; `drawn` stands over its `touched` frames, or over all of
    it where those are not named. What it stands over is encoded, the rest is copied wherever that can be.
    """
    with tempfile.TemporaryDirectory(prefix="piece-", dir=into.parent) as scratch:
        made = _Piece(source, shape, place, Path(scratch), progress=progress, halt=halt)
        if drawn is not None:
            made.draw(drawn, touched)
        return stitch(made.parts(before, card), into, shape, halt=halt)


class _Piece:
    def __init__(
        self,
        source: Source,
        shape: Shape,
        place: Place,
        scratch: Path,
        *,
        progress: Progress | None,
        halt: threading.Event | None,
    ) -> None:
        self._source, self._shape, self._place, self._scratch = source, shape, place, scratch
        self._progress, self._halt = progress, halt
        self._made = 0
        self._drawn: Drawn | None = None
        self._touched: list[tuple[int, int]] = []

    def draw(self, drawn: Drawn, touched: Sequence[tuple[int, int]] | None) -> None:
        """`touched` counts from the first frame of the piece."""
        self._drawn = drawn
        whole = self._place.card + self._beyond
        self._touched = [(0, whole)] if touched is None else spans(touched, within=(0, whole), gap=self._least)

    def parts(self, before: Source | None, card: Planes | None) -> list[Piece]:
        place, parts = self._place, []
        opening = max(place.dissolves, place.rises)
        closing = max(opening, self._beyond - place.falls)
        if place.card or opening:
            head = chain(self._card(card), self._joint(before), self._shown(place.dissolves, opening))
            parts.append(self._encode(self._over(head, 0)))
        for begin, beyond, is_drawn in self._slices(opening, closing):
            parts.append(self._between(begin, beyond) if is_drawn else self._middle(begin, beyond))
        if self._beyond > closing:
            parts.append(self._between(closing, self._beyond))
        return parts

    def _slices(self, begin: int, beyond: int) -> Iterator[tuple[int, int, bool]]:
        """The clip's frames in stretches over which something stands, or nothing."""
        card = self._place.card
        at = begin
        for first, last in spans([(one - card, other - card) for one, other in self._touched], within=(begin, beyond)):
            if first > at:
                yield at, first, False
            yield first, last, True
            at = last
        if beyond > at:
            yield at, beyond, False

    def _between(self, begin: int, beyond: int) -> Piece:
        return self._encode(self._over(self._shown(begin, beyond), self._place.card + begin))

    def _over(self, frames: Iterable[Planes], number: int) -> Iterator[Planes]:
        """`number` is that of the first of these frames in the piece."""
        for place, planes in enumerate(frames, start=number):
            if self._drawn is not None:
                self._drawn(planes, place)
            yield planes

    @property
    def _least(self) -> int:
        return int(_LEAST_TO_COPY_SECONDS * self._shape.fps)

    @property
    def _beyond(self) -> int:
        """The first of the clip's frames that is not of this piece."""
        return self._place.frames - self._place.leaves

    def _middle(self, begin: int, beyond: int) -> Piece:
        """Copied where that can be, but for its ends."""
        shape, source = self._shape, self._source
        if source.footage is None or not source.span.copyable or beyond - begin < self._least:
            return self._between(begin, beyond)
        into = self._path()
        first = source.span.first
        try:
            joined = join(
                source.footage.path,
                into,
                start=float(first + begin / shape.fps),
                end=float(first + beyond / shape.fps),
                muxer="mp4",
                silent=True,
                halt=self._halt,
            )
            cut_check.check(into, joined, source=source.footage.path, kind=sniff(source.footage.path))
            places = [round(sample.pts * joined.picture_base * shape.fps) for sample in joined.pictures]
            if sorted(places) != list(range(beyond - begin)):
                raise NotJoinableError("its frames are not where they were counted")
        except (NotJoinableError, NotMediaError, TruncatedError, UnsupportedError):
            return self._between(begin, beyond)
        delay = max(order - at for order, at in enumerate(places))
        return Piece(path=into, frames=len(places), copied=joined.copied, delay=delay)

    def _card(self, card: Planes | None) -> Iterator[Planes]:
        """The title comes out of black and goes into it."""
        total = self._place.card
        if not total:
            return
        shown = self._shape.black() if card is None else card
        fade = min(int(_CARD_FADE_SECONDS * self._shape.fps), total // _SHARE)
        black = self._shape.black()
        for number in range(total):
            yield _mixed(black, shown, _level(number, total, rises=fade, falls=fade))

    def _joint(self, before: Source | None) -> Iterator[Planes]:
        """The frames in which the clip before is still seen."""
        place, shape = self._place, self._shape
        count = place.dissolves
        if not count or before is None:
            yield from self._shown(0, count)
            return
        leaving = pictures(
            before.footage,
            shape,
            first=before.span.first + (before.span.frames - count) / shape.fps,
            count=count,
            halt=self._halt,
        )
        for number, (old, new) in enumerate(zip(leaving, self._shown(0, count), strict=True)):
            yield _mixed(old, new, (number + 1) / (count + 1))

    def _shown(self, begin: int, beyond: int) -> Iterator[Planes]:
        """Frames of the clip, darkened where it comes out of black or goes into it."""
        place, shape = self._place, self._shape
        first = self._source.span.first + begin / shape.fps
        black = shape.black()
        found = pictures(self._source.footage, shape, first=first, count=beyond - begin, halt=self._halt)
        for number, planes in enumerate(found, start=begin):
            level = _level(number, self._beyond, rises=place.rises, falls=place.falls)
            yield planes if level == 1 else _mixed(black, planes, level)

    def _encode(self, frames: Iterable[Planes]) -> Piece:
        into = self._path()
        return encode(frames, into, self._shape, report=self._report, halt=self._halt)

    def _report(self, more: int) -> None:
        self._made += more
        if self._progress:
            total = max(1, self._place.card + self._beyond)
            self._progress(min(1.0, self._made / total), "Cutting")

    def _path(self) -> Path:
        return self._scratch / f"{len(list(self._scratch.iterdir()))}.mp4"


def spans(found: Iterable[tuple[int, int]], *, within: tuple[int, int], gap: int = 0) -> list[tuple[int, int]]:
    """In order and apart, cut to `within`; those that are no more than `gap` apart become one."""
    first, last = within
    merged: list[tuple[int, int]] = []
    for begin, beyond in sorted((max(first, one), min(last, other)) for one, other in found):
        if begin >= beyond:
            continue
        if merged and begin - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], beyond))
        else:
            merged.append((begin, beyond))
    return merged


def _level(number: int, total: int, *, rises: int, falls: int) -> float:
    """How bright a frame is, 0 to 1, of `total` that come out of black and go into it."""
    level = 1.0
    if number < rises:
        level = (number + 1) / (rises + 1)
    if number >= total - falls:
        level = min(level, (total - number) / (falls + 1))
    return level


def _mixed(old: Planes, new: Planes, share: float) -> Planes:
    """`share` of the new, the rest of the old, in steps of a 256th."""
    weight = round(share * 256)
    mixed: Planes = ((old.astype(np.uint16) * (256 - weight) + new.astype(np.uint16) * weight + 128) >> 8).astype(
        np.uint8
    )
    return mixed


def encode(
    frames: Iterable[Planes],
    into: Path,
    shape: Shape,
    *,
    report: Callable[[int], None] | None = None,
    halt: threading.Event | None = None,
) -> Piece:
    """Pictures as a piece of their own, in sets of parameters that no copied footage has."""

    def counted() -> Iterator[av.VideoFrame]:
        for number, planes in enumerate(frames, start=1):
            if halt is not None and halt.is_set():
                raise HaltedError
            if report and number % _REPORT_EVERY == 0:
                report(_REPORT_EVERY)
            yield shape.frame(planes)

    with written(into) as part, av.open(str(part), "w", format="mp4") as output:
        track = output.add_stream("libx264", rate=shape.fps)
        writer = _Writer(output, track, shape.fps)
        for place, packet in encoded(_encoder(shape, track.codec_context), counted(), first=0):
            writer.write(packet, place=place)
    if not writer.count:
        raise RenderError(log="a piece without pictures")
    return Piece(path=into, frames=writer.count)


def _encoder(shape: Shape, context: VideoCodecContext) -> VideoCodecContext:
    record = shape.record
    like = shape.frame(shape.black())
    if record is None:
        return picture_encoder(like, fps=shape.fps, profile="high", parameter_set=0, context=context)
    return picture_encoder(
        like,
        fps=shape.fps,
        profile=PROFILES[record.profile],
        # The free one is taken by the ends of what is copied.
        parameter_set=record.free_id(beside=(record.free_id(),)),
        held=record.held_pictures(),
        context=context,
    )


def stitch(
    pieces: Sequence[Piece],
    into: Path,
    shape: Shape,
    *,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Piece:
    """One piece after the other, by copying. Raises RenderError where their parameter sets do not go together."""
    total, delay = sum(piece.frames for piece in pieces), max(piece.delay for piece in pieces)
    with (
        open_media(pieces[0].path, headers_only=True) as first,
        written(into) as part,
        av.open(str(part), "w", format="mp4") as output,
    ):
        track = output.add_stream_from_template(picture_stream(first))
        track.codec_context.extradata = _common(pieces, shape).write()
        track.time_base = Fraction(1, shape.fps.numerator)
        writer = _Writer(output, track, shape.fps, delay=delay)
        begins = 0
        for piece in pieces:
            if halt is not None and halt.is_set():
                raise HaltedError
            with open_media(piece.path, headers_only=True) as container:
                stream = picture_stream(container)
                scale = (stream.time_base or Fraction(1)) * shape.fps
                samples = (packet for packet in container.demux(stream) if packet.size)
                for packet in islice(samples, piece.frames):
                    writer.write(packet, place=begins + round(int(packet.pts or 0) * scale))
            begins += piece.frames
            if writer.count != begins:
                raise RenderError(log=f"{writer.count} frames came out, not {begins}")
            if progress:
                progress(begins / total, "Putting the clips together")
    return Piece(path=into, frames=total, copied=sum(piece.copied for piece in pieces), delay=delay)


def _common(pieces: Sequence[Piece], shape: Shape) -> Record:
    record: Record | None = shape.record
    for piece in pieces:
        with open_media(piece.path, headers_only=True) as container:
            own = Record.read(picture_stream(container).codec_context.extradata or b"")
        try:
            record = own if record is None else record.with_sets_of(own)
        except ValueError as error:
            raise RenderError(log=str(error)) from error
    if record is None:
        raise RenderError(log="a film without pieces")
    return record


@dataclass
class _Writer:
    """Gives each sample its times: decoding times rise by one frame, display times are their places."""

    output: Any
    track: Any
    fps: Fraction
    delay: int = 0
    count: int = 0

    def write(self, packet: av.Packet[Any], *, place: int) -> None:
        tick = self.fps.denominator
        packet.time_base = Fraction(1, self.fps.numerator)
        packet.pts, packet.dts = place * tick, (self.count - self.delay) * tick
        packet.duration = tick
        packet.stream = self.track
        self.output.mux_one(packet)
        self.count += 1
