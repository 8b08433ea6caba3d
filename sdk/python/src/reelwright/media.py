"""Files: brought in pieces that survive a broken line, listed, and found by what they mean."""

from __future__ import annotations

import base64
import mimetypes
import os
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from reelwright.errors import NetworkError, ReelwrightError
from reelwright.transport import PAUSES, Transport

Json = dict[str, Any]
Progress = Callable[[int, int], None]

TUS = "1.0.0"
PIECE = 8 * 2**20
TRIES = 5


class Upload:
    """A file on its way, by tus 1.0. Keep `url`: with it, `media.resume` goes on where this one stopped, in another process too."""

    def __init__(self, transport: Transport, file: IO[bytes], size: int, url: str, media_id: str = "") -> None:
        self.transport = transport
        self.file = file
        self.size = size
        self.url = url
        self.media_id = media_id
        self.offset = 0

    def ask_offset(self) -> int:
        reply = self.transport.send("HEAD", self.url, headers={"Tus-Resumable": TUS})
        self.offset = int(reply.headers["upload-offset"])
        return self.offset

    def run(self, *, on_progress: Progress | None = None, piece: int = PIECE) -> Upload:
        failures = 0
        while self.offset < self.size:
            self.file.seek(self.offset)
            data = self.file.read(piece)
            if not data:
                raise ValueError("The file is shorter than it was said to be.")
            try:
                reply = self.transport.send(
                    "PATCH",
                    self.url,
                    content=data,
                    headers={
                        "Tus-Resumable": TUS,
                        "Upload-Offset": str(self.offset),
                        "Content-Type": "application/offset+octet-stream",
                    },
                )
            except ReelwrightError as error:
                failures += 1
                # 409: it got further than we know; 423, 5xx and no answer: the server is still busy with what broke.
                if failures >= TRIES or not (
                    isinstance(error, NetworkError) or error.status in {409, 423, 429, 460, 503}
                ):
                    raise
                time.sleep(PAUSES[min(failures, len(PAUSES)) - 1])
                self.ask_offset()
                continue
            failures = 0
            self.offset = int(reply.headers["upload-offset"])
            if on_progress:
                on_progress(self.offset, self.size)
        return self


class Media:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def upload(
        self,
        file: str | os.PathLike[str] | bytes | IO[bytes],
        *,
        filename: str = "",
        project_id: str | None = None,
        media_type: str = "",
        title: str = "",
        description: str = "",
        tags: Iterable[str] = (),
        on_progress: Progress | None = None,
        on_begin: Callable[[Upload], None] | None = None,
        piece: int = PIECE,
    ) -> Json:
        """Brings a file of any size and answers with the asset. `on_begin` gets the Upload, to keep its `url` for `resume`."""
        with _opened(file) as source:
            begun = self.begin(
                source,
                filename=filename or _name_of(file),
                project_id=project_id,
                media_type=media_type,
                title=title,
                description=description,
                tags=tags,
            )
            if on_begin:
                on_begin(begun)
            begun.run(on_progress=on_progress, piece=piece)
        return self.asset(begun.media_id)

    def begin(self, file: IO[bytes], *, filename: str, tags: Iterable[str] = (), **said: str | None) -> Upload:
        """Announces the file; `run` on what is answered sends it."""
        size = file.seek(0, os.SEEK_END)
        facts = {
            "filename": filename,
            "filetype": mimetypes.guess_type(filename)[0] or "application/octet-stream",
            "tags": ",".join(tags),
            **said,
        }
        pairs = [f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items() if value]
        headers = {"Tus-Resumable": TUS, "Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}
        reply = self.transport.send("POST", "/uploads", headers=headers)
        return Upload(self.transport, file, size, reply.headers["location"], reply.headers["x-asset-id"])

    def resume(
        self, url: str, file: str | os.PathLike[str] | bytes | IO[bytes], *, on_progress: Progress | None = None
    ) -> Upload:
        """Goes on with an upload that broke off."""
        with _opened(file) as source:
            upload = Upload(self.transport, source, source.seek(0, os.SEEK_END), url)
            upload.ask_offset()
            return upload.run(on_progress=on_progress)

    def asset(self, media_id: str) -> Json:
        """As the library has it."""
        answer: Json = self.transport.call("GET", f"/api/library/assets/{media_id}")
        return answer

    def list(self, **filters: Any) -> Json:
        """`{media, pagination}` of films; filters: project_id, media_type, search, tags, status, sort, page, limit."""
        query = {_camel(name): value for name, value in filters.items()}
        answer: Json = self.transport.call("GET", "/api/v1/media", query=query)
        return answer

    def get(self, media_id: str) -> Json:
        media: Json = self.transport.call("GET", f"/api/v1/media/{media_id}")["media"]
        return media

    def search(self, query: str, **options: Any) -> Json:
        """By meaning. Options: project_id, media_types, limit, threshold."""
        body = {"query": query, **{_camel(name): value for name, value in options.items()}}
        answer: Json = self.transport.call("POST", "/api/v1/media/search", body=body)
        return answer


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _opened(file: str | os.PathLike[str] | bytes | IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    """What was opened by somebody else stays open."""
    if isinstance(file, bytes):
        return BytesIO(file)
    if isinstance(file, str | os.PathLike):
        return Path(file).open("rb")
    return nullcontext(file)


def _name_of(file: object) -> str:
    name = file if isinstance(file, str | os.PathLike) else getattr(file, "name", "")
    return Path(str(name)).name or "file"
