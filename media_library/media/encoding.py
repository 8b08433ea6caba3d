"""H.264 for pieces that stand beside copied ones: without B-frames, so that file order is display order and a join needs no reordering."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from media_library.media.errors import RenderError

# By the number in a parameter set: those whose pixels are 8-bit 4:2:0 or grey.
PROFILES = {66: "baseline", 77: "main", 100: "high"}
_GOP_SECONDS = 2


def picture_encoder(
    source: VideoCodecContext | VideoFrame,
    *,
    fps: Fraction,
    profile: str,
    parameter_set: int,
    preset: str = "veryfast",
    crf: int = 18,
    threads: int = 2,
    held: int = 0,
    context: VideoCodecContext | None = None,
) -> VideoCodecContext:
    """Pictures as `source` has them. `extradata` holds the headers, under the id `parameter_set`; samples hold none.

    `held` is how many pictures decoders hold for what it is joined to: where that number changes they may drop those that they
    have not shown yet (H.264, C.4.4), and OpenH264 does. `context` is that of a track of a file, where it is written there as it comes.
    """
    encoder = context or av.CodecContext.create("libx264", "w")
    if not isinstance(encoder, VideoCodecContext):
        raise RenderError
    encoder.width, encoder.height = source.width, source.height
    encoder.pix_fmt = source.format.name if isinstance(source, VideoFrame) else source.pix_fmt
    encoder.time_base, encoder.framerate = 1 / fps, fps
    encoder.color_range, encoder.colorspace = source.color_range, source.colorspace
    encoder.color_primaries, encoder.color_trc = source.color_primaries, source.color_trc
    encoder.flags |= Flags.global_header
    encoder.thread_count = threads
    gop = math.floor(fps * _GOP_SECONDS)
    room = f":dpb-size={held}" if held else ""
    encoder.options = {
        "preset": preset,
        "crf": str(crf),
        "profile": profile,
        "x264-params": f"sps-id={parameter_set}:bframes=0:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0{room}",
    }
    encoder.open()
    return encoder


def encoded(
    encoder: VideoCodecContext, frames: Iterable[VideoFrame], *, first: int
) -> Iterator[tuple[int, av.Packet[VideoStream]]]:
    """(place in the output, packet) in order."""
    place = written_to = first
    for frame in frames:
        # The decoder's word on the kind of picture would force the encoder's hand.
        frame.pict_type = PictureType.NONE
        frame.time_base, frame.pts = encoder.time_base, place
        place += 1
        for packet in encoder.encode(frame):
            yield written_to, packet
            written_to += 1
    for packet in encoder.encode(None):
        yield written_to, packet
        written_to += 1
