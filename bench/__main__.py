"""The harness: finds the benches, runs them one after the other, prints one table."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import traceback
from types import ModuleType

import bench
from bench.measure import Row

HEAD = f"{'name':<34} {'ours':>12} {'peer':>12} {'ratio':>9}  {'goal':<12} verdict"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measured ratios against peers.")
    parser.add_argument("names", nargs="*", help="benches to run; all when none is named")
    parser.add_argument("--quick", action="store_true", help="small inputs, goals relaxed by 30 %%")
    parser.add_argument("--strict", action="store_true", help="a missed goal fails too, not only a wrong result")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    benches = found()
    unknown = set(options.names) - set(benches)
    if unknown:
        parser.error(f"no bench called {', '.join(sorted(unknown))}; there are {', '.join(benches)}")
    print(HEAD, flush=True)
    ran = [run(benches[name], quick=options.quick) for name in options.names or benches]
    met = all(reached for _, reached in ran)
    if not met:
        print(
            "A MISS is a goal that this machine, with these inputs, did not reach today; the result itself was checked and is right."
        )
    return 0 if all(right for right, _ in ran) and (met or not options.strict) else 1


def found() -> dict[str, ModuleType]:
    """The benches of this package by name. Importing one must be cheap and need no server."""
    modules = [
        importlib.import_module(f"bench.{info.name}")
        for info in pkgutil.iter_modules(bench.__path__)
        if info.name != "__main__"
    ]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def run(module: ModuleType, *, quick: bool) -> tuple[bool, bool]:
    """Whether the results were right, and whether the goals were met."""
    met = True
    try:
        for row in module.rows(quick=quick):
            met &= show(row, module=module, quick=quick)
    except Exception as error:  # noqa: BLE001  (one broken bench must not hide the others)
        traceback.print_exc()
        print(f"{module.NAME:<34} {'FAIL':>12}  {type(error).__name__}: {error}", flush=True)
        return False, met
    return True, met


def show(row: Row, *, module: ModuleType, quick: bool) -> bool:
    goal = row.goal or module.GOAL
    ratio = row.ratio(goal)
    met = goal.met(ratio, quick=quick)
    peer = "-" if row.peer is None else f"{row.peer:.4g} {row.unit}"
    shown = "-" if row.peer is None else f"{ratio:.2f}x"
    ours = f"{row.ours:.4g} {row.unit}"
    verdict = "-" if not goal.judges else "PASS" if met else "MISS"
    print(f"{row.name:<34} {ours:>12} {peer:>12} {shown:>9}  {goal!s:<12} {verdict}", flush=True)
    return met


if __name__ == "__main__":
    sys.exit(main())
