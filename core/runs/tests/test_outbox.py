from __future__ import annotations

import contextlib
import socket
import uuid
from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from django.db import transaction

from core.runs import outbox, services, sweep
from core.runs.models import OutboxMessage, Run
from core.runs.tests.conftest import Bench, bells
from core.runs.tests.test_claims import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.contextmanager
def broker_at(url: str) -> Iterator[Celery]:
    """Sends go to this address."""
    app = Celery("elsewhere", broker=url, set_as_current=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "current_app", app)
        patch.setattr(outbox, "_quiet_until", 0.0)
        yield app
    app.close()


@pytest.fixture
def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    return f"redis://127.0.0.1:{number}/0"


def test_the_bell_is_rung_after_the_commit_only(bench: Bench, broker: redis.Redis) -> None:
    kind = bench.pipeline(bench.step("a", queue="media"))
    with contextlib.suppress(RuntimeError), transaction.atomic():
        services.start(kind, subject_id=uuid.uuid4())
        raise RuntimeError
    assert (bells(broker, "media"), Run.objects.count(), OutboxMessage.objects.count()) == (0, 0, 0)
    with transaction.atomic():
        services.start(kind, subject_id=uuid.uuid4())
        assert bells(broker, "media") == 0
    assert bells(broker, "media") == 1


def test_a_dead_broker_costs_nothing_and_is_caught_up_with(bench: Bench, broker: redis.Redis, closed_port: str) -> None:
    with broker_at(closed_port):
        run = bench.start(bench.step("a"))
        assert run.status == Run.Status.RUNNING
        assert outbox.flush() == 0
        assert OutboxMessage.objects.get().sent_at is None
    assert sweep.sweep()["sent"] == 1
    assert bells(broker) == 1
    assert sweep.sweep()["sent"] == 0


def test_a_broker_that_is_down_is_left_alone_for_a_while(
    bench: Bench, closed_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []
    with broker_at(closed_port) as app:
        send = app.send_task
        monkeypatch.setattr(app, "send_task", lambda name, **more: (tries.append(name), send(name, **more)))
        bench.start(bench.step("a"))
        bench.start(bench.step("a"))
    assert len(tries) == 1


def test_two_that_send_at_once_send_each_message_once(bench: Bench, broker: redis.Redis, closed_port: str) -> None:
    with broker_at(closed_port):
        for _ in range(30):
            bench.start(bench.step("a"))
    assert sum(at_once(4, outbox.flush)) == 30
    assert bells(broker) == 30


def test_a_message_holds_nothing_but_an_id(bench: Bench, broker: redis.Redis) -> None:
    run = bench.start(bench.step("a"), title="Somebody's private film")
    assert OutboxMessage.objects.get().kwargs == {"step_id": str(run.steps.get().pk)}
    assert b"private" not in broker.lindex("work:default", 0)
