"""The contract's sockets: every event of the document, sent and heard, in its shape. An entry without an HTTP answer is walked here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.runs.models import Run, Step
from core.testing.contract import differences, document
from jobs import events, workflows
from jobs.consumers import JobStatus
from jobs.models import Job
from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.django_db(transaction=True)
ENTRY = "accessible.ws.status"
TOLD = {
    one["name"]: one["fields"] for one in document("accessible")["events"] if one["direction"] == "server_to_client"
}
ASKED = {one["name"] for one in document("accessible")["events"] if one["direction"] == "client_to_server"}


class Walk:
    """One open socket, and what of its events differs from the document."""

    def __init__(self, user: User) -> None:
        self.socket = WebsocketCommunicator(JobStatus.as_asgi(), "/api/v1/ws/status")
        self.socket.scope["user"] = user
        self.heard: set[str] = set()
        self.asked: set[str] = set()
        self.findings: list[str] = []

    async def ask(self, name: str, **fields: Any) -> None:
        self.asked.add(name)
        await self.socket.send_json_to({"type": name, **fields})

    async def hear(self, name: str) -> dict[str, Any]:
        event: dict[str, Any] = await self.socket.receive_json_from(timeout=5)
        self.heard.add(event["type"])
        self.findings += [f"{name}: {event['type']} came"] if event["type"] != name else []
        self.findings += [f"{name}: {line}" for line in differences(event, TOLD[name])]
        return event


def a_house() -> tuple[User, User, Job]:
    house = OrganizationFactory()
    manager = UserFactory(role=User.Role.PROJECT_MANAGER, house=house)
    job = JobFactory(organization=house, status=Job.Status.PENDING_QC)
    return manager, UserFactory(role=User.Role.PRODUCTION, house=house), job


def some_progress(job: Job) -> None:
    run, _ = Run.objects.get_or_create(
        kind="jobs.accessible", subject_id=job.pk, defaults={"progress": 0.4, "stage": "translating"}
    )
    step, _ = Step.objects.get_or_create(
        run=run, name="translate", item="es", position=1, defaults={"queue": "ai", "message": "3 of 8"}
    )
    events.job_progress(run, step, status="translating")


async def test_every_event_of_the_status_socket_is_as_written(record_property: Callable[[str, object], None]) -> None:
    manager, production, job = await sync_to_async(a_house)()
    walk = Walk(manager)
    assert (await walk.socket.connect(timeout=5))[0]
    await walk.hear("connected")
    await walk.ask("ping")
    await walk.hear("pong")
    await walk.ask("subscribe", job_ids=["00000000-0000-4000-8000-000000000000"])
    await walk.hear("error")
    await walk.ask("subscribe", job_ids=[str(job.pk)])
    approve = sync_to_async(lambda: workflows.approve_source(Job.objects.get(pk=job.pk), actor=production))
    await approve()
    language, status = await walk.hear("language.state"), await walk.hear("job.status")
    assert (language["state"], status["status"]) == ("approved", "approved_source")
    await sync_to_async(some_progress)(job)
    progress = await walk.hear("job.progress")
    assert (progress["progress"], progress["step"], progress["language"]) == (40, "translate", "es")
    await walk.ask("unsubscribe", job_ids=[str(job.pk)])
    await sync_to_async(some_progress)(job)
    await walk.ask("ping")
    await walk.hear("pong")
    await walk.socket.disconnect(timeout=5)

    record_property("contract_entry", ENTRY)
    record_property("contract_answers", len(walk.heard) + 2)
    record_property("contract_whole", not walk.findings)
    assert walk.findings == []
    assert (walk.heard, walk.asked) == (set(TOLD), ASKED)
