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
            yield from self.pieces()
        except BaseException as error:
            self.broke(error)
            raise
        self.finished()

    def pieces(self) -> Iterator[str]:
        """The text without the books, for whoever reads in a thread of its own: `finished`, `broke` or `close` is then for the other."""
        try:
            if self._first:
                yield self._taken(self._first)
            for piece in self._rest:
                yield self._taken(piece)
        finally:
            if self._stream:
                self._stream.close()

    def _taken(self, piece: str) -> str:
        """Without what no database stores: NUL, and halves of a surrogate pair."""
        piece = piece.replace("\x00", "").encode("utf-8", "replace").decode()
        self.text += piece
        return piece

    def finished(self) -> None:
        if self._opened:
            self._opened.succeed(self.usage, response={"text": self.text})

    def broke(self, error: BaseException) -> None:
        if self._opened:
            self._opened.fail(error)

    def close(self) -> None:
        if self._stream:
            self._stream.close()
        self.broke(GeneratorExit())  # does nothing when the answer was read to its end

    def __enter__(self) -> StreamedAnswer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
