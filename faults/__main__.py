"""Runs the rows one after the other on services of its own, prints one table and writes faults/faults.json."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from faults.ground import own_ground

if TYPE_CHECKING:
    from faults.report import Row, Seen
    from faults.rig import Rig

RESULTS = Path(__file__).with_name("faults.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description="What happens when things break.")
    parser.add_argument(
        "names", nargs="*", help="rows to run: F1, F4-flush, or F4 for all that begin so; all when none"
    )
    parser.add_argument("--runs", type=int, default=1, help="how often each row is run (default 1)")
    parser.add_argument("--keep", action="store_true", help="keep the state directory, with all logs")
    options = parser.parse_args()
    # Leave by way of the finally clauses, which end every process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with own_ground(keep=options.keep) as rig:
        return 0 if run(rig, options.names, runs=options.runs) else 1


def run(rig: Rig, names: list[str], *, runs: int) -> bool:
    from faults import report  # noqa: PLC0415  (once Django is set up)

    found = report.rows()
    chosen = [row for name, row in found.items() if not names or any(named(name, wanted) for wanted in names)]
    if not chosen:
        raise SystemExit(f"There is no such row; there are {', '.join(found)}.")
    print(report.line(report.HEAD), flush=True)
    results = []
    for row in chosen:
        seen = [attempt(row, rig) for _ in range(runs)]
        report.show(row, seen)
        results.append(report.as_json(row, seen))
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    good = sum(result["passed"] for result in results)
    print(f"\n{report.score(results)}\n{good} of {len(results)} faults passed. Figures: {RESULTS}")
    return good == len(results)


def named(name: str, wanted: str) -> bool:
    return name.lower() == wanted.lower() or name.lower().startswith(wanted.lower() + "-")


def attempt(row: Row, rig: Rig) -> Seen:
    """A row that breaks in a way nobody thought of is a failure, and the others still run."""
    from faults.report import Seen  # noqa: PLC0415  (once Django is set up)

    try:
        return row.run(rig)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the row's outcome)
        traceback.print_exc()
        return Seen(problems=[f"{type(error).__name__}: {error}"])


if __name__ == "__main__":
    sys.exit(main())
