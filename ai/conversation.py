"""A streamed answer that keeps its own books."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from uuid import UUID

from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatStream
from ai.ledger import OpenCall


class StreamedAnswer:
    """Iterate for pieces of text, once. Use it as a context manager, or call `close`, so that a reader who goes away frees
    the connection and the call is closed as cancelled. `text` is what came so far."""

    def __init__(
        self,
        *,
        engine: Engine,
        call_id: UUID,
        first: str = "",
        stream: ChatStream | None = None,
        rest: Iterator[str] = iter(()),  # noqa: B008 - an exhausted iterator holds no state
        opened: OpenCall | None = None,
    ) -> None:
        self.engine = engine
        self.call_id = call_id
        self.reused = opened is None
        self.text = ""
        self._first = first
        self._stream = stream
        self._rest = rest
        self._opened = opened

    @property
    def usage(self) -> Usage:
        """Complete when the iteration ended; nothing for a replayed answer, which costs nothing."""
        return self._stream.usage if self._stream else Usage()

    def __iter__(self) -> Iterator[str]:
        try:
            if self._first:
                self.text += self._first
                yield self._first
            for piece in self._rest:
                self.text += piece
                yield piece
        except BaseException as error:
            if self._opened:
                self._opened.fail(error)
            raise
        finally:
            if self._stream:
                self._stream.close()
        if self._opened:
            self._opened.succeed(self.usage, response={"text": self.text})

    def close(self) -> None:
        if self._stream:
            self._stream.close()
        if self._opened:
            self._opened.fail(GeneratorExit())  # does nothing when the answer was read to its end

    def __enter__(self) -> StreamedAnswer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
