"""What the pool of database connections holds."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from psycopg.abc import Params
from psycopg.rows import TupleRow


class PooledConnection(psycopg.Connection[TupleRow]):
    """Tells without a round trip whether the server is still there.

    The pool asks an empty query before it hands a connection out, at every request. A server that has gone, or has ended the
    session, leaves something to read on the socket of an idle connection; only then is it asked.
    """

    def execute(
        self, query: Any, params: Params | None = None, *, prepare: bool | None = None, binary: bool = False
    ) -> psycopg.Cursor[Any]:
        if query == "" and not self.closed and not self._has_something_to_read():
            return self.cursor()
        return super().execute(query, params, prepare=prepare, binary=binary)

    def _has_something_to_read(self) -> bool:
        socket = select.poll()
        socket.register(self.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return bool(socket.poll(0))
