"""A person's folders, recordings for voice work, and signed links for any file: the doors of three surfaces to one library."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tests.factories import UserFactory
from core.runs.models import Run
from core.storage import store
from core.testing.files import body_of
from media_library.models import Asset, Intake
from media_library.tests.factories import AssetFactory, VoiceProfileFactory

pytestmark = pytest.mark.django_db
STORAGE = "/api/storage"
NOTES = b"Harbour at night.\n"


@pytest.fixture
def ana() -> Any:
    return UserFactory(name="Ana")


def door(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(name: str = "notes.txt", content: bytes = NOTES, kind: str = "text/plain") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, content, kind)}


def put(user: Any, **of_text: Any) -> dict[str, Any]:
    answer = door(user).post(f"{STORAGE}/upload-input", text(**of_text))
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def bytes_at(url: str) -> bytes:
    return body_of(Client().get(path_of(url)))


# The input folder.


def test_a_file_lands_below_the_persons_key_and_its_link_serves_exactly_its_bytes(ana: Any) -> None:
    made = put(ana)
    assert made["key"] == f"users/{ana.pk}/input/notes.txt"
    assert (made["size"], made["content_type"], made["original_filename"]) == (len(NOTES), "text/plain", "notes.txt")
    with store().local(made["key"]) as path:
        assert path.read_bytes() == NOTES
    (row,) = door(ana).get(f"{STORAGE}/files", {"folder": "input"}).json()["files"]
    assert (row["key"], row["size"]) == (made["key"], len(NOTES))


def test_a_second_file_of_a_name_leaves_the_first_alone(ana: Any) -> None:
    keys = [put(ana, content=content)["key"] for content in (b"one\n", b"two\n", b"three\n")]
    folder = f"users/{ana.pk}/input"
    assert keys == [f"{folder}/notes.txt", f"{folder}/notes-2.txt", f"{folder}/notes-3.txt"]
    with store().local(keys[0]) as path:
        assert path.read_bytes() == b"one\n"


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Harbour Night.TXT", "Harbour-Night.TXT"),
        ("-i.txt", "i.txt"),
        ("con.txt", "con.txt"),
        ("Übersicht 🎬.txt", "Ubersicht.txt"),
        ("日本.txt", "file.txt"),
        ("x" * 200 + ".txt", "x" * 120 + ".txt"),
        ("a\u202etxt.txt", "atxt.txt"),
    ],
)
def test_the_key_is_made_safe_and_the_name_stays_as_text(ana: Any, name: str, stored: str) -> None:
    made = put(ana, name=name)
    assert made["key"] == f"users/{ana.pk}/input/{stored}"


def test_what_a_file_is_not_is_refused_and_nothing_stays(ana: Any) -> None:
    for name, content, kind in (
        ("page.html", b"<script>alert(1)</script>", "text/html"),
        ("image.svg", b"<svg/>", "image/svg+xml"),
        ("photo.png", b"<html>no picture</html>", "image/png"),
        ("film.mp4", b"#EXTM3U\nother.mp4", "video/mp4"),
    ):
        answer = door(ana).post(f"{STORAGE}/upload-input", text(name, content, kind))
        assert answer.status_code == 415, (name, answer.content)
        assert "detail" in answer.json()
    assert not Asset.objects.exists()


def test_a_missing_file_and_an_empty_one_are_422(ana: Any) -> None:
    missing = door(ana).post(f"{STORAGE}/upload-input", {})
    assert missing.status_code == 422
    assert missing.json()["detail"][0]["loc"] == ["body", "file"]
    assert door(ana).post(f"{STORAGE}/upload-input", text(content=b"")).status_code == 422


def test_lists_hold_ones_own_files_of_that_folder_only(ana: Any) -> None:
    put(ana)
    put(UserFactory(), name="foreign.txt")
    AssetFactory(owner=ana, shelf="library")
    for number, kind in enumerate(("images", "videos")):
        AssetFactory(owner=ana, shelf="output", key=f"users/{ana.pk}/output/{kind}/{number}.bin")
    browser = door(ana)
    listed = browser.get(f"{STORAGE}/files", {"folder": "input"}).json()
    assert ([row["key"] for row in listed["files"]], listed["total"]) == ([f"users/{ana.pk}/input/notes.txt"], 1)
    assert browser.get(f"{STORAGE}/files", {"folder": "output"}).json()["total"] == 2
    images = browser.get(f"{STORAGE}/files", {"folder": "output", "asset_type": "images"}).json()
    assert [row["key"] for row in images["files"]] == [f"users/{ana.pk}/output/images/0.bin"]
    # The filter is for the output folder.
    assert browser.get(f"{STORAGE}/files", {"folder": "input", "asset_type": "images"}).json()["total"] == 1
    paged = browser.get(f"{STORAGE}/files", {"folder": "output", "limit": 1, "offset": 1}).json()
    assert (len(paged["files"]), paged["total"], paged["limit"], paged["offset"]) == (1, 2, 1, 1)
    assert browser.get(f"{STORAGE}/files", {"folder": "output", "limit": 5000}).json()["limit"] == 100


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"folder": "elsewhere"},
        {"folder": "../input"},
        {"folder": "output", "asset_type": "secrets"},
        {"folder": "input", "limit": 0},
        {"folder": "input", "limit": "many"},
        {"folder": "input", "offset": -1},
    ],
)
def test_bad_questions_are_422(ana: Any, query: dict[str, Any]) -> None:
    assert door(ana).get(f"{STORAGE}/files", query).status_code == 422


def test_a_key_works_with_plain_and_with_encoded_slashes(ana: Any) -> None:
    key = put(ana)["key"]
    for written in (key, quote(key, safe="")):
        answer = door(ana).get(f"{STORAGE}/files/{written}/presigned-url", {"expires_in": 60})
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 60)
        assert bytes_at(answer.json()["presigned_url"]) == NOTES


HOSTILE = (
    "../{other}",
    "users/../{other}",
    "users/{id}/input/../../{other_id}/input/notes.txt",
    "/users/{id}/input/notes.txt",
    "users/{id}/input/",
    "users/{id}/input",
    "users/{id}/input/nothing.txt",
    "users//{id}/input/notes.txt",
    "users\\{id}\\input\\notes.txt",
    "users/{id}/input/NOTES.TXT",
    "etc/passwd",
    "%2e%2e/%2e%2e/etc/passwd",
    "%252e%252e/notes.txt",
    "file:///etc/passwd",
    "library/secret/source",
    "{other}",
)


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_is_looked_up_and_never_followed(ana: Any, key: str) -> None:
    ben = UserFactory()
    put(ana)
    theirs = put(ben)["key"]
    asked = key.format(id=ana.pk, other_id=ben.pk, other=theirs)
    bodies = set()
    for written in (asked, quote(asked, safe="%")):
        for answer in (
            door(ana).get(f"{STORAGE}/files/{written}/presigned-url"),
            door(ana).delete(f"{STORAGE}/files/{written}"),
        ):
            assert answer.status_code == 404, (written, answer.content)
            bodies.add(answer.content)
    assert len(bodies) == 1
    assert store().exists(theirs)
    assert Asset.objects.count() == 2


@pytest.mark.parametrize("seconds", ["0", "-1", "86401", "1000000000", "abc", "1e3", "NaN"])
def test_links_live_a_second_to_a_day(ana: Any, seconds: str) -> None:
    key = put(ana)["key"]
    assert door(ana).get(f"{STORAGE}/files/{key}/presigned-url", {"expires_in": seconds}).status_code == 422


def test_deleting_removes_the_bytes_and_twice_is_404(ana: Any, django_capture_on_commit_callbacks: Any) -> None:
    key = put(ana)["key"]
    Run.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        answer = door(ana).delete(f"{STORAGE}/files/{key}")
    assert answer.json() == {"status": "success", "message": "File deleted successfully", "key": key}
    assert not store().exists(key)
    assert door(ana).delete(f"{STORAGE}/files/{key}").status_code == 404
    assert door(ana).get(f"{STORAGE}/files", {"folder": "input"}).json()["total"] == 0


# Prompt configurations.


def configure(user: Any, config: Any, session: Any) -> Any:
    body = {"config_data": config, "session_id": str(session)}
    return door(user).post(f"{STORAGE}/upload-prompt-config", body, content_type="application/json")


def test_a_configuration_is_kept_as_json_and_written_over(ana: Any) -> None:
    session = uuid.uuid4()
    for config in ({"prompt": "a harbour"}, {"prompt": "häfen", "n": [1, 2]}):
        answer = configure(ana, config, session)
        assert answer.status_code == 200
        key = answer.json()["key"]
        assert key == f"users/{ana.pk}/input/prompt-{session}.json"
        with store().local(key) as path:
            assert json.loads(path.read_bytes()) == config
            assert Asset.objects.get().size == path.stat().st_size
    assert Asset.objects.count() == 1


def test_the_session_of_somebody_else_is_not_there(ana: Any) -> None:
    session = uuid.uuid4()
    configure(ana, {"a": 1}, session)
    answer = configure(UserFactory(), {"a": 2}, session)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Session not found"})
    assert Asset.objects.count() == 1


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    ("config", "session"),
    [
        ([1], uuid.uuid4()),
        ("text", uuid.uuid4()),
        (None, uuid.uuid4()),
        ({"a": "x" * 66_000}, uuid.uuid4()),
        (nested(11), uuid.uuid4()),
        ({"a": 1}, "../../x"),
        ({"a": 1}, 7),
    ],
)
def test_configurations_are_small_objects_of_a_session(ana: Any, config: Any, session: Any) -> None:
    assert configure(ana, config, session).status_code == 422
    assert not Asset.objects.exists()


# Recordings for voice work.

FILES = "/api/v1/files"


def wav() -> bytes:
    size = 3200
    return (
        b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data"
        + size.to_bytes(4, "little") + bytes(size)
    )  # fmt: skip


def record(user: Any, **fields: Any) -> Any:
    return door(user).post(f"{FILES}/upload", {**text("ana.wav", wav(), "audio/wav"), **fields})


def test_a_recording_belongs_to_a_project_of_that_name_and_is_its_owners_alone(ana: Any) -> None:
    first, second = record(ana, project_name="Harbour"), record(ana, project_name="Harbour")
    assert first.status_code == second.status_code == 201
    body = first.json()
    assert (body["id"], body["type"], body["original_name"]) == (body["file_id"], "audio", "ana.wav")
    assert (body["upload_status"], body["file_size"]) == ("pending", len(wav()))
    assert body["project_id"] == second.json()["project_id"]
    assert record(ana).json()["project_id"] != body["project_id"]
    for answer in (
        door(UserFactory()).get(f"{FILES}/{body['id']}"),
        door(ana).get(f"{FILES}/{uuid.uuid4()}"),
        door(UserFactory()).delete(f"{FILES}/{body['id']}"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    shown = door(ana).get(f"{FILES}/{body['id']}").json()
    assert bytes_at(shown["download_url"]) == wav()


def test_only_recordings_are_taken(ana: Any) -> None:
    for fields in ({}, text(), text("ana.wav", b"no sound at all", "audio/wav")):
        answer = door(ana).post(f"{FILES}/upload", fields)
        assert (answer.status_code, answer.json()["error"]) == (400, "validation_error"), answer.content
    assert not Asset.objects.exists()
    assert not ana.projects.exists()


def test_a_deleted_recording_leaves_the_voice_made_from_it(ana: Any, django_capture_on_commit_callbacks: Any) -> None:
    recording = AssetFactory(owner=ana, kind="audio", shelf="voice", filename="ana.wav", content_type="audio/wav")
    voice = VoiceProfileFactory(owner=ana, sample=recording)
    with django_capture_on_commit_callbacks(execute=True):
        answer = door(ana).delete(f"{FILES}/{recording.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not store().exists(recording.key)
    voice.refresh_from_db()
    assert voice.sample is None


# Signed links for any file.


def sign(user: Any, **fields: Any) -> Any:
    said = {"filename": "notes.txt", "content_type": "text/plain", **fields}
    return door(user).post(f"{FILES}/signed-upload", said, content_type="application/json")


@pytest.mark.parametrize("size", [len(NOTES), None])
def test_what_is_sent_to_the_link_is_an_asset_of_that_id(ana: Any, size: int | None) -> None:
    answer = sign(ana, size_bytes=size).json()
    assert answer["gcs_uri"].startswith("gs://")
    sent = Client().put(path_of(answer["upload_url"]), NOTES, content_type="text/plain")
    assert sent.status_code == 201, sent.content
    asset = Asset.objects.get()
    assert (str(asset.pk), asset.size, asset.owner) == (answer["file_id"], len(NOTES), ana)


def test_a_link_takes_no_more_than_it_was_signed_for(ana: Any, settings: Any) -> None:
    exact = sign(ana, size_bytes=5).json()["upload_url"]
    assert Client().put(path_of(exact), NOTES, content_type="text/plain").status_code == 413
    settings.UPLOAD_DIRECT_MAX_BYTES = 10
    open_size = sign(ana).json()["upload_url"]
    assert Client().put(path_of(open_size), NOTES, content_type="text/plain").status_code == 413
    assert not Asset.objects.exists()


def test_types_and_sizes_that_are_not_accepted_are_told_before_a_byte_is_sent(ana: Any, settings: Any) -> None:
    for fields in ({"filename": "a.exe", "content_type": "application/x-msdownload"}, {"content_type": "video/mp4"}):
        answer = sign(ana, **fields)
        assert (answer.status_code, answer.json()["detail"]) == (400, "Unsupported content type")
    settings.STORAGE_QUOTAS = {**settings.STORAGE_QUOTAS, ana.tier: 100}
    assert sign(ana, size_bytes=101).status_code == 400
    for fields in ({"filename": ""}, {"size_bytes": 0}, {"size_bytes": "many"}, {"content_type": None}):
        assert sign(ana, **fields).status_code == 422
    assert not Intake.objects.exists()
