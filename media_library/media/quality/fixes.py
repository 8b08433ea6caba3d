"""What may be mended by itself, each mending tried before it is proposed.

A fix changes times, line breaks and marks of form, never words. It is proposed when its finding is gone afterwards, no rule that was
kept is broken by it, and no error became worse; what cannot be had that way is left to a person.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from media_library.media.quality import RULES, check, source
from media_library.media.quality.fixers import FIXABLE, FIXERS, Context, Fixer, Spot
from media_library.media.quality.track import Finding
from media_library.media.webvtt.model import Cue

__all__ = ["FIXABLE", "Context", "Proposal", "apply", "fix"]

# No caption is longer; what looks at every place of a text would take its time.
_LONGEST_TEXT = 2000
# Nothing of these is mended here, and they look at more than a cue and its neighbours.
_LOCAL = tuple(rule for rule in RULES if rule.__module__ != source.__name__)


@dataclass(frozen=True, slots=True)
class Proposal:
    """`after` is None where the cue goes."""

    rule: str
    cue_index: int
    before: Cue
    after: Cue | None
    reason: str


def fix(cues: Sequence[Cue], findings: Iterable[Finding], *, context: Context) -> list[Proposal]:
    """Proposals for those of `findings` that have a safe fix, in the order in which `apply` has to take them."""
    return _Desk(list(cues), context).propose(list(findings))


def apply(cues: Sequence[Cue], proposals: Sequence[Proposal]) -> list[Cue]:
    """The track with these proposals taken. Indexes are those of `cues`."""
    track: list[Cue | None] = list(cues)
    for proposal in proposals:
        track[proposal.cue_index] = proposal.after
    left = [cue for cue in track if cue is not None]
    return sorted(left, key=_start) if any(proposal.rule == "nonmonotonic" for proposal in proposals) else left


def _start(cue: Cue) -> int:
    return cue.start_ms


class _Desk:
    def __init__(self, cues: list[Cue], context: Context) -> None:
        self.cues = cues
        self.context = context
        self.gone: set[int] = set()
        self.mended: set[tuple[str, int]] = set()
        self.shots = sorted(context.shots)
        self.speech = sorted(context.speech)

    def propose(self, findings: list[Finding]) -> list[Proposal]:
        wanted = {(finding.rule, finding.cue_index) for finding in findings if finding.cue_index < len(self.cues)}
        proposals = list(self._order(wanted))
        for rule, fixer in FIXERS.items():
            for _, index in sorted(key for key in wanted if key[0] == rule):
                if index not in self.gone and (proposal := self._mend(rule, index, fixer)):
                    proposals.append(proposal)
        return proposals

    def _order(self, wanted: set[tuple[str, int]]) -> Iterator[Proposal]:
        """The cues in order of time, if that breaks nothing else. Done first: the other rules look at neighbours."""
        indexes = sorted(index for rule, index in wanted if rule == "nonmonotonic")
        if not indexes:
            return
        ordered = sorted(self.cues, key=_start)
        if _worse(self._check(self.cues), self._check(ordered), but="nonmonotonic"):
            return
        if any(finding.rule == "nonmonotonic" for finding in self._check(ordered)):
            return
        # Neighbours change: what else is wrong is looked for again once the order stands.
        for index in indexes:
            yield Proposal("nonmonotonic", index, self.cues[index], self.cues[index], "put in its place in time")
        wanted.clear()

    def _mend(self, rule: str, index: int, fixer: Fixer) -> Proposal | None:
        before = self.cues[index]
        if len(before.text) > _LONGEST_TEXT:
            return None
        around = self._around(index)
        was = self._check([cue for _, cue in around], [number for number, _ in around])
        if not any((finding.rule, finding.cue_index) == (rule, index) for finding in was):
            return None
        neighbours = dict(around)
        places = list(neighbours)
        at = places.index(index)
        spot = Spot(
            self.context,
            before,
            neighbours[places[at - 1]] if at else None,
            neighbours[places[at + 1]] if at + 1 < len(places) else None,
            self._near(self.shots, before),
            self._words(before),
        )
        for after, reason in fixer(spot):
            if after == before or (after is not None and not 0 <= after.start_ms < after.end_ms):
                continue
            trial = [(number, after if number == index else cue) for number, cue in around]
            left = [(number, cue) for number, cue in trial if cue is not None]
            now = self._check([cue for _, cue in left], [number for number, _ in left])
            if self._better(was, now, gone=(rule, index)):
                self._take(index, after)
                self.mended.add((rule, index))
                return Proposal(rule, index, before, after, reason)
        return None

    def _take(self, index: int, after: Cue | None) -> None:
        if after is None:
            self.gone.add(index)
        else:
            self.cues[index] = after

    def _better(self, was: list[Finding], now: list[Finding], *, gone: tuple[str, int]) -> bool:
        before = {(finding.rule, finding.cue_index): finding for finding in was}
        for finding in now:
            key = (finding.rule, finding.cue_index)
            if key == gone or key in self.mended:
                return False
            old = before.get(key)
            if old is None or _off(finding) > _off(old) + 1e-9:
                # A warning that comes with the cure of an error is a gain; anything else is not.
                cured = before[gone].severity == "error"
                if finding.severity == "error" or not cured:
                    return False
        return True

    def _around(self, index: int) -> list[tuple[int, Cue]]:
        """The cue and its neighbours: no rule looks further."""
        first, last = index, index
        before, after = index - 1, index + 1
        while before in self.gone:
            before -= 1
        while after in self.gone:
            after += 1
        first, last = max(0, before), min(len(self.cues) - 1, after)
        return [(number, self.cues[number]) for number in range(first, last + 1) if number not in self.gone]

    def _check(self, cues: Sequence[Cue], numbers: Sequence[int] = ()) -> list[Finding]:
        if not cues:
            return []
        low, high = min(map(_start, cues)) / 1000, max(cue.end_ms for cue in cues) / 1000
        found = check(
            cues,
            **self.context.arguments(),
            shots=_between(self.shots, low - 2, high + 2),
            speech=self._heard(low - 2, high + 2),
            rules=_LOCAL,
        )
        return [replace(finding, cue_index=numbers[finding.cue_index]) for finding in found] if numbers else found

    def _near(self, shots: Sequence[float], cue: Cue) -> Sequence[float]:
        return _between(shots, cue.start - 2, cue.end + 2)

    def _words(self, cue: Cue) -> list[tuple[float, float]]:
        near = self._heard(cue.start - 10, cue.end)
        return [word for word in near if cue.start <= (word[0] + word[1]) / 2 <= cue.end]

    def _heard(self, low: float, high: float) -> Sequence[tuple[float, float]]:
        return self.speech[bisect_left(self.speech, (low,)) : bisect_right(self.speech, (high,))]


def _between(times: Sequence[float], low: float, high: float) -> Sequence[float]:
    return times[bisect_left(times, low) : bisect_right(times, high)]


def _off(finding: Finding) -> float:
    if finding.measured is None or finding.limit is None:
        return 0.0
    return abs(finding.measured - finding.limit)


def _worse(was: Iterable[Finding], now: Iterable[Finding], *, but: str) -> bool:
    before = Counter(finding.rule for finding in was if finding.severity == "error")
    after = Counter(finding.rule for finding in now if finding.severity == "error")
    return any(count > before[rule] for rule, count in after.items() if rule != but)
