from __future__ import annotations

from typing import Any

from tests.roles.test_matrix import COLUMNS, PROVEN, ROWS


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if PROVEN["cells"]:
        terminalreporter.write_line(f"role matrix: {PROVEN['cells']} of {len(ROWS) * len(COLUMNS)} cells proven")
