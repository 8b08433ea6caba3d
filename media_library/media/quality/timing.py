"""Rules of time: gaps, lengths and reading speed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from media_library.media.lines import reading_length
from media_library.media.quality.letters import Floats
from media_library.media.quality.track import Finding, Track, where
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue

# Times are whole milliseconds: 0.833 is 20 frames at 24.
_ROUNDING = 0.0015

# Time between cues


def overlap(track: Track) -> Iterator[Finding]:
    for index in where((track.gap_ms < 0) & (track.start_ms[1:] >= track.start_ms[:-1])):
        over = int(-track.gap_ms[index]) / 1000
        yield Finding(
            "overlap", index, f"The cue is still shown {over:.2f} s into the next one.", measured=over, limit=0
        )


def gap_min(track: Track) -> Iterator[Finding]:
    apart = track.gap_ms >= 0
    least = track.profile.gap_frames(track.language)
    if least:
        for index in where(apart & (track.gap < least)):
            gap = int(track.gap[index])
            message = f"The gap to the next cue is {gap} frames, at least {least} are needed{track.assumed}."
            yield Finding("gap_min", index, message, measured=gap, limit=least)
    if track.profile.min_gap:
        for index in where(apart & (track.gap_ms + 0.5 < track.profile.min_gap * 1000)):
            seconds = int(track.gap_ms[index]) / 1000
            message = f"The gap to the next cue is {seconds:.3f} s, at least {track.profile.min_gap:.3f} s are needed."
            yield Finding("gap_min", index, message, measured=seconds, limit=track.profile.min_gap)


def gap_chain(track: Track) -> Iterator[Finding]:
    least = track.profile.gap_frames(track.language)
    if not track.profile.closes_small_gaps or not least:
        return
    for index in where((track.gap > least) & (track.gap < track.half)):
        gap = int(track.gap[index])
        message = f"A gap of {gap} frames flickers: close it to {least} or open it to {track.half}{track.assumed}."
        yield Finding("gap_chain", index, message, "warning", gap, least)


def gap_bbc(track: Track) -> Iterator[Finding]:
    if not track.profile.bbc_gaps:
        return
    for index in where((track.gap_ms > 0) & (track.gap_ms < 1000)):
        gap = int(track.gap_ms[index]) / 1000
        yield Finding("gap_bbc", index, f"The gap of {gap:.2f} s should be none or at least 1 s.", "warning", gap, 1)


# How long, how fast


def shortest(track: Track) -> Floats:
    """The least time of each cue."""
    least = np.full(len(track.cues), track.profile.shortest(track.language))
    if track.profile.seconds_per_word:
        least = np.maximum(least, track.profile.seconds_per_word * track.letters.words)
    return least


def dur_min(track: Track) -> Iterator[Finding]:
    least = shortest(track)
    for index in where((track.seconds > 0) & (track.seconds < least - _ROUNDING)):
        seconds, limit = float(track.seconds[index]), float(least[index])
        message = f"The cue is shown for {seconds:.2f} s, at least {limit:.2f} s are needed."
        yield Finding("dur_min", index, message, measured=seconds, limit=limit)


def dur_max(track: Track) -> Iterator[Finding]:
    limit = track.profile.max_duration
    if limit is None:
        return
    for index in where(track.seconds > limit + _ROUNDING):
        seconds = float(track.seconds[index])
        message = f"The cue is shown for {seconds:.2f} s, at most {limit:.2f} s are good."
        yield Finding("dur_max", index, message, measured=seconds, limit=limit)


def cps(cue: Cue, *, language: str) -> float:
    """Characters a second (product.md §4.2)."""
    return reading_length(cue.text, language=language) / max(cue.duration, 0.001)


def wpm(cue: Cue) -> float:
    """Words a minute; every word on the screen counts, names of speakers and sounds too (DCMP)."""
    return len(plain_text(cue).split()) / max(cue.duration, 0.001) * 60


def _speeds(track: Track) -> Floats:
    return track.letters.lengths / np.maximum(track.seconds, 0.001)


def cps_max(track: Track) -> Iterator[Finding]:
    limit = track.profile.cps_limit(track.language)
    if limit is None:
        return
    speeds = _speeds(track)
    for index in where(speeds > limit + 0.05):
        speed = float(speeds[index])
        message = f"{speed:.1f} characters a second; at most {limit:g} can be read."
        yield Finding("cps_max", index, message, measured=speed, limit=limit)


def cps_opt(track: Track) -> Iterator[Finding]:
    limit, optimum = track.profile.cps_limit(track.language), track.profile.cps_optimum(track.language)
    if optimum is None or limit is None:
        return
    speeds = _speeds(track)
    for index in where((speeds > optimum + 0.05) & (speeds <= limit + 0.05)):
        speed = float(speeds[index])
        message = f"{speed:.1f} characters a second; up to {optimum:g} read comfortably."
        yield Finding("cps_opt", index, message, "warning", speed, optimum)


def wpm_max(track: Track) -> Iterator[Finding]:
    limit = track.profile.max_wpm
    if limit is None:
        return
    speeds = track.letters.words / np.maximum(track.seconds, 0.001) * 60
    for index in where(speeds > limit + 0.5):
        speed = float(speeds[index])
        message = f"{speed:.0f} words a minute; at most {limit:g} can be read."
        yield Finding("wpm_max", index, message, measured=speed, limit=limit)
