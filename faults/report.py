"""A row: what is broken, what is expected, what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from faults.rig import FaultError, Rig

# A worker is lost for 30 s at most, the reaper comes every 5 s, and a bell finds its worker at once.
RECOVERY_SECONDS = 60.0
SETTLE_SECONDS = 12.0


@dataclass
class Seen:
    """What one run of a row found. `recovery` is from the fault to the moment the work is under way again, in seconds."""

    recovery: float | None = None
    lost: int = 0
    duplicates: int = 0
    extra_bills: int = 0
    problems: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def expect(self, true: object, otherwise: str) -> None:
        if not true:
            self.problems.append(otherwise)


@dataclass(frozen=True)
class Row:
    name: str
    injected: str
    expected: str
    act: Callable[[Rig, Seen], None]
    within: float

    def run(self, rig: Rig) -> Seen:
        seen = Seen()
        rig.reset()
        try:
            self.act(rig, seen)
            seen.problems += settled(rig)
        except FaultError as error:
            seen.problems.append(str(error))
        finally:
            rig.clear()
        if seen.recovery is not None:
            seen.expect(seen.recovery <= self.within, f"recovery took {seen.recovery:.1f} s")
        for name in ("lost", "duplicates", "extra_bills"):
            seen.expect(getattr(seen, name) == 0, f"{getattr(seen, name)} {name.replace('_', ' ')}")
        return seen


def settled(rig: Rig) -> list[str]:
    """What is still not as it must be after two sweeps."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (left := remains(rig)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return left


def remains(rig: Rig) -> list[str]:
    """What must never be left behind, whatever was broken."""
    from core.runs import invariants  # noqa: PLC0415  (once Django is set up)

    problems = invariants.violations()
    if left := rig.encoders():
        problems.append(f"{len(left)} processes still work on files")
    return problems


_rows: dict[str, Row] = {}


def row(
    name: str, *, injected: str, expected: str, within: float = RECOVERY_SECONDS
) -> Callable[[Callable[[Rig, Seen], None]], Row]:
    """Makes a function a row of the suite."""

    def made(act: Callable[[Rig, Seen], None]) -> Row:
        _rows[name] = Row(name, injected, expected, act, within)
        return _rows[name]

    return made


def rows() -> dict[str, Row]:
    from faults.rows import (  # noqa: F401, PLC0415  (registers the rows)
        broker,
        cancellation,
        crashes,
        decisions,
        deliveries,
        edits,
        generation,
        library,
        mail,
        money,
        talk,
        uploads,
    )

    return dict(sorted(_rows.items(), key=lambda item: (int(item[0][1:].split("-")[0]), item[0])))


HEAD = ("fault", "injected", "expected", "recovery s", "lost", "duplicates", "extra bills", "")
WIDTHS = (10, 51, 61, 10, 4, 10, 11, 4)
FIGURES = range(3, 7)


def line(values: tuple[object, ...]) -> str:
    cells = []
    for at, (value, width) in enumerate(zip(values, WIDTHS, strict=True)):
        cells.append(f"{value!s:>{width}}" if at in FIGURES else f"{value!s:<{width}}")
    return "  ".join(cells).rstrip()


def show(row: Row, found: list[Seen]) -> bool:
    """Prints the row. True when every run passed."""
    times = [seen.recovery for seen in found if seen.recovery is not None]
    problems = [problem for seen in found for problem in seen.problems]
    print(
        line(
            (
                row.name,
                row.injected,
                row.expected,
                f"{max(times):.1f}" if times else "-",
                sum(seen.lost for seen in found),
                sum(seen.duplicates for seen in found),
                sum(seen.extra_bills for seen in found),
                "FAIL" if problems else "PASS",
            )
        ),
        flush=True,
    )
    for problem in problems:
        print(f"{'':<12}  {problem}", flush=True)
    return not problems


def as_json(row: Row, found: list[Seen]) -> dict[str, Any]:
    return {
        "fault": row.name,
        "injected": row.injected,
        "expected": row.expected,
        "passed": not any(seen.problems for seen in found),
        "runs": [asdict(seen) for seen in found],
    }


def score(results: list[dict[str, Any]]) -> str:
    runs = [run for result in results for run in result["runs"]]
    slowest = max((run["recovery"] for run in runs if run["recovery"] is not None), default=0.0)
    sums = {name: sum(run[name] for run in runs) for name in ("lost", "duplicates", "extra_bills")}
    return (
        f"lost work {sums['lost']} · done twice {sums['duplicates']} · billed twice {sums['extra_bills']} "
        f"· slowest recovery {slowest:.1f} s"
    )
