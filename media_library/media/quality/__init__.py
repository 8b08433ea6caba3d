"""The automatic check of captions: product.md §4.3, one small function per rule, limits from a profile.

A rule is a generator over the whole track; `RULES` is their order. Errors keep a language from being submitted, warnings do not.
Frames are `round(seconds × fps)`; half a second in frames rounds half up (12 at 24, 13 at 25, 15 at 29.97), as Netflix does.
"""

from __future__ import annotations

from collections.abc import Sequence

from media_library.media.profiles import HOUSE, PROFILES, Profile
from media_library.media.quality import structure, timing, wording
from media_library.media.quality.timing import cps, wpm
from media_library.media.quality.track import ASSUMED_FPS, Finding, Line, Rule, Severity, Track, frames
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue

__all__ = ["HOUSE", "PROFILES", "Finding", "Profile", "Severity", "check", "cps", "score", "wpm"]

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
    timing.audio_in,
    timing.audio_out,
    timing.sync_bbc,
    timing.shot_in,
    timing.shot_out,
    timing.shot_straddle,
    wording.ellipsis,
    wording.spaces,
    wording.dialog_dash,
    wording.hi_brackets,
    wording.number_spell,
    wording.glyph,
    structure.against_source,
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
) -> list[Finding]:
    """What is wrong with a track, in order of the cues.

    `shots` are the times of cuts and `speech` the intervals of single words, in seconds; `sources` are the texts of the source language,
    one for each cue. Rules without what they need stay silent. Without `fps` 25 is assumed and findings in frames say so.
    """
    rate = fps or ASSUMED_FPS
    lines = [
        Line(index, cue, plain_text(cue), frames(cue.start, rate), frames(cue.end, rate))
        for index, cue in enumerate(cues)
    ]
    track = Track(
        lines,
        profile,
        language,
        rate,
        sorted({frames(shot, rate) for shot in shots if shot > 0}),
        sorted(speech),
        duration,
        sources,
        "" if fps else " (assumed 25 fps)",
    )
    found = [finding for rule in RULES for finding in rule(track)]
    return sorted(found, key=lambda finding: finding.cue_index)


def score(findings: Sequence[Finding], *, cues: int) -> float:
    """100 for a clean track, less 5 for each error and 1 for each warning per hundred cues (product.md §4.3)."""
    errors = sum(finding.severity == "error" for finding in findings)
    share = 100 / max(1, cues)
    return max(0.0, 100 - (5 * errors + (len(findings) - errors)) * share)
