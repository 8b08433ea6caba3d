"""Is a rendered file what it should be? Every answer is a row with what was measured and what was expected."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from media_library.media import loudness
from media_library.media.errors import HaltedError, MediaError
from media_library.media.ffmpeg import Progress
from media_library.media.iso639 import three_letters
from media_library.media.opening import open_media
from media_library.media.probe import Probe, probe

CEILING_DBTP = -1.0
QUIETEST_LUFS = -50.0
_DECODED_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Seconds and BCP 47 tags. `captions`: (language, number of cues) per track.

    `places`: moments that must play, beside start, middle and end.
    """

    duration: float
    fps: Fraction
    sounds: Sequence[str] = ()
    captions: Sequence[tuple[str, int]] = ()
    places: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    name: str
    passed: bool
    measured: str
    expected: str


def verify(
    output: Path, expected: Expectation, *, progress: Progress | None = None, halt: threading.Event | None = None
) -> list[Check]:
    """One row per check; nothing is raised for a bad file. Raises HaltedError."""
    try:
        found = probe(output)
    except MediaError as error:
        return [Check(name="readable", passed=False, measured=error.message, expected="an MP4 video")]
    checks = [_readable(found), *_duration(found, expected), *_languages(found, expected)]
    try:
        checks.append(_plays(output, found, expected, halt=halt))
        checks.append(_captions(output, expected))
        if found.audio is not None:
            checks += _loudness(output, found, progress=progress, halt=halt)
    except HaltedError:
        raise
    except MediaError as error:
        checks.append(Check(name="plays", passed=False, measured=error.message, expected="every track decodes"))
    return checks


def _readable(found: Probe) -> Check:
    video = found.video
    measured = f"{video.codec} {video.pix_fmt}, index first: {found.is_faststart}" if video else "no picture"
    passed = (
        video is not None and video.codec == "h264" and video.pix_fmt in {"yuv420p", "yuvj420p"} and found.is_faststart
    )
    return Check(name="format", passed=passed, measured=measured, expected="h264 yuv420p, index first: True")


def _duration(found: Probe, expected: Expectation) -> list[Check]:
    frame = float(1 / expected.fps)
    lengths = {"duration": found.duration}
    if found.video:
        lengths["picture duration"] = found.video.duration
    if found.audio:
        lengths["sound duration"] = found.audio.duration
    return [
        Check(
            name=name,
            passed=abs(measured - expected.duration) <= frame + 1e-6,
            measured=f"{measured:.3f} s",
            expected=f"{expected.duration:.3f} s within {frame:.3f} s",
        )
        for name, measured in lengths.items()
    ]


def _languages(found: Probe, expected: Expectation) -> list[Check]:
    wanted_sounds = [_said(language) for language in expected.sounds]
    wanted_captions = [_said(language) for language, _ in expected.captions]
    sounds = [track.language for track in found.audio_tracks]
    captions = [track.language for track in found.subtitles]
    return [
        Check(
            name="sound tracks", passed=sounds == wanted_sounds, measured=_list(sounds), expected=_list(wanted_sounds)
        ),
        Check(
            name="caption tracks",
            passed=captions == wanted_captions,
            measured=_list(captions),
            expected=_list(wanted_captions),
        ),
    ]


def _said(language: str) -> str:
    """As probe reports it: a language nobody named is an empty string."""
    code = three_letters(language)
    return "" if code == "und" else code


def _list(languages: Sequence[str]) -> str:
    return ", ".join(language or "und" for language in languages) or "none"


def _plays(output: Path, found: Probe, expected: Expectation, *, halt: threading.Event | None) -> Check:
    last = max(0.0, found.duration - _DECODED_SECONDS)
    places = sorted(
        {
            0.0,
            found.duration / 2,
            last,
            *(min(max(0.0, place - _DECODED_SECONDS / 2), last) for place in expected.places),
        }
    )
    bad = [place for place in places if not _decodes(output, place, expected.fps, halt=halt)]
    measured = f"{len(places) - len(bad)} of {len(places)}" + (
        f"; not at {', '.join(f'{place:.1f} s' for place in bad)}" if bad else ""
    )
    return Check(name="plays", passed=not bad, measured=measured, expected=f"{len(places)} of {len(places)} places")


def _decodes(output: Path, place: float, fps: Fraction, *, halt: threading.Event | None) -> bool:
    """Every frame of a second from here comes out whole, one frame's time apart, and so does the sound."""
    with open_media(output) as container:
        stream = container.streams.video[0]
        base = stream.time_base or Fraction(1)
        container.seek(int(place / base), stream=stream, backward=True)
        times: list[float] = []
        for frame in container.decode(stream):
            if halt is not None and halt.is_set():
                raise HaltedError
            if frame.is_corrupt or frame.time is None:
                return False
            if frame.time >= place - float(1 / fps):
                times.append(frame.time)
            if frame.time > place + _DECODED_SECONDS:
                break
        if not times or any(
            abs(later - earlier - float(1 / fps)) > float(1 / fps) / 2 for earlier, later in pairwise(times)
        ):
            return False
        return all(_sounds(output, track, place) for track in range(len(container.streams.audio)))


def _sounds(output: Path, track: int, place: float) -> bool:
    with open_media(output) as container:
        stream = container.streams.audio[track]
        container.seek(int(place / (stream.time_base or Fraction(1))), stream=stream, backward=True)
        return next(iter(container.decode(stream)), None) is not None


def _captions(output: Path, expected: Expectation) -> Check:
    with open_media(output) as container:
        counts = [0] * len(container.streams.subtitles)
        places = {stream.index: number for number, stream in enumerate(container.streams.subtitles)}
        if places:
            for packet in container.demux(list(container.streams.subtitles)):
                # Two bytes of length; a gap between captions is a sample with nothing behind them.
                if packet.size > 2:
                    counts[places[packet.stream.index]] += 1
    wanted = [cues for _, cues in expected.captions]
    return Check(name="captions", passed=counts == wanted, measured=f"cues: {counts}", expected=f"cues: {wanted}")


def _loudness(output: Path, found: Probe, *, progress: Progress | None, halt: threading.Event | None) -> list[Check]:
    measured = loudness.measure(output, expected_seconds=found.duration, progress=progress, halt=halt)
    return [
        Check(
            name="true peak",
            passed=measured.true_peak <= CEILING_DBTP,
            measured=f"{measured.true_peak:.1f} dBTP",
            expected=f"at most {CEILING_DBTP:.1f} dBTP",
        ),
        Check(
            name="loudness",
            passed=measured.integrated > QUIETEST_LUFS,
            measured=f"{measured.integrated:.1f} LUFS",
            expected=f"above {QUIETEST_LUFS:.0f} LUFS (not silent)",
        ),
    ]
