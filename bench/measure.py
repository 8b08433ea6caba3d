"""What a bench is made of: goals, rows, and the fair way to take two times."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QUICK_RELAXATION = 0.3


@dataclass(frozen=True)
class Goal:
    """`more` is True when a larger ratio is better. Without a peer the figure itself is judged, in `unit`."""

    number: float
    more: bool
    unit: str = "x"

    def met(self, ratio: float, *, quick: bool) -> bool:
        if self.more:
            return ratio >= self.number * (1 - QUICK_RELAXATION if quick else 1)
        return ratio <= self.number * (1 + QUICK_RELAXATION if quick else 1)

    @property
    def judges(self) -> bool:
        return self.number != float("inf")

    def __str__(self) -> str:
        return f"{'>=' if self.more else '<='} {self.number:g} {self.unit}" if self.judges else "-"


# A figure to know, of which no amount is wrong.
NO_GOAL = Goal(float("inf"), more=False)


def at_least(number: float, unit: str = "x") -> Goal:
    return Goal(number, more=True, unit=unit)


def at_most(number: float, unit: str = "x") -> Goal:
    return Goal(number, more=False, unit=unit)


@dataclass(frozen=True)
class Row:
    """Figures of one line. `peer` None: the goal is absolute. `unit` is that of the two figures."""

    name: str
    ours: float
    peer: float | None = None
    unit: str = "s"
    goal: Goal | None = None

    def ratio(self, goal: Goal) -> float:
        if self.peer is None:
            return self.ours
        return self.peer / max(self.ours, 1e-9) if goal.more else self.ours / max(self.peer, 1e-9)


@dataclass
class Measured:
    cpus: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    value: Any = None

    @property
    def cpu(self) -> float:
        """Least CPU seconds: what the work costs when nothing disturbs it."""
        return min(self.cpus)

    @property
    def wall(self) -> float:
        return statistics.median(self.walls)

    def take(self, call: Callable[[], Any]) -> None:
        cpu, wall = cpu_seconds(), time.perf_counter()
        self.value = call()
        self.walls.append(time.perf_counter() - wall)
        self.cpus.append(cpu_seconds() - cpu)


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def rounds_for(*, quick: bool) -> int:
    return 3 if quick else 5


def alternate(
    ours: Callable[[], Any], peer: Callable[[], Any], *, rounds: int = 5, warm_up: bool = True
) -> tuple[Measured, Measured]:
    """Both in turn, so that a noisy machine disturbs both alike."""
    if warm_up:
        ours()
        peer()
    mine, theirs = Measured(), Measured()
    for _ in range(rounds):
        mine.take(ours)
        theirs.take(peer)
    return mine, theirs


def told_by(module: str, *arguments: str) -> dict[str, float]:
    """The figures that a bench prints which runs as a program of its own, because it needs services of its own."""
    command = [sys.executable, "-m", module, *arguments]
    root = Path(__file__).resolve().parent.parent
    said = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True, text=True).stdout
    figures: dict[str, float] = json.loads(said.splitlines()[-1])
    return figures


def cache() -> Path:
    """Where generated inputs are kept between runs."""
    folder = Path(__file__).resolve().parent / "cache"
    folder.mkdir(exist_ok=True)
    return folder
