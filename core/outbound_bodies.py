"""What comes back from elsewhere: kept in memory or written into a file, and never more of it than was agreed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Protocol

from core.errors import AnswerTooLargeError, FetchFailedError


class Sink(Protocol):
    """Where a body goes, piece by piece, and how much of it there may be."""

    max_bytes: int

    @property
    def size(self) -> int: ...

    def begin(self, announced: int | None) -> None: ...

    def add(self, piece: bytes) -> None: ...

    def whole(self) -> bytes: ...


class Kept:
    """In memory."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.body = bytearray()

    @property
    def size(self) -> int:
        return len(self.body)

    def begin(self, announced: int | None) -> None:  # noqa: ARG002  (memory needs no plan)
        self.body.clear()

    def add(self, piece: bytes) -> None:
        self.body += piece

    def whole(self) -> bytes:
        return bytes(self.body)


class Written:
    """In a file, whatever the status: who asked looks at that."""

    def __init__(self, into: IO[bytes], max_bytes: int, arrived: Callable[[int, int | None], None]) -> None:
        self.max_bytes = max_bytes
        self.into = into
        self.arrived = arrived
        self.announced: int | None = None
        self.written = 0

    @property
    def size(self) -> int:
        return self.written

    def begin(self, announced: int | None) -> None:
        self.announced, self.written = announced, 0
        self.into.seek(0)
        self.into.truncate()
        self.arrived(0, announced)

    def add(self, piece: bytes) -> None:
        self.written += self.into.write(piece)
        self.arrived(self.size, self.announced)

    def whole(self) -> bytes:
        return b""


def limited_body(chunks: Iterable[bytes], headers: Mapping[str, str], *, into: Sink) -> bytes:
    """The body, never more than the sink takes, compressed or not."""
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > into.max_bytes:
        raise AnswerTooLargeError
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise FetchFailedError("The answer is compressed in a way that was not asked for.")
    # 47: the window of zlib and gzip alike, told apart by their header.
    unpack = None if encoding in {"identity", ""} else zlib.decompressobj(47)
    into.begin(int(announced) if announced.isdigit() and unpack is None else None)
    for chunk in chunks:
        if unpack is None:
            into.add(chunk)
        else:
            try:
                into.add(unpack.decompress(chunk, into.max_bytes + 1 - into.size))
            except zlib.error as error:
                raise FetchFailedError("The answer's compression is broken.") from error
        if into.size > into.max_bytes:
            raise AnswerTooLargeError
    return into.whole()
