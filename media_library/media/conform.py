"""The house mezzanine: what every source becomes once, so that cutting, freezing and joining later are exact and cheap.

MP4 with its index first; H.264 8-bit 4:2:0 progressive, upright, square pixels, constant rate, closed GOPs of at most two seconds;
AAC 48 kHz stereo. Of sound alone it is the same without the picture, as M4A, which every browser plays.
The size of the picture is kept (probe refuses beyond 4096 x 2304): making it smaller would lose what nobody asked to lose. Never scaled up.
"""

from __future__ import annotations

import math
import threading
from fractions import Fraction
from pathlib import Path

from media_library.media.errors import MediaError, RenderError
from media_library.media.ffmpeg import Input, Progress, run
from media_library.media.probe import AudioInfo, Probe, VideoInfo, probe

LONGEST_GOP_SECONDS = 2.0
FASTEST = 60
AUDIO_RATE = 48_000
AUDIO_BIT_RATE = "160k"
STANDARD_RATES = tuple(
    Fraction(*rate)
    for rate in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1), (60000, 1001), (60, 1))
)
_PROFILES = {"Baseline", "Constrained Baseline", "Main", "High"}
# The first that is no cover.
_PICTURE = "0:V:0"
# ITU-T H.273: perceptual quantiser and hybrid log-gamma.
_HDR_TRANSFERS = {16, 18}


def needs_conform(source: Probe) -> list[str]:
    """Why this source is not the house mezzanine, in words for the log and the page. Empty: use it as it is."""
    reasons = [*_video_reasons(source.video), *_audio_reasons(source.audio)]
    if source.kind.demuxer != "mov":
        reasons.append(f"it is {source.kind.label}, not MP4")
    elif not source.is_faststart:
        reasons.append("its index is at the end")
    return reasons


def conform(
    source: Path,
    into: Path,
    *,
    found: Probe | None = None,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Probe:
    """Write the mezzanine and return its probe. Streams that are right already are copied, not encoded again."""
    found = found or probe(source)
    options = [*_video_options(found.video), *_audio_options(found.audio), "-sn", "-movflags", "+faststart"]
    run(
        inputs=[Input(path=source, kind=found.kind)],
        options=options,
        output=into,
        muxer="mp4" if found.video else "ipod",
        expected_seconds=found.duration,
        what="Preparing the video" if found.video else "Preparing the sound",
        progress=progress,
        halt=halt,
    )
    made = probe(into)
    try:
        _check(found, made)
    except MediaError:
        into.unlink(missing_ok=True)
        raise
    return made


def house_rate(rate: Fraction, *, is_vfr: bool) -> Fraction:
    """The constant rate to use: the source's own when it is one, else the nearest standard one."""
    nearest = min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    if is_vfr or rate > FASTEST or rate <= 0:
        return nearest
    return nearest if abs(nearest - rate) / nearest < Fraction(1, 2000) else rate.limit_denominator(1001)


def house_picture(video: VideoInfo) -> list[str]:
    """Filters that make frames progressive, square and of common brightness. ffmpeg turns them upright before the first filter."""
    filters = ["bwdif=mode=send_frame"] if video.interlaced else []
    filters += ["scale=trunc(iw*sar/2)*2:trunc(ih/2)*2", "setsar=1"]
    if video.color_transfer in _HDR_TRANSFERS:
        filters += [
            "zscale=transfer=linear:npl=100",
            "format=gbrpf32le",
            "tonemap=hable:desat=0",
            "zscale=primaries=bt709:transfer=bt709:matrix=bt709",
        ]
    return filters


def _video_reasons(video: VideoInfo | None) -> list[str]:
    if video is None:
        return []
    frame = 1 / float(video.fps or 25)
    gop = video.keyframe_interval
    checks = (
        (video.codec != "h264", f"its picture is {video.codec}, not H.264"),
        (video.codec == "h264" and video.profile not in _PROFILES, f"its H.264 profile is {video.profile}"),
        (video.pix_fmt not in {"yuv420p", "yuvj420p"} or video.bit_depth != 8, f"its pixels are {video.pix_fmt}"),
        (video.interlaced, "it is interlaced"),
        (video.rotation != 0, f"it is turned by {video.rotation} degrees"),
        (video.sample_aspect_ratio != 1, "its pixels are not square"),
        (bool(video.width % 2 or video.height % 2), "its size is odd"),
        (video.is_vfr, "its frame rate varies"),
        (video.fps > FASTEST, f"it has more than {FASTEST} frames a second"),
        (video.is_open_gop, "its groups of pictures are open"),
        (gop is None or gop > LONGEST_GOP_SECONDS + frame, "its keyframes are too far apart"),
        (abs(video.start) > frame, "its picture does not start at zero"),
        (video.is_trimmed, "it hides material before its start"),
    )
    return [reason for applies, reason in checks if applies]


def _audio_reasons(audio: AudioInfo | None) -> list[str]:
    if audio is None:
        return []
    checks = (
        (audio.codec != "aac", f"its sound is {audio.codec}, not AAC"),
        (audio.rate != AUDIO_RATE, f"its sound has {audio.rate} samples a second"),
        (audio.channels != 2, f"its sound has {audio.channels} channels"),
        (audio.start > 0.05, "its sound starts late"),
    )
    return [reason for applies, reason in checks if applies]


def _video_options(video: VideoInfo | None) -> list[str]:
    if video is None:
        return ["-vn"]
    if not _video_reasons(video):
        return ["-map", _PICTURE, "-c:v", "copy"]
    rate = house_rate(video.fps, is_vfr=video.is_vfr)
    gop = math.floor(rate * Fraction(LONGEST_GOP_SECONDS))
    filters = [*house_picture(video), f"fps={rate.numerator}/{rate.denominator}", "format=yuv420p"]
    return [
        *("-map", _PICTURE, "-filter:v", ",".join(filters), "-fps_mode", "cfr"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-profile:v", "high", "-pix_fmt", "yuv420p"),
        *(
            "-g",
            str(gop),
            "-keyint_min",
            str(gop),
            "-sc_threshold",
            "0",
            "-flags",
            "+cgop",
            "-x264-params",
            "open-gop=0",
        ),
    ]


def _audio_options(audio: AudioInfo | None) -> list[str]:
    if audio is None:
        return ["-an"]
    if not _audio_reasons(audio):
        return ["-map", "0:a:0", "-c:a", "copy"]
    return [
        *("-map", "0:a:0", "-filter:a", "aresample=async=1:first_pts=0", "-c:a", "aac"),
        *("-b:a", AUDIO_BIT_RATE, "-ar", str(AUDIO_RATE), "-ac", "2"),
    ]


def _check(source: Probe, made: Probe) -> None:
    left = needs_conform(made)
    if left:
        raise RenderError(
            "This file could not be prepared for the studio. Export it as MP4 (H.264 and AAC) and try again.",
            log="; ".join(left),
        )
    if abs(made.duration - source.duration) > max(1.0, source.duration * 0.01):
        raise RenderError(
            "Part of this file could not be read: what came out is shorter than it should be. Export it again and upload it once more.",
            log=f"source {source.duration:.2f} s, made {made.duration:.2f} s",
        )
