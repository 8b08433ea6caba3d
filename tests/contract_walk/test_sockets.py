"""The contract's sockets: every event of the document, sent and heard, in its shape. An entry without an HTTP answer is walked here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from accounts.models import ProjectMember, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from chat.film_consumers import FilmSocket
from chat.models import FilmSession
from chat.tests.factories import FilmFactory, session_of
from core.runs.models import Run, Step
from core.testing.contract import differences, document, endpoint
from generation import events as generation_events
from generation.models import GenerationSession, Round
from generation.sockets import urlpatterns as generation_sockets
from generation.tests.factories import SessionFactory, round_of
from jobs import events, workflows
from jobs.consumers import JobStatus
from jobs.models import Job
from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Walk:
    """One open socket, and what of its events differs from the document."""

    def __init__(self, user: User, entry: str = "accessible.ws.status", consumer: Any = JobStatus) -> None:
        events = [one for one in document(entry.partition(".")[0])["events"] if one["endpoint"] == entry]
        self.entry = entry
        self.told = {one["name"]: one["fields"] for one in events if one["direction"] == "server_to_client"}
        self.takes = {one["name"] for one in events if one["direction"] == "client_to_server"}
        self.socket = WebsocketCommunicator(consumer.as_asgi(), endpoint(entry)["path"])
        self.socket.scope["user"] = user
        self.heard: set[str] = set()
        self.asked: set[str] = set()
        self.findings: list[str] = []

    async def ask(self, name: str, **fields: Any) -> None:
        self.asked.add(name)
        await self.socket.send_json_to({"type": name, **fields})

    def close(self, record_property: Callable[[str, object], None], *, answers: int) -> None:
        """What was found, and whether every event of the document was asked or heard."""
        record_property("contract_entry", self.entry)
        record_property("contract_answers", answers)
        record_property("contract_whole", not self.findings)
        assert self.findings == []
        assert (self.heard, self.asked) == (set(self.told), self.takes)

    async def hear(self, name: str) -> dict[str, Any]:
        event: dict[str, Any] = await self.socket.receive_json_from(timeout=30)
        self.heard.add(event["type"])
        self.findings += [f"{name}: {event['type']} came"] if event["type"] != name else []
        self.findings += [f"{name}: {line}" for line in differences(event, self.told[name])]
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

    walk.close(record_property, answers=len(walk.heard) + 2)


def a_film() -> tuple[User, User, FilmSession]:
    """Somebody develops it with a friend."""
    film = FilmFactory(title="Harbour film")
    friend = UserFactory(name="Friend")
    ProjectMember.objects.create(project=film.project, user=friend, role="collaborator")
    return film.owner, friend, session_of(film)


async def test_every_event_of_the_films_socket_is_as_written(record_property: Callable[[str, object], None]) -> None:
    owner, friend, session = await sync_to_async(a_film)()
    name = str(session.pk)
    walk, other = (Walk(user, "movie.websocket.connect", FilmSocket) for user in (owner, friend))
    for one in (walk, other):
        assert (await one.socket.connect(timeout=5))[0]
        await one.ask("join-session", sessionId=name, userId=str(friend.pk if one is other else owner.pk))
        await one.socket.send_json_to({"type": "ping"})
        assert (await one.socket.receive_json_from(timeout=5))["type"] == "pong"
    await other.ask("typing", sessionId=name, userId=str(friend.pk), isTyping=True)
    assert (await walk.hear("user-typing"))["user"]["id"] == str(friend.pk)
    await walk.ask("chat-message", sessionId=name, message="A storm over the harbour.", attachments=[])
    said, answer = await walk.hear("message-received"), await walk.hear("ai-response")
    assert (said["content"], said["sender"]["role"]) == ("A storm over the harbour.", "user")
    await walk.ask("choice-selected", sessionId=name, choiceId=answer["choices"][0]["id"], userId=str(owner.pk))
    progress, following = await walk.hear("progress-update"), await walk.hear("ai-response")
    assert (progress["progress"]["percentage"], following["sessionId"]) == (13, name)
    # Nobody speaks for somebody else, and what is foreign is not there.
    await walk.ask("join-session", sessionId=name, userId=str(friend.pk))
    assert (await walk.hear("error"))["error"]["code"] == "ACCESS_DENIED"
    await walk.ask("join-session", sessionId=str(owner.pk))
    assert (await walk.hear("error"))["error"]["code"] == "NOT_FOUND"
    # The friend heard the same, with the same numbers.
    heard = [await other.hear(kind) for kind in ("message-received", "ai-response", "progress-update", "ai-response")]
    assert heard == [said, answer, progress, following]
    assert [event["seq"] for event in heard] == sorted({event["seq"] for event in heard})
    for one in (walk, other):
        await one.socket.disconnect(timeout=5)
    walk.asked |= other.asked
    walk.close(record_property, answers=len(walk.heard) + 1)


def a_round_of_each_kind(session: GenerationSession) -> None:
    for kind in Round.Kind.values:
        made = round_of(session, kind)
        generation_events.progress(made, 0.25, "Generating image 1 of 4")
    generation_events.failed(made, 0.25, "Image generation failed")


async def test_every_event_of_a_generation_session_is_as_written(
    record_property: Callable[[str, object], None],
) -> None:
    entry = "pipeline.ws.progress"
    session = await sync_to_async(SessionFactory)()
    told = {one["name"]: one["fields"] for one in document("pipeline")["events"] if one["path"] == "/ws/{session_id}"}
    several = [WebsocketCommunicator(URLRouter(generation_sockets), f"/ws/{session.pk}") for _ in range(2)]
    for socket in several:
        socket.scope["user"] = session.owner
        assert (await socket.connect(timeout=30))[0]
    await sync_to_async(a_round_of_each_kind)(session)
    findings = []
    for socket in several:
        for name, fields in told.items():
            event = await socket.receive_json_from(timeout=30)
            findings += [f"{name}: {event['event']} came"] if event["event"] != name else []
            findings += [f"{name}: {line}" for line in differences(event, fields)]
        await socket.disconnect(timeout=30)
    record_property("contract_entry", entry)
    record_property("contract_answers", len(told) * len(several))
    record_property("contract_whole", not findings)
    assert findings == []
