"""Films developed in conversation: projects, and what is said and chosen in their sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Invitation
from ai.errors import ProviderBusyError
from chat.models import Choice, Film, Message
from chat.services import materials, proposing
from core.errors import UnavailableError
from core.runs.models import Run
from media_library.models import Asset
from tests.contract_walk.scene import Elsewhere, Twist, scene
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

EVERYBODY_LOOKS = Elsewhere("Whoever sees the project may look; who does not, gets the 404.")
VIEWER = Twist(who="linguist")
# Neither the right nor the film: to people outside it is not there.
NOT_THERE = {"refused": (), "keeper": None}


def silent(patch: pytest.MonkeyPatch) -> None:
    """No engine answers."""

    def propose(*_: object, **__: object) -> None:
        raise UnavailableError("AI processing service unavailable") from ProviderBusyError()

    patch.setattr(proposing, "propose", propose)


def at_hand(stage: Stage) -> None:
    materials.seed()


def film_of(stage: Stage) -> Film:
    film: Film = stage.world.film_session.film
    film.refresh_from_db()
    return film


def project(stage: Stage) -> dict[str, Any]:
    return {"id": stage.world.ids["film_project_id"]}


def foreign(name: str) -> Callable[[Stage], str]:
    return lambda stage: stage.world.foreign_ids[name]


def filled(base: Callable[[Stage], dict[str, Any]], **changed: Any) -> Callable[[Stage], dict[str, Any]]:
    """The body with other values, or without those that are None."""

    def body(stage: Stage) -> dict[str, Any]:
        values = {**base(stage), **{key: one(stage) if callable(one) else one for key, one in changed.items()}}
        return {key: value for key, value in values.items() if value is not None}

    return body


# Messages.


def message(stage: Stage) -> dict[str, Any]:
    picture = film_of(stage).board.get().asset_id
    ids = stage.world.ids
    return {
        "projectId": ids["film_project_id"],
        "sessionId": ids["session_id"],
        "message": "I want to make an action movie",
        "attachments": [str(picture)],
    }


def was_said_and_answered(stage: Stage, answer: Answer) -> None:
    told = answer.json()
    said = Message.objects.get(pk=told["messageId"])
    assert (said.content, said.author) == ("I want to make an action movie", stage.world.people["newcomer"])
    answered = stage.world.film_session.conversation.messages.order_by("number").last()
    assert answered is not None
    assert (answered.role, answered.content) == ("assistant", told["aiResponse"]["content"])


def its_choices_wait(stage: Stage, answer: Answer) -> None:
    waiting = Choice.objects.filter(session=stage.world.film_session, status="pending").order_by("position")
    assert [str(one.pk) for one in waiting] == [one["id"] for one in answer.json()["aiResponse"]["choices"]]
    assert 3 <= len(waiting) <= 5


TOLD = Elsewhere("Events leave with the commit: chat/tests/api/test_film_talk.py and the walk of the socket.")

scene(
    "movie.chat.message",
    who="newcomer",
    given=at_hand,
    body=message,
    unjudged=("sessionId",),
    errors={
        "Invalid request data": tuple(
            Twist(body=filled(message, **changed))
            for changed in (
                {"projectId": None},
                {"message": None},
                {"message": ""},
                {"message": "  "},
                {"message": 7},
                {"attachments": "x"},
                {"attachments": ["media-789"]},
                {"attachments": lambda stage: [str(stage.world.foreign_video.pk)]},
            )
        ),
        "Access denied to project": VIEWER,
        "Project or session not found": tuple(
            Twist(body=filled(message, **changed))
            for changed in (
                {"projectId": random_id()},
                {"projectId": "project-123"},
                {"projectId": foreign("film_project_id")},
                {"projectId": lambda stage: stage.world.ids["project_id"]},
                {"sessionId": random_id()},
                {"sessionId": "session-456"},
                {"sessionId": foreign("session_id")},
                {"sessionId": lambda stage: stage.world.ids["conversation_id"]},
            )
        ),
        "AI processing service unavailable": Twist(patch=silent),
    },
    effects=(was_said_and_answered, its_choices_wait, TOLD),
    **NOT_THERE,
)


# Choices.


def choice(stage: Stage) -> dict[str, Any]:
    return {"sessionId": stage.world.ids["session_id"], "choiceId": stage.world.ids["choice_id"]}


def is_in_the_history(stage: Stage, answer: Answer) -> None:
    film = film_of(stage)
    taken = Choice.objects.get(pk=stage.world.ids["choice_id"])
    assert (taken.status, taken.taken_by) == ("taken", stage.world.people["newcomer"])
    assert (film.completed_steps, film.current_step) == (["concept-development"], answer.json()["newStep"])
    again = stage.send("POST", "/api/v1/chat/choice", body=choice(stage))
    assert (again.status_code, again.json()["error"]["code"]) == (409, "VALIDATION_ERROR")


def progress_moved(stage: Stage, answer: Answer) -> None:
    assert answer.json()["progressUpdate"]["percentage"] == 13
    shown = stage.send("GET", f"/api/v1/projects/{stage.world.ids['film_project_id']}").json()["project"]["progress"]
    assert (shown["percentage"], shown["completedSteps"]) == (13, ["concept-development"])


scene(
    "movie.chat.choice",
    who="newcomer",
    given=at_hand,
    body=choice,
    errors={
        "Invalid request data": tuple(
            Twist(body=filled(choice, **changed))
            for changed in (
                {"sessionId": None},
                {"choiceId": None},
                {"choiceId": random_id()},
                {"choiceId": "choice-1"},
                {"choiceId": foreign("choice_id")},
                {"customInput": {"a": 1}},
            )
        ),
        "Access denied to project": VIEWER,
        "Session not found": tuple(
            Twist(body=filled(choice, sessionId=value)) for value in (random_id(), "session-456", foreign("session_id"))
        ),
        "AI processing service unavailable": Twist(patch=silent),
    },
    effects=(is_in_the_history, progress_moved, TOLD),
    **NOT_THERE,
)


# Files.


def png() -> SimpleUploadedFile:
    picture = BytesIO()
    Image.new("RGB", (8, 6), "navy").save(picture, "PNG")
    return SimpleUploadedFile("pier.png", picture.getvalue(), "image/png")


def upload(stage: Stage) -> dict[str, Any]:
    ids = stage.world.ids
    return {
        "projectId": ids["film_project_id"],
        "sessionId": ids["session_id"],
        "file": png(),
        "description": "The pier at night",
        "mediaType": "concept_art",
    }


def is_media_of_the_session(stage: Stage, answer: Answer) -> None:
    asset = Asset.objects.get(pk=answer.json()["mediaId"])
    assert (asset.status, asset.media_type, str(asset.project_id)) == (
        "processing",
        "concept_art",
        stage.world.ids["film_project_id"],
    )
    assert stage.world.film_session.conversation.attachments.filter(asset=asset).exists()


def is_looked_into(stage: Stage, answer: Answer) -> None:
    assert Run.objects.filter(kind="media_library.ingest", subject_id=answer.json()["mediaId"]).exists()


def too_large(stage: Stage) -> dict[str, Any]:
    return {**upload(stage), "file": SimpleUploadedFile("large.png", b"x" * (10 * 2**20 + 1), "image/png")}


scene(
    "movie.chat.upload",
    who="newcomer",
    body=upload,
    errors={
        "Invalid request data": tuple(
            Twist(body=filled(upload, **{name: None})) for name in ("projectId", "sessionId", "file")
        ),
        "Access denied to project": VIEWER,
        "Project or session not found": tuple(
            Twist(body=filled(upload, **changed))
            for changed in (
                {"projectId": random_id()},
                {"sessionId": random_id()},
                {"projectId": foreign("film_project_id")},
                {"sessionId": foreign("session_id")},
            )
        ),
        "File exceeds the 10MB limit of the free tier": Twist(body=too_large),
        "File format not supported": Twist(
            body=filled(upload, file=lambda _: SimpleUploadedFile("page.png", b"<html>", "image/png"))
        ),
    },
    effects=(is_media_of_the_session, is_looked_into),
    **NOT_THERE,
)


# Sessions.


def the_talk_is_told(stage: Stage, answer: Answer) -> None:
    session = answer.json()["session"]
    assert [one["role"] for one in session["conversationHistory"]] == ["user", "assistant"]
    assert len(session["conversationHistory"][1]["choices"]) == 2


scene(
    "movie.chat.session.get",
    who="linguist",
    path=lambda stage: {"id": stage.world.ids["session_id"]},
    errors={
        "Session not found": (
            Twist(path={"id": random_id()}),
            Twist(who="stranger"),
            Twist(path=lambda stage: {"id": stage.world.foreign_ids["session_id"]}),
            Twist(path=lambda stage: {"id": stage.world.ids["conversation_id"]}),
        ),
        "Access denied to project": EVERYBODY_LOOKS,
    },
    checks=(the_talk_is_told,),
)


def own_sessions_only(stage: Stage, answer: Answer) -> None:
    assert [one["id"] for one in answer.json()["sessions"]] == [stage.world.ids["session_id"]]
    for query, count in (
        ({"projectId": stage.world.ids["film_project_id"]}, 1),
        ({"projectId": stage.world.foreign_ids["film_project_id"]}, 0),
        ({"projectId": "project-123"}, 0),
        ({"status": "completed"}, 0),
        ({"status": "active", "limit": 500}, 1),
    ):
        found = stage.send("GET", "/api/v1/chat/sessions", query=query).json()
        assert found["pagination"]["total"] == count, (query, found)


scene("movie.chat.sessions.list", who="newcomer", checks=(own_sessions_only,))


# Projects.


def own_films_only(stage: Stage, answer: Answer) -> None:
    assert [one["id"] for one in answer.json()["projects"]] == [stage.world.ids["film_project_id"]]
    for query, count in (
        ({"status": "archived"}, 0),
        ({"genre": "dRAMA"}, 1),
        ({"search": "HARBOUR"}, 1),
        ({"search": stage.world.CANARY}, 0),
        ({"sort": "progress", "order": "asc", "limit": 500}, 1),
    ):
        found = stage.send("GET", "/api/v1/projects", query=query).json()
        assert found["pagination"]["total"] == count, (query, found)


scene("movie.projects.list", who="newcomer", checks=(own_films_only,))

NEW = {
    "title": "Tide",
    "description": "Two sisters and a bell",
    "genre": "Thriller",
    "episodeCount": 5,
    "targetAudience": "PG-13",
    "projectSettings": {"aspectRatio": "16:9", "episodeDuration": 25, "qualityTier": "professional"},
}


def more_films(stage: Stage) -> None:
    for title in ("Second", "Third"):
        assert stage.send("POST", "/api/v1/projects", body={"title": title}).status_code == 201


def begins_at_nothing(stage: Stage, answer: Answer) -> None:
    told = answer.json()["project"]
    assert told["status"] == "active"
    assert told["progress"] == {"percentage": 0, "currentPhase": "initial", "completedSteps": 0, "totalSteps": 12}


def has_a_session(stage: Stage, answer: Answer) -> None:
    film = Film.objects.get(project=answer.json()["project"]["id"])
    session = film.sessions.get()
    assert (session.user, session.status) == (stage.world.people["newcomer"], "active")


scene(
    "movie.projects.create",
    who="newcomer",
    body=NEW,
    errors={
        "Subscription limit exceeded (free tier allows 3 projects)": Twist(given=more_films),
        "Project title already exists": (
            Twist(body={**NEW, "title": "Harbour film"}),
            Twist(body={**NEW, "title": " HARBOUR FILM "}),
        ),
    },
    effects=(begins_at_nothing, has_a_session),
    **NOT_THERE,
)
scene(
    "movie.projects.get",
    who="linguist",
    path=project,
    errors={
        "Project not found": (
            Twist(path={"id": random_id()}),
            Twist(who="stranger"),
            Twist(path=lambda stage: {"id": stage.world.foreign_ids["film_project_id"]}),
            Twist(path=lambda stage: {"id": stage.world.ids["project_id"]}),
        ),
        "Access denied to project": EVERYBODY_LOOKS,
    },
)


def only_that_changed(stage: Stage, answer: Answer) -> None:
    before, told = stage.world.film_session.film, answer.json()["project"]
    assert (told["title"], told["episodeCount"], told["genre"]) == ("Harbour, again", 3, before.genre)
    assert told["updatedAt"] > told["createdAt"]


scene(
    "movie.projects.update",
    who="newcomer",
    path=project,
    body={"title": "Harbour, again", "episodeCount": 3},
    errors={
        "Project not found": (
            Twist(path={"id": random_id()}),
            Twist(who="stranger"),
            Twist(path=lambda stage: {"id": stage.world.foreign_ids["film_project_id"]}),
        ),
        "Access denied to project": (VIEWER, Twist(who="colleague", body={"status": "archived"})),
        "Project title already exists": Twist(given=more_films, body={"title": "second"}),
    },
    effects=(only_that_changed,),
    **NOT_THERE,
)


def is_open_for_a_week(stage: Stage, answer: Answer) -> None:
    told = answer.json()["invitation"]
    invitation = Invitation.objects.get(pk=told["id"])
    assert (invitation.project, told["status"]) == (stage.world.film_session.film.project, "pending")
    assert (invitation.expires_at - invitation.created_at).days in {6, 7}


def invited_already(stage: Stage) -> None:
    body = {"email": "guest@films.example"}
    answer = stage.send("POST", f"/api/v1/projects/{stage.world.ids['film_project_id']}/collaborators", body=body)
    assert answer.status_code == 200, json.loads(answer.content)


scene(
    "movie.projects.collaborators.add",
    who="newcomer",
    path=project,
    body={"email": "guest@films.example", "role": "viewer"},
    errors={
        "Project not found": (
            Twist(path={"id": random_id()}),
            Twist(who="stranger"),
            Twist(path=lambda stage: {"id": stage.world.foreign_ids["film_project_id"]}),
        ),
        "Access denied to project": (VIEWER, Twist(who="colleague")),
        "Already invited": (Twist(given=invited_already), Twist(body={"email": "COLLEAGUE@house.example"})),
    },
    effects=(
        is_open_for_a_week,
        Elsewhere("Accepting is a route of its own: accessible.invitations.accept, accounts/tests."),
    ),
    **NOT_THERE,
)
