"""The status socket of accessible.md, through the application that serves it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.testing.contract import differences, document
from jobs import workflows
from jobs.consumers import JobStatus
from jobs.models import Job
from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = {event["name"]: event["fields"] for event in document("accessible")["events"]}


@pytest.fixture
def scene() -> dict[str, Any]:
    house = OrganizationFactory()
    return {
        "manager": UserFactory(role=User.Role.PROJECT_MANAGER, house=house),
        "production": UserFactory(role=User.Role.PRODUCTION, house=house),
        "stranger": UserFactory(role=User.Role.PRODUCTION, house=OrganizationFactory()),
        "job": JobFactory(organization=house, status=Job.Status.PENDING_QC),
        "other": JobFactory(organization=house, status=Job.Status.PENDING_QC),
    }


@asynccontextmanager
async def opened(user: Any, query: str = "") -> AsyncIterator[WebsocketCommunicator]:
    socket = WebsocketCommunicator(JobStatus.as_asgi(), f"/api/v1/ws/status{query}")
    socket.scope["user"] = user
    connected, _ = await socket.connect(timeout=5)
    assert connected
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=5)


async def close_code(socket: WebsocketCommunicator) -> int:
    return int((await socket.receive_output(timeout=5))["code"])


cancel = sync_to_async(lambda job, actor: workflows.cancel(Job.objects.get(pk=job.pk), actor=actor))
approve = sync_to_async(lambda job, actor: workflows.approve_source(Job.objects.get(pk=job.pk), actor=actor))


async def test_it_greets_and_tells_every_change_in_the_contracts_shape(scene: dict[str, Any]) -> None:
    async with opened(scene["manager"]) as socket:
        greeting = await socket.receive_json_from(timeout=5)
        assert differences(greeting, EVENTS["connected"]) == []
        await approve(scene["job"], scene["production"])
        language = await socket.receive_json_from(timeout=5)
        status = await socket.receive_json_from(timeout=5)
        assert differences(language, EVENTS["language.state"]) == []
        assert (language["language"], language["state"]) == ("en", "approved")
        assert differences(status, EVENTS["job.status"]) == []
        assert (status["status"], status["previous_status"]) == ("approved_source", "pending_qc")
        assert status["seq"] == language["seq"] + 1


async def test_a_stranger_hears_nothing_of_another_house(scene: dict[str, Any]) -> None:
    async with opened(scene["stranger"]) as socket:
        await socket.receive_json_from(timeout=5)
        await cancel(scene["job"], scene["manager"])
        await socket.send_json_to({"type": "ping"})
        assert (await socket.receive_json_from(timeout=5))["type"] == "pong"


async def test_nobody_and_a_job_that_cannot_be_seen_are_closed_alike_to_unknown(scene: dict[str, Any]) -> None:
    async with opened(AnonymousUser()) as socket:
        assert await close_code(socket) == 4401
    for job_id in (scene["job"].pk, uuid.uuid4(), "nonsense"):
        async with opened(scene["stranger"], f"?job_id={job_id}") as socket:
            assert await close_code(socket) == 4404


async def test_one_job_can_be_watched_and_what_was_missed_comes_again(scene: dict[str, Any]) -> None:
    await cancel(scene["other"], scene["manager"])
    await cancel(scene["job"], scene["manager"])
    async with opened(scene["manager"], f"?job_id={scene['job'].pk}&after=0") as socket:
        assert (await socket.receive_json_from(timeout=5))["type"] == "connected"
        missed = await socket.receive_json_from(timeout=5)
        assert (missed["job_id"], missed["status"]) == (str(scene["job"].pk), "cancelled")
        assert await socket.receive_nothing(timeout=0.2)


async def test_a_client_narrows_the_stream_to_the_jobs_it_names(scene: dict[str, Any]) -> None:
    async with opened(scene["manager"]) as socket:
        await socket.receive_json_from(timeout=5)
        await socket.send_json_to({"type": "subscribe", "job_ids": [str(scene["other"].pk), str(uuid.uuid4())]})
        refused = await socket.receive_json_from(timeout=5)
        assert differences(refused, EVENTS["error"]) == []
        assert refused["detail"].startswith("Job not found")
        await cancel(scene["job"], scene["manager"])
        await cancel(scene["other"], scene["manager"])
        assert (await socket.receive_json_from(timeout=5))["job_id"] == str(scene["other"].pk)


async def test_with_none_left_nothing_is_sent_until_the_next_subscribe(scene: dict[str, Any]) -> None:
    async with opened(scene["manager"]) as socket:
        await socket.receive_json_from(timeout=5)
        named = {"job_ids": [str(scene["job"].pk)]}
        await socket.send_json_to({"type": "subscribe", **named})
        await socket.send_json_to({"type": "unsubscribe", **named})
        await cancel(scene["job"], scene["manager"])
        await socket.send_json_to({"type": "ping"})
        assert (await socket.receive_json_from(timeout=5))["type"] == "pong"
        await socket.send_json_to({"type": "subscribe", "job_ids": [str(scene["other"].pk)]})
        await cancel(scene["other"], scene["manager"])
        assert (await socket.receive_json_from(timeout=5))["job_id"] == str(scene["other"].pk)


async def test_what_cannot_be_read_is_said_and_the_socket_stays_open(scene: dict[str, Any]) -> None:
    async with opened(scene["manager"]) as socket:
        await socket.receive_json_from(timeout=5)
        for sent in ("{", '{"type": "subscribe", "job_ids": "all"}', '{"type": "dance"}'):
            await socket.send_to(text_data=sent)
            assert (await socket.receive_json_from(timeout=5))["type"] == "error"
        await socket.send_json_to({"type": "ping"})
        assert differences(await socket.receive_json_from(timeout=5), EVENTS["pong"]) == []
