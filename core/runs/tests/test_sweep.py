from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from django.db.models.functions import Now

from core.runs import pipelines, sweep, worker
from core.runs.models import OutboxMessage, Run, Step
from core.runs.pipelines import RetryPolicy, Waiting
from core.runs.tests.conftest import Bench, bells, statuses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def die(step: Step) -> None:
    """The worker took it up and was never heard of again."""
    assert worker.claim(step.pk)
    Step.objects.filter(pk=step.pk).update(lease_expires_at=Now() - timedelta(seconds=1))


def test_a_step_of_a_dead_worker_is_queued_again(bench: Bench) -> None:
    run = bench.start(bench.step("a"))
    die(run.steps.get())
    assert sweep.sweep()["reaped"] == 1
    step = run.steps.get()
    assert (step.status, step.failures, step.lease) == ("queued", 1, None)
    assert bench.work(run).status == Run.Status.COMPLETED


def test_a_live_lease_is_left_alone(bench: Bench) -> None:
    run = bench.start(bench.step("a"))
    worker.claim(run.steps.get().pk)
    assert sweep.sweep()["reaped"] == 0


def test_a_step_that_stops_its_worker_three_times_fails_and_can_be_retried(bench: Bench) -> None:
    from core.runs import services

    run = bench.start(bench.step("a"))
    for _ in range(3):
        die(run.steps.get())
        sweep.sweep()
    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "worker_lost")
    assert ("failed", "a") in bench.listener.heard
    assert bench.work(services.retry(run.pk)).status == Run.Status.COMPLETED


def test_crashes_and_errors_count_together(bench: Bench) -> None:
    def work(ctx: object) -> None:
        raise RuntimeError

    run = bench.start(bench.step("a", work, retry=RetryPolicy(failures=2)))
    die(run.steps.get())
    sweep.sweep()
    assert bench.work(run).status == Run.Status.FAILED
    assert bench.calls == ["a"]


def test_what_waits_is_woken_when_its_time_has_come(bench: Bench) -> None:
    run = bench.start(bench.step("a", lambda ctx: Waiting(600, "Busy") if ctx.attempt == 1 else None))
    worker.perform(run.steps.get().pk)
    assert sweep.sweep()["woken"] == 0
    Step.objects.update(run_after=Now() - timedelta(seconds=1))
    assert sweep.sweep()["woken"] == 1
    assert bench.work(run).status == Run.Status.COMPLETED


def test_a_lost_message_is_sent_again_and_less_and_less_often(bench: Bench, broker: redis.Redis) -> None:
    run = bench.start(bench.step("a"))
    assert bells(broker) == 1
    broker.flushdb()
    assert sweep.sweep()["rung"] == 0
    for seconds in (15, 30, 60):
        Step.objects.update(rung_at=Now() - timedelta(seconds=seconds - 1))
        assert sweep.sweep()["rung"] == 0
        Step.objects.update(rung_at=Now() - timedelta(seconds=seconds))
        assert sweep.sweep()["rung"] == 1
    assert bells(broker) == 3
    assert statuses(run) == {"a": "queued"}


def test_a_very_old_bell_is_rung_every_ten_minutes(bench: Bench) -> None:
    bench.start(bench.step("a"))
    Step.objects.update(rung_at=Now() - timedelta(seconds=599), rings=40)
    assert sweep.sweep()["rung"] == 0
    Step.objects.update(rung_at=Now() - timedelta(seconds=600))
    assert sweep.sweep()["rung"] == 1


def test_a_run_that_cannot_be_brought_back_does_not_keep_others_from_it(bench: Bench) -> None:
    lost, good = bench.start(bench.step("a")), bench.start(bench.step("a"))
    die(lost.steps.get())
    die(good.steps.get())
    kept = pipelines._pipelines.pop(lost.kind)
    try:
        assert sweep.sweep()["reaped"] == 1
        assert statuses(good) == {"a": "queued"}
    finally:
        pipelines._pipelines[lost.kind] = kept
    assert sweep.sweep()["reaped"] == 1


def test_sent_messages_are_forgotten_after_a_day(bench: Bench) -> None:
    bench.start(bench.step("a"))
    assert sweep.sweep()["forgotten"] == 0
    OutboxMessage.objects.update(sent_at=Now() - timedelta(days=1, seconds=1))
    assert sweep.sweep()["forgotten"] == 1
