"""A web server of files that behaves as badly as a test wants."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Shelf:
    """`cut_after` ends each answer after so many bytes; `ranges` False ignores a Range; `status` answers only that."""

    data: bytes
    cut_after: int = 0
    ranges: bool = True
    status: int = 0
    content_type: str = "application/octet-stream"


@dataclass
class Shop:
    """Use as a context manager. `asked` lists (path, Range header) of every request."""

    shelves: dict[str, Shelf] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __enter__(self) -> Shop:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                shop.asked.append((self.path, self.headers.get("Range", "")))
                shop.serve(self)

            def log_message(self, *_: object) -> None:
                """Tests read no log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        shelf = self.shelves.get(request.path.split("?")[0].lower()) or self.shelves.get(request.path)
        if shelf is None or shelf.status:
            request.send_response(shelf.status if shelf else 404)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        start = int(match[1]) if match and shelf.ranges else 0
        body = shelf.data[start:]
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(shelf.data) - 1}/{len(shelf.data)}")
        request.send_header("Content-Type", shelf.content_type)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if shelf.cut_after:
            request.wfile.write(body[: shelf.cut_after])
            request.wfile.flush()
            request.close_connection = len(body) > shelf.cut_after
        else:
            request.wfile.write(body)
