"""What taking a file in costs beside its engines: the sample through real workers, and the same engines on it alone, one after the other.

Engines are those that hear, tell speakers apart, look, embed and find shots. All else is ours: probing, poster, time line,
waveform, passages, chapters, and what the pipeline adds. In a process of its own, for it needs services of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import Row, at_most
from bench.measure import told_by

NAME = "ingest"
GOAL = at_most(1.3)


def rows(*, quick: bool) -> Iterator[Row]:
    took = told_by("bench.ingests", "1" if quick else "3")
    yield Row("ingest of the sample", ours=took["run"], peer=took["engines"])
