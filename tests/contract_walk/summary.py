"""How far the walk went and what the fuzz saw, in the last lines of a test run, side by side or not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.contract_walk.walked import SOCKETS, entries


def pytest_terminal_summary(terminalreporter: Any) -> None:
    say_how_far_the_walk_went(terminalreporter)
    say_what_the_fuzz_saw(terminalreporter)


def say_what_the_fuzz_saw(terminalreporter: Any) -> None:
    seen: Counter[int] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call":
                seen.update(dict(report.user_properties).get("fuzz", {}))
    if seen:
        words = ", ".join(f"{count} of {hundred}xx" for hundred, count in sorted(seen.items()))
        terminalreporter.write_line(f"fuzz: {sum(seen.values())} answers ({words})")


def say_how_far_the_walk_went(terminalreporter: Any) -> None:
    walked = [
        dict(report.user_properties)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call" and dict(report.user_properties).get("contract_entry")
    ]
    if walked:
        whole = [one for one in walked if one.get("contract_whole")]
        answers = sum(one["contract_answers"] for one in walked)
        terminalreporter.write_line(
            f"contract walk: {len(whole)} of {len(entries()) + len(SOCKETS)} entries, {answers} answers compared"
        )
