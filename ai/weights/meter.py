"""How far a fetch is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

BAR_WIDTH = 24
WINDOW_SECONDS = 10.0  # the speed shown is that of the last seconds, so that the time left follows a change of the line


class Stream(Protocol):
    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool: ...


class Meter:
    """`expect` and `forget` move the total; `add` counts bytes as they arrive."""

    def __init__(self, stream: Stream, *, clock: Callable[[], float] = time.monotonic, every: float = 5.0) -> None:
        self.stream = stream
        self.clock = clock
        self.terminal = stream.isatty()
        self.every = 0.2 if self.terminal else every
        self.total = 0
        self.done = 0
        self.label = ""
        self._shown = clock()
        self._marks: deque[tuple[float, int]] = deque([(self._shown, 0)])
        self._open = False

    def expect(self, size: int) -> None:
        self.total += size

    def add(self, size: int) -> None:
        """Negative when bytes that were counted have to be fetched again."""
        self.done += size
        now = self.clock()
        if now - self._shown >= self.every:
            self._shown = now
            self._write(self.line())

    def say(self, text: str) -> None:
        if self._open:
            self.stream.write("\r\x1b[K")
            self._open = False
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def close(self) -> None:
        if self._open:
            self.stream.write("\n")
            self._open = False

    def line(self) -> str:
        speed = self._speed()
        fraction = min(1.0, self.done / self.total) if self.total else 0.0
        filled = round(fraction * BAR_WIDTH)
        left = f", {_duration((self.total - self.done) / speed)} left" if speed > 0 and self.total > self.done else ""
        return (
            f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {fraction:4.0%}  {self.done / 1e6:.1f} of {self.total / 1e6:.1f} MB"
            f"  {speed / 1e6:.1f} MB/s{left}  {self.label}"
        )

    def _speed(self) -> float:
        now = self.clock()
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW_SECONDS:
            self._marks.popleft()
        (since, before), (until, after) = self._marks[0], self._marks[-1]
        return max(0.0, (after - before) / (until - since)) if until > since else 0.0

    def _write(self, line: str) -> None:
        if self.terminal:
            self.stream.write(f"\r\x1b[K{line}")
            self._open = True
        else:
            self.stream.write(f"{line}\n")
        self.stream.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
