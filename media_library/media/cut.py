"""A range of a video, exact to the frame, and of sound, exact to the sample.

A cut holds the frames whose times are in [start, end), so that neighbouring cuts share no frame and lose none. Its time 0 is its first
frame, its sound begins at that very moment. Times are those of the file's own clock, in seconds.
Most of a cut is copied (`smart_cut`) and checked (`cut_check`); where either refuses, it is encoded whole, with the reason in the answer.
Only the first picture and the first sound track are kept.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from media_library.media import cut_check
from media_library.media.conform import AUDIO_BIT_RATE, AUDIO_RATE, house_picture
from media_library.media.cut_plan import SLACK_SECONDS, NotJoinableError
from media_library.media.errors import (
    NotMediaError,
    RangeError,
    RenderError,
    TruncatedError,
    UnsupportedError,
)
from media_library.media.ffmpeg import Input, Progress, run
from media_library.media.opening import open_media, picture_stream
from media_library.media.probe import Probe, VideoInfo, probe
from media_library.media.smart_cut import join
from media_library.media.sniff import Kind, sniff
from media_library.media.writing import written

Container = Literal["mp4", "mov"]
SoundFormat = Literal["mp3", "m4a", "wav"]

# Where a file's length and its last frame disagree, people mean the end.
_END_SLACK_SECONDS = 0.1
# Decoders need what comes before a point: a keyframe for pictures, a few packets for sound.
_SOUND_WARM_UP_SECONDS = 1.0
_REORDER_SECONDS = 1
# Containers whose index leads to a keyframe.
_SEARCHABLE = {"mov", "matroska"}
_SEEK_BACK_SECONDS = (1, 10, 60)
_LAST_FRAME_WITHIN_SECONDS = 0.05
_SOUND_OPTIONS: dict[SoundFormat, tuple[str, tuple[str, ...]]] = {
    "mp3": ("mp3", ("-c:a", "libmp3lame", "-q:a", "2")),
    "m4a": ("ipod", ("-c:a", "aac", "-b:a", AUDIO_BIT_RATE, "-movflags", "+faststart")),
    "wav": ("wav", ("-c:a", "pcm_s16le")),
}


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What was done. `start` and `end` are exact, in the source's time; `seconds` is what it took.

    "smart": copied but for the ends, which may be all of a short range. "whole": encoded, because of `reason`.
    """

    method: Literal["smart", "whole"]
    reason: str
    frames_copied: int
    frames_encoded: int
    start: float
    end: float
    seconds: float

    @property
    def frames(self) -> int:
        return self.frames_copied + self.frames_encoded

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, kw_only=True)
class SoundClip:
    start: float
    end: float

    @property
    def duration(self) -> float:
        return self.end - self.start


def cut(
    source: Path,
    target: Path,
    *,
    start: float,
    end: float,
    container: Container = "mp4",
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Cut:
    """`target` appears whole or not at all. Raises RangeError for points that cannot be meant, HaltedError, and what encoding raises."""
    began = time.perf_counter()
    _check_points(start, end)
    kind = sniff(source)
    try:
        return _smart(
            source,
            target,
            kind=kind,
            start=start,
            end=end,
            container=container,
            progress=progress,
            halt=halt,
            began=began,
        )
    except NotJoinableError as refused:
        reason = str(refused)
    except (NotMediaError, TruncatedError, UnsupportedError, RenderError) as error:
        # The program that encodes reads more than our way of copying; if it cannot either, it says so.
        reason = error.log or error.message
    return _whole(
        source,
        target,
        start=start,
        end=end,
        container=container,
        reason=reason,
        progress=progress,
        halt=halt,
        began=began,
    )


def audio_clip(
    source: Path,
    target: Path,
    *,
    start: float,
    end: float,
    format: SoundFormat = "mp3",  # noqa: A002  (what people call it)
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> SoundClip:
    """The first sound track's [start, end), to the sample; what is missing at its start is silence."""
    _check_points(start, end)
    found = probe(source).require(audio=True)
    end = _end_within(start, end, found.duration)
    muxer, options = _SOUND_OPTIONS[format]
    run(
        inputs=[_input(source, kind=found.kind, start=start, warm_up=_SOUND_WARM_UP_SECONDS)],
        options=["-vn", "-sn", "-map", "0:a:0", "-filter:a", _sound_filter(start, end), *options],
        output=target,
        muxer=muxer,
        expected_seconds=end - start,
        what="Cutting the sound",
        progress=progress,
        halt=halt,
    )
    return SoundClip(start=start, end=end)


def frame_time(source: Path, at: float) -> float:
    """When the frame shown at this moment began: where a cut that should hold it must start."""
    if not math.isfinite(at) or at < 0:
        raise RangeError("This is not a moment of the video.")
    window = _Window.around(source, Fraction(at) + SLACK_SECONDS)
    if window.before is None:
        raise RangeError("There is no frame at this moment.")
    return float(window.before)


def _smart(
    source: Path,
    target: Path,
    *,
    kind: Kind,
    start: float,
    end: float,
    container: Container,
    progress: Progress | None,
    halt: threading.Event | None,
    began: float,
) -> Cut:
    if kind.demuxer != "mov":
        raise NotJoinableError(f"it is {kind.label}, not MP4")
    with open_media(source, kind=kind, headers_only=True) as opened:
        end = _end_within(start, end, (opened.duration or 0) / 1_000_000)
    with written(target) as part:
        joined = join(source, part, start=start, end=end, muxer=container, progress=progress, halt=halt)
        cut_check.check(part, joined, source=source, kind=kind)
    return Cut(
        method="smart",
        reason="",
        frames_copied=joined.copied,
        frames_encoded=len(joined.pictures) - joined.copied,
        start=float(joined.start),
        end=float(joined.end),
        seconds=time.perf_counter() - began,
    )


def _whole(
    source: Path,
    target: Path,
    *,
    start: float,
    end: float,
    container: Container,
    reason: str,
    progress: Progress | None,
    halt: threading.Event | None,
    began: float,
) -> Cut:
    found = probe(source).require(video=True)
    end = _end_within(start, end, found.duration + _first_time(found))
    entry = _Window.around(source, Fraction(start) - SLACK_SECONDS)
    leave = _Window.around(source, Fraction(end) - SLACK_SECONDS)
    if entry.after is None or leave.before is None or leave.before < entry.after:
        raise RangeError("There is no frame between these points. Choose them further apart.")
    exact_end = leave.after if leave.after is not None else max(leave.ends, Fraction(end))
    options = [
        *("-map", "0:v:0", "-filter:v", _picture_filter(found.require(video=True).video, entry, leave)),
        *("-fps_mode", "passthrough", "-enc_time_base", "demux"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-profile:v", "high", "-pix_fmt", "yuv420p"),
        "-sn",
        *_sound_options(found, entry.after, exact_end),
        *("-movflags", "+faststart"),
    ]
    run(
        inputs=[_input(source, kind=found.kind, start=float(entry.after), warm_up=_SOUND_WARM_UP_SECONDS)],
        options=options,
        output=target,
        muxer=container,
        expected_seconds=float(exact_end - entry.after),
        what="Cutting",
        progress=progress,
        halt=halt,
    )
    return Cut(
        method="whole",
        reason=reason,
        frames_copied=0,
        frames_encoded=_checked_count(target, leave.before - entry.after),
        start=float(entry.after),
        end=float(exact_end),
        seconds=time.perf_counter() - began,
    )


def _check_points(start: float, end: float) -> None:
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RangeError("The in and out points must be numbers of seconds.")
    if start < 0:
        raise RangeError("The in point is before the start of the video.")
    if end <= start:
        raise RangeError("The out point must be after the in point.")


def _end_within(start: float, end: float, duration: float) -> float:
    if start >= duration:
        raise RangeError("The in point is after the end of the video.")
    if end > duration + _END_SLACK_SECONDS:
        raise RangeError(f"The out point is after the end of the video ({duration:.3f} seconds).")
    return min(end, duration)


def _first_time(found: Probe) -> float:
    """Some containers' clocks do not begin at zero."""
    return max(0.0, found.video.start) if found.video is not None else 0.0


@dataclass(frozen=True, kw_only=True)
class _Window:
    """The frames next to a moment: the last before it, which `ends` then at the latest, and the first at or after it."""

    before: Fraction | None
    ends: Fraction
    after: Fraction | None

    @classmethod
    def around(cls, source: Path, at: Fraction) -> _Window:
        window = cls(before=None, ends=Fraction(0), after=None)
        for back in _SEEK_BACK_SECONDS:
            with open_media(source) as container:
                stream = picture_stream(container)
                base = stream.time_base or Fraction(1)
                # What cannot be searched is read from its start.
                with suppress(av.error.FFmpegError):
                    if at > back:
                        container.seek(int((at - back) / base), stream=stream, backward=True)
                window = cls._read(container, stream, at, base)
            if window.before is not None:
                break
        return window

    @classmethod
    def _read(cls, container: InputContainer, stream: VideoStream, at: Fraction, base: Fraction) -> _Window:
        before = after = None
        ends = Fraction(0)
        for packet in container.demux(stream):
            pts = packet.pts if packet.pts is not None else packet.dts
            if pts is None or not packet.size or packet.is_discard:
                continue
            shown = pts * base
            if shown < at and (before is None or shown > before):
                before, ends = shown, shown + (packet.duration or 0) * base
            elif shown >= at and (after is None or shown < after):
                after = shown
            if shown > at + _REORDER_SECONDS:
                break
        return cls(before=before, ends=ends, after=after)


def _input(source: Path, *, kind: Kind, start: float, warm_up: float) -> Input:
    """From the keyframe before, on the file's own clock; the filters cut exactly."""
    options = ["-copyts"]
    # Elsewhere a search may end between keyframes, and what comes before the next one would be lost.
    if start > warm_up and kind.demuxer in _SEARCHABLE:
        options += ["-seek_timestamp", "1", "-ss", f"{start - warm_up:.6f}"]
    return Input(path=source, kind=kind, options=tuple(options))


def _picture_filter(video: VideoInfo | None, entry: _Window, leave: _Window) -> str:
    """Between frames, not on them, so that no rounding can take the wrong one."""
    bounds = []
    if entry.after is not None and entry.before is not None:
        bounds.append(f"start={float((entry.before + entry.after) / 2):.9f}")
    if leave.before is not None and leave.after is not None:
        bounds.append(f"end={float((leave.before + leave.after) / 2):.9f}")
    trim = [f"trim={':'.join(bounds)}"] if bounds else []
    filters = house_picture(video) if video is not None else []
    return ",".join([*trim, "setpts=PTS-STARTPTS", *filters, "format=yuv420p"])


def _sound_filter(start: float | Fraction, end: float | Fraction) -> str:
    begin, stop = f"{float(start):.9f}", f"{float(end):.9f}"
    return f"atrim=start={begin}:end={stop},asetpts=PTS-{begin}/TB,aresample=async=1:first_pts=0"


def _sound_options(found: Probe, start: Fraction, end: Fraction) -> list[str]:
    if found.audio is None:
        return ["-an"]
    channels = str(min(found.audio.channels, 2))
    return [
        *("-map", "0:a:0", "-filter:a", _sound_filter(start, end)),
        *("-c:a", "aac", "-b:a", AUDIO_BIT_RATE, "-ar", str(AUDIO_RATE), "-ac", channels),
    ]


def _checked_count(target: Path, last: Fraction) -> int:
    """How many frames came out. Raises RenderError, and removes the file, when the last is not shown `last` seconds after the first."""
    frames, latest = 0, Fraction(0)
    with open_media(target, headers_only=True) as container:
        stream = picture_stream(container)
        base = stream.time_base or Fraction(1)
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None:
                frames += 1
                latest = max(latest, packet.pts * base)
    if not frames or abs(latest - last) > _LAST_FRAME_WITHIN_SECONDS:
        target.unlink(missing_ok=True)
        raise RenderError(
            "Part of this video could not be read, so the clip would not be whole. Export the source again and upload it once more.",
            log=f"{frames} frames, the last at {float(latest):.3f}, not {float(last):.3f} s",
        )
    return frames
