"""Rules of time: gaps, lengths and reading speed, the voice, the cuts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from media_library.media.lines import reading_length
from media_library.media.quality.track import Finding, Line, Track, early_zone, frames
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue

# Time between cues


def overlap(track: Track) -> Iterator[Finding]:
    for line, following in track.pairs:
        if line.cue.start_ms <= following.cue.start_ms < line.cue.end_ms:
            over = (line.cue.end_ms - following.cue.start_ms) / 1000
            yield Finding(
                "overlap", line.index, f"The cue is still shown {over:.2f} s into the next one.", measured=over, limit=0
            )


def gap_min(track: Track) -> Iterator[Finding]:
    for line, following in track.pairs:
        gap = following.start - line.end
        if following.cue.start_ms < line.cue.end_ms:
            continue
        if gap < track.profile.min_gap_frames:
            message = f"The gap to the next cue is {gap} frames, at least {track.profile.min_gap_frames} are needed{track.assumed}."
            yield Finding("gap_min", line.index, message, measured=gap, limit=track.profile.min_gap_frames)
        seconds = (following.cue.start_ms - line.cue.end_ms) / 1000
        if seconds + 0.0005 < track.profile.min_gap:
            message = f"The gap to the next cue is {seconds:.3f} s, at least {track.profile.min_gap:.3f} s are needed."
            yield Finding("gap_min", line.index, message, measured=seconds, limit=track.profile.min_gap)


def gap_chain(track: Track) -> Iterator[Finding]:
    if not track.profile.closes_small_gaps or not track.profile.min_gap_frames:
        return
    for line, following in track.pairs:
        gap = following.start - line.end
        if track.profile.min_gap_frames < gap < track.half:
            wanted = f"close it to {track.profile.min_gap_frames} or open it to {track.half}{track.assumed}"
            message = f"A gap of {gap} frames flickers: {wanted}."
            yield Finding("gap_chain", line.index, message, "warning", gap, track.profile.min_gap_frames)


def gap_bbc(track: Track) -> Iterator[Finding]:
    if not track.profile.bbc_gaps:
        return
    for line, following in track.pairs:
        gap = (following.cue.start_ms - line.cue.end_ms) / 1000
        if 0 < gap < 1:
            yield Finding(
                "gap_bbc", line.index, f"The gap of {gap:.2f} s should be none or at least 1 s.", "warning", gap, 1
            )


# How long, how fast


def dur_min(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        limit = track.profile.shortest(track.language)
        if track.profile.seconds_per_word:
            limit = max(limit, track.profile.seconds_per_word * len(line.plain.split()))
        if 0 < line.cue.duration < limit - 0.0015:
            message = f"The cue is shown for {line.cue.duration:.2f} s, at least {limit:.2f} s are needed."
            yield Finding("dur_min", line.index, message, measured=line.cue.duration, limit=limit)


def dur_max(track: Track) -> Iterator[Finding]:
    limit = track.profile.max_duration
    for line in track.lines:
        if limit is not None and line.cue.duration > limit + 0.0015:
            message = f"The cue is shown for {line.cue.duration:.2f} s, at most {limit:.2f} s are good."
            yield Finding("dur_max", line.index, message, measured=line.cue.duration, limit=limit)


def cps(cue: Cue, *, language: str) -> float:
    """Characters a second (product.md §4.2)."""
    return reading_length(cue.text, language=language) / max(cue.duration, 0.001)


def wpm(cue: Cue) -> float:
    """Words a minute; every word on the screen counts, names of speakers and sounds too (DCMP)."""
    return len(plain_text(cue).split()) / max(cue.duration, 0.001) * 60


def cps_max(track: Track) -> Iterator[Finding]:
    limit = track.profile.cps_limit(track.language)
    for line in track.lines:
        speed = cps(line.cue, language=track.language)
        if limit is not None and speed > limit + 0.05:
            yield Finding(
                "cps_max",
                line.index,
                f"{speed:.1f} characters a second; at most {limit:g} can be read.",
                measured=speed,
                limit=limit,
            )


def cps_opt(track: Track) -> Iterator[Finding]:
    limit, optimum = track.profile.cps_limit(track.language), track.profile.cps_optimum(track.language)
    if optimum is None or limit is None:
        return
    for line in track.lines:
        speed = cps(line.cue, language=track.language)
        if optimum + 0.05 < speed <= limit + 0.05:
            message = f"{speed:.1f} characters a second; up to {optimum:g} read comfortably."
            yield Finding("cps_opt", line.index, message, "warning", speed, optimum)


def wpm_max(track: Track) -> Iterator[Finding]:
    limit = track.profile.max_wpm
    for line in track.lines:
        speed = wpm(line.cue)
        if limit is not None and speed > limit + 0.5:
            yield Finding(
                "wpm_max",
                line.index,
                f"{speed:.0f} words a minute; at most {limit:g} can be read.",
                measured=speed,
                limit=limit,
            )


# Against the sound


def _spoken(track: Track, line: Line) -> list[tuple[float, float]]:
    """The words whose middle lies in the cue."""
    first = bisect_left(track.speech, (line.cue.start - 10.0, 0.0))
    last = bisect_right(track.speech, (line.cue.end, float("inf")))
    return [word for word in track.speech[first:last] if line.cue.start <= (word[0] + word[1]) / 2 <= line.cue.end]


def audio_in(track: Track) -> Iterator[Finding]:
    """Netflix allows two frames, its quality check three. A start that stands on a cut is right wherever the voice begins."""
    for line in track.lines:
        words = _spoken(track, line)
        if not words or line.start in track.shots or any(abs(line.start - cut) == track.half for cut in track.shots):
            continue
        off = line.start - frames(words[0][0], track.fps)
        if abs(off) > 3:
            side = "after" if off > 0 else "before"
            yield Finding(
                "audio_in",
                line.index,
                f"The cue starts {abs(off)} frames {side} the voice{track.assumed}.",
                "warning",
                abs(off),
                3,
            )


def audio_out(track: Track) -> Iterator[Finding]:
    shortest = frames(track.profile.shortest(track.language), track.fps)
    for line in track.lines:
        words = _spoken(track, line)
        over = line.end - frames(words[-1][1], track.fps) if words else 0
        if over > track.half + 1 and line.end - line.start > shortest + 1:
            message = f"The cue stays {over / track.fps:.2f} s after the voice{track.assumed}."
            yield Finding("audio_out", line.index, message, "warning", over, track.half)


def sync_bbc(track: Track) -> Iterator[Finding]:
    if not track.profile.bbc_gaps:
        return
    for line in track.lines:
        words = _spoken(track, line)
        if not words:
            continue
        early, hang = words[0][0] - line.cue.start, line.cue.end - words[-1][1]
        if early > 1.5 or hang > 1.5:
            yield Finding(
                "sync_bbc",
                line.index,
                "The cue is more than 1.5 s away from the voice.",
                "warning",
                max(early, hang),
                1.5,
            )
        elif -early > 2:
            yield Finding("sync_bbc", line.index, "The cue comes more than 2 s after the voice.", "warning", -early, 2)


# Against the picture


def shot_in(track: Track) -> Iterator[Finding]:
    if not track.profile.snaps_to_shots:
        return
    for line in track.lines:
        cut = track.cut_near(line.start, within=track.half - 1)
        if cut is None or cut == line.start:
            continue
        off = line.start - cut
        rule, side = ("shot_in_after", "after") if off > 0 else ("shot_in_before", "before")
        there = "on the cut" if off > 0 or -off < early_zone(track.fps) else f"{track.half} frames before it"
        yield Finding(
            rule,
            line.index,
            f"The cue starts {abs(off)} frames {side} a cut: start {there}{track.assumed}.",
            measured=abs(off),
            limit=0,
        )


def shot_out(track: Track) -> Iterator[Finding]:
    if not track.profile.snaps_to_shots:
        return
    gap = track.profile.min_gap_frames
    for line in track.lines:
        cut = track.cut_near(line.end, within=track.half - 1)
        if cut is None or cut - line.end == gap:
            continue
        off = line.end - cut
        rule, side = ("shot_out_after", "after") if off >= 0 else ("shot_out_before", "before")
        message = f"The cue ends {abs(off)} frames {side} a cut: end {gap} frames before it{track.assumed}."
        yield Finding(rule, line.index, message, measured=abs(off), limit=gap)


def shot_straddle(track: Track) -> Iterator[Finding]:
    if not track.profile.bbc_gaps:
        return
    for line in track.lines:
        inside = [cut for cut in track.shots if line.start + track.half <= cut <= line.end - track.half]
        if inside:
            yield Finding(
                "shot_straddle",
                line.index,
                "The cue runs over a cut: split it there if the sentence allows.",
                "warning",
            )
