"""The check of a description's script, before and after it is spoken: its form, and whether it can be heard where it stands.

The rules of what is heard are those of `media_library.media.description`; here the lengths are planned ones, of words at a rate.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from media_library.media.description import FASTEST, FREEZE_PADDING, LEAD_IN, OnScreen, Placed, check_description
from media_library.media.gaps import WORDS_PER_SECOND, Gap, gaps, merged
from media_library.media.quality import check, structure, wording
from media_library.media.quality.track import Finding, Rule
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue

FORM: tuple[Rule, ...] = (
    structure.empty,
    structure.bad_tag,
    structure.nonmonotonic,
    structure.past_end,
    wording.spaces,
    wording.glyph,
)
# A start this far within a word is no slip of the recogniser.
_WITHIN = 0.05


def check_script(
    cues: Sequence[Cue],
    *,
    words: Sequence[tuple[float, float]],
    duration: float | None,
    language: str = "en",
    fps: float | None = None,
    holds: bool = True,
    onscreen: Sequence[OnScreen] = (),
) -> list[Finding]:
    """What is wrong with a description, in order of the cues. With `holds` the picture waits for what is too long for its gap."""
    found = check(cues, fps=fps, language=language, duration=duration, rules=FORM)
    if duration is not None:
        silences = gaps(words, duration=duration, smallest=0.0)
        planned = [_planned(index, cue, silences) for index, cue in enumerate(cues) if plain_text(cue).strip()]
        found += _budgets(planned, silences, holds=holds)
        found += _within_words(planned, words)
        found += check_description(planned, words=words, duration=duration, onscreen=onscreen)
    return sorted(found, key=lambda finding: finding.cue_index)


def _gap_at(silences: Sequence[Gap], at: float) -> Gap | None:
    number = bisect_right(silences, at, key=lambda gap: gap.start) - 1
    return silences[number] if number >= 0 and at < silences[number].end else None


def _planned(index: int, cue: Cue, silences: Sequence[Gap]) -> Placed:
    """Inline where it fits at a speed that can be followed, else with the picture held for what is too much."""
    text = " ".join(plain_text(cue).split())
    seconds, gap = len(text.split()) / WORDS_PER_SECOND, _gap_at(silences, cue.start)
    room = max(0.0, gap.usable_end - cue.start) if gap else 0.0
    start, end = (gap.start, gap.end) if gap else (None, None)
    speed = round(max(1.0, seconds / room), 2) if room else FASTEST + 1
    if speed <= FASTEST:
        return Placed(index, text, cue.start, "inline", cue.start, seconds, speed, start, end)
    pause = round(max(0.0, seconds + LEAD_IN + FREEZE_PADDING - room), 3)
    return Placed(index, text, cue.start, "extended", cue.start, seconds, 1.0, start, end, cue.start, pause)


def _budgets(planned: Sequence[Placed], silences: Sequence[Gap], *, holds: bool) -> Iterator[Finding]:
    for one in planned:
        if one.mode == "inline":
            continue
        gap = _gap_at(silences, one.start)
        budget = Gap(max(gap.start, one.start - LEAD_IN), gap.end).words if gap else 0
        count = len(one.text.split())
        room = f"{count} words, and the gap holds {budget}"
        if holds:
            message = f"{room}: the picture is held for {one.pause_seconds:.1f} s."
            yield Finding("ad_budget", one.cue_index, message, "warning", count, budget)
        else:
            yield Finding("ad_budget", one.cue_index, f"{room}: it will not be spoken.", "error", count, budget)


def _within_words(planned: Sequence[Placed], words: Sequence[tuple[float, float]]) -> Iterator[Finding]:
    speech = merged(words)
    for one in planned:
        number = bisect_right(speech, one.start, key=lambda word: word.start) - 1
        if number < 0 or one.mode == "inline":
            continue
        start, end = speech[number]
        if start + _WITHIN < one.start < end - _WITHIN:
            message = "The description begins while somebody speaks."
            yield Finding("ad_overlaps_speech", one.cue_index, message, "error", round(end - one.start, 3), 0)
