"""Rules against sound and picture: the voice, the cuts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from media_library.media.quality.track import Finding, Track, early_zone, frames, where

# Netflix allows two frames, its quality check three.
_TOLERANCE = 3

# Against the sound


def audio_in(track: Track) -> Iterator[Finding]:
    """A start that stands on a cut, or half a second before one, is right wherever the voice begins."""
    there, begins, _ = track.spoken
    off = track.start - np.rint(begins * track.fps).astype(np.int64)
    by_cut = np.isin(track.start, np.concatenate((track.cuts, track.cuts - track.half, track.cuts + track.half)))
    for index in where(there & ~by_cut & (np.abs(off) > _TOLERANCE)):
        frames_off = int(off[index])
        side = "after" if frames_off > 0 else "before"
        message = f"The cue starts {abs(frames_off)} frames {side} the voice{track.assumed}."
        yield Finding("audio_in", index, message, "warning", abs(frames_off), _TOLERANCE)


def audio_out(track: Track) -> Iterator[Finding]:
    there, _, ends = track.spoken
    over = track.end - np.rint(ends * track.fps).astype(np.int64)
    shortest = frames(track.profile.shortest(track.language), track.fps)
    for index in where(there & (over > track.half + 1) & (track.end - track.start > shortest + 1)):
        late = int(over[index])
        message = f"The cue stays {late / track.fps:.2f} s after the voice{track.assumed}."
        yield Finding("audio_out", index, message, "warning", late, track.half)


def sync_bbc(track: Track) -> Iterator[Finding]:
    if not track.profile.bbc_gaps:
        return
    there, begins, ends = track.spoken
    early, hang = begins - track.start_ms / 1000, track.end_ms / 1000 - ends
    for index in where(there & ((early > 1.5) | (hang > 1.5) | (-early > 2))):
        away = max(float(early[index]), float(hang[index]))
        if away > 1.5:
            yield Finding("sync_bbc", index, "The cue is more than 1.5 s away from the voice.", "warning", away, 1.5)
        else:
            late = -float(early[index])
            yield Finding("sync_bbc", index, "The cue comes more than 2 s after the voice.", "warning", late, 2)


# Against the picture


def shot_in(track: Track) -> Iterator[Finding]:
    if not track.profile.snaps_to_shots:
        return
    cuts, near = track.nearest_cuts(track.start)
    for index in where(near & (cuts != track.start)):
        off = int(track.start[index] - cuts[index])
        rule, side = ("shot_in_after", "after") if off > 0 else ("shot_in_before", "before")
        there = "on the cut" if off > 0 or -off < early_zone(track.fps) else f"{track.half} frames before it"
        message = f"The cue starts {abs(off)} frames {side} a cut: start {there}{track.assumed}."
        yield Finding(rule, index, message, measured=abs(off), limit=0)


def shot_out(track: Track) -> Iterator[Finding]:
    if not track.profile.snaps_to_shots:
        return
    gap = track.profile.min_gap_frames
    cuts, near = track.nearest_cuts(track.end)
    for index in where(near & (cuts - track.end != gap)):
        off = int(track.end[index] - cuts[index])
        rule, side = ("shot_out_after", "after") if off >= 0 else ("shot_out_before", "before")
        message = f"The cue ends {abs(off)} frames {side} a cut: end {gap} frames before it{track.assumed}."
        yield Finding(rule, index, message, measured=abs(off), limit=gap)


def shot_straddle(track: Track) -> Iterator[Finding]:
    if not track.profile.bbc_gaps or not len(track.cuts):
        return
    first = np.searchsorted(track.cuts, track.start + track.half, side="left")
    last = np.searchsorted(track.cuts, track.end - track.half, side="right")
    for index in where(last > first):
        message = "The cue runs over a cut: split it there if the sentence allows."
        yield Finding("shot_straddle", index, message, "warning")
