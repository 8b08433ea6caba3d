"""Glossaries, their versions and terms."""

from __future__ import annotations

from typing import Any

from core.runs.models import OutboxMessage
from media_library.services.glossaries import EMBED
from media_library.tests.factories import GlossaryVersionFactory
from media_library.tests.workbooks import upload, workbook
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

GLOSSARIES = "/api/v1/glossaries"
NO_SOURCE = workbook([["es", "pt-BR"], ["estreno", "estreia"]])


def new(**fields: Any) -> Any:
    file = fields.pop("file", b"") or workbook()
    return lambda stage: {
        "name": "Trailers",
        "client_id": stage.world.ids["client_id"],
        "description": "Short words.",
        **fields,
        "file": upload(file),
    }


def file_of(data: bytes = b"") -> Any:
    return lambda stage: {"file": upload(data or workbook())}


def queued(stage: Stage, version: dict[str, Any]) -> None:
    assert version["embedding_status"] == "queued"
    assert OutboxMessage.objects.filter(task=EMBED, kwargs={"version_id": version["id"]}).exists()


def version_one(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    version = made["versions"][0]
    assert (len(made["versions"]), version["version"], version["is_active"]) == (1, 1, True)
    assert (made["term_count"], made["active_version_id"]) == (3, version["id"])
    queued(stage, version)


def only_of_ones_clients(stage: Stage, answer: Answer) -> None:
    assert [one["name"] for one in answer.json()["items"]] == ["House style"]
    foreign = stage.send("GET", GLOSSARIES, query={"client_id": stage.world.foreign_ids["client_id"]})
    assert (foreign.status_code, foreign.json()["total"]) == (200, 0)


scene("accessible.glossaries.list", who="client", checks=(only_of_ones_clients,))
scene(
    "accessible.glossaries.create",
    who="project_manager",
    body=new(),
    errors={
        "Invalid XLSX": (Twist(body=new(file=b"plain text")), Twist(body=new(file=NO_SOURCE))),
        "Glossary name already exists": Twist(body=new(name="HOUSE style")),
    },
    effects=(version_one,),
)
scene("accessible.glossaries.get", who="linguist")
scene("accessible.glossaries.terms", who="linguist", query={"search": "prem"})


def waits_for_its_activation(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    assert (made["version"], made["is_active"]) == (2, False)
    queued(stage, made)


scene(
    "accessible.glossaries.versions.create",
    who="production",
    body=file_of(),
    errors={"Invalid XLSX": (Twist(body=file_of(b"plain text")), Twist(body=file_of(NO_SOURCE)))},
    effects=(waits_for_its_activation,),
)


def second_version(stage: Stage) -> None:
    stage.kept["version"] = str(GlossaryVersionFactory(glossary=stage.world.glossary).pk)


def second(stage: Stage) -> dict[str, Any]:
    return {"version_id": stage.kept["version"]}


def archived(stage: Stage) -> None:
    second_version(stage)
    answer = stage.other()
    answer.enter("admin", browser=False)
    assert answer.send("DELETE", f"{GLOSSARIES}/{stage.world.ids['glossary_id']}").status_code == 204


def exactly_one(stage: Stage, answer: Answer) -> None:
    active = [one["id"] for one in answer.json()["versions"] if one["is_active"]]
    assert active == [answer.json()["active_version_id"]] == [stage.kept["version"]]


scene(
    "accessible.glossaries.activate",
    who="production",
    given=second_version,
    body=second,
    errors={
        "Glossary version not found": Twist(body=lambda stage: {"version_id": stage.world.neighbour_ids["version_id"]}),
        "Glossary is archived": Twist(given=archived),
    },
    effects=(exactly_one,),
)
scene(
    "accessible.glossaries.versions.reembed",
    who="production",
    effects=(lambda stage, answer: queued(stage, answer.json()),),
)


def out_of_the_lists(stage: Stage, answer: Answer) -> None:
    names = [one["name"] for one in stage.send("GET", GLOSSARIES).json()["items"]]
    assert "House style" not in names, names
    kept = stage.send("GET", f"{GLOSSARIES}/{stage.world.ids['glossary_id']}").json()
    assert (kept["status"], len(kept["versions"])) == ("archived", 1)


scene("accessible.glossaries.delete", who="production", effects=(out_of_the_lists,))
