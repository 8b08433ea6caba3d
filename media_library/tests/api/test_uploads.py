"""Files coming in over HTTP: announced, sent however the line behaves, fetched, given up; and what may not come."""

from __future__ import annotations

import base64
import io
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from accounts.tests.factories import ProjectFactory, UserFactory
from core.runs import sweep, worker
from core.runs.models import Step
from core.storage import store, uploads
from core.storage.models import Removal, Upload
from core.storage.tests.conftest import files_in
from media_library.models import Asset, Collection, Intake
from media_library.queries import links
from media_library.services import intake
from media_library.tests.factories import AssetFactory

UPLOADS = "/api/library/uploads"
WORDS = b"Scene one. A harbour at dawn; gulls."
TUS = {"Tus-Resumable": "1.0.0"}

People = dict[str, User]
Door = Callable[[str | None], Any]
BODY = {"filename": "notes.txt", "content_type": "text/plain", "size_bytes": len(WORDS)}


def patch(url: str, offset: int, data: bytes, **headers: str) -> Any:
    parts = urlsplit(url)
    return Client(enforce_csrf_checks=True).generic(
        "PATCH",
        f"{parts.path}?{parts.query}",
        data,
        headers={**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset), **headers},
    )


def create(user: User | None, *, length: int = len(WORDS), data: bytes = b"", csrf: bool = False, **said: str) -> Any:
    """As a tus client does."""
    browser = Client(enforce_csrf_checks=csrf)
    if user is not None:
        browser.force_login(user)
    pairs = {"filename": "notes.txt", **said}
    header = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in pairs.items())
    return browser.generic(
        "POST",
        "/uploads",
        data,
        content_type="application/offset+octet-stream" if data else "",
        headers={**TUS, "Upload-Length": str(length), "Upload-Metadata": header},
    )


def bytes_of(asset: Asset) -> bytes:
    with store().local(asset.key) as path:
        return path.read_bytes()


# Announcing.


def test_an_announced_file_is_sent_and_becomes_an_asset_of_the_same_id(api: Door, people: People) -> None:
    answer = api("production").post(UPLOADS, {**BODY, "title": "Notes", "tags": ["Draft"]})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["received"], told["status"], told["kind"]) == (0, "coming", "upload")
    assert patch(told["url"], 0, WORDS).status_code == 204
    asset = Asset.objects.get(pk=told["id"])
    assert (asset.title, asset.tags, asset.organization) == (
        "Notes",
        ["Draft"],
        people["production"].memberships.get().organization,
    )
    assert bytes_of(asset) == WORDS


def test_an_upload_is_gone_on_with_from_another_browser(api: Door) -> None:
    first = api("production").post(UPLOADS, BODY).json()
    patch(first["url"], 0, WORDS[:10])
    (found,) = api("production").get(UPLOADS).json()["items"]
    assert (found["id"], found["received"], found["filename"]) == (first["id"], 10, "notes.txt")
    assert patch(found["url"], 10, WORDS[10:]).status_code == 204
    assert api("production").get(UPLOADS).json()["items"] == []


def test_nobody_sees_the_uploads_of_others(api: Door) -> None:
    mine = api("production").post(UPLOADS, BODY).json()
    assert api("admin").get(UPLOADS).json()["items"] == []
    assert api("admin").get(f"{UPLOADS}/{mine['id']}").json()["error"] == "Upload not found"
    assert api("admin").delete(f"{UPLOADS}/{mine['id']}").status_code == 404
    assert api(None).post(UPLOADS, BODY).status_code == 401


def test_what_is_given_up_leaves_nothing(api: Door, people: People, settings: Any) -> None:
    door = api("production")
    told = door.post(UPLOADS, BODY).json()
    patch(told["url"], 0, WORDS[:10])
    assert door.delete(f"{UPLOADS}/{told['id']}").status_code == 204
    assert patch(told["url"], 10, WORDS[10:]).status_code == 410
    assert not list(Path(settings.STORAGE_ROOT).glob(f"incoming/{told['url'].split('/')[-1][:36]}"))
    assert not Intake.objects.exists()
    complete = door.post(UPLOADS, BODY).json()
    patch(complete["url"], 0, WORDS)
    assert door.delete(f"{UPLOADS}/{complete['id']}").status_code == 409


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"filename": "virus.exe"}, 415),
        ({"filename": "page.svg", "content_type": "image/svg+xml"}, 415),
        ({"content_type": "video/mp4"}, 415),
        ({"size_bytes": 0}, 400),
        ({"size_bytes": -1}, 400),
        ({"size_bytes": "many"}, 400),
        ({"size_bytes": 2**52}, 413),
        ({"filename": ""}, 400),
        ({"filename": 7}, 400),
        ({"sha256": "abc"}, 400),
        ({"tags": ["x" * 51]}, 400),
        ({"project_id": str(uuid.uuid4())}, 404),
        ({"collection_id": str(uuid.uuid4())}, 404),
        ({"replaces": str(uuid.uuid4())}, 404),
        ({"organization_id": str(uuid.uuid4())}, 404),
    ],
)
def test_what_may_not_come_is_refused_before_a_byte_is_sent(
    api: Door, settings: Any, changed: dict[str, Any], status: int
) -> None:
    settings.STORAGE_QUOTAS = {"free": 2**60}
    answer = api("production").post(UPLOADS, {**BODY, **changed})
    assert answer.status_code == status, answer.content
    assert not Upload.objects.exists()
    assert not Intake.objects.exists()


def test_nobody_adds_to_what_they_only_look_at(api: Door, people: People) -> None:
    project = ProjectFactory(viewer=people["client"])
    theirs = Collection.objects.create(owner=UserFactory(), name="Best of", project=project)
    door = api("client")
    assert door.post(UPLOADS, {**BODY, "project_id": str(project.pk)}).status_code == 403
    assert door.post(UPLOADS, {**BODY, "collection_id": str(theirs.pk)}).status_code == 403


def test_a_full_quota_says_how_full(api: Door, people: People, settings: Any) -> None:
    settings.STORAGE_QUOTAS = {"free": 100}
    AssetFactory(owner=people["production"], content=b"x" * 80)
    answer = api("production").post(UPLOADS, BODY)
    assert answer.status_code == 413, answer.content
    assert {name: answer.json()[name] for name in ("used", "pending", "limit")} == {
        "used": 80,
        "pending": 0,
        "limit": 100,
    }
    usage = api("production").get("/api/library/usage").json()
    assert (usage["left"], usage["by_kind"]) == (20, {"video": {"count": 1, "size": 80}})


def test_a_full_disk_is_507_and_leaves_nothing(api: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.storage.local.LocalStore.room_for", lambda *_: False)
    assert api("production").post(UPLOADS, BODY).status_code == 507
    assert not Upload.objects.exists()
    assert not Intake.objects.exists()


def test_a_file_that_is_here_already_is_told_of(api: Door, people: People) -> None:
    there = AssetFactory(owner=people["production"], content=WORDS, filename="old.txt", kind="document")
    AssetFactory(owner=people["stranger"], content=WORDS)
    answer = api("production").post(UPLOADS, {**BODY, "sha256": there.sha256}).json()
    assert answer["duplicates"] == [{"id": str(there.pk), "name": "old.txt"}]


def test_the_same_request_twice_is_one_upload(api: Door) -> None:
    door = api("production")
    first, again = (door.post(UPLOADS, BODY, **{"Idempotency-Key": "one"}).json() for _ in range(2))
    assert first == again
    assert Intake.objects.count() == 1


# Broken lines.


def test_a_file_cut_at_any_byte_arrives_whole(api: Door) -> None:
    door = api("production")
    for cut in range(1, len(WORDS)):
        told = door.post(UPLOADS, BODY).json()
        assert patch(told["url"], 0, WORDS[:cut]).headers["Upload-Offset"] == str(cut)
        # The client did not hear of it and sends from the beginning: it is told where to go on.
        assert patch(told["url"], 0, WORDS).status_code == 409
        assert patch(told["url"], cut, WORDS[cut:]).status_code == 204
        assert bytes_of(Asset.objects.get(pk=told["id"])) == WORDS


def test_of_two_writers_one_waits(api: Door) -> None:
    told = api("production").post(UPLOADS, BODY).json()
    upload = Upload.objects.get()
    with uploads.transfer(upload.pk):
        assert patch(told["url"], 0, WORDS).status_code == 423
    assert patch(told["url"], 0, WORDS).status_code == 204
    assert Asset.objects.count() == 1


def test_a_damaged_file_is_no_asset(api: Door, people: People) -> None:
    told = api("production").post(UPLOADS, {**BODY, "sha256": "0" * 64}).json()
    assert patch(told["url"], 0, WORDS).status_code == 460
    assert not Asset.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_the_last_byte_and_the_row_loses_no_file(api: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    told = api("production").post(UPLOADS, BODY).json()
    with monkeypatch.context() as dying:
        dying.setattr(intake, "adopt", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            uploads.receive(Upload.objects.get().pk, start=0, source=io.BytesIO(WORDS), length=len(WORDS))
    assert not Asset.objects.exists()
    Upload.objects.update(expires_at=Now())
    uploads.sweep()
    asset = Asset.objects.get(pk=told["id"])
    assert bytes_of(asset) == WORDS
    assert Upload.objects.get().status == Upload.Status.COMPLETE


@pytest.mark.django_db(transaction=True)
def test_what_was_whole_but_nobodys_goes_when_it_is_given_up(api: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    api("production").post(UPLOADS, BODY)
    upload = Upload.objects.get()
    with monkeypatch.context() as dying:
        dying.setattr(intake, "adopt", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            uploads.receive(upload.pk, start=0, source=io.BytesIO(WORDS), length=len(WORDS))
    assert store().exists(upload.key)
    uploads.abort(upload.pk)
    assert not store().exists(upload.key)


# tus creation.


def test_what_is_spoken_is_told_to_anybody() -> None:
    answer = Client().options("/uploads")
    assert answer.status_code == 204
    assert {"creation", "creation-with-upload"} <= set(answer.headers["Tus-Extension"].split(","))
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"


def test_a_tus_client_needs_one_address(people: People) -> None:
    made = create(people["production"], filetype="text/plain", title="Notes", tags="a, b")
    assert made.status_code == 201, made.content
    assert made.headers["Upload-Offset"] == "0"
    assert made.headers["X-Asset-ID"] == str(Intake.objects.get().pk)
    assert patch(made.headers["Location"], 0, WORDS).status_code == 204
    asset = Asset.objects.get()
    assert (asset.title, asset.tags, asset.owner) == ("Notes", ["a", "b"], people["production"])


def test_the_first_bytes_may_come_with_the_creation(people: People) -> None:
    made = create(people["production"], data=WORDS[:20])
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "20")
    assert patch(made.headers["Location"], 20, WORDS[20:]).status_code == 204
    whole = create(people["production"], data=WORDS)
    assert (whole.status_code, whole.headers["Upload-Offset"]) == (201, str(len(WORDS)))
    assert Asset.objects.count() == 2
    assert create(people["production"], data=WORDS + b"!").status_code == 413
    assert Intake.objects.filter(status="coming").count() == 0


def test_creation_is_for_signed_in_people_with_a_token_of_their_page(people: People) -> None:
    assert create(None).status_code == 401
    assert create(people["production"], csrf=True).status_code == 403
    assert not Upload.objects.exists()


def test_wrong_creations_are_refused(people: People, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    user = people["production"]
    assert create(user, filename="x.exe").status_code == 415
    assert create(user, length=101).status_code == 413
    assert create(user, length=0).status_code == 400
    assert create(user, filename="").status_code == 400
    assert create(user, project_id=str(uuid.uuid4())).status_code == 404
    browser = Client()
    browser.force_login(user)
    for headers in ({}, {"Tus-Resumable": "0.2.2"}):
        answer = browser.generic("POST", "/uploads", b"", headers={**headers, "Upload-Length": "5"})
        assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
    for header in ("filename ???", "filename w6k=\x7f"):
        answer = browser.generic(
            "POST", "/uploads", b"", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": header}
        )
        assert answer.status_code == 400
    for length in ({}, {"Upload-Length": "x"}, {"Upload-Defer-Length": "1"}):
        assert browser.generic("POST", "/uploads", b"", headers={**TUS, **length}).status_code == 400
    assert not Upload.objects.exists()


# Fetching.


class Elsewhere(BaseHTTPRequestHandler):
    """Another server. The path says what it does."""

    def do_GET(self) -> None:
        kind, _, _ = self.path.lstrip("/").partition("/")
        if kind == "gone":
            self.send_error(404)
            return
        if kind == "private":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
            return
        data = b"<html><script>" if kind == "lies" else b"x" * 5000 if kind == "large" else WORDS
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def elsewhere(settings: Any) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.server_port}"]
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def work(run_id: object) -> None:
    for _ in range(10):
        step = Step.objects.filter(run=run_id, status__in=["queued", "waiting"]).first()
        if step is None:
            return
        if step.status == Step.Status.WAITING:
            Step.objects.filter(pk=step.pk).update(run_after=Now())
            sweep.wake()
        else:
            worker.perform(step.pk)


def imported(door: Any, url: str, **more: Any) -> dict[str, Any]:
    answer = door.post("/api/library/imports", {"url": url, **more})
    assert answer.status_code == 202, answer.content
    told: dict[str, Any] = answer.json()
    assert door.get(told["status_url"]).status_code == 200
    work(told["run_id"])
    return told


@pytest.mark.django_db(transaction=True)
def test_a_file_is_fetched_from_an_address(api: Door, elsewhere: str) -> None:
    told = imported(api("production"), f"{elsewhere}/files/sc%C3%A8ne.txt?token=abc", title="From afar")
    asset = Asset.objects.get(pk=told["id"])
    assert (asset.filename, asset.origin, asset.title, asset.kind) == ("scène.txt", "imported", "From afar", "document")
    assert bytes_of(asset) == WORDS
    assert api("production").get(UPLOADS).json()["items"] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("gone/notes.txt", "404"),
        ("private/notes.txt", "private network"),
        ("lies/film.mp4", "not video"),
        ("large/notes.txt", "larger than allowed"),
    ],
)
def test_what_cannot_be_fetched_is_said_and_leaves_nothing(
    path: str, problem: str, api: Door, elsewhere: str, settings: Any, tmp_path: Path
) -> None:
    settings.UPLOAD_MAX_BYTES, settings.STORAGE_ROOT = 1000, tmp_path
    door = api("production")
    imported(door, f"{elsewhere}/{path}")
    assert not Asset.objects.exists()
    (refused,) = door.get(UPLOADS).json()["items"]
    assert refused["status"] == "refused"
    assert problem in refused["problem"]
    assert not Removal.objects.exists()
    assert not files_in(tmp_path)


@pytest.mark.django_db(transaction=True)
def test_a_fetched_file_finds_room_or_does_not_come(api: Door, elsewhere: str, settings: Any) -> None:
    settings.STORAGE_QUOTAS = {"free": 20}
    imported(api("production"), f"{elsewhere}/notes.txt")
    (refused,) = api("production").get(UPLOADS).json()["items"]
    assert "storage holds" in refused["problem"]
    assert not Asset.objects.exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/b.mp4", "https://u:p@a/b.mp4", "//a/b.mp4", "x"])
def test_an_address_that_is_none_is_refused_at_once(url: str, api: Door) -> None:
    assert api("production").post("/api/library/imports", {"url": url}).status_code == 422
    assert not Intake.objects.exists()


def test_a_program_reads_the_answers_as_described(api: Door) -> None:
    description = json.loads(Client().get("/openapi.json").content)
    for path in (UPLOADS, "/api/library/imports", "/api/library/usage", "/api/library/assets", "/uploads"):
        assert path in description["paths"], path


def test_a_link_of_ones_own_studio_leads_to_the_file_that_is_here(api: Door, people: People) -> None:
    there = AssetFactory(owner=people["production"])
    theirs = AssetFactory(owner=people["stranger"])
    door = api("production")
    own = door.post("/api/library/imports", {"url": links.link(there)})
    assert (own.status_code, own.json()["asset_id"]) == (409, str(there.pk))
    foreign = door.post("/api/library/imports", {"url": links.link(theirs)})
    assert (foreign.status_code, "asset_id" in foreign.json()) == (409, False)
    assert door.post("/api/library/imports", {"url": f"{links.link(there)}x"}).status_code == 403
    assert not Intake.objects.exists()
