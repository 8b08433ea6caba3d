"""What the pipeline adds to the work of its steps: five encodes of two seconds through real workers, beside the same five encodes alone.

The encodes read their source at the speed at which it plays, so they take the same time on any machine, and what is left is
ours: bells, claims, leases, results, files put into the store. In a process of its own, for it needs services of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import Row, at_most
from bench.measure import told_by

NAME = "pipeline"
GOAL = at_most(1.05)


def rows(*, quick: bool) -> Iterator[Row]:
    took = told_by("bench.runs", "2" if quick else "5")
    yield Row("pipeline: 5 steps of 2 s", ours=took["run"], peer=took["engines"])
    yield Row("pipeline: a step that does nothing", ours=took["step_ms"], unit="ms", goal=at_most(100, "ms"))
