"""Health, the entrance, and the description of the API."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError

from core.rest import health
from core.testing.contract import differences, endpoint
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

HTML = {"Accept": "text/html,application/xhtml+xml"}


def browser_of(who: str) -> Any:
    def act(stage: Stage) -> None:
        assert stage.sign_in(who).status_code == 302

    return act


def takes_the_database_away(patch: Any) -> None:
    def unreachable() -> None:
        raise OperationalError("could not connect to server 10.1.2.3")

    patch.setattr(health, "database", unreachable)


def says_unhealthy(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert differences(body, endpoint("pipeline.health.detailed")["success"]["shape"]) == []
    assert (body["status"], body["database"]) == ("unhealthy", "disconnected")
    assert b"10.1.2.3" not in answer.content


def asks_the_database(stage: Stage, answer: Answer) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as queries:
        stage.send("GET", "/health")
    assert [one["sql"] for one in queries.captured_queries] == ["SELECT 1"]


def links_the_document(stage: Stage, answer: Answer) -> None:
    assert b'href="/openapi.json"' in answer.content


# A page of our own that reads the same document: it needs no foreign code and passes the content security policy.
scene("pipeline.docs.swagger", who=None, shows=r"/openapi\.json", checks=(links_the_document,))
scene("pipeline.docs.openapi", who=None)
scene(
    "pipeline.health.root",
    who=None,
    headers={"Accept": "*/*"},
    alternatives=(Twist(given=browser_of("client"), headers=HTML), Twist(headers=HTML)),
)
scene(
    "pipeline.health.detailed",
    who=None,
    alternatives=(Twist(patch=takes_the_database_away, check=says_unhealthy),),
    effects=(asks_the_database,),
)
