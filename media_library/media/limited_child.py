"""Programs of ours that look at a stranger's bytes: run as children under limits, asked on standard input, answering with JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from media_library.media.limited_exec import limited


class OverLimitError(Exception):
    """The child took more time or memory than it may, or died. `log` is what it said, for the operator."""

    def __init__(self, log: str = "") -> None:
        self.log = log
        super().__init__(log)


def ask(
    child: Path, *arguments: str, question: bytes, limits: Mapping[str, int], wall_seconds: float
) -> dict[str, Any]:
    """The one JSON object that the program `child` answers with. Raises OverLimitError."""
    # -I: the child sees neither our directory nor our variables; -S would take its libraries away.
    program = [sys.executable, "-I", str(child), *arguments]
    try:
        done = subprocess.run(
            limited(program, limits),
            input=question,
            capture_output=True,
            timeout=wall_seconds,
            check=False,
            env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
        )
        answer: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise OverLimitError(str(error)) from error
    if not answer:
        raise OverLimitError(done.stderr.decode("utf-8", errors="replace")[-4000:])
    return answer
