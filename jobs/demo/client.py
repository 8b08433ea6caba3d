"""The demo as a client of the studio: signs in on the page and uploads in chunks, as a browser does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx

CHUNK = 8 * 2**20
PATIENCE_SECONDS = 900


class StudioError(Exception):
    """The studio answered something that ends the demo."""


class Studio:
    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=60, headers={"Referer": url})

    def sign_in(self, email: str, password: str) -> None:
        self.http.get("/login")
        answer = self.http.post(
            "/login", data={"email": email, "password": password, "csrfmiddlewaretoken": self._csrf_token()}
        )
        if answer.status_code != httpx.codes.FOUND:
            raise StudioError(f"The sign-in of {email} was refused ({answer.status_code}).")

    def upload(self, path: Path, *, content_type: str, tell: Callable[[int], None], **job: Any) -> dict[str, Any]:
        """Sends the file in chunks and completes it as a job. `tell` hears how many bytes have arrived."""
        size = path.stat().st_size
        about = {"filename": path.name, "content_type": content_type, "size_bytes": size}
        reserved = self._post("/api/v1/jobs/upload/init", about)
        with path.open("rb") as file:
            sent = 0
            while sent < size:
                chunk = file.read(CHUNK)
                span = f"bytes {sent}-{sent + len(chunk) - 1}/{size}"
                answer = self.http.put(reserved["upload_url"], content=chunk, headers={"Content-Range": span})
                if answer.status_code not in {200, 201, 308}:
                    raise StudioError(f"The upload was refused ({answer.status_code}): {answer.text[:200]}")
                sent += len(chunk)
                tell(sent)
        about_job = {"gcs_uri": reserved["gcs_uri"], "filename": path.name, **job}
        made: dict[str, Any] = self._post("/api/v1/jobs/upload/complete", about_job)
        return made

    def get(self, path: str) -> Any:
        """A read. Waits for a studio that is away: it may be being restarted."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.http.get(path)
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise StudioError(
                        f"The studio at {self.url} does not answer any more. Start it with make up."
                    ) from error
            else:
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    return self._read(answer)
            time.sleep(1)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._read(self.http.post(path, json=body, headers={"X-CSRFToken": self._csrf_token()}))

    def _csrf_token(self) -> str:
        return self.http.cookies.get("csrftoken") or ""

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise StudioError(f"The studio answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()
