"""A film on its way in, while lines break and the studio is killed."""

from __future__ import annotations

import hashlib
import secrets
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model

from core.storage import store, uploads
from core.storage.models import Upload
from core.testing.server import Server, serving
from faults.report import Seen, row
from faults.rig import Rig, wait_for

MIB = 2**20
SIZE = 48 * MIB
CUT = SIZE * 37 // 100
MEDIA_TYPE = "application/offset+octet-stream"


@row(
    "F20",
    injected="an upload is cut at 37 %, the server killed",
    expected="it goes on where it was, one of two writers, same sha256",
    within=30,
)
def upload_cut_and_killed(rig: Rig, seen: Seen) -> None:
    data = secrets.token_bytes(SIZE)
    upload = reserved(data)
    sent = 0
    with serving(env=rig.env) as site:
        sent += send_part(site, upload, 0, data[:CUT])
        cut = time.monotonic()
        # The place is free as soon as the server has heard of the break.
        wait_for("the place is free", lambda: patch(site, upload, received(upload), b"") == 204, seconds=20)
        seen.notes["free after a cut, s"] = round(time.monotonic() - cut, 2)
        kept = offset(site, upload)
        seen.notes["kept of the cut, %"] = round(100 * kept / CUT, 1)
        seen.expect(kept > CUT - MIB, f"only {kept} of {CUT} bytes were kept")
        seen.expect(patch(site, upload, kept - 1, data[kept : kept + MIB]) == 409, "a wrong offset was not refused")
        half = kept + (SIZE - kept) // 2
        sent += send_part(site, upload, kept, data[kept:half], until=kept + 8 * MIB)
        site.kill()
    killed = time.monotonic()
    with serving(env=rig.env) as site:
        reached = offset(site, upload)
        seen.expect(reached == received(upload), "the offset that was told is not what is there")
        seen.expect(kept <= reached <= half, f"after the kill it goes on at {reached}")
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda _: patch(site, upload, reached, data[reached:]), range(2)))
        sent += SIZE - reached
        seen.recovery = time.monotonic() - killed
        seen.expect(answers.count(204) == 1, f"two writers were answered {answers}")
        seen.expect(set(answers) <= {204, 409, 423, None}, f"two writers were answered {answers}")
    with store().local(upload.key) as path, path.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256").hexdigest() == upload.sha256_expected
    seen.lost = 0 if whole and uploads.finished(upload) else 1
    seen.notes["sent again, %"] = round(100 * (sent - SIZE) / SIZE, 1)
    store().delete(upload.key)


def reserved(data: bytes) -> Upload:
    owner, _ = get_user_model().objects.get_or_create(email="uploads@example.com")
    return uploads.reserve(
        owner=owner,
        key=f"faults/{uuid.uuid4()}",
        filename="film.mp4",
        content_type="video/mp4",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def received(upload: Upload) -> int:
    return Upload.objects.values_list("received", flat=True).get(pk=upload.pk)


def target_of(upload: Upload) -> str:
    parts = urlsplit(upload.url)
    return f"{parts.path}?{parts.query}"


def headers_at(start: int) -> dict[str, str]:
    return {"Tus-Resumable": "1.0.0", "Upload-Offset": str(start), "Content-Type": MEDIA_TYPE}


def send_part(site: Server, upload: Upload, start: int, part: bytes, *, until: int = 0) -> int:
    """Announces the rest of the file, sends only `part` and goes, once the server has kept it as far as `until`. The bytes sent."""
    head = f"PATCH {target_of(upload)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {SIZE - start}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers_at(start).items())
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as line:
        line.sendall(head.encode() + b"\r\n" + part)
        wait_for(f"{until} bytes kept", lambda: received(upload) >= until, seconds=30)
    return len(part)


def patch(site: Server, upload: Upload, start: int, body: bytes) -> int | None:
    """The answer; None when the server had answered and left before all was sent."""
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=60)) as connection:
        try:
            connection.request("PATCH", target_of(upload), body, headers_at(start))
            return connection.getresponse().status
        except (BrokenPipeError, ConnectionResetError):
            return None


def offset(site: Server, upload: Upload) -> int:
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request("HEAD", target_of(upload), headers={"Tus-Resumable": "1.0.0"})
        return int(str(connection.getresponse().headers["Upload-Offset"]))
