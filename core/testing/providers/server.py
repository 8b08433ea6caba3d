"""The HTTP server of the stand-in: one scripted step for each request, then right answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from core.testing.providers import answers
from core.testing.providers.answers import Reply
from core.testing.providers.making import Making
from core.testing.providers.voices import Voices

MODES = (
    *("ok", "rate_limited", "error", "error_event", "hang", "hang_midway", "reset", "lost", "garbage", "html"),
    *("wrong_mime", "truncated", "unfinished", "drip", "huge", "compressed", "paced"),
)


@dataclass(frozen=True)
class Step:
    """How one request is answered.

    ok: right (with `text`, exactly that text) · rate_limited: 429 with `retry_after` seconds, or a date if `as_date` ·
    error: `status` · error_event: the stream begins well and then reports overload · hang, hang_midway: silence · reset: the
    connection is cut before anything is billed · lost: billed, then cut · garbage: broken JSON · html: a page · wrong_mime:
    the right body under another type · truncated: cut in the middle · unfinished: ends early, politely · drip: a byte
    every `interval` seconds · huge: never ends · compressed: gzip that nobody asked for · paced: right, a piece every `interval`
    seconds, noted in `paced_at`.
    """

    do: str = "ok"
    path: str = ""  # only for requests whose path ends so
    text: str | None = None
    status: int = 500
    retry_after: float | None = None
    as_date: bool = False
    interval: float = 0.3

    @classmethod
    def read(cls, data: dict[str, Any]) -> Step:
        step = cls(**data)
        if step.do not in MODES:
            raise ValueError(f"{step.do} is none of {', '.join(MODES)}")
        return step


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes
    step: Step
    method: str = "POST"

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Books:
    """`billed` counts the pieces of work done for each idempotency key; an answer that was already paid for is repeated."""

    billed: Counter[str] = field(default_factory=Counter)
    paid: dict[str, Reply] = field(default_factory=dict)


class ProviderServer:
    """Serves on 127.0.0.1 until the `with` block ends. `url` is the base URL for Anthropic, `url + "/v1"` for OpenAI."""

    def __init__(self, *, port: int = 0, script: Sequence[Step] = ()) -> None:
        self.requests: list[Request] = []
        self.books = Books()
        self.voices = Voices()
        self.closing = threading.Event()
        self.paced_at: list[float] = []
        self._script = list(script)
        self._lock = threading.Lock()
        owner = self

        class Bound(_Handler):
            server_of = owner

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Bound)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.making = Making(self.url)

    def __enter__(self) -> ProviderServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def billed(self) -> dict[str, int]:
        return dict(self.books.billed)

    def plan(self, do: str, **how: Any) -> None:
        """Adds a step to the script."""
        with self._lock:
            self._script.append(Step.read({"do": do, **how}))

    def forget_plans(self) -> None:
        with self._lock:
            self._script.clear()

    def take(self, path: str, headers: dict[str, str], body: bytes, method: str = "POST") -> Request:
        """Notes the request and takes its step from the script."""
        with self._lock:
            fitting = next((step for step in self._script if path.endswith(step.path)), Step())
            if fitting in self._script:
                self._script.remove(fitting)
            request = Request(path, headers, body, fitting, method)
            self.requests.append(request)
            return request

    def work(self, request: Request) -> Reply:
        """The answer. Done and billed once for each idempotency key."""
        with self._lock:
            if request.key and request.key in self.books.paid:
                return self.books.paid[request.key]
            content_type = request.headers.get("content-type", "")
            asked = (request.method, request.path, content_type, request.body)
            reply = self.voices.answer(*asked) or self.making.answer(*asked) or _right_answer(request)
            if reply.status in {200, 201} and request.method == "POST" and not request.path.endswith("/cancel"):
                key = request.key or f"no key {len(self.requests)}"
                self.books.billed[key] += 1
                self.books.paid[key] = reply
            return reply


def _right_answer(request: Request) -> Reply:
    path, text = request.path.partition("?")[0], request.step.text
    if path.endswith("/messages"):
        return answers.anthropic_message(request.json, text)
    if path.endswith("/chat/completions"):
        return answers.openai_completion(request.json, text)
    if path.endswith("/embeddings"):
        return answers.embeddings(request.json)
    if path.endswith("/audio/transcriptions"):
        return answers.transcription(request.body, request.headers.get("content-type", ""), text)
    if path.endswith("/audio/speech"):
        return answers.speech(request.json)
    return _problem(404)


def _problem(status: int, **headers: str) -> Reply:
    kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "api_error" if status >= 500 else "invalid_request_error")
    body = {"type": "error", "error": {"type": kind, "code": kind, "message": f"Planned status {status}"}}
    return Reply("application/json", [json.dumps(body).encode()], status, headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: ProviderServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Quiet: the tests look at `requests`."""

    def do_GET(self) -> None:
        if self.path != "/__billed":
            self._serve()
            return
        owner = self.server_of
        summary = {"billed": owner.billed, "requests": [[one.path, one.step.do, one.key] for one in owner.requests]}
        self._send(Reply("application/json", [json.dumps(summary).encode()]))

    def do_DELETE(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = self.server_of.take(self.path, headers, body, self.command)
        self.close_connection = True
        try:
            self._act(request)
        except OSError:
            # The client hung up, as some tests want it to.
            self.close_connection = True

    def _act(self, request: Request) -> None:
        step = request.step
        if step.do == "rate_limited":
            self._send(_problem(429, **({"Retry-After": _retry_after(step)} if step.retry_after is not None else {})))
        elif step.do == "error":
            self._send(_problem(step.status))
        elif step.do == "hang":
            self.server_of.closing.wait()
        elif step.do == "reset":
            self._reset()
        elif step.do == "html":
            self._send(Reply("text/html", [b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"]))
        elif step.do == "lost":
            self.server_of.work(request)
            self._reset()
        else:
            self._misbehave(step, self.server_of.work(request))

    def _misbehave(self, step: Step, reply: Reply) -> None:
        if step.do == "garbage":
            broken = b'event: message_start\ndata: {"oops": [\n\n' if "stream" in reply.content_type else b'{"oops": ['
            self._send(Reply(reply.content_type, [broken]))
        elif step.do == "wrong_mime":
            self._send(Reply("text/plain", reply.chunks))
        elif step.do == "compressed":
            self._send(Reply(reply.content_type, reply.chunks, headers={"Content-Encoding": "gzip"}))
        elif step.do == "unfinished":
            self._send(Reply(reply.content_type, _first_half(reply)))
        elif step.do == "error_event":
            error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            chunk = f"event: error\ndata: {json.dumps(error)}\n\n".encode()
            self._send(Reply(reply.content_type, [*_first_half(reply), chunk]))
        elif step.do == "paced":
            self._begin(reply)
            self._pace(step, reply)
        elif step.do in {"truncated", "hang_midway", "drip", "huge"}:
            self._begin(reply)
            self._go_wrong(step, reply)
        else:
            self._send(reply)

    def _go_wrong(self, step: Step, reply: Reply) -> None:
        if step.do == "huge":
            while not self.server_of.closing.is_set():
                self._chunk(b" " * 65_536)
        if step.do == "drip":
            for byte in b"".join(reply.chunks):
                self._chunk(bytes([byte]))
                if self.server_of.closing.wait(step.interval):
                    return
        for chunk in _first_half(reply):
            self._chunk(chunk)
        if step.do == "hang_midway":
            self.server_of.closing.wait()
        else:
            self._reset()

    def _pace(self, step: Step, reply: Reply) -> None:
        for chunk in reply.chunks:
            if b"content" in chunk and self.server_of.closing.wait(step.interval):
                return
            self.server_of.paced_at.append(time.monotonic())
            self._chunk(chunk)
        self.wfile.write(b"0\r\n\r\n")

    def _begin(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        for name in ("request-id", "x-request-id"):
            self.send_header(name, f"req_{len(self.server_of.requests)}")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, reply: Reply) -> None:
        self._begin(reply)
        for chunk in reply.chunks:
            self._chunk(chunk)
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _reset(self) -> None:
        """Closes with RST, as a dying proxy does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def _retry_after(step: Step) -> str:
    seconds = step.retry_after or 0
    if step.as_date:
        return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    return f"{seconds:g}"


def _first_half(reply: Reply) -> list[bytes]:
    if len(reply.chunks) > 1:
        return reply.chunks[: len(reply.chunks) // 2]
    return [reply.chunks[0][: len(reply.chunks[0]) // 2]]
