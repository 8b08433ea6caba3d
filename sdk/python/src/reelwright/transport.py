"""One request, repeated where that is safe."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from reelwright.errors import NetworkError, error_of

TRIES = 4
# Seconds before the second, third and fourth try.
PAUSES = (0.5, 1.0, 2.0)
LONGEST_WAIT = 30.0
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
# The studio could not take it just now; nothing was done.
LATER = frozenset({429, 503})


@dataclass(frozen=True)
class Reply:
    """Header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Transport:
    """`base_url` is where the studio stands; `/api/v1` or `/v1` behind it makes no difference. Safe to use from several threads."""

    def __init__(self, base_url: str, api_key: str, *, timeout: float = 180.0) -> None:
        root = base_url.rstrip("/")
        for ending in ("/api/v1", "/v1", "/api"):
            root = root.removesuffix(ending)
        self.root = root
        self.api_key = api_key
        self.timeout = timeout

    @property
    def socket_root(self) -> str:
        return "ws" + self.root.removeprefix("http")

    def call(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, Any] | None = None, **more: Any
    ) -> Any:
        """The JSON of the answer. POSTs carry an Idempotency-Key, so that a repeated one is carried out once."""
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        headers: dict[str, str] = dict(more.pop("headers", {}))
        content: bytes | None = more.pop("content", None)
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        target = f"{path}?{urlencode(wanted, doseq=True)}" if wanted else path
        return self.send(method, target, content=content, headers=headers, **more).json()

    def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        tries: int = TRIES,
    ) -> Reply:
        """`path` may be a whole address. Raises a ReelwrightError for every answer of 400 and above."""
        repeatable = method in REPEATABLE or "Idempotency-Key" in (headers or {})
        for attempt in range(1, tries + 1):
            last = attempt == tries or not repeatable
            try:
                reply = self.once(method, path, content=content, headers=headers or {})
            except (OSError, http.client.HTTPException) as error:
                if last:
                    raise NetworkError(f"The studio did not answer: {error}") from error
                time.sleep(PAUSES[attempt - 1])
                continue
            if reply.status < 400:
                return reply
            failure = error_of(reply.status, reply.body, reply.headers)
            wait = failure.retry_after if failure.retry_after is not None else PAUSES[min(attempt, len(PAUSES)) - 1]
            if last or reply.status not in LATER or wait > LONGEST_WAIT:
                raise failure
            time.sleep(wait)
        raise NetworkError("The studio did not answer.")

    def once(self, method: str, path: str, *, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        target = urlsplit(path if "://" in path else f"{self.root}{path}")
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = kind(target.netloc, timeout=self.timeout)
        # A key is told to the studio alone, wherever an answer may point.
        ours = f"{target.scheme}://{target.netloc}" == "{0.scheme}://{0.netloc}".format(urlsplit(self.root))
        sent = {"Accept": "application/json", "User-Agent": "reelwright-python/0.1", **headers}
        if self.api_key and ours:
            sent["Authorization"] = f"Bearer {self.api_key}"
        try:
            place = target.path + (f"?{target.query}" if target.query else "")
            connection.request(method, place or "/", body=content, headers=sent)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()
