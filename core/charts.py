"""Bars for people to see the shape of a week; the figures themselves stand in the table beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100
STEP = 10
WIDTH = 8
# So that a day with little in it is told from one with nothing.
LEAST = 1.5


@dataclass(frozen=True)
class Bar:
    """In units of the picture, from its upper left corner. `bad_height` is the part at the foot that went wrong."""

    x: int
    y: float
    height: float
    bad_height: float
    title: str

    @property
    def bad_y(self) -> float:
        return round(HEIGHT - self.bad_height, 2)


@dataclass(frozen=True)
class Chart:
    name: str
    label: str
    bars: list[Bar]
    most: str
    first: str
    last: str
    bad_words: str = ""

    @property
    def view_box(self) -> str:
        return f"0 0 {max(len(self.bars), 1) * STEP} {HEIGHT}"


def bars(values: Sequence[float], *, titles: Sequence[str], bad: Sequence[float] | None = None) -> list[Bar]:
    """The highest fills the picture."""
    most = max(values, default=0) or 1
    wrong = bad or [0] * len(values)
    return [
        Bar(
            x=index * STEP + (STEP - WIDTH) // 2,
            y=round(HEIGHT - height(value, most), 2),
            height=height(value, most),
            bad_height=height(wrong[index], most),
            title=titles[index],
        )
        for index, value in enumerate(values)
    ]


def height(value: float, most: float) -> float:
    return max(round(float(value) / float(most) * HEIGHT, 2), LEAST) if value else 0.0
