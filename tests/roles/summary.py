"""How many cells of the matrix were proved, in the last lines of a test run, side by side or not."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [
        dict(report.user_properties)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
    ]
    declared = sum(one.get("matrix_cells", 0) for one in reports)
    if declared:
        proved = sum(one.get("matrix_cells_proved", 0) for one in reports)
        terminalreporter.write_line(f"role matrix: {proved} of {declared} cells proved")
