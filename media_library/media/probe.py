"""What is in a file: container, streams, timing. Through PyAV, from headers and index; refuses what the studio must not touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from media_library.media.errors import (
    NoAudioError,
    NotMediaError,
    NoVideoError,
    TooLargeError,
    TooLongError,
    TruncatedError,
    UnsupportedError,
)
from media_library.media.images import inspect
from media_library.media.limits import SOURCE, SourceLimits
from media_library.media.opening import open_media
from media_library.media.sniff import Kind, sniff
from media_library.media.structure import announces_length, check_complete, is_faststart, mov_rotation
from media_library.media.timing import decoded_rotation, frame_index, is_open_gop, is_vfr

_UNTAGGED = {"", "und", "unk"}
# Reordering alone puts the first decoding time a few frames before zero; more than this is material an edit list hides.
HIDDEN_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """`width` and `height` as stored; `rotation` is how far to turn clockwise when shown.

    `is_trimmed`: an edit list hides pictures before the start.
    `keyframe_interval` is the longest seen, in seconds (None: no keyframe is marked).
    """

    codec: str
    profile: str
    width: int
    height: int
    fps: Fraction
    pix_fmt: str
    bit_depth: int
    rotation: int
    interlaced: bool
    sample_aspect_ratio: Fraction
    color_transfer: int
    has_b_frames: bool
    is_vfr: bool
    is_open_gop: bool
    keyframe_interval: float | None
    duration: float
    start: float
    is_trimmed: bool

    @property
    def display_size(self) -> tuple[int, int]:
        """As the viewer sees it: pixels made square, then turned."""
        width, height = round(self.width * self.sample_aspect_ratio), self.height
        return (height, width) if self.rotation in {90, 270} else (width, height)


@dataclass(frozen=True, kw_only=True)
class AudioInfo:
    codec: str
    rate: int
    channels: int
    language: str
    duration: float
    start: float


@dataclass(frozen=True, kw_only=True)
class SubtitleInfo:
    codec: str
    language: str
    title: str
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Seconds, bytes, bits a second. `video` and `audio` are the first of their kind; cover pictures are not video."""

    kind: Kind
    duration: float
    size: int
    bit_rate: int
    stream_count: int
    is_faststart: bool = False
    title: str = ""
    video: VideoInfo | None = None
    audio: AudioInfo | None = None
    audio_tracks: tuple[AudioInfo, ...] = ()
    subtitles: tuple[SubtitleInfo, ...] = field(default=())

    @property
    def family(self) -> Literal["video", "audio", "image"]:
        """By what is in it: an MP4 may hold sound alone, and a cover makes no video of a song."""
        if self.kind.family == "image":
            return "image"
        return "video" if self.video else "audio"

    def require(self, *, video: bool = False, audio: bool = False) -> Probe:
        if video and self.video is None:
            raise NoVideoError
        if audio and self.audio is None:
            raise NoAudioError
        return self


def probe(path: Path, *, limits: SourceLimits = SOURCE) -> Probe:
    """Raises NotMediaError, TruncatedError, TooLongError, TooLargeError, UnsupportedError.

    A file without sound, or without a picture, passes: the caller decides with `require`.
    """
    kind = sniff(path)
    if kind.family == "text":  # documents are not even sniffed here
        raise NotMediaError(f"This file is {kind.label}, not video or audio. Upload the media file itself.")
    check_complete(path, kind=kind)
    if kind.family == "image":
        return _picture(path, kind=kind)
    with open_media(path, kind=kind) as container:
        return _describe(container, path=path, kind=kind, limits=limits)


def _picture(path: Path, *, kind: Kind) -> Probe:
    """As it is seen: turned already."""
    found = inspect(path)
    video = VideoInfo(
        codec=kind.mime.partition("/")[2],
        profile="",
        width=found.width,
        height=found.height,
        fps=Fraction(0),
        pix_fmt="",
        bit_depth=found.bit_depth,
        rotation=0,
        interlaced=False,
        sample_aspect_ratio=Fraction(1),
        color_transfer=0,
        has_b_frames=False,
        is_vfr=False,
        is_open_gop=False,
        keyframe_interval=None,
        duration=0.0,
        start=0.0,
        is_trimmed=False,
    )
    return Probe(kind=kind, duration=0.0, size=path.stat().st_size, bit_rate=0, stream_count=1, video=video)


def _describe(container: InputContainer, *, path: Path, kind: Kind, limits: SourceLimits) -> Probe:
    streams = container.streams
    if len(streams) > limits.streams:
        raise TooLargeError(
            f"This file has {len(streams)} streams; at most {limits.streams} are accepted. Export it with only the tracks you need."
        )
    pictures = [stream for stream in streams.video if not stream.disposition & Disposition.attached_pic]
    if not pictures and not streams.audio:
        raise NotMediaError("This file has neither picture nor sound. Upload the media file itself.")
    announced = announces_length(path, kind=kind)
    duration = _duration(container) if announced else _length_by_packets(container)
    if duration > limits.duration:
        raise TooLongError(
            f"This file lasts {_clock(duration)}; at most {_clock(limits.duration)} are accepted. Cut it into shorter parts."
        )
    if pictures:
        _check_picture_size(pictures[0], limits)
    sounds = tuple(
        AudioInfo(
            codec=stream.codec_context.codec.canonical_name,
            rate=stream.codec_context.sample_rate,
            channels=stream.codec_context.channels,
            language=_language(stream),
            duration=_stream_duration(stream, duration),
            start=float((stream.start_time or 0) * (stream.time_base or 0)),
        )
        for stream in streams.audio
        if stream.codec_context is not None and stream.codec_context.sample_rate
    )
    if duration <= 0:
        raise TruncatedError(
            "This file says nothing about its length, or it is empty. Export it again and upload it once more."
        )
    video = _video(container, pictures[0], path=path, kind=kind, limits=limits, duration=duration) if pictures else None
    if kind.demuxer in {"mp3", "flac"} and announced:
        _check_last_packets(container, duration)
    size = path.stat().st_size
    return Probe(
        kind=kind,
        duration=duration,
        size=size,
        bit_rate=container.bit_rate or round(size * 8 / duration),
        stream_count=len(streams),
        is_faststart=kind.demuxer == "mov" and is_faststart(path),
        title=str(container.metadata.get("title", ""))[:500],
        video=video,
        audio=sounds[0] if sounds else None,
        audio_tracks=sounds,
        subtitles=tuple(
            SubtitleInfo(
                codec=stream.codec_context.codec.canonical_name if stream.codec_context else "",
                language=_language(stream),
                title=str(
                    stream.metadata.get("title")
                    or stream.metadata.get("name")
                    or stream.metadata.get("handler_name")
                    or ""
                )[:200],
                is_default=bool(stream.disposition & Disposition.default),
            )
            for stream in streams.subtitles
        ),
    )


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds: 4:00:00."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _check_picture_size(stream: VideoStream, limits: SourceLimits) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if not width or not height:
        raise UnsupportedError
    if max(width, height) > limits.width or width * height > limits.pixels:
        raise TooLargeError(
            f"The picture is {width} × {height}; at most {limits.width} × {limits.height} is accepted. Export it smaller and try again."
        )


def _duration(container: InputContainer) -> float:
    if container.duration:
        return container.duration / av.time_base
    longest = max((_stream_duration(stream, 0.0) for stream in container.streams), default=0.0)
    # A browser's recorder writes no length at all; the packets tell it.
    return longest or _length_by_packets(container)


def _length_by_packets(container: InputContainer) -> float:
    end = 0.0
    for packet in container.demux():
        if packet.pts is not None and packet.time_base is not None:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    container.seek(0)
    return end


def _stream_duration(stream: Stream, otherwise: float) -> float:
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else otherwise


def _language(stream: Stream) -> str:
    language = str(stream.metadata.get("language", "")).lower()
    return "" if language in _UNTAGGED else language[:35]


def _video(
    container: InputContainer, stream: VideoStream, *, path: Path, kind: Kind, limits: SourceLimits, duration: float
) -> VideoInfo:
    codec = stream.codec_context
    if not codec.pix_fmt:
        raise UnsupportedError(
            "The picture of this file cannot be read. Convert it to MP4 (H.264 and AAC) and try again."
        )
    index = frame_index(container, stream)
    keyframes = index.keyframes()
    average = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(0)
    if average > limits.fps:
        raise UnsupportedError(
            f"This video has {float(average):.0f} frames a second; at most {limits.fps:g} are accepted. Export it at 60 or fewer."
        )
    return VideoInfo(
        codec=codec.codec.canonical_name,
        profile=codec.profile or "",
        width=codec.width,
        height=codec.height,
        fps=Fraction(average),
        pix_fmt=codec.pix_fmt,
        bit_depth=max((component.bits for component in av.VideoFormat(codec.pix_fmt).components), default=8),
        rotation=mov_rotation(path) if kind.demuxer == "mov" else decoded_rotation(container, stream),
        interlaced=codec.field_order not in {0, 1},
        sample_aspect_ratio=Fraction(stream.sample_aspect_ratio or codec.sample_aspect_ratio or 1),
        color_transfer=int(codec.color_trc),
        has_b_frames=bool(codec.has_b_frames),
        is_vfr=is_vfr(index.steps()),
        is_open_gop=is_open_gop(container, stream, keyframes),
        keyframe_interval=index.keyframe_interval(duration=duration),
        duration=_stream_duration(stream, duration),
        start=float((stream.start_time or 0) * (stream.time_base or 0)),
        is_trimmed=bool(keyframes) and keyframes[0] < -HIDDEN_SECONDS,
    )


def _check_last_packets(container: InputContainer, duration: float) -> None:
    """These containers announce a length in their first bytes; the last packets must be there."""
    stream = container.streams.audio[0]
    if stream.time_base is None:
        return
    container.seek(int(max(0.0, duration - 5.0) / stream.time_base), stream=stream, backward=True)
    end = 0.0
    for packet in container.demux(stream):
        if packet.pts is not None and packet.size:
            end = max(end, float((packet.pts + (packet.duration or 0)) * stream.time_base))
    if end < duration - max(1.0, duration * 0.01):
        raise TruncatedError(
            f"This file is incomplete: it should last {duration:.0f} seconds, but ends after {end:.0f}. Upload or export it again."
        )
