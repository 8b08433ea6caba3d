"""A bucket that misbehaves: a proxy in front of a real one that answers errors, takes its time, or hangs up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SLOW_SECONDS = 2.0
ERROR = b"<Error><Code>InternalError</Code><Message>We broke.</Message></Error>"


class Proxy(ThreadingHTTPServer):
    """`mode`: well, error (500 to all), no_joining (500 to what completes an upload), slow, cut (hangs up in the middle of a body)."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = urlsplit(upstream).netloc
        self.mode = "well"
        self.refused = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """The other side went away, which is what this is for."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def forward(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        mode = self.server.mode
        if mode == "cut" and length:
            self.rfile.read(length // 2)
            self.server.refused += 1
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if mode == "error" or (mode == "no_joining" and self.command == "POST" and "uploadId" in self.path):
            self.server.refused += 1
            self.answer(500, {"Content-Type": "application/xml"}, ERROR)
            return
        if mode == "slow":
            time.sleep(SLOW_SECONDS)
        upstream = HTTPConnection(self.server.host, timeout=60)
        try:
            upstream.request(self.command, self.path, body or None, {**self.headers, "Connection": "close"})
            answer = upstream.getresponse()
            dropped = HOP_BY_HOP if self.command != "HEAD" else HOP_BY_HOP - {"content-length"}
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in dropped}
            self.answer(answer.status, kept, answer.read())
        finally:
            upstream.close()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward  # noqa: N815  (the base class names them so)

    def log_message(self, *_: object) -> None:
        pass


HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive"})


@contextmanager
def in_front_of(upstream: str) -> Iterator[Proxy]:
    proxy = Proxy(upstream)
    threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
