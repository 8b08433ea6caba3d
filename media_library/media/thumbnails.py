"""Pictures out of a video: single frames, a poster, the sheet of small pictures that a player shows over its time line.

Decodes only what is asked for.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from media_library.media import keyframes
from media_library.media.errors import HaltedError, TruncatedError
from media_library.media.ffmpeg import part_path
from media_library.media.opening import open_media
from media_library.media.webvtt import Block, Cue, Document

Pixels = npt.NDArray[np.uint8]  # height x width x red, green, blue
Score = Callable[[Pixels], float]

POSTER_CANDIDATES = 12
SPRITE_COLUMNS = 10
SPRITE_TILE_WIDTH = 160
SPRITE_TILES = 100
SPRITE_SHORTEST_INTERVAL = 1.0
# Up to this length all frames are decoded, because a file of a few seconds may have one keyframe only.
SPRITE_ALL_FRAMES_SECONDS = 30.0
# Up to this width nobody sees whether a frame was deblocked before it was made small.
ROUGH_WIDTH = 320
# Mean luma of 255 below which a frame counts as black, and spread below which it says nothing (a fade, a flat colour).
BLACK_LUMA = 24
FLAT_SPREAD = 8
# A well lit picture lies between these means of luma.
DIM_LUMA, GLARING_LUMA = 60, 190
_LOOK_WIDTH, _SCORED_WIDTH = 320, 640
_QUALITY = 82
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def frames_at(
    path: Path,
    seconds: Sequence[float],
    *,
    width: int | None = None,
    exact: bool = False,
    halt: threading.Event | None = None,
) -> list[Image.Image]:
    """One upright picture for each time. By default the keyframe at or before it (one decode); `exact` gives the very frame shown then."""
    with open_media(path, headers_only=True) as container:
        stream = keyframes.stream_of(container, rough=not exact and width is not None and width <= ROUGH_WIDTH)
        pictures, scaler = [], VideoReformatter()
        for at in seconds:
            _check(halt)
            frame = keyframes.frame_shown(container, stream, at) if exact else keyframes.keyframe(container, stream, at)
            pictures.append(keyframes.upright(frame, width=width, scaler=scaler))
        return pictures


def frame_at(path: Path, seconds: float, *, width: int | None = None, exact: bool = True) -> Image.Image:
    return frames_at(path, [seconds], width=width, exact=exact)[0]


def poster(
    path: Path, into: Path, *, width: int = 1280, score: Score | None = None, halt: threading.Event | None = None
) -> float:
    """Write the best of a few keyframes as a JPEG and return its time in seconds.

    Best is sharp, well lit and neither black nor flat. `score` may add what a picture is worth beside that (faces in it, say): it is
    given upright RGB, at most 640 pixels wide, and answers between 0 (nothing) and 1 (as much as all the rest).
    """
    with open_media(path, headers_only=True) as container:
        stream = keyframes.stream_of(container, rough=False)
        candidates: dict[float, _Look] = {}
        # Neither the very start nor the end: those are titles and fades.
        for at in _spread(keyframes.length(container, stream), POSTER_CANDIDATES):
            _check(halt)
            with suppress(TruncatedError):  # a damaged place is no poster
                packet = keyframes.keyframe_packet(container, stream, at)
                shown = keyframes.seconds_of(packet, stream)
                if shown not in candidates:
                    candidates[shown] = _look(keyframes.decode_one(stream, packet), score)
        if not candidates:
            raise TruncatedError
        best = _best(candidates)
        frame = keyframes.keyframe(container, stream, best)
        _save(keyframes.upright(frame, width=width, scaler=VideoReformatter()), into)
        return best


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """A sheet of equal tiles, row by row. Tile i is shown from `i * interval` seconds on; its picture is of that stretch's middle."""

    columns: int
    rows: int
    width: int
    height: int
    interval: float
    count: int

    def cell(self, index: int) -> tuple[int, int, int, int]:
        """x, y, width, height of a tile, as media fragments write it."""
        row, column = divmod(index, self.columns)
        return column * self.width, row * self.height, self.width, self.height

    def time(self, index: int) -> float:
        return (index + 0.5) * self.interval


def sprite(
    path: Path,
    into: Path,
    *,
    columns: int = SPRITE_COLUMNS,
    count: int = SPRITE_TILES,
    width: int = SPRITE_TILE_WIDTH,
    halt: threading.Event | None = None,
) -> Sprite:
    """Write a sheet of at most `count` small pictures, evenly spread, as JPEG or WebP (as `into` is called). One tile a second at most.

    Of long videos the tiles are keyframes; short ones, in which keyframes are too far apart for that, are decoded whole.
    """
    with open_media(path, headers_only=True) as container:
        stream = keyframes.stream_of(container, rough=True)
        length = keyframes.length(container, stream)
        count = max(1, min(count, math.floor(length / SPRITE_SHORTEST_INTERVAL)))
        times = [(index + 0.5) * length / count for index in range(count)]
        take = _tiles_of_all if length <= SPRITE_ALL_FRAMES_SECONDS else _tiles_of_keyframes
        sheet: Image.Image | None = None
        columns = min(columns, count)
        rows = math.ceil(count / columns)
        for index, tile in enumerate(take(container, stream, times, width)):
            _check(halt)
            if sheet is None:
                sheet = Image.new("RGB", (tile.width * columns, tile.height * rows))
                size = tile.size
            sheet.paste(tile, (index % columns * size[0], index // columns * size[1]))
        if sheet is None:
            raise TruncatedError
        _save(sheet, into)
        return Sprite(
            columns=columns, rows=rows, width=size[0], height=size[1], interval=round(length / count, 6), count=count
        )


def sprite_vtt(sheet: Sprite, *, address: str) -> str:
    """The thumbnail track of a player: for each stretch of time the part of the picture at `address` that shows it."""
    cues: list[Block] = []
    for index in range(sheet.count):
        cell = ",".join(map(str, sheet.cell(index)))
        cues.append(Cue.at(index * sheet.interval, (index + 1) * sheet.interval, f"{address}#xywh={cell}"))
    return Document(cues).write()


def _tiles_of_keyframes(
    container: InputContainer, stream: VideoStream, times: Sequence[float], width: int
) -> Iterator[Image.Image]:
    last: tuple[int | None, Image.Image] | None = None
    scaler = VideoReformatter()
    for at in times:
        try:
            packet = keyframes.keyframe_packet(container, stream, at)
            if last is None or packet.pts != last[0]:  # several tiles of a long group share its one keyframe
                last = (packet.pts, keyframes.upright(keyframes.decode_one(stream, packet), width=width, scaler=scaler))
        except TruncatedError:  # a damaged place shows what came before it
            if last is None:
                raise
        yield last[1]


def _tiles_of_all(
    container: InputContainer, stream: VideoStream, times: Sequence[float], width: int
) -> Iterator[Image.Image]:
    """The frame shown at each time."""
    start, scaler = keyframes.start_of(stream), VideoReformatter()
    waiting = iter(times)
    due = next(waiting, None)
    shown: VideoFrame | None = None
    for frame in keyframes.decoded(container, stream):
        while due is not None and shown is not None and frame.time is not None and frame.time - start > due + 1e-6:
            yield keyframes.upright(shown, width=width, scaler=scaler)
            due = next(waiting, None)
        shown = frame
    while due is not None and shown is not None:
        yield keyframes.upright(shown, width=width, scaler=scaler)
        due = next(waiting, None)


def _check(halt: threading.Event | None) -> None:
    if halt is not None and halt.is_set():
        raise HaltedError


def _spread(length: float, count: int) -> list[float]:
    return [length * (index + 1) / (count + 1) for index in range(count)]


@dataclass(frozen=True)
class _Look:
    """`sharpness`: edges per pixel. `light`: 1 where well lit, falling to 0 at black and at white. `worth`: what the caller sees in it."""

    sharpness: float
    light: float
    is_empty: bool
    worth: float


def _look(frame: VideoFrame, score: Score | None) -> _Look:
    height = max(2, round(_LOOK_WIDTH * frame.height / max(1, frame.width)))
    small = VideoReformatter().reformat(
        frame, width=_LOOK_WIDTH, height=height, format="gray8", interpolation=Interpolation.BILINEAR, threads=1
    )
    luma = small.to_ndarray().astype(np.float32)
    mean = float(luma.mean())
    edges = luma[1:-1, :-2] + luma[1:-1, 2:] + luma[:-2, 1:-1] + luma[2:, 1:-1] - 4 * luma[1:-1, 1:-1]
    is_empty = mean < BLACK_LUMA or float(luma.std()) < FLAT_SPREAD
    worth = 0.0
    if score is not None and not is_empty:
        worth = score(np.asarray(keyframes.upright(frame, width=_SCORED_WIDTH, scaler=VideoReformatter())))
    return _Look(
        sharpness=float(edges.var()),
        light=min(1.0, mean / DIM_LUMA, (255 - mean) / (255 - GLARING_LUMA)),
        is_empty=is_empty,
        worth=worth,
    )


def _best(candidates: dict[float, _Look]) -> float:
    """The time of the best; of empty ones the brightest. Sharpness has no scale of its own: it counts beside the sharpest."""
    sharpest = max((look.sharpness for look in candidates.values()), default=0.0) or 1.0

    def rank(at: float) -> tuple[bool, float]:
        look = candidates[at]
        return not look.is_empty, look.light * math.sqrt(look.sharpness / sharpest) + look.worth

    return max(candidates, key=rank)


def _save(picture: Image.Image, into: Path) -> None:
    part = part_path(into)
    try:
        picture.save(part, _FORMATS[into.suffix.lower()], quality=_QUALITY)
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
