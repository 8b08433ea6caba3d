"""`GET /api/runs/{id}`: who may ask how far a run is, and what they are told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.runs import pipelines, services, worker
from core.runs.errors import StepError
from core.runs.models import Run
from core.runs.pipelines import Pipeline
from core.runs.tests.conftest import Bench

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]
Start = Callable[..., Run]


@pytest.fixture
def people() -> dict[str, User]:
    return {
        "creator": UserFactory(),
        "watcher": UserFactory(),
        "stranger": UserFactory(),
        "admin": UserFactory(role=User.Role.ADMIN),
    }


@pytest.fixture
def start(bench: Bench, people: dict[str, User]) -> Iterator[Start]:
    """A run that `creator` started, of a subject that `watcher` sees."""
    kinds: list[str] = []

    def begin(*steps: Any) -> Run:
        kind = f"test.{uuid.uuid4().hex[:12]}"
        kinds.append(kind)
        pipelines.register(
            Pipeline(
                kind,
                steps,
                bench.listener,
                sees=lambda user, _subject: user.pk == people["watcher"].pk,
                result=lambda run: {"thing_id": str(run.subject_id)},
            )
        )
        return services.start(kind, subject_id=uuid.uuid4(), created_by=people["creator"])

    yield begin
    for kind in kinds:
        pipelines._pipelines.pop(kind)


def ask(client: Client, user: User | None, run_id: object) -> Any:
    if user is not None:
        client.force_login(user)
    return client.get(f"/api/runs/{run_id}")


def test_it_tells_how_far_the_work_is_and_what_came_of_it(
    client: Client, bench: Bench, start: Start, people: dict[str, User]
) -> None:
    run = start(bench.step("a"), bench.step("b", needs=("a",)))
    worker.perform(run.steps.get(name="a").pk)
    half = ask(client, people["creator"], run.pk).json()
    assert (half["id"], half["kind"], half["status"], half["progress"]) == (str(run.pk), run.kind, "running", 0.5)
    assert (half["error"], half["result"]) == (None, None)
    bench.work(run)
    whole = ask(client, people["creator"], run.pk).json()
    assert (whole["status"], whole["progress"], whole["eta_seconds"]) == ("completed", 1.0, None)
    assert whole["result"] == {"thing_id": str(run.subject_id)}


def test_it_names_the_step_that_failed_and_says_why(
    client: Client, bench: Bench, start: Start, people: dict[str, User]
) -> None:
    def fails(_ctx: object) -> None:
        raise StepError("The file is damaged. Upload it again.")

    run = bench.work(start(bench.step("a", fails)))
    told = ask(client, people["creator"], run.pk).json()
    assert (told["status"], told["step"], told["error"]) == ("failed", "a", "The file is damaged. Upload it again.")
    assert told["result"] is None


def test_who_sees_the_subject_sees_the_run_and_to_others_it_does_not_exist(
    client: Client, bench: Bench, start: Start, people: dict[str, User]
) -> None:
    run = start(bench.step("a"))
    assert ask(client, None, run.pk).status_code == 401
    answers = {name: ask(client, user, run.pk).status_code for name, user in people.items()}
    assert answers == {"creator": 200, "watcher": 200, "stranger": 404, "admin": 200}
    foreign = ask(client, people["stranger"], run.pk)
    unknown = ask(client, people["stranger"], uuid.uuid4())
    assert foreign.json() == unknown.json()
