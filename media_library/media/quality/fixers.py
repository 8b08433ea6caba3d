"""How each rule's finding is mended: candidates in order of preference, of which the first that breaks nothing is taken (fixes.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from media_library.media.lines import balance, reading_length
from media_library.media.profiles import HOUSE, Profile
from media_library.media.quality.track import ASSUMED_FPS, early_zone, half_second
from media_library.media.quality.wording import DASHES, DOTS, ROUND_BRACKETS
from media_library.media.webvtt.cuetext import plain_text, sanitise
from media_library.media.webvtt.model import Cue

# Time after the voice that a cue may be given so that it can be read.
_MOST_ADDED_MS = 500
_ROUND = re.compile(r"\(([^()]*)\)")
_EDGES = re.compile(r"^((?:<[^<>]*>)*)\s+|\s+((?:<[^<>]*>)*)$")
_ITALICS = re.compile(r"</?i(?:\.[^<>]*)?>")


@dataclass(frozen=True, slots=True)
class Context:
    """What a check was made with. `shots` and `speech` as in `check`."""

    profile: Profile = HOUSE
    fps: float | None = None
    language: str = "en"
    shots: Sequence[float] = ()
    speech: Sequence[tuple[float, float]] = ()
    duration: float | None = None

    @property
    def rate(self) -> float:
        return self.fps or ASSUMED_FPS

    def at(self, frame: int) -> int:
        """The first whole millisecond of a frame."""
        return max(0, round(frame * 1000 / self.rate))

    def frame(self, ms: int) -> int:
        return round(ms / 1000 * self.rate)

    def arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("profile", "fps", "language", "duration")}


@dataclass
class Spot:
    """A cue among its neighbours, and what is seen and heard around it."""

    context: Context
    cue: Cue
    previous: Cue | None
    following: Cue | None
    cuts: Sequence[float]
    words: list[tuple[float, float]]

    def timed(self, *, start: int | None = None, end: int | None = None) -> Cue:
        begin, stop = self.cue.start_ms if start is None else start, self.cue.end_ms if end is None else end
        return replace(self.cue, start_ms=begin, end_ms=stop, as_read=None)

    def told(self, text: str) -> Cue:
        return replace(self.cue, text=text)

    def cut_near(self, ms: int) -> int | None:
        """The frame of the cut that is meant."""
        at, rate = self.context.frame(ms), self.context.rate
        near = sorted((round(cut * rate) for cut in self.cuts), key=lambda cut: abs(cut - at))
        return near[0] if near else None


Fixer = Callable[[Spot], Iterator[tuple[Cue | None, str]]]


# Text


def _empty(_spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    yield None, "a cue without text shows nothing"


def _bad_tag(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    yield spot.told(sanitise(spot.cue.text)), "tags closed, unknown ones left out"


def _glyph(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    kept = "".join(
        character
        for character in spot.cue.text
        if character in "\n\t" or (character != "\ufffd" and character.isprintable())
    )
    yield spot.told(kept), "characters left out that no screen shows"


def _ellipsis(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    text = spot.cue.text
    while DOTS.search(text):
        text = DOTS.sub("…", text)
    yield spot.told(text), "dots written as one character"


def _double_space(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    yield spot.told(re.sub(" {2,}", " ", spot.cue.text)), "two spaces made one"


def _leading_space(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    lines = [_EDGES.sub(lambda found: found[1] or found[2] or "", line) for line in spot.cue.text.split("\n")]
    yield spot.told("\n".join(line for line in lines if line)), "spaces at the ends of lines left out"


def _dialog_dash(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    lines = spot.cue.text.split("\n")
    dashed = [line for line in lines if line.startswith(tuple(DASHES))]
    if len(lines) != 2 or not dashed:
        return
    for dash in dict.fromkeys((dashed[0][0] + (" " if dashed[0][1:2] == " " else ""), "-")):
        same = [dash + line.lstrip(DASHES).lstrip(" ") for line in lines]
        yield spot.told("\n".join(same)), "both speakers given the same dash"


def _hi_brackets(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    lines = spot.cue.text.split("\n")
    changed = [_ROUND.sub(r"[\1]", line) if ROUND_BRACKETS.fullmatch(plain_text(line)) else line for line in lines]
    yield spot.told("\n".join(changed)), "sounds put in square brackets"


def _italics(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    yield spot.told(_ITALICS.sub("", spot.cue.text)), "italics taken off"


def _lines(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    if any(line.startswith(tuple(DASHES)) for line in plain_text(spot.cue).split("\n")):
        return
    lines = balance(spot.cue.text, language=spot.context.language, profile=spot.context.profile)
    yield spot.told("\n".join(lines)), "lines broken anew" if len(lines) > 1 else "joined to one line"


# Time


def _past_end(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    if spot.context.duration is not None:
        yield spot.timed(end=int(spot.context.duration * 1000)), "ended with the film"


def _least_gap(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    """Ends where the least gap before the next cue begins."""
    if spot.following is None:
        return
    context, start = spot.context, spot.following.start_ms
    if gap := context.profile.gap_frames(context.language):
        yield spot.timed(end=context.at(context.frame(start) - gap)), f"ended {gap} frames before the next cue"
    yield spot.timed(end=start - round(context.profile.min_gap * 1000)), "ended where the next cue's gap begins"


def _no_gap(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    if spot.following is not None:
        yield spot.timed(end=spot.following.start_ms), "gap closed"


def _longer(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    profile, cue = spot.context.profile, spot.cue
    needed = profile.shortest(spot.context.language)
    if profile.seconds_per_word:
        needed = max(needed, profile.seconds_per_word * len(plain_text(cue).split()))
    yield spot.timed(end=cue.start_ms + round(needed * 1000)), "shown long enough"


def _shorter(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    limit = spot.context.profile.max_duration
    if limit is not None:
        yield spot.timed(end=spot.cue.start_ms + int(limit * 1000)), f"ended after {limit:g} s"


def _slower(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    """Shown longer, up to half a second past the voice (past its own end where nothing is known of the voice)."""
    profile, language, cue = spot.context.profile, spot.context.language, spot.cue
    spoken_until = max((end for _, end in spot.words), default=cue.end)
    latest = max(round(spoken_until * 1000), cue.end_ms if not spot.words else 0) + _MOST_ADDED_MS
    length = reading_length(cue.text, language=language)
    speeds = [speed for speed in (profile.cps_optimum(language), profile.cps_limit(language)) if speed]
    needed = [length / speed for speed in speeds]
    if profile.max_wpm:
        needed.append(len(plain_text(cue).split()) / profile.max_wpm * 60)
    for seconds in needed:
        end = cue.start_ms + int(seconds * 1000) + 1
        if end <= latest:
            yield spot.timed(end=end), "shown longer, so that it can be read"


def _voice_in(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    if spot.words:
        context = spot.context
        yield spot.timed(start=context.at(round(spot.words[0][0] * context.rate))), "started with the voice"


def _voice_out(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    if spot.words:
        context = spot.context
        end = round(max(end for _, end in spot.words) * context.rate) + half_second(context.rate)
        yield spot.timed(end=context.at(end)), "ended half a second after the voice"


def _shot_in(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    context = spot.context
    cut = spot.cut_near(spot.cue.start_ms)
    if cut is None:
        return
    early = cut - context.frame(spot.cue.start_ms)
    if early < early_zone(context.rate):
        yield spot.timed(start=context.at(cut)), "snapped to the shot change"
    else:
        frames = half_second(context.rate)
        yield spot.timed(start=context.at(cut - frames)), f"pulled to {frames} frames before the shot change"


def _shot_out(spot: Spot) -> Iterator[tuple[Cue | None, str]]:
    context, gap = spot.context, spot.context.profile.min_gap_frames
    cut = spot.cut_near(spot.cue.end_ms)
    if cut is not None:
        yield spot.timed(end=context.at(cut - gap)), f"ended {gap} frames before the shot change"


# In the order in which they are tried: text before lines, lines before times, and who moves an edge before who lengthens.
FIXERS: dict[str, Fixer] = {
    "empty": _empty,
    "bad_tag": _bad_tag,
    "glyph": _glyph,
    "italics": _italics,
    "ellipsis": _ellipsis,
    "double_space": _double_space,
    "leading_space": _leading_space,
    "hi_brackets": _hi_brackets,
    "dialog_dash": _dialog_dash,
    "line_len": _lines,
    "lines_max": _lines,
    "line_break": _lines,
    "one_line_possible": _lines,
    "past_end": _past_end,
    "overlap": _least_gap,
    "gap_min": _least_gap,
    "shot_in_after": _shot_in,
    "shot_in_before": _shot_in,
    "shot_out_after": _shot_out,
    "shot_out_before": _shot_out,
    "dur_max": _shorter,
    "audio_out": _voice_out,
    "audio_in": _voice_in,
    "dur_min": _longer,
    "cps_max": _slower,
    "wpm_max": _slower,
    "cps_opt": _slower,
    "gap_chain": _least_gap,
    "gap_bbc": _no_gap,
}
FIXABLE = frozenset({*FIXERS, "nonmonotonic"})
