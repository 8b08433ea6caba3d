"""A person's folders, recordings for voice work, and signed links: the file doors of three surfaces."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from core.runs.models import Run
from core.storage import store
from core.testing.files import body_of
from media_library.models import Asset
from media_library.services import folders
from media_library.tests.factories import AssetFactory, transcript_of
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

NOTES = b"Harbour at night.\n"
INPUT = "/api/storage/upload-input"
FILES = "/api/storage/files"


def text(content: bytes = NOTES, name: str = "notes.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def served(stage: Stage, url: str) -> bytes:
    return body_of(stage.http.get("/" + url.split("/", 3)[3]))


def key_of(stage: Stage, name: str = "notes.txt") -> str:
    return f"users/{stage.world.id_of('client')}/input/{name}"


def listed(stage: Stage, **query: Any) -> list[str]:
    return [row["key"] for row in stage.send("GET", FILES, query={"folder": "input", **query}).json()["files"]]


def lands_below_the_persons_key(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    assert made["key"] == key_of(stage)
    assert served(stage, made["url"]) == NOTES


def is_listed(stage: Stage, answer: Answer) -> None:
    assert listed(stage) == [key_of(stage)]


def the_first_stays(stage: Stage, answer: Answer) -> None:
    again = stage.send("POST", INPUT, body={"file": text(b"Other.\n", "../up/notes.txt")}).json()
    assert again["key"] == key_of(stage, "notes-2.txt")
    assert served(stage, answer.json()["url"]) == NOTES


scene(
    "pipeline.storage.upload_input",
    who="client",
    body=lambda _: {"file": text()},
    effects=(lands_below_the_persons_key, is_listed, the_first_stays),
)


def config(stage: Stage) -> dict[str, Any]:
    stage.kept.setdefault("session", random_id())
    return {"config_data": {"prompt": "a harbour"}, "session_id": stage.kept["session"]}


def of_somebody_else(stage: Stage) -> None:
    other = stage.other()
    other.enter("production", browser=False)
    answer = other.send("POST", "/api/storage/upload-prompt-config", body=config(stage))
    assert answer.status_code == 200


def written_over(stage: Stage, answer: Answer) -> None:
    session, key = stage.kept["session"], answer.json()["key"]
    assert key == key_of(stage, f"prompt-{session}.json")
    again = {"config_data": {"prompt": "a pier"}, "session_id": session}
    assert stage.send("POST", "/api/storage/upload-prompt-config", body=again).json()["key"] == key
    with store().local(key) as path:
        assert json.loads(path.read_bytes()) == {"prompt": "a pier"}


scene(
    "pipeline.storage.upload_prompt_config",
    who="client",
    body=config,
    errors={"Session not found": Twist(given=of_somebody_else)},
    effects=(written_over,),
)


def put(stage: Stage, who: str, name: str = "notes.txt") -> str:
    """Into that person's folder. The key."""
    with NamedTemporaryFile() as file:
        Path(file.name).write_bytes(NOTES)
        made = folders.put_input(
            Path(file.name), owner=stage.world.people[who], filename=name, content_type="text/plain"
        )
    return made.key


def two_files(stage: Stage) -> None:
    for who, name in (("client", "notes.txt"), ("client", "more.txt"), ("production", "foreign.txt")):
        put(stage, who, name)


def ones_own_only(stage: Stage, answer: Answer) -> None:
    assert sorted(row["key"] for row in answer.json()["files"]) == [key_of(stage, "more.txt"), key_of(stage)]


def pages_are_told(stage: Stage, answer: Answer) -> None:
    page = stage.send("GET", FILES, query={"folder": "input", "limit": 1, "offset": 1}).json()
    assert (len(page["files"]), page["total"], page["limit"], page["offset"]) == (1, 2, 1, 1)


scene(
    "pipeline.storage.list_files",
    who="client",
    given=two_files,
    query={"folder": "input"},
    effects=(ones_own_only, pages_are_told),
    errors={
        "list of {loc, msg, type} objects, or a string": tuple(
            Twist(query=query)
            for query in (
                {},
                {"folder": "elsewhere"},
                {"folder": "output", "asset_type": "secrets"},
                {"folder": "input", "limit": "0"},
                {"folder": "input", "offset": "-1"},
            )
        )
    },
)


def one_file(stage: Stage) -> None:
    put(stage, "client")


def own_key(stage: Stage) -> dict[str, str]:
    return {"file_key": key_of(stage)}


def foreign_key(stage: Stage) -> dict[str, str]:
    return {"file_key": put(stage, "production")}


NO_SUCH_FILE = (
    Twist(given=None, path=own_key),
    Twist(path=foreign_key),
    Twist(path={"file_key": "users/../etc/passwd"}),
    Twist(path={"file_key": "%2e%2e%2fnotes.txt"}),
)


def opens_without_a_token(stage: Stage, answer: Answer) -> None:
    assert answer.json()["expires_in"] == 3600
    assert served(stage.other(), answer.json()["presigned_url"]) == NOTES
    encoded = key_of(stage).replace("/", "%2F")
    assert stage.send("GET", f"{FILES}/{encoded}/presigned-url", query={"expires_in": 7}).json()["expires_in"] == 7


scene(
    "pipeline.storage.presigned_url",
    who="client",
    given=one_file,
    path=own_key,
    errors={
        "File not found": NO_SUCH_FILE,
        "list of {loc, msg, type} objects, or a string": (
            Twist(query={"expires_in": "0"}),
            Twist(query={"expires_in": "soon"}),
        ),
    },
    effects=(opens_without_a_token,),
)


def is_gone(stage: Stage, answer: Answer) -> None:
    assert listed(stage) == []
    assert stage.send("DELETE", f"{FILES}/{key_of(stage)}").status_code == 404


def key_is_told(stage: Stage, answer: Answer) -> None:
    assert answer.json()["key"] == key_of(stage)


scene(
    "pipeline.storage.delete_file",
    who="client",
    given=one_file,
    path=own_key,
    errors={"File not found": NO_SUCH_FILE},
    effects=(is_gone, key_is_told),
)

# Recordings.


def wav() -> SimpleUploadedFile:
    head = b"RIFF\xa4\x0c\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data\x80\x0c\0\0"
    return SimpleUploadedFile("ana.wav", head + bytes(3200), "audio/wav")


def a_recording(who: str = "client") -> Callable[[Stage], None]:
    def given(stage: Stage) -> None:
        asset = AssetFactory(
            owner=stage.world.people[who], shelf="voice", kind="audio", filename="a.wav", content_type="audio/wav"
        )
        stage.kept["file"] = asset

    return given


def own_recording(stage: Stage) -> dict[str, str]:
    return {"file_id": str(stage.kept["file"].pk)}


def in_a_project_of_that_name(stage: Stage, answer: Answer) -> None:
    project = stage.world.people["client"].projects.get(pk=answer.json()["project_id"])
    assert project.name == "Harbour"
    again = stage.send("POST", "/api/v1/files/upload", body={"file": wav(), "project_name": "Harbour"}).json()
    assert again["project_id"] == str(project.pk)


def waits_to_be_looked_at(stage: Stage, answer: Answer) -> None:
    asset = Asset.objects.get(pk=answer.json()["id"])
    assert (answer.json()["upload_status"], asset.status) == ("pending", "processing")
    Asset.objects.filter(pk=asset.pk).update(status=Asset.Status.ACTIVE)
    assert stage.send("GET", f"/api/v1/files/{asset.pk}").json()["upload_status"] == "completed"
    Asset.objects.filter(pk=asset.pk).update(status=Asset.Status.FAILED)
    assert stage.send("GET", f"/api/v1/files/{asset.pk}").json()["upload_status"] == "failed"


scene(
    "voice.files.upload",
    who="client",
    body=lambda _: {"file": wav(), "project_name": "Harbour"},
    errors={"file_too_large": Twist(settings={"UPLOAD_DIRECT_MAX_BYTES": 100})},
    effects=(in_a_project_of_that_name, waits_to_be_looked_at),
)
NOT_ONES_OWN = (
    Twist(path={"file_id": random_id()}),
    Twist(given=a_recording("production")),
)
scene(
    "voice.files.get",
    who="client",
    given=a_recording(),
    path=own_recording,
    errors={"not_found": NOT_ONES_OWN},
    checks=(lambda stage, answer: served(stage.other(), answer.json()["download_url"]) and None,),
)


def that_is_being_read(stage: Stage) -> None:
    a_recording()(stage)
    cut = AssetFactory(
        owner=stage.world.people["client"], cut_from=stage.kept["file"], cut_start=0, cut_end=1, status="processing"
    )
    cut.run = Run.objects.create(kind="media_library.ingest", subject_id=cut.pk)
    cut.save(update_fields=["run"])


def spoken_recording(stage: Stage) -> None:
    a_recording()(stage)
    stage.kept["transcript"] = transcript_of(stage.kept["file"], "Good evening.")


def nothing_of_it_stays(stage: Stage, answer: Answer) -> None:
    assert not Asset.objects.filter(pk=stage.kept["file"].pk).exists()
    assert not type(stage.kept["transcript"]).objects.filter(pk=stage.kept["transcript"].pk).exists()


scene(
    "voice.files.delete",
    who="client",
    given=spoken_recording,
    path=own_recording,
    errors={"not_found": NOT_ONES_OWN, "conflict": Twist(given=that_is_being_read)},
    effects=(nothing_of_it_stays,),
)

# Signed links.


def takes_the_file_once(stage: Stage, answer: Answer) -> None:
    signed = answer.json()
    path = "/" + signed["upload_url"].split("/", 3)[3]
    sent = stage.http.generic("PUT", path, NOTES, content_type="text/plain")
    assert sent.status_code == 201, sent.content
    assert Asset.objects.get(pk=signed["file_id"]).owner == stage.world.people["client"]
    assert stage.http.generic("PUT", path, NOTES, content_type="text/plain").status_code in (403, 409)


scene(
    "accessible.files.signed_upload",
    who="client",
    body={"filename": "notes.txt", "content_type": "text/plain", "size_bytes": len(NOTES), "purpose": "brief"},
    errors={
        "Unsupported content type": Twist(
            body={"filename": "a.exe", "content_type": "application/x-msdownload", "size_bytes": 10}
        )
    },
    effects=(takes_the_file_once,),
)
