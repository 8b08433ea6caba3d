"""The Python client, as its README uses it and where the line breaks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from chat import webhook_signing
from chat.models import Film, Webhook
from core.testing.server import ROOT
from media_library.models import Asset
from tests.sdk.conftest import Studio, examples

SDK = ROOT / "sdk" / "python"
sys.path.insert(0, str(SDK / "src"))

from reelwright import (  # noqa: E402  (found where it lies)
    AuthenticationError,
    ConflictError,
    NotFoundError,
    ReelwrightClient,
    WebhookVerificationError,
    verify_webhook,
)
from reelwright.errors import error_of  # noqa: E402  (found where it lies)


@pytest.mark.engines
@pytest.mark.timeout(100)
def test_the_examples_of_the_readme_run(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(examples(SDK / "README.md", "python"))
    said = studio.run([sys.executable, "-W", "error", "example.py"], tmp_path, PYTHONPATH=str(SDK / "src"))
    assert f"Signed in as {studio.person.email}" in said
    assert "Back at genre-selection" in said
    assert "message-received" in said
    assert "ai-response" in said
    assert "['harbour.png']" in said
    assert "complete local:compose" in said
    assert "['user', 'assistant']" in said
    assert "Project not found" in said
    assert Film.objects.get().episode_count == 5
    assert Asset.objects.get(filename="harbour.png").media_type == "style_reference"
    assert Webhook.objects.filter(ended_at=None).count() == 0


class Cutting(threading.Thread):
    """A line to the studio that is cut after so many bytes, `cuts` times."""

    def __init__(self, target: int, *, after: int, cuts: int) -> None:
        super().__init__(daemon=True)
        self.target = target
        self.after = after
        self.cuts = cuts
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, False), daemon=True).start()

    def carry(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        carried = 0
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
                carried += len(data)
                if counted and self.cuts and carried > self.after:
                    self.cuts -= 1
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        # The other thread closes the other one.
        source.close()

    def __enter__(self) -> Cutting:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()


@pytest.mark.timeout(100)
def test_an_upload_goes_on_where_the_line_was_cut(studio: Studio, tmp_path: Path) -> None:
    whole = tmp_path / "take.wav"
    whole.write_bytes(b"RIFF" + bytes(range(256)) * 12_000)
    begun: list[Any] = []
    with Cutting(int(studio.url.rsplit(":", 1)[1]), after=900_000, cuts=2) as line, whole.open("rb") as file:
        client = ReelwrightClient(line.url, studio.key)
        upload = client.media.begin(file, filename="take.wav")
        # The studio's links name its own address; this line stands in between.
        upload.url = line.url + "/" + upload.url.split("/", 3)[3]
        upload.run(piece=2**21, on_progress=lambda sent, _size: begun.append(sent))
    assert line.cuts == 0
    assert upload.offset == whole.stat().st_size
    asset = Asset.objects.get(pk=upload.media_id)
    assert asset.size == whole.stat().st_size


@pytest.mark.timeout(100)
def test_events_come_back_after_a_cut_and_nothing_is_missed_or_told_twice(studio: Studio) -> None:
    client = ReelwrightClient(studio.url, studio.key)
    film = client.create_project(title="Harbour")
    session = client.chat.send_message(film["id"], "One")["session"]["id"]
    heard: list[str] = []
    with client.events(session, after=0) as events:
        for event in events:
            if event["type"] == "message-received":
                heard.append(event["content"])
                if event["content"] == "One":
                    client.chat.send_message(film["id"], "Two", session)
                    assert events._socket is not None
                    events._socket.socket.shutdown(socket.SHUT_RDWR)
                    client.chat.send_message(film["id"], "Three", session)
            if len(heard) == 3:
                break
    assert heard == ["One", "Two", "Three"]


@pytest.mark.timeout(100)
def test_failures_are_told_by_their_kind(studio: Studio) -> None:
    client = ReelwrightClient(f"{studio.url}/api/v1", studio.key)
    client.projects.create(title="Harbour")
    with pytest.raises(ConflictError, match="Project title already exists"):
        client.create_project(title="harbour ")
    with pytest.raises(NotFoundError):
        client.chat.session("00000000-0000-4000-8000-000000000000")
    with pytest.raises(AuthenticationError):
        ReelwrightClient(studio.url, "rwk_nothing").auth.me()
    with pytest.raises(NotFoundError):
        list(client.conversations.ask("00000000-0000-4000-8000-000000000000", "Hello"))


def test_every_surface_of_the_studio_words_failures_in_a_way_that_is_read() -> None:
    for body, message in (
        (b'{"error": "Log not found"}', "Log not found"),
        (b'{"detail": "Job not found"}', "Job not found"),
        (b'{"detail": [{"loc": ["body", "x"], "msg": "Field required", "type": "missing"}]}', "Field required"),
        (b'{"error": "not_found", "message": "Resource not found"}', "Resource not found"),
        (b'{"success": false, "error": {"code": "NOT_FOUND", "message": "Gone", "details": []}}', "Gone"),
        (b"<html>", "The studio answered with 404."),
    ):
        error = error_of(404, body, {"x-request-id": "r"})
        assert (type(error), error.message, error.request_id) == (NotFoundError, message, "r")


def test_a_webhook_is_verified_and_a_forged_or_old_one_is_not() -> None:
    secret, body = webhook_signing.new_secret(), b'{"type":"media-processed","data":{}}'

    def signed(at: float) -> dict[str, str]:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.new(key, f"m.{int(at)}.".encode() + body, hashlib.sha256).digest()
        return {
            "Webhook-Id": "m",
            "Webhook-Timestamp": str(int(at)),
            "Webhook-Signature": "v1,b64 v1," + base64.b64encode(mac).decode(),
        }

    assert verify_webhook(body, signed(time.time()), secret)["type"] == "media-processed"
    for wrong in (
        (body + b" ", signed(time.time())),
        (body, signed(time.time() - 3600)),
        (body, {**signed(time.time()), "Webhook-Id": "n"}),
        (body, {}),
    ):
        with pytest.raises(WebhookVerificationError):
            verify_webhook(*wrong, secret)
