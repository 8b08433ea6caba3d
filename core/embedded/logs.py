"""Follows a log file for the terminal and keeps it from growing without end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

LARGEST_BYTES = 20 * 2**20


class LogTail:
    """Whole lines that were written since the last look, each with the program's name before it."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.position = path.stat().st_size if path.exists() else 0

    def lines(self) -> Iterator[str]:
        if not self.path.exists():
            return
        size = self.path.stat().st_size
        if size < self.position:
            self.position = 0
        if size == self.position:
            return
        with self.path.open("rb") as file:
            file.seek(self.position)
            text = file.read(2**20)
        whole = text.rfind(b"\n") + 1 or (len(text) if len(text) == 2**20 else 0)
        self.position += whole
        for line in text[:whole].decode(errors="replace").splitlines():
            yield f"{self.name:<14} | {line}"
        # Only between two lines; a line that is written while the file is copied may be lost.
        if self.position > LARGEST_BYTES and self.position == self.path.stat().st_size:
            self._rotate()

    def _rotate(self) -> None:
        # Copied and cut, not renamed: the program appends to the open file and so goes on at its new end.
        shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
        with self.path.open("r+b") as file:
            file.truncate(0)
        self.position = 0


def last_lines(path: Path, count: int = 20) -> list[str]:
    """For an error message."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        return file.read().decode(errors="replace").splitlines()[-count:]
