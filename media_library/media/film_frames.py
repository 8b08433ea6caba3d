"""What a film looks like, and the pictures of any footage in that form: its size, its rate, its colours."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from media_library.media.avc import Record
from media_library.media.conform import house_rate, needs_conform
from media_library.media.cut_plan import SLACK_SECONDS
from media_library.media.encoding import PROFILES
from media_library.media.errors import HaltedError, NoVideoError
from media_library.media.opening import open_media, picture_stream
from media_library.media.probe import Probe

Aspect = Literal["", "16:9", "9:16", "1:1", "4:5"]
Fill = Literal["black", "blurred"]
Planes = npt.NDArray[np.uint8]

ASPECTS: dict[Aspect, Fraction] = {
    "16:9": Fraction(16, 9),
    "9:16": Fraction(9, 16),
    "1:1": Fraction(1),
    "4:5": Fraction(4, 5),
}
# Of a film without a picture of its own.
PLAIN_SIZE, PLAIN_RATE = (1280, 720), Fraction(25)
_UNSAID = 2  # of colours, in ITU-T H.273
_MATRICES = {1: "ITU709", 5: "ITU601", 6: "ITU601"}
# The background is made so many times smaller and as large again.
_BLUR = 24
_FULL_RANGE = 2  # libav's number
_GRID_SECONDS = Fraction(1, 10_000)


@dataclass(frozen=True)
class Colours:
    """As the container's codes have them."""

    range: int = 0
    space: int = _UNSAID
    primaries: int = _UNSAID
    transfer: int = _UNSAID

    @classmethod
    def of(cls, frame: VideoFrame) -> Colours:
        return cls(int(frame.color_range), int(frame.colorspace), int(frame.color_primaries), int(frame.color_trc))

    def mark(self, frame: VideoFrame) -> VideoFrame:
        frame.color_range, frame.colorspace = self.range, self.space
        frame.color_primaries, frame.color_trc = self.primaries, self.transfer
        return frame


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`headers` are the H.264 sets of the footage that is copied; empty where nothing is, and all is encoded."""

    width: int
    height: int
    fps: Fraction
    full_range: bool = False
    colours: Colours = field(default_factory=Colours)
    headers: bytes = b""
    fill: Fill = "black"

    @property
    def pix_fmt(self) -> str:
        return "yuvj420p" if self.full_range else "yuv420p"

    @property
    def record(self) -> Record | None:
        return Record.read(self.headers) if self.headers else None

    def black(self) -> Planes:
        planes = np.full((self.height * 3 // 2, self.width), 128, np.uint8)
        planes[: self.height] = 0 if self.full_range else 16
        return planes

    def frame(self, planes: Planes) -> VideoFrame:
        return self.colours.mark(VideoFrame.from_ndarray(planes, format=self.pix_fmt))


@dataclass(frozen=True, kw_only=True)
class Footage:
    """One source: where its first picture is, how many there are, what they are like. `shape` is that of a film made of it alone."""

    path: Path
    begins: Fraction
    frames: int
    shape: Shape

    @property
    def ends(self) -> Fraction:
        return self.begins + self.frames / self.shape.fps

    @property
    def form(self) -> tuple[int, int, Fraction]:
        return self.shape.width, self.shape.height, self.shape.fps

    def is_of(self, shape: Shape) -> bool:
        """Whether its pictures can be copied into a film of that shape."""
        copied = bool(shape.headers) and self.shape.headers == shape.headers
        return copied and self.form == (shape.width, shape.height, shape.fps)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Frames of a film that show footage from `first` seconds on. `copyable`: they are the footage's own, one for one."""

    first: Fraction
    frames: int
    copyable: bool


def footage(path: Path) -> Footage:
    """Raises NoVideoError. Reads headers and one picture."""
    with open_media(path) as container:
        stream = picture_stream(container)
        base = stream.time_base or Fraction(1)
        rate = Fraction(stream.average_rate or stream.guessed_rate or PLAIN_RATE)
        picture = next(container.decode(stream), None)
        if picture is None:
            raise NoVideoError
        begins = Fraction(stream.start_time or 0) * base
        count = len(stream.index_entries) or stream.frames or round(Fraction(stream.duration or 0) * base * rate)
        headers = stream.codec_context.extradata or b""
        h264 = stream.codec_context.codec.canonical_name == "h264"
        entries = stream.index_entries
        last = entries[len(entries) - 1].timestamp * base if len(entries) else Fraction(0)
        # Decoding times rise with the pictures: a rate that is even shows in the distance of the last from the first.
        even = bool(len(entries)) and abs((last - entries[0].timestamp * base) - (count - 1) / rate) < _GRID_SECONDS
        shape = Shape(
            width=picture.width - picture.width % 2,
            height=picture.height - picture.height % 2,
            fps=rate if even else house_rate(rate, is_vfr=True),
            full_range=picture.format.name == "yuvj420p" or int(picture.color_range) == _FULL_RANGE,
            colours=Colours.of(picture),
            headers=headers if h264 and even and _copyable(headers) else b"",
        )
    return Footage(path=path, begins=begins, frames=count, shape=shape)


def _copyable(headers: bytes) -> bool:
    try:
        return Record.read(headers).profile in PROFILES
    except (ValueError, IndexError):
        return False


def is_ready(found: Probe) -> bool:
    """Whether pictures can be read as they are: upright, square, progressive, of an even rate."""
    reasons = needs_conform(found)
    sound = needs_conform(replace(found, video=None, is_faststart=False))
    return not set(reasons) - set(sound)


def film_shape(sources: Sequence[tuple[Footage | None, float]], *, aspect: Aspect = "", fill: Fill = "black") -> Shape:
    """That of the first picture, or of the aspect that was chosen, with its shorter side kept. `sources` are the clips' with their seconds.

    Of the footage that has this form as it is, the kind that most of the film is made of is copied.
    """
    first = next((source.shape for source, _ in sources if source is not None), None)
    if first is None:
        first = Shape(width=PLAIN_SIZE[0], height=PLAIN_SIZE[1], fps=PLAIN_RATE)
    width, height = _in_aspect(first.width, first.height, aspect)
    wanted = (width, height, first.fps)
    shares: dict[Shape, float] = {}
    for source, seconds in sources:
        if source is not None and source.shape.headers and source.form == wanted:
            shares[source.shape] = shares.get(source.shape, 0.0) + seconds
    if shares:
        return replace(max(shares, key=lambda shape: shares[shape]), fill=fill)
    return replace(first, width=width, height=height, headers=b"", fill=fill)


def _in_aspect(width: int, height: int, aspect: Aspect) -> tuple[int, int]:
    if not aspect:
        return width, height
    wanted, short = ASPECTS[aspect], min(width, height)
    return (_even(short * wanted), short) if wanted >= 1 else (short, _even(short / wanted))


def _even(length: Fraction) -> int:
    return round(length / 2) * 2


def span_of(source: Footage | None, shape: Shape, *, start: float, end: float) -> Span:
    """The frames whose times are in [start, end), or as many of the film's as fit where the footage is of another kind; at least one."""
    if source is not None and source.is_of(shape):
        fps = shape.fps
        first = max(0, -((source.begins - Fraction(start) + SLACK_SECONDS) * fps // 1))
        beyond = min(source.frames, -((source.begins - Fraction(end) + SLACK_SECONDS) * fps // 1))
        if beyond > first:
            return Span(first=source.begins + first / fps, frames=beyond - first, copyable=True)
    frames = max(1, round((Fraction(end) - Fraction(start)) * shape.fps))
    return Span(first=Fraction(start), frames=frames, copyable=False)


def pictures(
    source: Footage | None, shape: Shape, *, first: Fraction, count: int, halt: threading.Event | None = None
) -> Iterator[Planes]:
    """`count` frames of the film, of the footage from `first` on: each the one shown by then. Without footage they are black."""
    if source is None:
        for _ in range(count):
            yield shape.black()
        return
    given = 0
    held: Planes | None = None
    with open_media(source.path) as container:
        stream = picture_stream(container)
        stream.codec_context.thread_type, stream.codec_context.thread_count = "AUTO", 2
        base = stream.time_base or Fraction(1)
        container.seek(
            max(int((first - SLACK_SECONDS) / base), int(source.begins / base)), stream=stream, backward=True
        )
        turn = _Turned(shape)
        shown: VideoFrame | None = None
        for frame in container.decode(stream):
            if halt is not None and halt.is_set():
                raise HaltedError
            at = Fraction(frame.pts or 0) * base
            while shown is not None and given < count and first + given / shape.fps + SLACK_SECONDS < at:
                held = turn(shown) if held is None else held
                yield held.copy()
                given += 1
            if given == count:
                return
            shown, held = frame, None
        if shown is None:
            raise NoVideoError
        held = turn(shown) if held is None else held
        while given < count:
            yield held.copy()
            given += 1


def parts_of_picture(planes: Planes, width: int, height: int) -> tuple[Planes, Planes, Planes]:
    """Brightness and the two colours, as views."""
    flat = planes.reshape(-1)
    area, half = width * height, (height // 2, width // 2)
    return (
        flat[:area].reshape(height, width),
        flat[area : area + area // 4].reshape(half),
        flat[area + area // 4 :].reshape(half),
    )


class _Turned:
    """Frames of any size and colour as the film has them."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def __call__(self, frame: VideoFrame) -> Planes:
        shape = self._shape
        size = Fraction(shape.width, frame.width), Fraction(shape.height, frame.height)
        within, around = min(size), max(size)
        if within == around:
            return self._scaled(frame, shape.width, shape.height)
        canvas = self._behind(frame, around) if shape.fill == "blurred" else shape.black()
        width, height = min(shape.width, _even(frame.width * within)), min(shape.height, _even(frame.height * within))
        _paste(self._scaled(frame, width, height), (width, height), canvas, (shape.width, shape.height))
        return canvas

    def _behind(self, frame: VideoFrame, around: Fraction) -> Planes:
        """The picture itself, so large that it covers all, and out of focus."""
        shape = self._shape
        width, height = max(shape.width, _even(frame.width * around)), max(shape.height, _even(frame.height * around))
        small = frame.reformat(
            width=_even(Fraction(width, _BLUR)), height=_even(Fraction(height, _BLUR)), interpolation="AREA"
        )
        canvas = shape.black()
        _paste(self._scaled(small, width, height), (width, height), canvas, (shape.width, shape.height))
        return canvas

    def _scaled(self, frame: VideoFrame, width: int, height: int) -> Planes:
        shape = self._shape
        spaces = (int(frame.colorspace), shape.colours.space)
        known = all(space in _MATRICES for space in spaces) and spaces[0] != spaces[1]
        made = frame.reformat(
            width=width,
            height=height,
            format=shape.pix_fmt,
            src_colorspace=_MATRICES[spaces[0]] if known else None,
            dst_colorspace=_MATRICES[spaces[1]] if known else None,
            interpolation="BICUBIC",
        ).to_ndarray()
        # 8 bits a sample already, by the format.
        return made.astype(np.uint8, copy=False)


def _paste(picture: Planes, size: tuple[int, int], canvas: Planes, whole: tuple[int, int]) -> None:
    """In the middle; what does not fit is cut off."""
    for part, into in zip(parts_of_picture(picture, *size), parts_of_picture(canvas, *whole), strict=True):
        (height, width), (tall, wide) = part.shape, into.shape
        top, left = (tall - height) // 2, (wide - width) // 2
        into[max(0, top) : max(0, top) + min(height, tall), max(0, left) : max(0, left) + min(width, wide)] = part[
            max(0, -top) : max(0, -top) + min(height, tall), max(0, -left) : max(0, -left) + min(width, wide)
        ]
