"""Frames out of a video one by one, each with as little decoding as it takes. Times are seconds from the first picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from media_library.media.errors import TruncatedError
from media_library.media.opening import picture_stream

# A video that does not say how its colours are coded is shown by browsers as BT.709 from 720 lines on (ITU-T H.273 values).
_UNSAID_MATRIX, _HD_MATRIX, _HD_LINES = 2, Colorspace.ITU709, 720
_PACKETS_TO_KEYFRAME = 2000
_UNREADABLE = "The picture of this file cannot be read at every place. Upload or export it again."


def stream_of(container: InputContainer, *, rough: bool) -> VideoStream:
    """`rough`: without deblocking, which is not seen in a small tile."""
    stream = picture_stream(container)
    # A single frame gains nothing from threads, and starting them costs more than the frame.
    stream.codec_context.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    if rough:
        stream.codec_context.options = {"skip_loop_filter": "all"}
    return stream


def length(container: InputContainer, stream: VideoStream) -> float:
    """Of the picture. A browser's recorder writes none at all: then the packets are counted."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base or _length_by_packets(container, stream)


def _length_by_packets(container: InputContainer, stream: VideoStream) -> float:
    ends = [packet.pts + (packet.duration or 0) for packet in container.demux(stream) if packet.pts is not None]
    container.seek(0)
    return float(max(ends, default=0) * (stream.time_base or 0)) - start_of(stream)


def start_of(stream: VideoStream) -> float:
    """When the first picture is shown, by the clock of the file."""
    return float((stream.start_time or 0) * (stream.time_base or 0))


def seconds_of(packet: av.Packet[VideoStream], stream: VideoStream) -> float:
    return max(0.0, float((packet.pts or 0) * (stream.time_base or 0)) - start_of(stream))


def seek(container: InputContainer, stream: VideoStream, at: float) -> None:
    # Seconds as a float may fall a hair short of the very tick that they stand for.
    tick = max(0, int(at / (stream.time_base or Fraction(1)) + 1e-3))
    container.seek((stream.start_time or 0) + tick, stream=stream, backward=True)


def keyframe_packet(container: InputContainer, stream: VideoStream, at: float) -> av.Packet[VideoStream]:
    seek(container, stream, at)
    for count, packet in enumerate(container.demux(stream)):
        if packet.is_keyframe and packet.size:
            return packet
        if count > _PACKETS_TO_KEYFRAME:
            break
    raise TruncatedError(_UNREADABLE)


def decode_one(stream: VideoStream, packet: av.Packet[VideoStream]) -> VideoFrame:
    """Asking for "the next frame" would decode further keyframes to fill the decoder's delay; one packet and a drain decode exactly one."""
    try:
        frames = [*stream.codec_context.decode(packet), *stream.codec_context.decode(None)]
    except av.error.InvalidDataError as error:
        raise TruncatedError(_UNREADABLE, log=str(error)) from error
    finally:
        stream.codec_context.flush_buffers()
    if not frames:
        raise TruncatedError(_UNREADABLE)
    return frames[0]


def keyframe(container: InputContainer, stream: VideoStream, at: float) -> VideoFrame:
    return decode_one(stream, keyframe_packet(container, stream, at))


def frame_shown(container: InputContainer, stream: VideoStream, at: float) -> VideoFrame:
    """The last frame whose time is not after `at`."""
    start = start_of(stream)
    for again in (False, True):
        if again:
            container.seek(0)
        else:
            seek(container, stream, at)
        shown: VideoFrame | None = None
        for frame in decoded(container, stream):
            if shown is not None and frame.time is not None and frame.time - start > at + 1e-6:
                break
            shown = frame
        stream.codec_context.flush_buffers()
        # A transport stream has no index: a seek lands behind the keyframe, and pictures begin too late or not at all.
        if shown is not None and (shown.time is None or shown.time - start <= at + 1e-6):
            return shown
    if shown is None:
        raise TruncatedError(_UNREADABLE)
    return shown


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    for packet in container.demux(stream):
        yield from packet.decode()


def upright(frame: VideoFrame, *, width: int | None, scaler: VideoReformatter) -> Image.Image:
    """RGB, turned as the file asks, `width` pixels wide as seen."""
    turned = frame.rotation % 180 != 0
    seen_width, seen_height = (frame.height, frame.width) if turned else (frame.width, frame.height)
    if width and width < seen_width:
        seen_width, seen_height = width, max(1, round(seen_height * width / seen_width))
    size = (seen_height, seen_width) if turned else (seen_width, seen_height)
    matrix = _HD_MATRIX if frame.colorspace == _UNSAID_MATRIX and frame.height >= _HD_LINES else None
    # One thread: to start more for each small picture costs more than to scale it.
    small = scaler.reformat(
        frame,
        width=size[0],
        height=size[1],
        format="rgb24",
        src_colorspace=matrix,
        interpolation=Interpolation.FAST_BILINEAR,
        threads=1,
    )
    picture = Image.fromarray(small.to_ndarray())
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
