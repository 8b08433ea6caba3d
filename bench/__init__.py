"""Measured ratios against peers: `python -m bench [--quick] [names…]` prints one table. A wrong result exits 1; with --strict a MISS too.

A bench is a module `bench/<name>.py`, found by itself. It has three names:

    NAME = "probe"                     # how it is called on the command line and in the table
    GOAL = at_least(6)                 # peer/ours must reach 6; or at_most(1.5): ours/peer may not pass 1.5;
                                       # or at_most(16, "MB"): our own figure, no peer, may not pass 16 MB
    def rows(*, quick: bool) -> Iterable[Row]:
        ours, peer = alternate(ours_once, peer_once, rounds=rounds_for(quick=quick))
        assert ours.value == peer.value      # a fast wrong answer is no answer
        yield Row(NAME, ours=ours.cpu, peer=peer.cpu)

`alternate` calls the two in turn, five times each (three when quick), and gives of each the least CPU time, the median
wall time (both in seconds) and the last return value. CPU time counts child processes that have been waited for.
A row may bring a goal of its own: `Row(..., goal=at_most(5))`, or NO_GOAL for a figure to know.
`quick` asks for small inputs (a few seconds a bench); the harness then relaxes every goal by 30 %. Inputs are generated
from a fixed seed and kept in `cache()`.
A bench whose result is wrong raises AssertionError: the harness prints FAIL with the reason and goes on.
"""

from __future__ import annotations

from bench.measure import NO_GOAL, Goal, Measured, Row, alternate, at_least, at_most, cache, rounds_for

__all__ = ["NO_GOAL", "Goal", "Measured", "Row", "alternate", "at_least", "at_most", "cache", "rounds_for"]
