"""When each caption is shown: the shortest way through the choices at each boundary.

Between two cues there are a few sensible pairs of (out of the one, in of the next): at the voice, on a cut, half a second away from it,
chained with the minimum gap, stretched for reading. A pair has a price of its own; a cue between two pairs has one for its length
and reading speed. The cheapest way is found by dynamic programming, in whole frames.

Rules: Netflix Timed Text Style Guide, "timing" and "shot changes", as listed in product.md §4.3. Breaking a rule of the profile costs more
than any wish, so it is broken only where the speech leaves no other way.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from media_library.media.lines import reading_length
from media_library.media.profiles import HOUSE, Profile
from media_library.media.quality.track import early_zone, half_second
from media_library.media.webvtt.model import Cue

BROKEN = 1000.0  # a rule of the profile
UNLUCKY = 6.0  # a warning
EARLY, LATE = 1.0, 2.0  # a frame before or after the voice begins
CUT_OFF, HANG, LONG_HANG = 1.5, 0.05, 1.5  # a frame before or after the voice ends, or beyond half a second after it
TOO_FAST, FAST = 60.0, 2.0  # a character a second above the limit, above the optimum
LEAD = 2  # frames a caption may come before the voice for nothing


@dataclass(frozen=True, slots=True)
class Spoken:
    """A caption's text, and from when to when its words are heard (seconds)."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Boundary:
    """The out of the cue before and the in of the cue after, in frames, and what the pair costs. The ends of the track have one of them."""

    out: int
    into: int
    price: float


@dataclass(frozen=True)
class _Rules:
    fps: float
    profile: Profile
    language: str
    cuts: Sequence[int]
    last_frame: int | None

    @cached_property
    def half(self) -> int:
        return half_second(self.fps)

    @cached_property
    def gap(self) -> int:
        return max(self.profile.min_gap_frames, math.ceil(self.profile.min_gap * self.fps - 0.01))

    @cached_property
    def shortest(self) -> int:
        return math.ceil(self.profile.shortest(self.language) * self.fps - 0.01)

    @cached_property
    def longest(self) -> int:
        return math.floor((self.profile.max_duration or 30.0) * self.fps + 0.01)

    @cached_property
    def cps_limit(self) -> float | None:
        return self.profile.cps_limit(self.language)

    @cached_property
    def cps_optimum(self) -> float | None:
        return self.profile.cps_optimum(self.language)

    def cuts_near(self, frame: int, *, within: int) -> Sequence[int]:
        return self.cuts[bisect_left(self.cuts, frame - within) : bisect_left(self.cuts, frame + within + 1)]

    def in_is_sound(self, frame: int) -> bool:
        return all(cut == frame for cut in self.cuts_near(frame, within=self.half - 1))

    def out_is_sound(self, frame: int) -> bool:
        near = self.cuts_near(frame, within=self.half - 1)
        return not near or any(cut - frame == self.gap for cut in near)


def show(
    spoken: Sequence[Spoken],
    *,
    fps: float,
    language: str = "en",
    profile: Profile = HOUSE,
    shots: Sequence[float] = (),
    duration: float | None = None,
) -> list[Cue]:
    """Cues for texts in order, timed by the profile. Never two at once, never past the film's end."""
    if not spoken:
        return []
    cuts = sorted({round(shot * fps) for shot in shots if shot > 0}) if profile.snaps_to_shots else []
    rules = _Rules(fps, profile, language, cuts, None if duration is None else math.floor(duration * fps + 0.01))
    boundaries = [_starts(rules, spoken[0])]
    boundaries += [_between(rules, before, after) for before, after in pairwise(spoken)]
    boundaries.append(_ends(rules, spoken[-1]))
    lengths = [reading_length(one.text, language=language) for one in spoken]
    chosen = _cheapest(rules, boundaries, lengths)
    return [
        Cue(_ms(opening.into, fps), _ms(closing.out, fps), one.text)
        for one, opening, closing in zip(spoken, chosen[:-1], chosen[1:], strict=True)
    ]


def _ms(frame: int, fps: float) -> int:
    return round(frame * 1000 / fps)


def _cheapest(rules: _Rules, boundaries: Sequence[Sequence[_Boundary]], lengths: Sequence[float]) -> list[_Boundary]:
    costs = [choice.price for choice in boundaries[0]]
    came_from: list[list[int]] = []
    for index, length in enumerate(lengths):
        here, following = boundaries[index], boundaries[index + 1]
        new_costs, origins = [], []
        for choice in following:
            options = [
                cost + _price_of_showing(rules, choice.out - begin.into, length)
                for cost, begin in zip(costs, here, strict=True)
            ]
            best = min(range(len(options)), key=options.__getitem__)
            new_costs.append(options[best] + choice.price)
            origins.append(best)
        costs = new_costs
        came_from.append(origins)
    place = min(range(len(costs)), key=costs.__getitem__)
    path = [boundaries[-1][place]]
    for index in range(len(lengths) - 1, -1, -1):
        place = came_from[index][place]
        path.append(boundaries[index][place])
    return path[::-1]


def _price_of_showing(rules: _Rules, frames: int, length: float) -> float:
    if frames <= 0:
        return 1000 * BROKEN
    price = 0.0
    if frames < rules.shortest:
        price += BROKEN + 10 * (rules.shortest - frames)
    if frames > rules.longest:
        price += BROKEN + 10 * (frames - rules.longest)
    limit, optimum = rules.cps_limit, rules.cps_optimum
    cps = length * rules.fps / frames
    if limit is not None and cps > limit + 0.04:
        price += BROKEN / 2 + TOO_FAST * (cps - limit)
    if optimum is not None and cps > optimum:
        price += FAST * (cps - optimum)
    return price


def _starts(rules: _Rules, first: Spoken) -> list[_Boundary]:
    return [_Boundary(0, into, _price_of_in(rules, first, into)) for into in _ins(rules, first)]


def _ends(rules: _Rules, last: Spoken) -> list[_Boundary]:
    return [_Boundary(out, 0, _price_of_out(rules, last, out)) for out in _outs(rules, last, ())]


def _between(rules: _Rules, before: Spoken, after: Spoken) -> list[_Boundary]:
    ins = _ins(rules, after)
    in_prices = {into: _price_of_in(rules, after, into) for into in ins}
    outs = _outs(rules, before, ins)
    out_prices = {out: _price_of_out(rules, before, out) for out in outs}
    chained = (
        range(rules.gap + 1, rules.half)
        if rules.profile.closes_small_gaps and rules.profile.min_gap_frames
        else range(0)
    )
    pairs = [
        _Boundary(out, into, out_prices[out] + in_prices[into] + (UNLUCKY if into - out in chained else 0.0))
        for into in ins
        for out in outs
        if into - out >= rules.gap
    ]
    # The dear ones never win: a boundary keeps its best choices, a long film stays quick.
    return sorted(pairs, key=lambda pair: pair.price)[:40]


def _ins(rules: _Rules, spoken: Spoken) -> list[int]:
    voice = math.floor(spoken.start * rules.fps + 0.01)
    choices = {voice - lead for lead in range(LEAD + 1)}
    for cut in rules.cuts_near(voice, within=rules.half + 1):
        choices |= {cut, cut - rules.half, cut + rules.half}
    return sorted({max(0, choice) for choice in choices})


def _outs(rules: _Rules, spoken: Spoken, following: Iterable[int]) -> list[int]:
    """Ends for the cue: at the voice's end, where the text has been read, where the next cue or a cut wants it."""
    voice_in, voice_out = math.floor(spoken.start * rules.fps + 0.01), math.ceil(spoken.end * rules.fps - 0.01)
    length = reading_length(spoken.text, language=rules.language)
    furthest = voice_out + rules.half
    choices = {
        voice_out,
        voice_out + rules.half,
        voice_in + rules.shortest,
        voice_in - LEAD + rules.shortest,
        voice_in + rules.longest,
    }
    for speed in (rules.cps_limit, rules.cps_optimum):
        if speed:
            read = voice_in + math.ceil(length / speed * rules.fps)
            choices |= {read, read - LEAD}
    for into in following:
        choices |= {into - rules.gap, into - rules.half}
    sound = {choice for choice in choices if voice_in < choice <= furthest}
    # A rule may need more than the half second after the voice: a word too short to be shown alone, a cut just behind it.
    sound |= {voice_in + rules.shortest, voice_in - LEAD + rules.shortest}
    for cut in rules.cuts_near(voice_out, within=3 * rules.half):
        sound |= {
            out
            for out in (cut - rules.gap, cut + rules.half, cut - rules.half)
            if voice_in < out <= voice_out + 2 * rules.half
        }
    if rules.last_frame is not None:
        sound = {min(choice, rules.last_frame) for choice in sound}
    return sorted(sound or {voice_out})


def _price_of_in(rules: _Rules, spoken: Spoken, into: int) -> float:
    off = into - math.floor(spoken.start * rules.fps + 0.01)
    price = 0.0 if rules.in_is_sound(into) else BROKEN
    if off > 0:
        return price + LATE * off
    # Up to the lead it costs next to nothing: enough to prefer the voice itself, little enough to gain reading time.
    return price + 0.1 * min(-off, LEAD) + EARLY * max(0, -off - LEAD)


def _price_of_out(rules: _Rules, spoken: Spoken, out: int) -> float:
    off = out - math.ceil(spoken.end * rules.fps - 0.01)
    price = 0.0 if rules.out_is_sound(out) else BROKEN
    if off < 0:
        return price + CUT_OFF * max(0, -off - rules.gap)
    return price + HANG * min(off, rules.half) + LONG_HANG * max(0, off - rules.half)


def early_snap(frame: int, *, cut: int, fps: float) -> int:
    """Where the rule puts an in time that stands just before a cut: on it, or half a second before (for hand edits and fixes)."""
    return cut if cut - frame < early_zone(fps) else cut - half_second(fps)
