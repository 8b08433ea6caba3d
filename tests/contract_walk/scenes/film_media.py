"""Media of films."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import ProjectMember
from accounts.tests.factories import ProjectFactory
from ai.errors import EngineMissingError
from core.runs.models import Run
from media_library.models import Asset, Passage
from media_library.search import finding
from media_library.tests.factories import AssetFactory
from tests.contract_walk.scene import Elsewhere, Twist, scene
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

MEDIA = "/api/v1/media"
EVERYBODY_LOOKS = Elsewhere("Whoever sees the project may look at its media; who does not, gets the 404.")


def png(name: str = "hero.png") -> SimpleUploadedFile:
    picture = BytesIO()
    Image.new("RGB", (8, 6), "navy").save(picture, "PNG")
    return SimpleUploadedFile(name, picture.getvalue(), "image/png")


def films(stage: Stage) -> None:
    """The client's own film, where a linguist looks on, and somebody else's."""
    world = stage.world
    film = ProjectFactory(owner=world.people["client"], name="Harbour film")
    ProjectMember.objects.create(project=film, user=world.people["linguist"], role="viewer")
    stage.kept["film"] = film
    stage.kept["foreign"] = ProjectFactory(owner=world.people["stranger"], name=world.CANARY)


def own(stage: Stage) -> str:
    return str(stage.kept["film"].pk)


def brought(**fields: Any) -> Callable[[Stage], dict[str, Any]]:
    return lambda stage: {
        "projectId": own(stage),
        "files": png(),
        "mediaType": "character_design",
        "description": "The hero in the rain",
        "tags": json.dumps(["hero", "rain"]),
        **{name: value(stage) if callable(value) else value for name, value in fields.items()},
    }


def without(name: str) -> Callable[[Stage], dict[str, Any]]:
    return lambda stage: {key: value for key, value in brought()(stage).items() if key != name}


def is_being_looked_into(stage: Stage, answer: Answer) -> None:
    (made,) = answer.json()["uploads"]
    asset = Asset.objects.get(pk=made["mediaId"])
    assert (made["status"], asset.status, asset.media_type) == ("processing", "processing", "character_design")
    assert (asset.description, asset.tags) == ("The hero in the rain", ["hero", "rain"])
    assert Run.objects.filter(kind="media_library.ingest", subject_id=asset.pk).exists()
    html = SimpleUploadedFile("page.png", b"<html>", "image/png")
    mixed = stage.send("POST", f"{MEDIA}/upload", body={"projectId": own(stage), "files": html})
    assert (mixed.status_code, mixed.json()["uploads"]) == (200, [])
    assert [one["code"] for one in mixed.json()["rejected"]] == ["UNSUPPORTED_FORMAT"]


scene(
    "movie.media.upload",
    who="client",
    given=films,
    body=brought(),
    errors={
        "Invalid request data": tuple(Twist(body=without(name)) for name in ("files", "projectId")),
        "Access denied to project": Twist(who="linguist"),
        "Project not found": (
            Twist(body=brought(projectId=random_id())),
            Twist(body=brought(projectId="project-123")),
            Twist(body=brought(projectId=lambda stage: str(stage.kept["foreign"].pk))),
        ),
    },
    effects=(is_being_looked_into,),
)


def media(stage: Stage) -> None:
    films(stage)
    stage.kept["media"] = AssetFactory(
        owner=stage.world.people["client"],
        project=stage.kept["film"],
        kind="image",
        filename="hero.png",
        content_type="image/png",
        media_type="character_design",
        description="The hero in the rain",
        tags=["hero", "rain"],
        duration=None,
        technical={"width": 8, "height": 6, "palette": ["#000080"], "color_depth": 24, "compression": "PNG"},
        analysis={
            "description": "A dark picture.",
            "objects": ["person"],
            "style": {"mood": "calm", "lighting": "dim", "colorTone": "cool"},
            "suitability": ["mood-boarding"],
        },
    )
    Passage.objects.create(
        asset=stage.kept["media"], kind="name", text="hero", embedding=[1.0] + [0.0] * 383, model="local:e5-small"
    )
    Passage.objects.update(embedded_at=stage.kept["media"].created_at)
    AssetFactory(owner=stage.world.people["stranger"], project=stage.kept["foreign"], title=stage.world.CANARY)


def this_film_only(stage: Stage, answer: Answer) -> None:
    assert [one["id"] for one in answer.json()["media"]] == [str(stage.kept["media"].pk)]
    for query, count in (
        ({"projectId": str(stage.kept["foreign"].pk)}, 0),
        ({"projectId": own(stage), "mediaType": "character_design"}, 1),
        ({"search": "RAIN"}, 1),
        ({"tags": "hero,rain"}, 1),
        ({"tags": "hero,sun"}, 0),
        ({"status": "archived"}, 0),
        ({"status": "active", "sort": "size", "limit": 5000}, 1),
    ):
        found = stage.send("GET", MEDIA, query=query).json()
        assert found["pagination"]["total"] == count, (query, found)


scene("movie.media.list", who="client", given=media, checks=(this_film_only,))
scene(
    "movie.media.get",
    who="linguist",
    given=media,
    path=lambda stage: {"id": str(stage.kept["media"].pk)},
    errors={
        "Media not found": (Twist(path={"id": random_id()}), Twist(who="stranger")),
        "Access denied to project": EVERYBODY_LOOKS,
    },
)


def no_engine(patch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise EngineMissingError("The weights of the embedding model are not here.")

    patch.setattr(finding, "query_vector", missing)


def pointing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(finding, "query_vector", lambda *_: ([1.0] + [0.0] * 383, "local:e5-small"))


def nearest_first(stage: Stage, answer: Answer) -> None:
    (found,) = answer.json()["results"]
    assert (found["media"]["id"], found["similarity"]) == (str(stage.kept["media"].pk), 1.0)


scene(
    "movie.media.search",
    who="client",
    given=media,
    patch=pointing,
    body=lambda stage: {"query": "a hero", "projectId": own(stage), "limit": 5, "threshold": 0.7},
    errors={
        "Invalid request data": tuple(
            Twist(body=body)
            for body in (
                {"query": ""},
                {"query": "a", "threshold": 1.1},
                {"query": "a", "threshold": -0.1},
                {"query": "a", "limit": 0},
            )
        ),
        "Project not found": tuple(
            Twist(body={"query": "a", "projectId": value}) for value in (random_id(), "project-123")
        ),
        "Access denied to project": EVERYBODY_LOOKS,
        "AI processing service unavailable": Twist(patch=no_engine),
    },
    checks=(nearest_first,),
)
