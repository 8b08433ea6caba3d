"""Placing audio description: in a gap where it fits (inline), else with the picture held (extended). And the check of the result.

Numbers and formulas: product.md §5.2. Order of wishes for a description:
1. spoken in a gap, starting at most 2 s before and 1 s after the picture it tells of, at normal speed, else up to 1.25 times as fast;
2. in a gap later while its picture is still to be seen, when the caller says until when that is;
3. extended: the picture is held at a pause point. The point is at least 120 ms from any speech; it lies where a gap begins (the gap then
   takes part of the description and the pause is shorter), or at the nearest place between two words; a shot change within half a second
   is preferred.
Descriptions never overlap speech or each other.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from media_library.media.gaps import SMALLEST_GAP, Gap, Interval, merged
from media_library.media.pauses import Pause
from media_library.media.quality.track import Finding
from media_library.media.timemap import TimeMap

MOST_EARLY, MOST_LATE = 2.0, 1.0
FASTEST = 1.25
FROM_SPEECH = 0.12  # no pause point closer to a word
NEAR_CUT = 0.5
ON_CUT = 0.8  # what a pause at a shot change is worth, in seconds of waiting
LEAD_IN, FREEZE_PADDING = 0.25, 0.5
BETWEEN = 0.25  # between two descriptions
LONG, TOO_LONG = 20.0, 45.0
MOST_ADDED = 0.25  # of the running time
FASTEST_WPM = 180
DEAD_ZONE = 60.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A description that wants a place. Its picture is seen from `wanted` to `seen_until`; `audio_seconds` is measured at speed 1."""

    text: str
    wanted: float
    audio_seconds: float
    seen_until: float | None = None
    forced_extended: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Times are the source's. `audio_seconds` is the length as recorded at speed 1; `spoken_seconds` the one that is heard.

    Extended: the picture holds at `pause_at` for `pause_seconds`; the voice begins `LEAD_IN` after the hold and may go on into the gap.
    """

    cue_index: int
    text: str
    source_ts: float
    mode: Literal["inline", "extended"]
    start: float
    audio_seconds: float
    speed: float
    gap_start: float | None
    gap_end: float | None
    pause_at: float | None = None
    pause_seconds: float = 0.0
    waits: float = 0.0  # how long others speak before it in the same hold, which is then the longer by theirs

    @property
    def spoken_seconds(self) -> float:
        return self.audio_seconds / self.speed

    @property
    def source_end(self) -> float:
        """How far into the moving picture the voice reaches."""
        if self.mode == "inline":
            return self.start + self.spoken_seconds
        return self.start + max(0.0, LEAD_IN + self.spoken_seconds - self.pause_seconds)

    def output_start(self, times: TimeMap) -> float:
        """When the voice begins in the paused version."""
        return times.out(self.start) if self.mode == "inline" else times.out_before(self.start) + self.waits + LEAD_IN


@dataclass(frozen=True)
class Placement:
    placed: list[Placed]
    findings: list[Finding] = field(default_factory=list)

    @property
    def pauses(self) -> list[Pause]:
        return [Pause(one.start, one.pause_seconds) for one in self.placed if one.pause_seconds > 0]


def place(
    candidates: Sequence[Candidate],
    *,
    words: Sequence[tuple[float, float]],
    gaps: Sequence[Gap],
    duration: float,
    shots: Sequence[float] = (),
    free_from: float = 0.0,
) -> Placement:
    """Give every candidate its place, in order of wanted time; `cue_index` is its number in `candidates`.

    Nothing is placed before `free_from`: there others stand already.
    `words` are the intervals of single words (and of other voices): pause points may stand between them.
    """
    quiet = _quiet(words, duration=duration)
    desk = _Desk(gaps=gaps, quiet=quiet, shots=sorted(shots), duration=duration, free_from=free_from)
    placed: list[Placed] = []
    for index, candidate in sorted(enumerate(candidates), key=lambda numbered: numbered[1].wanted):
        one = None if candidate.forced_extended else desk.inline(candidate, index)
        one = one or desk.extended(candidate, index, before=placed)
        desk.free_from = one.source_end + BETWEEN
        placed.append(one)
    return Placement(placed, [*_lengths(placed), *_added(placed, duration=duration)])


def _quiet(words: Sequence[tuple[float, float]], *, duration: float) -> list[Interval]:
    """Where a pause point may stand."""
    zones: list[Interval] = []
    at = 0.0
    for start, end in [*merged(words), Interval(duration, duration)]:
        begins, ends = at + (FROM_SPEECH if at else 0.0), start - (FROM_SPEECH if start < duration else 0.0)
        if ends >= begins:
            zones.append(Interval(begins, ends))
        at = max(at, end)
    return zones


@dataclass
class _Desk:
    gaps: Sequence[Gap]
    quiet: Sequence[Interval]
    shots: Sequence[float]
    duration: float
    free_from: float  # source time after the description placed last

    def inline(self, candidate: Candidate, index: int) -> Placed | None:
        near = self._in_gaps(candidate, candidate.wanted - MOST_EARLY, candidate.wanted + MOST_LATE)
        if near is None and candidate.seen_until is not None:
            # Spoken while the picture is there; it may end as late as it might have begun.
            near = self._in_gaps(
                candidate, candidate.wanted, candidate.seen_until + MOST_LATE - candidate.audio_seconds
            )
        if near is None:
            return None
        gap, start, speed = near
        return Placed(
            index, candidate.text, candidate.wanted, "inline", start, candidate.audio_seconds, speed, gap.start, gap.end
        )

    def _in_gaps(self, candidate: Candidate, earliest: float, latest: float) -> tuple[Gap, float, float] | None:
        """The gap, start and speed that keep the speed lowest, then the start nearest to the picture."""
        choices: list[tuple[float, float, Gap, float]] = []
        for gap in self.gaps:
            first = max(gap.usable_start, earliest, self.free_from)
            last = min(latest, gap.usable_end)
            room = gap.usable_end - first
            if first > last or room <= 0:
                continue
            # Hundredths, rounded up: the rounded speed must still fit.
            speed = max(1.0, math.ceil(candidate.audio_seconds / room * 100 - 1e-6) / 100)
            if speed > FASTEST:
                continue
            start = min(max(first, candidate.wanted), gap.usable_end - candidate.audio_seconds / speed)
            start = max(first, min(start, last))
            choices.append((speed, abs(start - candidate.wanted), gap, start))
        if not choices:
            return None
        speed, _, gap, start = min(choices)
        return gap, round(start, 3), speed

    def extended(self, candidate: Candidate, index: int, *, before: Sequence[Placed]) -> Placed:
        # No silence is left: hold the last picture, for several one after the other.
        best: tuple[float, float, Gap | None] = (math.inf, self.duration, None)
        for zone in self._nearest_first(candidate.wanted):
            off = max(zone.start - candidate.wanted, candidate.wanted - zone.end)
            if off - MOST_EARLY - ON_CUT > best[0]:
                # Whatever this one and those farther off may save, the way there costs more.
                break
            options = (self._option(candidate, point) for point in self._points(candidate, zone))
            best = min((best, *options), key=lambda option: option[:2])
        _, point, gap = best
        return Placed(
            index,
            candidate.text,
            candidate.wanted,
            "extended",
            point,
            candidate.audio_seconds,
            1.0,
            gap.start if gap else None,
            gap.end if gap else None,
            pause_at=point,
            pause_seconds=self._pause(candidate, point, gap),
            waits=sum(one.pause_seconds for one in before if one.pause_at == point),
        )

    def _nearest_first(self, wanted: float) -> Iterable[Interval]:
        later = bisect_right(self.quiet, wanted, key=lambda zone: zone.start)
        before, after = later - 1, later
        while before >= 0 or after < len(self.quiet):
            early = wanted - self.quiet[before].end if before >= 0 else math.inf
            late = self.quiet[after].start - wanted if after < len(self.quiet) else math.inf
            if early <= late:
                yield self.quiet[before]
                before -= 1
            else:
                yield self.quiet[after]
                after += 1

    def _points(self, candidate: Candidate, zone: Interval) -> Iterable[float]:
        first = max(zone.start, self.free_from)
        if first > zone.end:
            return []
        wanted = [first, candidate.wanted, *(shot for shot in self.shots if abs(shot - candidate.wanted) <= MOST_EARLY)]
        gap = self._gap_at(first)
        if gap:
            wanted.append(max(first, gap.usable_start))
        return sorted({round(min(max(point, first), zone.end), 3) for point in wanted})

    def _option(self, candidate: Candidate, point: float) -> tuple[float, float, Gap | None]:
        gap = self._gap_at(point)
        off = point - candidate.wanted
        away = (
            0.3 * min(-off, MOST_EARLY) + 5 * max(0.0, -off - MOST_EARLY)
            if off < 0
            else min(off, MOST_LATE) + 3 * max(0.0, off - MOST_LATE)
        )
        on_cut = any(abs(shot - point) < 0.001 and abs(shot - candidate.wanted) <= NEAR_CUT for shot in self.shots)
        return away + 0.4 * self._pause(candidate, point, gap) - (ON_CUT if on_cut else 0.0), point, gap

    def _gap_at(self, point: float) -> Gap | None:
        number = bisect_right(self.gaps, point, key=lambda gap: gap.start) - 1
        return self.gaps[number] if number >= 0 and point <= self.gaps[number].end else None

    def _pause(self, candidate: Candidate, point: float, gap: Gap | None) -> float:
        usable = max(0.0, gap.usable_end - point) if gap else 0.0
        needed = candidate.audio_seconds + LEAD_IN + FREEZE_PADDING
        # One that was to be extended although it would fit still gets its hold: somebody wanted the picture to wait.
        if candidate.forced_extended and usable >= needed:
            return round(needed, 3)
        return round(max(0.0, needed - usable), 3)


def held_elsewhere(placed: Sequence[Placed], points: Mapping[int, float], *, gaps: Sequence[Gap]) -> list[Placed]:
    """The placement with the holds of `points` (cue index to seconds) where a person put them, and as long as they have to be there.

    Only they change, and a line whose voice would else go on into the picture for which the next one now holds.
    """
    moved = [
        replace(one, start=points[one.cue_index], pause_at=points[one.cue_index])
        if one.mode == "extended" and one.cue_index in points
        else one
        for one in placed
    ]
    ordered = sorted(moved, key=lambda one: (one.start, one.cue_index))
    found: list[Placed] = []
    for number, one in enumerate(ordered):
        following = ordered[number + 1] if number + 1 < len(ordered) else None
        pushed = following is not None and following.cue_index in points
        if one.mode == "extended" and (one.cue_index in points or pushed):
            one = _held_anew(one, following, gaps=gaps)  # noqa: PLW2901  (it takes the old one's place)
        waits = sum(other.pause_seconds for other in found if other.pause_at == one.pause_at)
        found.append(replace(one, waits=waits if one.mode == "extended" else 0.0))
    return found


def _held_anew(one: Placed, following: Placed | None, *, gaps: Sequence[Gap]) -> Placed:
    gap = next((gap for gap in gaps if gap.start <= one.start <= gap.end), None)
    usable_end = gap.usable_end if gap else one.start
    if following is not None:
        usable_end = min(usable_end, following.start - BETWEEN)
    needed = one.spoken_seconds + LEAD_IN + FREEZE_PADDING
    usable = max(0.0, usable_end - one.start)
    # Where all of it fits, a person still wanted the picture to wait.
    seconds = needed if usable >= needed else needed - usable
    return replace(
        one,
        gap_start=gap.start if gap else None,
        gap_end=gap.end if gap else None,
        pause_seconds=round(seconds, 3),
    )


def _lengths(placed: Iterable[Placed]) -> Iterable[Finding]:
    for one in placed:
        if one.mode == "extended" and one.spoken_seconds > LONG:
            severity: Literal["error", "warning"] = "error" if one.spoken_seconds > TOO_LONG else "warning"
            limit = TOO_LONG if severity == "error" else LONG
            message = f"The description holds the picture for {one.spoken_seconds:.0f} s; listeners accept up to {limit:.0f} s."
            yield Finding("ad_long", one.cue_index, message, severity, one.spoken_seconds, limit)


def _added(placed: Sequence[Placed], *, duration: float) -> Iterable[Finding]:
    added = sum(one.pause_seconds for one in placed)
    if duration > 0 and added > MOST_ADDED * duration:
        share = added / duration
        message = f"The pauses make the film {share:.0%} longer; more than {MOST_ADDED:.0%} tires listeners."
        yield Finding("ad_total", placed[-1].cue_index, message, "warning", share, MOST_ADDED)


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Text that was read in the picture, and from when to when."""

    text: str
    start: float
    end: float


def check_description(
    placed: Sequence[Placed],
    *,
    words: Sequence[tuple[float, float]],
    duration: float,
    onscreen: Sequence[OnScreen] = (),
) -> list[Finding]:
    """The rules for audio description (product.md §5.2, last row)."""
    speech = merged(words)
    ordered = sorted(placed, key=lambda one: (one.start, one.waits, one.cue_index))
    found = [
        *_over_speech(ordered, speech),
        *_over_each_other(ordered),
        *_rates(ordered),
        *_short_gaps(ordered),
        *_lengths(ordered),
        *_added(ordered, duration=duration),
        *_dead_zones(ordered, speech, duration=duration),
        *_unread(ordered, onscreen),
    ]
    return sorted(found, key=lambda finding: finding.cue_index)


def _over_speech(placed: Sequence[Placed], speech: Sequence[Interval]) -> Iterable[Finding]:
    for one in placed:
        over = sum(max(0.0, min(one.source_end, end) - max(one.start, start)) for start, end in speech)
        if over > 0.001:
            yield Finding(
                "ad_overlaps_speech",
                one.cue_index,
                f"The description covers {over:.2f} s of speech.",
                measured=over,
                limit=0,
            )


def _over_each_other(placed: Sequence[Placed]) -> Iterable[Finding]:
    for one, following in pairwise(placed):
        over = one.source_end - following.start
        held_together = one.start == following.start and one.pause_at == following.pause_at
        if held_together:
            over = one.waits + one.spoken_seconds - following.waits
        if over > 0.001 or (one.start == following.start and not held_together):
            yield Finding(
                "ad_overlaps_ad",
                following.cue_index,
                "Two descriptions are spoken at once.",
                measured=max(over, 0.0),
                limit=0,
            )


def _rates(placed: Sequence[Placed]) -> Iterable[Finding]:
    for one in placed:
        wpm = len(one.text.split()) / max(one.spoken_seconds, 0.001) * 60
        # Two or three words have no rate to speak of.
        if wpm > FASTEST_WPM and len(one.text.split()) > 3:
            yield Finding(
                "ad_rate",
                one.cue_index,
                f"{wpm:.0f} words a minute; at most {FASTEST_WPM} can be followed.",
                measured=wpm,
                limit=FASTEST_WPM,
            )


def _short_gaps(placed: Sequence[Placed]) -> Iterable[Finding]:
    for one in placed:
        if (
            one.mode == "inline"
            and one.gap_start is not None
            and one.gap_end is not None
            and one.gap_end - one.gap_start < SMALLEST_GAP
        ):
            gap = one.gap_end - one.gap_start
            yield Finding(
                "ad_gap_short",
                one.cue_index,
                f"The gap of {gap:.1f} s is short for a description.",
                "warning",
                gap,
                SMALLEST_GAP,
            )


def _dead_zones(placed: Sequence[Placed], speech: Sequence[Interval], *, duration: float) -> Iterable[Finding]:
    heard = merged([*speech, *((one.start, max(one.source_end, one.start + 0.001)) for one in placed)])
    at = 0.0
    for start, end in [*heard, Interval(duration, duration)]:
        if start - at > DEAD_ZONE:
            before = max((one.cue_index for one in placed if one.start <= at), default=0)
            message = f"Nothing is said or described for {start - at:.0f} s from {at:.0f} s on."
            yield Finding("ad_dead_zone", before, message, "warning", start - at, DEAD_ZONE)
        at = max(at, end)


def _unread(placed: Sequence[Placed], onscreen: Sequence[OnScreen]) -> Iterable[Finding]:
    for text in onscreen:
        words = {word.strip(".,:;!?\"'").casefold() for word in text.text.split()}
        near = [one for one in placed if text.start - 5 <= one.start <= text.end + 5]
        read = {word.strip(".,:;!?\"'").casefold() for one in near for word in one.text.split()}
        if len(words & read) * 2 < len(words):
            index = near[0].cue_index if near else 0
            yield Finding(
                "ad_missing_onscreen_text", index, f"The text “{text.text}” in the picture is not read out.", "warning"
            )
