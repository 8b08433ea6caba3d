from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from core.errors import WrongStateError
from core.runs import services, sweep, worker
from core.runs.models import Run, Step
from core.runs.pipelines import StepSpec, Waiting
from core.runs.tests.conftest import Bench, Text, statuses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_what_nobody_holds_is_cancelled_at_once(bench: Bench) -> None:
    run = bench.start(bench.step("a"), StepSpec("gate"), bench.step("b", needs=("gate",)))
    assert services.cancel(run.pk).status == Run.Status.CANCELLED
    assert set(statuses(run).values()) == {"cancelled"}
    assert worker.claim(run.steps.get(name="a").pk) is None
    assert bench.listener.heard[-1] == ("cancelled", "")
    with pytest.raises(WrongStateError):
        services.cancel(run.pk)


def test_a_running_step_is_halted_and_its_result_not_published(bench: Bench, settings: Any) -> None:
    settings.RUN_HEARTBEAT_SECONDS = 0.05
    published: list[int] = []

    def work(ctx: Any) -> None:
        assert services.cancel(ctx.run_id).status == Run.Status.CANCELLING
        assert services.cancel(ctx.run_id).status == Run.Status.CANCELLING
        assert ctx.halt.wait(20)
        ctx.progress(0.5)

    run = bench.start(
        bench.step("a", work, publish=lambda ctx, result: published.append(1)), bench.step("b", needs=("a",))
    )
    worker.perform(run.steps.get(name="a").pk)
    run.refresh_from_db()
    assert (run.status, statuses(run)) == ("cancelled", {"a": "cancelled", "b": "cancelled"})
    assert published == []
    assert bench.listener.heard.count(("cancelled", "")) == 1


@pytest.mark.parametrize("answer", [None, Waiting(60, "Busy"), RuntimeError("broken")])
def test_whatever_comes_of_a_step_after_the_cancellation_it_is_cancelled(bench: Bench, answer: Any) -> None:
    published: list[Text] = []

    def work(ctx: Any) -> Any:
        services.cancel(ctx.run_id)
        if isinstance(answer, Exception):
            raise answer
        return answer

    run = bench.start(bench.step("a", work, publish=lambda ctx, result: published.append(result)))
    worker.perform(run.steps.get().pk)
    run.refresh_from_db()
    assert (run.status, statuses(run)) == ("cancelled", {"a": "cancelled"})
    assert published == []


def test_cancelled_between_claim_and_first_word_it_does_not_begin(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce = worker.announce

    def cancel_first(ctx: Any) -> None:
        services.cancel(ctx.run_id)
        announce(ctx)

    monkeypatch.setattr(worker, "announce", cancel_first)
    run = bench.start(bench.step("a"))
    worker.perform(run.steps.get().pk)
    run.refresh_from_db()
    assert (run.status, bench.calls) == ("cancelled", [])


def test_a_claim_during_the_cancellation_never_leaves_a_cancelled_run_with_a_running_step(bench: Bench) -> None:
    def cancel(run: Run) -> None:
        try:
            services.cancel(run.pk)
        finally:
            connection.close()

    for _ in range(20):
        run = bench.start(bench.step("a"))
        canceller = threading.Thread(target=cancel, args=(run,))
        canceller.start()
        held = worker.claim(run.steps.get().pk)
        canceller.join()
        run.refresh_from_db()
        assert run.status == (Run.Status.CANCELLING if held else Run.Status.CANCELLED)


def test_a_worker_that_dies_while_its_run_is_cancelled_ends_the_run(bench: Bench) -> None:
    run = bench.start(bench.step("a"))
    worker.claim(run.steps.get().pk)
    services.cancel(run.pk)
    Step.objects.update(lease_expires_at=Now() - timedelta(seconds=1))
    sweep.sweep()
    run.refresh_from_db()
    assert (run.status, statuses(run)) == ("cancelled", {"a": "cancelled"})


def test_what_waits_for_a_provider_is_not_woken_after_the_cancellation(bench: Bench) -> None:
    run = bench.start(bench.step("a", lambda ctx: Waiting(1, "Busy")))
    worker.perform(run.steps.get().pk)
    services.cancel(run.pk)
    Step.objects.update(run_after=Now() - timedelta(seconds=1))
    assert sweep.sweep()["woken"] == 0
    assert statuses(run) == {"a": "cancelled"}
