"""The automatic check of captions: product.md §4.3, one small function per rule, limits from a profile.

A rule is a generator over the whole track in columns; `RULES` is their order. `fix` (fixes.py) proposes what may be mended by itself.
Errors keep a language from being submitted, warnings do not. Frames are `round(seconds × fps)`;
half a second in frames rounds half up (12 at 24, 13 at 25, 15 at 29.97), as Netflix does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from media_library.media.profiles import HOUSE, PROFILES, Profile
from media_library.media.quality import scene, source, structure, timing, wording
from media_library.media.quality.timing import cps, wpm
from media_library.media.quality.track import ASSUMED_FPS, Finding, Rule, Severity, Term, Track
from media_library.media.webvtt.model import Cue

__all__ = ["HOUSE", "PROFILES", "Finding", "Profile", "Severity", "Term", "check", "cps", "score", "track_of", "wpm"]

RULES: tuple[Rule, ...] = (
    structure.empty,
    structure.bad_tag,
    structure.nonmonotonic,
    structure.past_end,
    timing.overlap,
    timing.gap_min,
    timing.gap_chain,
    timing.gap_bbc,
    timing.dur_min,
    timing.dur_max,
    timing.cps_max,
    timing.cps_opt,
    timing.wpm_max,
    wording.line_len,
    wording.lines_max,
    wording.line_break,
    wording.one_line_possible,
    scene.audio_in,
    scene.audio_out,
    scene.sync_bbc,
    scene.shot_in,
    scene.shot_out,
    scene.shot_straddle,
    wording.ellipsis,
    wording.spaces,
    wording.dialog_dash,
    wording.hi_brackets,
    wording.italics,
    wording.number_spell,
    wording.glyph,
    source.against_source,
    source.terms,
)


def check(
    cues: Sequence[Cue],
    *,
    profile: Profile = HOUSE,
    fps: float | None = None,
    language: str = "en",
    shots: Sequence[float] = (),
    speech: Sequence[tuple[float, float]] = (),
    duration: float | None = None,
    sources: Sequence[str] = (),
    terms: Sequence[Term] = (),
    rules: Sequence[Rule] = RULES,
) -> list[Finding]:
    """What is wrong with a track, in order of the cues.

    `shots` are the times of cuts and `speech` the intervals of single words, in seconds; `sources` are the texts of the source language,
    one for each cue. Rules without what they need stay silent. Without `fps` 25 is assumed and findings in frames say so.
    """
    track = track_of(
        cues,
        profile=profile,
        fps=fps,
        language=language,
        shots=shots,
        speech=speech,
        duration=duration,
        sources=sources,
        terms=terms,
    )
    found = [finding for rule in rules for finding in rule(track)] if cues else []
    found.sort(key=lambda finding: finding.cue_index)
    return found


def track_of(
    cues: Sequence[Cue],
    *,
    profile: Profile = HOUSE,
    fps: float | None = None,
    language: str = "en",
    shots: Sequence[float] = (),
    speech: Sequence[tuple[float, float]] = (),
    duration: float | None = None,
    sources: Sequence[str] = (),
    terms: Sequence[Term] = (),
) -> Track:
    """The track as the rules look at it."""
    rate = fps or ASSUMED_FPS
    cuts = np.asarray(shots, dtype=float)
    words = np.fromiter(chain.from_iterable(speech), dtype=float).reshape(-1, 2)
    if len(words) > 1 and (np.diff(words.sum(axis=1)) < 0).any():
        words = words[np.argsort(words.sum(axis=1), kind="stable")]
    return Track(
        cues,
        profile,
        language,
        rate,
        "" if fps else " (assumed 25 fps)",
        np.unique(np.rint(cuts[cuts > 0] * rate).astype(np.int64)),
        words,
        duration,
        sources,
        terms,
    )


def score(findings: Sequence[Finding], *, cues: int) -> float:
    """100 for a clean track, less 5 for each error and 1 for each warning per hundred cues (product.md §4.3)."""
    errors = sum(finding.severity == "error" for finding in findings)
    share = 100 / max(1, cues)
    return max(0.0, 100 - (5 * errors + (len(findings) - errors)) * share)
