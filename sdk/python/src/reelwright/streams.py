"""What comes over websockets: numbered, so that a lost connection loses nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from reelwright.errors import AccessDeniedError, AuthenticationError, NetworkError, NotFoundError, RateLimitedError
from reelwright.transport import Transport

Json = dict[str, Any]
CLOSED = {4401: AuthenticationError, 4404: NotFoundError, 4429: RateLimitedError, 4403: AccessDeniedError}
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
LARGEST_FRAME = 16 * 2**20


class Stream:
    """One socket that comes back. `last` is the number of the newest event; go on after it another time with `after`."""

    def __init__(self, transport: Transport, path: str, *, after: int | None) -> None:
        self.transport = transport
        self.path = path
        self.last = after
        self._socket: ClientConnection | None = None
        self._held = ExitStack()
        self._waiting: list[Json] = []
        self._closed = False

    def is_open(self) -> bool:
        """Whether it still listens; another thread may close it meanwhile."""
        return not self._closed

    def joined(self, socket: ClientConnection) -> None:
        """Called with each new connection."""

    def open(self) -> ClientConnection:
        if self._socket is None:
            query = "" if self.last is None else f"?after={self.last}"
            # The key stands in the handshake, not in the address, which many programs write down.
            self._socket = self._held.enter_context(
                connect(
                    f"{self.transport.socket_root}{self.path}{query}",
                    subprotocols=[Subprotocol("bearer"), Subprotocol(self.transport.api_key)],
                    open_timeout=20,
                    max_size=LARGEST_FRAME,
                )
            )
            self.joined(self._socket)
        return self._socket

    def send(self, message: Json) -> None:
        self.open().send(json.dumps(message))

    def received(self) -> Iterator[Json]:
        """Every event once, in order. Raises when the studio closes for good, or cannot be reached any more."""
        tries = 0
        while self.is_open():
            try:
                socket = self.open()
                # A connection that came back has brought what was missed, and that comes first.
                event: Json = self._waiting.pop(0) if self._waiting else json.loads(socket.recv())
            except ConnectionClosed as closed:
                self._lose()
                code = closed.rcvd.code if closed.rcvd else 0
                if not self.is_open():
                    return
                if code in CLOSED:
                    raise CLOSED[code](f"The studio closed the socket ({code}).", status=code) from closed
                tries = self._pause(tries, closed)
            except (OSError, InvalidHandshake) as error:
                self._lose()
                tries = self._pause(tries, error)
            else:
                tries = 0
                seq = event.get("seq")
                if isinstance(seq, int):
                    self.last = max(seq, self.last or 0)
                yield event

    def _pause(self, tries: int, error: Exception) -> int:
        if tries >= len(PAUSES):
            raise NetworkError(f"The studio cannot be reached: {error}") from error
        time.sleep(PAUSES[tries])
        return tries + 1

    def close(self) -> None:
        self._closed = True
        self._lose()

    def _lose(self) -> None:
        # What was not handed out is replayed.
        self._waiting.clear()
        self._socket = None
        self._held.close()


class FilmEvents(Stream):
    """Iterate for events: message-received, ai-response, user-typing, progress-update, error. Use it in a `with` block."""

    def __init__(self, transport: Transport, session_ids: Iterable[str], *, after: int | None = None) -> None:
        super().__init__(transport, "/api/v1/websocket", after=after)
        self.session_ids = list(session_ids)

    def joined(self, socket: ClientConnection) -> None:
        """Returns once the sessions are joined, so that nothing said afterwards is missed."""
        for session_id in self.session_ids:
            after = {} if self.last is None else {"after": self.last}
            socket.send(json.dumps({"type": "join-session", "sessionId": session_id, **after}))
        socket.send(json.dumps({"type": "ping"}))
        while (event := json.loads(socket.recv()))["type"] != "pong":
            self._waiting.append(event)

    def __enter__(self) -> FilmEvents:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Json]:
        return self.received()

    def say(self, message: str, session_id: str | None = None, attachments: Iterable[str] = ()) -> None:
        self.send(
            {
                "type": "chat-message",
                "sessionId": session_id or self.session_ids[0],
                "message": message,
                "attachments": list(attachments),
            }
        )

    def choose(self, choice_id: str, session_id: str | None = None) -> None:
        session_id = session_id or self.session_ids[0]
        self.send({"type": "choice-selected", "sessionId": session_id, "choiceId": choice_id})

    def typing(self, is_typing: bool = True, session_id: str | None = None) -> None:
        self.send({"type": "typing", "sessionId": session_id or self.session_ids[0], "isTyping": is_typing})


class Answer(Stream):
    """An answer that is being written. Iterate for its text; `text` is what came so far, `message` the whole of it once it is there."""

    def __init__(
        self, transport: Transport, conversation_id: str, question: Json, answer: Json, *, after: int | None
    ) -> None:
        super().__init__(transport, f"/ws/conversations/{conversation_id}", after=after)
        self.conversation_id = conversation_id
        self.question = question
        self.message = answer
        self.text = ""

    @property
    def id(self) -> str:
        return str(self.message["id"])

    def __iter__(self) -> Iterator[str]:
        try:
            for event in self.received():
                if event.get("type") == "resync":
                    # Too much was missed: what is written by now is read whole.
                    found = self.transport.call("GET", f"/api/conversations/{self.conversation_id}/thread")
                    self.message = next(one for one in found["messages"] if one["id"] == self.id)
                    yield from self._rest(self.message["content"])
                elif event.get("message_id") != self.id:
                    continue
                elif event["type"] == "answer.piece":
                    yield from self._piece(event)
                elif event["type"] in {"answer.done", "answer.stopped", "answer.failed"}:
                    self.message = event["message"]
                    yield from self._rest(self.message["content"])
                if self.message["status"] not in {"waiting", "streaming"}:
                    return
        finally:
            self.close()

    def _piece(self, event: Json) -> Iterator[str]:
        """Places are counted in UTF-16 units, as browsers do. What was heard already is left out."""
        known = len(self.text.encode("utf-16-le"))
        piece = event["text"].encode("utf-16-le")[max(0, known - 2 * event["at"]) :].decode("utf-16-le")
        if piece:
            self.text += piece
            yield piece

    def _rest(self, whole: str) -> Iterator[str]:
        if whole.startswith(self.text) and len(whole) > len(self.text):
            rest = whole[len(self.text) :]
            self.text = whole
            yield rest
        else:
            self.text = whole

    def read(self) -> str:
        """The whole answer, once it is there."""
        for _ in self:
            pass
        return self.text
