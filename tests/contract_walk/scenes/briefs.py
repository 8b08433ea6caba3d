"""Briefs: written, submitted, approved."""

from __future__ import annotations

from typing import Any

from accounts.models import Notification
from jobs.models import Brief, Job
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

BRIEFS = "/api/v1/briefs"
OUTPUTS = {
    "captions_vtt": True,
    "audio_description_vtt": True,
    "audio_description_mp3": False,
    "accessible_video_mp4": False,
    "languages": ["es"],
    "tts_preferences": {"provider": "gemini", "model": "flash", "default_voice": "Kore"},
}


def new(stage: Stage) -> dict[str, Any]:
    ids = stage.world.ids
    return {
        "title": "Season three",
        "description": "Ten episodes.",
        "org_id": ids["org_id"],
        "client_id": ids["client_id"],
        "project_id": ids["project_id"],
        "source_language": "en",
        "languages": ["es", "fr"],
        "requested_outputs": OUTPUTS,
        "due_date": "2030-05-01T12:00:00Z",
    }


def a_draft(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    assert (made["status"], made["created_by"]) == ("draft", stage.world.id_of("client"))
    assert made["languages"] == made["requested_outputs"]["languages"] == ["es", "fr"]


def only_of_ones_clients(stage: Stage, answer: Answer) -> None:
    assert [one["title"] for one in answer.json()["items"]] == ["Season two"]
    for query in ({"status": "approved"}, {"org_id": stage.world.foreign_ids["org_id"]}):
        assert stage.send("GET", BRIEFS, query=query).json()["total"] == 0, query


def set_status(status: str) -> Any:
    return lambda stage: Brief.objects.filter(pk=stage.world.brief.pk).update(
        status=status, submitted_by=stage.world.people["client"]
    )


def of_production(stage: Stage) -> None:
    Brief.objects.filter(pk=stage.world.brief.pk).update(created_by=stage.world.people["production"])


FORBIDDEN = {"Insufficient role permissions": Twist(who="client", given=of_production)}


def told(person: str, kind: str) -> Any:
    def check(stage: Stage, answer: Answer) -> None:
        news = Notification.objects.get(user=stage.world.people[person], kind=kind)
        assert news.url == f"/briefs/{stage.world.brief.pk}"

    return check


def submitted(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    assert (made["status"], made["approved_by"]) == ("submitted", None)
    assert made["submitted_at"]
    told("project_manager", "brief.submitted")(stage, answer)


def approved(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    assert (made["status"], made["approved_by"]) == ("approved", stage.world.id_of("project_manager"))
    assert not Job.objects.filter(brief=stage.world.brief).exists()
    told("client", "brief.approved")(stage, answer)


scene("accessible.briefs.list", who="client", checks=(only_of_ones_clients,))
scene("accessible.briefs.create", who="client", body=new, effects=(a_draft,), refused=("linguist", "reviewer"))
scene("accessible.briefs.get", who="client")
scene(
    "accessible.briefs.update",
    who="client",
    body={"title": "Season 2", "languages": ["fr"]},
    errors={"Only draft briefs can be edited": Twist(given=set_status("submitted")), **FORBIDDEN},
)
scene(
    "accessible.briefs.submit",
    who="client",
    errors={"Cannot submit a brief in status '<status>'": Twist(given=set_status("approved")), **FORBIDDEN},
    effects=(submitted,),
)
scene(
    "accessible.briefs.approve",
    who="project_manager",
    given=set_status("submitted"),
    errors={"Cannot approve a brief in status '<status>'": Twist(given=set_status("draft"))},
    effects=(approved,),
    refused=("client", "production"),
)
