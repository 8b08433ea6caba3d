"""A provider's stream, read so that nobody waits for it: pieces come when they are there, and silence is told as such."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from ai.services import StreamedAnswer

# As often as an eye follows; more would load the sockets of many for nothing.
PIECE_SECONDS = 0.05
# How long silence lasts until it is looked whether anybody still wants the rest.
SILENCE_SECONDS = 0.25


@dataclass
class Reader:
    """Gives what has come since the last time: the first piece at once, later ones at most 20 a second, nothing after some silence.

    Reading happens in a thread, which touches no database. A failure of the stream is raised here, after what came before it.
    """

    answer: StreamedAnswer
    most: int
    came: queue.SimpleQueue[str | BaseException | None] = field(default_factory=queue.SimpleQueue)
    # Whether it was read to its end, and not only to the most that is read.
    whole: bool = False

    def __iter__(self) -> Iterator[str]:
        threading.Thread(target=self._read, name="answer", daemon=True).start()
        given, next_at = 0, 0.0
        while True:
            text, end = self._gather(next_at)
            text = text[: self.most - given]
            given += len(text)
            started = time.monotonic()
            if text or end is None:
                yield text
            # What it costs to tell decides too how often it is told.
            next_at = started + max(PIECE_SECONDS, (time.monotonic() - started) * 4)
            if isinstance(end, BaseException):
                raise end
            self.whole = end is True
            if self.whole or given >= self.most:
                return

    def _gather(self, next_at: float) -> tuple[str, BaseException | bool | None]:
        """What there is to tell, and whether it is the end: None for not yet, True, or how it failed."""
        text = ""
        until = time.monotonic() + SILENCE_SECONDS
        while not text or time.monotonic() < next_at:
            # With words in hand one waits for the moment to tell them; with none, for words.
            patience = (next_at if text else until) - time.monotonic()
            try:
                piece = self.came.get(timeout=max(patience, 0.0))
            except queue.Empty:
                break
            if not isinstance(piece, str):
                return text, True if piece is None else piece
            text += piece
        return text, None

    def _read(self) -> None:
        try:
            for piece in self.answer.pieces():
                self.came.put(piece)
        except BaseException as error:  # noqa: BLE001  (told where it is waited for)
            self.came.put(error)
        else:
            self.came.put(None)
