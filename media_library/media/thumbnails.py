"""Pictures out of a video: single frames, a poster, a sprite sheet. Decodes only what is asked for."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream
from PIL import Image

from media_library.media.errors import HaltedError, NoVideoError, TruncatedError
from media_library.media.ffmpeg import part_path
from media_library.media.opening import open_media

POSTER_CANDIDATES = 12
SPRITE_TILE_WIDTH = 160
SPRITE_TILES = 100
# Up to this width nobody sees whether a frame was deblocked before it was made small.
ROUGH_WIDTH = 320
# Mean luma of 255 below which a frame counts as black, and spread below which it says nothing (a fade, a flat colour).
BLACK_LUMA = 24
FLAT_SPREAD = 8
_JPEG_QUALITY = 82
# A video that does not say how its colours are coded is shown by browsers as BT.709 from 720 lines on (ITU-T H.273 values).
_UNSAID_MATRIX, _HD_MATRIX, _HD_LINES = 2, Colorspace.ITU709, 720
_PACKETS_TO_KEYFRAME = 2000


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
        stream = _picture_stream(container, rough=not exact and width is not None and width <= ROUGH_WIDTH)
        pictures = []
        for at in seconds:
            _check(halt)
            frame = _frame_shown(container, stream, at) if exact else _keyframe(container, stream, at)
            pictures.append(_upright(frame, width=width))
        return pictures


def frame_at(path: Path, seconds: float, *, width: int | None = None, exact: bool = True) -> Image.Image:
    return frames_at(path, [seconds], width=width, exact=exact)[0]


def poster(path: Path, into: Path, *, width: int = 1280, halt: threading.Event | None = None) -> float:
    """Write the best of a few keyframes as a JPEG: the sharpest that is neither black nor flat. Returns its time in seconds."""
    with open_media(path, headers_only=True) as container:
        stream = _picture_stream(container, rough=False)
        best: tuple[float, float, VideoFrame] | None = None
        # Neither the very start nor the end: those are titles and fades.
        for at in _spread(_length(container, stream), POSTER_CANDIDATES):
            _check(halt)
            packet = _keyframe_packet(container, stream, at)
            frame = _decode_one(stream, packet)
            score = _interest(frame)
            if best is None or score > best[0]:
                best = (score, float((packet.pts or 0) * (stream.time_base or 0)), frame)
        if best is None:
            raise TruncatedError
        _save(_upright(best[2], width=min(width, best[2].width)), into)
        return best[1]


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """A sheet of equal tiles, row by row. `times[i]` (seconds) is what tile i is asked for at; it shows the keyframe before it."""

    tile_width: int
    tile_height: int
    columns: int
    times: tuple[float, ...]

    def cell(self, index: int) -> tuple[int, int, int, int]:
        """x, y, width, height of a tile, as media fragments of a thumbnail track write it."""
        row, column = divmod(index, self.columns)
        return column * self.tile_width, row * self.tile_height, self.tile_width, self.tile_height


def sprite(
    path: Path,
    into: Path,
    *,
    tiles: int = SPRITE_TILES,
    tile_width: int = SPRITE_TILE_WIDTH,
    halt: threading.Event | None = None,
) -> Sprite:
    """Write a JPEG of `tiles` keyframes, evenly spread."""
    with open_media(path, headers_only=True) as container:
        stream = _picture_stream(container, rough=True)
        length = _length(container, stream)
        times = tuple((index + 0.5) * length / tiles for index in range(tiles))
        columns = math.ceil(math.sqrt(tiles))
        sheet: Image.Image | None = None
        last: tuple[int | None, Image.Image] = (None, Image.new("RGB", (1, 1)))
        for index, at in enumerate(times):
            _check(halt)
            packet = _keyframe_packet(container, stream, at)
            if packet.pts != last[0]:  # several tiles of a long group share its one keyframe
                last = (packet.pts, _upright(_decode_one(stream, packet), width=tile_width))
            tile = last[1]
            if sheet is None:
                sheet = Image.new("RGB", (tile.width * columns, tile.height * math.ceil(tiles / columns)))
            sheet.paste(tile, (index % columns * tile.width, index // columns * tile.height))
        if sheet is None:
            raise TruncatedError
        _save(sheet, into)
        return Sprite(tile_width=tile.width, tile_height=tile.height, columns=columns, times=times)


def _check(halt: threading.Event | None) -> None:
    if halt is not None and halt.is_set():
        raise HaltedError


def _picture_stream(container: InputContainer, *, rough: bool) -> VideoStream:
    """`rough`: without deblocking, which is not seen in a small tile."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            # A single frame gains nothing from threads, and starting them costs more than the frame.
            stream.codec_context.thread_type = "NONE"
            stream.codec_context.thread_count = 1
            if rough:
                stream.codec_context.options = {"skip_loop_filter": "all"}
            return stream
    raise NoVideoError


def _length(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _spread(length: float, count: int) -> list[float]:
    return [length * (index + 1) / (count + 1) for index in range(count)]


def _keyframe_packet(container: InputContainer, stream: VideoStream, at: float) -> av.Packet[VideoStream]:
    base = stream.time_base or Fraction(1, 1)
    start = stream.start_time or 0
    container.seek(start + max(0, int(at / base)), stream=stream, backward=True)
    for count, packet in enumerate(container.demux(stream)):
        if packet.is_keyframe and packet.size:
            return packet
        if count > _PACKETS_TO_KEYFRAME:
            break
    raise TruncatedError("The picture of this file cannot be read at every place. Upload or export it again.")


def _decode_one(stream: VideoStream, packet: av.Packet[VideoStream]) -> VideoFrame:
    """Asking for "the next frame" would decode further keyframes to fill the decoder's delay; one packet and a drain decode exactly one."""
    frames = [*stream.codec_context.decode(packet), *stream.codec_context.decode(None)]
    stream.codec_context.flush_buffers()
    if not frames:
        raise TruncatedError("The picture of this file cannot be read at every place. Upload or export it again.")
    return frames[0]


def _keyframe(container: InputContainer, stream: VideoStream, at: float) -> VideoFrame:
    return _decode_one(stream, _keyframe_packet(container, stream, at))


def _frame_shown(container: InputContainer, stream: VideoStream, at: float) -> VideoFrame:
    """The last frame whose time is not after `at`."""
    base = stream.time_base or Fraction(1, 1)
    container.seek((stream.start_time or 0) + max(0, int(at / base)), stream=stream, backward=True)
    shown: VideoFrame | None = None
    for frame in _decoded(container, stream):
        if shown is not None and frame.time is not None and frame.time > at + 1e-6:
            break
        shown = frame
    stream.codec_context.flush_buffers()
    if shown is None:
        raise TruncatedError("The picture of this file cannot be read at every place. Upload or export it again.")
    return shown


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    for packet in container.demux(stream):
        yield from packet.decode()


def _upright(frame: VideoFrame, *, width: int | None) -> Image.Image:
    """RGB, turned as the file asks, `width` pixels wide as seen."""
    turned = frame.rotation % 180 != 0
    seen_width, seen_height = (frame.height, frame.width) if turned else (frame.width, frame.height)
    if width and width < seen_width:
        seen_width, seen_height = width, max(1, round(seen_height * width / seen_width))
    size = (seen_height, seen_width) if turned else (seen_width, seen_height)
    matrix = _HD_MATRIX if frame.colorspace == _UNSAID_MATRIX and frame.height >= _HD_LINES else None
    small = frame.reformat(
        width=size[0], height=size[1], format="rgb24", src_colorspace=matrix, interpolation=Interpolation.FAST_BILINEAR
    )
    picture = Image.fromarray(small.to_ndarray())
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


def _interest(frame: VideoFrame) -> float:
    """Higher is a better poster: edges per pixel, far below zero when black or flat."""
    luma = (
        frame.reformat(width=320, height=180, format="gray8", interpolation=Interpolation.BILINEAR)
        .to_ndarray()
        .astype(np.float32)
    )
    if luma.mean() < BLACK_LUMA or luma.std() < FLAT_SPREAD:
        return float(luma.mean() / 255 - 1000)
    laplacian = luma[1:-1, :-2] + luma[1:-1, 2:] + luma[:-2, 1:-1] + luma[2:, 1:-1] - 4 * luma[1:-1, 1:-1]
    return float(laplacian.var())


def _save(picture: Image.Image, into: Path) -> None:
    part = part_path(into)
    try:
        picture.save(part, "JPEG", quality=_JPEG_QUALITY, optimize=False)
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
