"""Speech in a slot: how much faster or slower it is played, which pause it borrows, and where it is heard. Nothing of it is ever silent
about what does not fit: that is blocked, and a person is offered a shorter wording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# An ending this near to its slot's is as good as on it.
NEAR_SECONDS = 0.15
# What stays of the pause before the next line, and how much of it a line may take.
LEAST_GAP, MOST_BORROWED = 0.12, 1.5
# A listener does not notice this much; above WARNS it sounds hurried, above BLOCKS nobody follows it.
UNNOTICED, WARNS, BLOCKS = 1.1, 1.2, 1.4
SLOWEST = 0.9
# A voice that is too short even at its slowest begins so much later at most.
LATEST_START = 0.5

FITS, TIGHT, BLOCKED = "fits", "tight", "blocked"
Span = tuple[float, float]


@dataclass(frozen=True)
class Slot:
    """Seconds of the film. `latest` is the end with the pause that may be borrowed from the next line."""

    start: float
    end: float
    latest: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Fit:
    """`rate` is how much faster than by itself; `lacking` how many seconds a blocked one is too long at the fastest."""

    rate: float
    start: float
    end: float
    verdict: str
    lacking: float = 0.0

    @property
    def seconds(self) -> float:
        return self.end - self.start


def slots(spans: Sequence[Span], *, duration: float | None = None) -> list[Slot]:
    """Of lines in order of time. Who speaks while another still does takes nothing from them."""
    found = []
    starts = [start for start, _ in spans[1:]]
    last = spans[-1][1] if duration is None and spans else duration or 0.0
    for (start, end), following in zip(spans, [*starts, last], strict=True) if spans else ():
        latest = min(end + MOST_BORROWED, following - LEAST_GAP)
        found.append(Slot(start, end, round(max(end, latest), 3)))
    return found


def fit(natural: float, slot: Slot, *, fastest: float = BLOCKS) -> Fit:
    """A voice that takes `natural` seconds by itself. First what nobody notices, then the pause after it, then haste up to `fastest`."""
    if natural <= 0:
        return Fit(1.0, slot.start, slot.end, FITS)
    if natural < slot.seconds - NEAR_SECONDS:
        return _shorter(natural, slot)
    if natural <= slot.seconds + NEAR_SECONDS / 2:
        return Fit(1.0, slot.start, slot.start + natural, FITS)
    rate = natural / slot.seconds
    if rate <= min(UNNOTICED, fastest):
        return Fit(rate, slot.start, slot.end, FITS)
    room = slot.latest - slot.start
    rate = natural / room
    if rate <= min(UNNOTICED, fastest):
        calm = min(UNNOTICED, fastest)
        return Fit(calm, slot.start, slot.start + natural / calm, FITS)
    if rate <= fastest:
        return Fit(rate, slot.start, slot.latest, TIGHT if rate > WARNS else FITS)
    return Fit(fastest, slot.start, slot.start + natural / fastest, BLOCKED, natural / fastest - room)


def _shorter(natural: float, slot: Slot) -> Fit:
    """Slower as far as it goes. What is left is for pauses, and for a late beginning: see `placed`."""
    rate = max(SLOWEST, natural / slot.seconds)
    return Fit(rate, slot.start, slot.start + natural / rate, FITS)


def placed(seconds: float, slot: Slot) -> Span:
    """Where a voice is heard that takes so long now: one that is too short begins later, so that it ends with its slot where it can."""
    late = min(LATEST_START, max(0.0, slot.seconds - seconds))
    return round(slot.start + late, 3), round(slot.start + late + seconds, 3)


def longest_text(text: str, natural: float, slot: Slot, *, fastest: float = BLOCKS) -> int:
    """About how many characters of what is said so fit without haste; at least one."""
    room = (slot.latest - slot.start) * min(WARNS, fastest)
    return max(1, int(len(text) * min(1.0, room / natural))) if natural > 0 else len(text)
