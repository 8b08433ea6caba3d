"""Claims, leases and fences, with real threads on real connections."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.models.functions import Now

from core.errors import WrongStateError
from core.runs import heartbeat, outcomes, scratch, services, sweep, worker
from core.runs.models import Run, Step
from core.runs.tests.conftest import Bench, Text, statuses
from core.storage import store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def at_once(times: int, call: Callable[[], Any]) -> list[Any]:
    """The call's answers from so many threads that start together, each with a connection of its own."""
    start, answers = threading.Barrier(times), []

    def one() -> None:
        try:
            connection.ensure_connection()
            start.wait()
            answers.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == times
    return answers


def expire(step: Step) -> None:
    Step.objects.filter(pk=step.pk).update(lease_expires_at=Now())


@pytest.mark.parametrize("workers", [2, 10])
def test_of_many_workers_one_gets_the_step(bench: Bench, workers: int) -> None:
    step = bench.start(bench.step("a")).steps.get()
    won = [claim for claim in at_once(workers, lambda: worker.claim(step.pk)) if claim]
    assert len(won) == 1
    assert (won[0].step.attempt, won[0].step.status) == (1, "running")


def test_one_message_delivered_ten_times_at_once_is_one_run_of_the_step(bench: Bench) -> None:
    run = bench.start(bench.step("a", lambda ctx: time.sleep(0.3)), bench.step("b", needs=("a",)))
    step = run.steps.get(name="a")
    at_once(10, lambda: worker.perform(step.pk))
    assert bench.calls == ["a"]
    assert statuses(run) == {"a": "done", "b": "queued"}


def test_a_replaced_worker_writes_nothing(bench: Bench) -> None:
    """The first attempt is taken over in its middle, by a second that finishes before it."""
    published: list[int] = []

    def work(ctx: Any) -> Text:
        if ctx.attempt == 1:
            expire(ctx.step)
            assert sweep.reap() == 1
            worker.perform(ctx.step.pk)
        return Text(text=f"by attempt {ctx.attempt}")

    run = bench.start(bench.step("a", work, publish=lambda ctx, result: published.append(ctx.attempt)))
    worker.perform(run.steps.get().pk)
    step = run.steps.get()
    assert (step.status, step.result, step.attempt) == ("done", {"text": "by attempt 2"}, 2)
    assert published == [2]


def test_reopening_waits_for_no_worker_that_is_taken_over(bench: Bench) -> None:
    run = bench.start(bench.step("a"), bench.step("b", needs=("a",)))
    slow = worker.claim(run.steps.get(name="a").pk)
    assert slow is not None
    with pytest.raises(WrongStateError, match="still running"):
        services.reopen(run.pk, "a")
    run = services.reopen(run.pk, "a", take_over=True)
    assert not Step.objects.held_by(slow.lease).exists()
    run = bench.work(run)
    assert run.status == Run.Status.COMPLETED
    assert bench.calls == ["a", "b"]
    assert run.steps.get(name="a").attempt == 2


def test_a_replaced_worker_is_told_to_stop_when_it_next_shows_progress(bench: Bench) -> None:
    reached: list[str] = []

    def work(ctx: Any) -> None:
        Step.objects.filter(pk=ctx.step.pk).update(lease=uuid.uuid4())
        ctx.progress(0.5)
        reached.append("after")

    run = bench.start(bench.step("a", work))
    worker.perform(run.steps.get().pk)
    assert reached == []
    assert run.steps.get().status == Step.Status.RUNNING


def keep(ctx: Any, words: str) -> Text:
    """Stores a file under a key of this attempt and names it in the result."""
    path = Path(ctx.workdir) / "out.txt"
    path.write_text(words)
    key = ctx.storage_key("out.txt")
    store().put(key, path, content_type="text/plain")
    return Text(text=key)


def test_files_of_an_attempt_that_failed_are_removed_and_those_of_the_result_stay(bench: Bench) -> None:
    keys: list[str] = []

    def work(ctx: Any) -> Text:
        result = keep(ctx, "words")
        keys.append(result.text)
        assert all(store().exists(key) is (key == result.text) for key in keys)
        if ctx.attempt < 3:
            raise RuntimeError
        return result

    run = bench.work(bench.start(bench.step("a", work)))
    step = run.steps.get()
    assert [store().exists(key) for key in keys] == [False, False, True]
    assert step.keys == [keys[2]]
    assert step.result == {"text": keys[2]}


def test_files_of_a_killed_worker_are_removed_when_its_step_is_reaped(bench: Bench) -> None:
    run = bench.start(bench.step("a"))
    held = worker.claim(run.steps.get().pk)
    with scratch.workdir(held.lease) as workdir:
        ctx = worker.StepContext(run, held.step, held.lease, workdir, worker.tell)
        key = keep(ctx, "half").text
    expire(held.step)
    sweep.sweep()
    assert not store().exists(key)
    assert run.steps.get().keys == []


def test_files_of_an_earlier_result_stay_until_a_new_one_takes_its_place(bench: Bench) -> None:
    words = ["first"]

    def work(ctx: Any) -> Text:
        result = keep(ctx, words[0])
        if words[0] == "broken":
            raise RuntimeError
        return result

    run = bench.work(bench.start(bench.step("a", work, inputs=lambda ctx: {"words": words[0]})))
    first = run.steps.get().result["text"]
    words[0] = "broken"
    assert bench.work(services.reopen(run.pk, "a")).status == Run.Status.FAILED
    assert store().exists(first)
    words[0] = "second"
    bench.work(services.retry(run.pk))
    assert not store().exists(first)
    assert store().exists(run.steps.get().result["text"])


def test_a_commit_whose_answer_was_lost_keeps_the_result_and_its_files(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome is written, the connection breaks before the worker hears of it, and the second write finds no lease."""
    monkeypatch.setattr(outcomes, "PAUSE_SECONDS", 0.0)
    write, broken = outcomes._write, [True]

    def write_and_break(*args: Any) -> bool:
        written = write(*args)
        if broken.pop() if broken else False:
            raise OperationalError("server closed the connection unexpectedly")
        return written

    monkeypatch.setattr(outcomes, "_write", write_and_break)
    run = bench.work(bench.start(bench.step("a", lambda ctx: keep(ctx, "words"))))
    assert run.status == Run.Status.COMPLETED
    assert bench.calls == ["a"]
    assert store().exists(run.steps.get().result["text"])


def test_a_database_that_is_away_when_the_work_is_done_does_not_cost_the_work(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "PAUSE_SECONDS", 0.05)

    def work(ctx: Any) -> None:
        pid = connection.connection.info.backend_pid
        threading.Thread(target=terminate, args=(pid,)).run()

    run = bench.start(bench.step("a", work))
    worker.perform(run.steps.get().pk)
    step = run.steps.get()
    assert (step.status, step.attempt, step.failures) == ("done", 1, 0)


def test_a_deadlock_while_the_step_is_announced_costs_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "PAUSE_SECONDS", 0.0)
    announce, broken = worker.announce, ["deadlock detected"]

    def deadlock_first(ctx: Any) -> None:
        if broken:
            raise OperationalError(broken.pop())
        announce(ctx)

    monkeypatch.setattr(worker, "announce", deadlock_first)
    run = bench.start(bench.step("a"))
    worker.perform(run.steps.get().pk)
    step = run.steps.get()
    assert (step.status, step.attempt, step.failures) == ("done", 1, 0)


def terminate(pid: int) -> None:
    from django.db import connections

    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    finally:
        other.close()


def test_the_heartbeat_keeps_the_lease_alive_through_a_broken_connection(
    bench: Bench, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RUN_HEARTBEAT_SECONDS, settings.RUN_LEASE_SECONDS = 0.05, 60
    monkeypatch.setattr(heartbeat, "LOOK_SECONDS", 0.02)
    beat, beats, enough = heartbeat.Heartbeat.beat, [], threading.Event()

    def counted(self: heartbeat.Heartbeat) -> str:
        beats.append(time.monotonic())
        if len(beats) == 2:
            terminate(connection.connection.info.backend_pid)
        answer = beat(self)
        if len(beats) >= 4:
            enough.set()
        return answer

    monkeypatch.setattr(heartbeat.Heartbeat, "beat", counted)
    run = bench.start(bench.step("a", lambda ctx: enough.wait(20) and None))
    worker.perform(run.steps.get().pk)
    assert enough.is_set()
    assert run.steps.get().status == Step.Status.DONE


def test_the_heartbeat_halts_an_attempt_that_was_taken_over(bench: Bench, settings: Any) -> None:
    settings.RUN_HEARTBEAT_SECONDS = 0.05
    halted: list[str] = []

    def work(ctx: Any) -> None:
        if ctx.attempt == 1:
            expire(ctx.step)
            sweep.reap()
            assert ctx.halt.wait(20)
            halted.append(ctx.halt_reason)

    run = bench.start(bench.step("a", work))
    worker.perform(run.steps.get().pk)
    assert halted == ["lost"]
    assert bench.work(run).status == Run.Status.COMPLETED


def test_a_step_that_takes_too_long_is_halted_and_not_tried_again(bench: Bench, settings: Any) -> None:
    from datetime import timedelta

    def work(ctx: Any) -> None:
        assert ctx.halt.wait(20)
        ctx.check()

    run = bench.work(bench.start(bench.step("a", work, timeout=timedelta(seconds=0))))
    assert (run.status, run.error_code, bench.calls) == ("failed", "timeout", ["a"])


def test_a_restart_hands_the_step_back_and_counts_no_failure(bench: Bench) -> None:
    def work(ctx: Any) -> None:
        if ctx.attempt == 1:
            heartbeat.end_attempts()
            assert ctx.halt.wait(20)
            heartbeat._ending[0] = 0
            ctx.check()

    run = bench.start(bench.step("a", work), bench.step("b", needs=("a",)))
    try:
        worker.perform(run.steps.get(name="a").pk)
    finally:
        heartbeat._ending[0] = 0
    step = run.steps.get(name="a")
    assert (step.status, step.failures, step.attempt) == ("queued", 0, 1)
    assert bench.work(run).status == Run.Status.COMPLETED


def test_the_folder_of_an_attempt_is_removed_and_so_are_those_of_killed_workers(bench: Bench) -> None:
    seen: list[Path] = []

    def work(ctx: Any) -> None:
        (ctx.workdir / "big").write_bytes(b"x")
        seen.append(ctx.workdir)
        assert not orphan.exists()
        assert other.exists()

    second = worker.claim(bench.start(bench.step("b")).steps.get().pk)
    other = scratch.folder() / f"step-{second.lease}"
    orphan = scratch.folder() / f"step-{uuid.uuid4()}"
    other.mkdir()
    orphan.mkdir()
    run = bench.start(bench.step("a", work))
    worker.perform(run.steps.get().pk)
    assert run.steps.get().status == Step.Status.DONE
    assert not seen[0].exists()
    assert seen[0].parent == Path(settings.HOME) / "scratch"


def test_a_redelivered_message_takes_over_from_a_dead_process_of_this_machine(bench: Bench) -> None:
    run = bench.start(bench.step("a"))
    step = worker.claim(run.steps.get().pk).step
    worker.perform(step.pk)
    assert bench.calls == []
    # Above the largest number that a process can have.
    Step.objects.filter(pk=step.pk).update(worker=f"{worker.place()}:{2**22 + 1}")
    worker.perform(step.pk)
    step = run.steps.get()
    assert (step.status, step.attempt, step.failures) == ("done", 2, 1)


def test_a_process_of_another_machine_is_given_its_lease(bench: Bench) -> None:
    run = bench.start(bench.step("a"))
    step = worker.claim(run.steps.get().pk).step
    Step.objects.filter(pk=step.pk).update(worker=f"elsewhere:pid:[1]:{2**22 + 1}")
    worker.perform(step.pk)
    assert bench.calls == []
