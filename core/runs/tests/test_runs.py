from __future__ import annotations

import uuid

import pytest

from core.errors import WrongStateError
from core.runs import services, sweep, worker
from core.runs.errors import StepError
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, RetryPolicy, StepSpec, Waiting
from core.runs.tests.conftest import Bench, Recorder, Text, statuses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def languages(*names: str) -> dict[str, object]:
    return {"items": lambda run: names}


def test_a_step_runs_when_all_it_needs_is_done(bench: Bench) -> None:
    run = bench.start(bench.step("a"), bench.step("b", needs=("a",)), bench.step("c", needs=("a", "b")))
    assert statuses(run) == {"a": "queued", "b": "pending", "c": "pending"}
    run = bench.work(run)
    assert bench.calls == ["a", "b", "c"]
    assert (run.status, run.progress) == (Run.Status.COMPLETED, 1.0)
    assert run.finished_at is not None


def test_an_item_needs_its_own_item_and_a_whole_step_needs_all_items(bench: Bench) -> None:
    run = bench.start(
        bench.step("a"),
        bench.step("b", needs=("a",), **languages("es", "fr")),
        bench.step("c", needs=("b",), **languages("es", "fr")),
        bench.step("d", needs=("c",)),
    )
    worker.perform(run.steps.get(name="a").pk)
    worker.perform(run.steps.get(name="b", item="es").pk)
    assert statuses(run) == {
        "a": "done", "b[es]": "done", "b[fr]": "queued", "c[es]": "queued", "c[fr]": "pending", "d": "pending",
    }  # fmt: skip
    worker.perform(run.steps.get(name="c", item="es").pk)
    assert run.steps.get(name="d").status == Step.Status.PENDING
    assert bench.work(run).status == Run.Status.COMPLETED


def test_a_step_without_items_is_no_obstacle(bench: Bench) -> None:
    run = bench.start(bench.step("a"), bench.step("b", needs=("a",), **languages()), bench.step("c", needs=("b",)))
    assert bench.work(run).status == Run.Status.COMPLETED
    assert bench.calls == ["a", "c"]


def test_a_step_that_needs_a_later_one_is_no_pipeline() -> None:
    with pytest.raises(ValueError, match="do not come before"):
        Pipeline("x", (StepSpec("a", needs=("b",)), StepSpec("b")), Recorder())


def test_a_gate_waits_for_a_person_and_passes_on_what_they_said(bench: Bench) -> None:
    run = bench.work(bench.start(bench.step("a"), StepSpec("gate", needs=("a",)), bench.step("b", needs=("gate",))))
    assert (run.status, statuses(run)["gate"]) == (Run.Status.WAITING, "waiting")
    services.resume(run.pk, "gate", result={"text": "yes"})
    with pytest.raises(WrongStateError):
        services.resume(run.pk, "gate")
    run = bench.work(run)
    assert run.status == Run.Status.COMPLETED
    assert run.steps.get(name="gate").result == {"text": "yes"}


def test_a_step_that_waits_for_a_provider_is_no_gate(bench: Bench) -> None:
    run = bench.start(bench.step("a", lambda ctx: Waiting(60, "The provider works")))
    worker.perform(run.steps.get().pk)
    with pytest.raises(WrongStateError):
        services.resume(run.pk, "a")


def test_a_step_with_a_reason_is_skipped_and_what_follows_runs(bench: Bench) -> None:
    run = bench.start(bench.step("a", skip=lambda ctx: "Nobody asked for it"), bench.step("b", needs=("a",)))
    run = bench.work(run)
    assert statuses(run) == {"a": "skipped", "b": "done"}
    assert bench.calls == ["b"]
    assert run.steps.get(name="a").message == "Nobody asked for it"


def test_a_stage_is_entered_when_its_first_step_is_taken_up(bench: Bench) -> None:
    run = bench.start(
        bench.step("a", stage="one"),
        bench.step("b", stage="one", needs=("a",)),
        StepSpec("gate", stage="two", needs=("b",)),
        bench.step("c", stage="three", needs=("gate",)),
    )
    assert bench.listener.stages() == []
    worker.perform(run.steps.get(name="a").pk)
    assert bench.listener.stages() == ["one"]
    worker.perform(run.steps.get(name="b").pk)
    assert bench.listener.stages() == ["one", "two"]
    services.resume(run.pk, "gate")
    assert bench.listener.stages() == ["one", "two"]
    bench.work(run)
    assert bench.listener.stages() == ["one", "two", "three"]


def test_after_reopen_what_has_the_same_inputs_is_not_done_again(bench: Bench) -> None:
    run = bench.work(
        bench.start(
            bench.step("a"),
            bench.step("b", inputs=lambda ctx: {"speed": Run.objects.get(pk=ctx.run_id).params["speed"]}, needs=("a",)),
            bench.step("c", inputs=lambda ctx: {"b": ctx.result("b", Text).text}, needs=("b",)),
            speed=1,
        )
    )
    Run.objects.filter(pk=run.pk).update(params={"speed": 2})
    bench.calls.clear()
    run = bench.work(services.reopen(run.pk, "a"))
    assert run.status == Run.Status.COMPLETED
    assert bench.calls == ["b"]
    assert {str(step): step.reused for step in run.steps.all()} == {"a": True, "b": False, "c": True}


def test_a_result_whose_files_are_gone_is_made_again(bench: Bench) -> None:
    there = [True]
    run = bench.work(bench.start(bench.step("a", intact=lambda result: there[0])))
    there[0] = False
    bench.work(services.reopen(run.pk, "a"))
    assert bench.calls == ["a", "a"]


def test_a_result_that_can_no_longer_be_read_is_made_again(bench: Bench) -> None:
    run = bench.work(bench.start(bench.step("a")))
    run.steps.update(result={"text": ["of another shape"]})
    assert bench.work(services.reopen(run.pk, "a")).status == Run.Status.COMPLETED
    assert bench.calls == ["a", "a"]


def test_reopen_of_a_cancelled_run_goes_through_to_the_end(bench: Bench) -> None:
    run = bench.start(bench.step("a"), bench.step("b", needs=("a",)))
    services.cancel(run.pk)
    assert bench.work(services.reopen(run.pk, "b")).status == Run.Status.COMPLETED


def test_reopen_is_refused_while_a_step_runs(bench: Bench) -> None:
    run = bench.start(bench.step("a"), bench.step("b", needs=("a",)))
    worker.claim(run.steps.get(name="a").pk)
    with pytest.raises(WrongStateError):
        services.reopen(run.pk, "a")
    assert run.steps.get(name="a").status == Step.Status.RUNNING


def test_retry_starts_at_the_failed_step(bench: Bench) -> None:
    broken = [True]

    def fail_at_first(ctx: object) -> None:
        if broken[0]:
            raise StepError("The film is too dark.", code="dark")

    run = bench.work(
        bench.start(bench.step("a"), bench.step("b", fail_at_first, needs=("a",)), bench.step("c", needs=("b",)))
    )
    assert (run.status, run.failed_step, run.error, run.error_code) == ("failed", "b", "The film is too dark.", "dark")
    assert statuses(run)["c"] == "pending"
    broken[0] = False
    run = bench.work(services.retry(run.pk))
    assert bench.calls == ["a", "b", "b", "c"]
    assert (run.status, run.failed_step, run.error) == ("completed", "", "")
    with pytest.raises(WrongStateError):
        services.retry(run.pk)


def test_other_languages_finish_before_a_run_fails_and_retry_keeps_them(bench: Bench) -> None:
    broken = ["fr"]

    def translate(ctx: object) -> None:
        if ctx.item in broken:
            raise StepError("No.")

    run = bench.start(
        bench.step("a", translate, **languages("es", "fr")),
        bench.step("b", needs=("a",), **languages("es", "fr")),
        StepSpec("gate", needs=("b",)),
    )
    worker.perform(run.steps.get(name="a", item="fr").pk)
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING
    run = bench.work(run)
    assert run.status == Run.Status.FAILED
    assert statuses(run) == {"a[es]": "done", "a[fr]": "failed", "b[es]": "done", "b[fr]": "pending", "gate": "pending"}
    assert bench.listener.heard.count(("failed", "a[fr]")) == 1
    broken.clear()
    run = bench.work(services.retry(run.pk))
    assert run.status == Run.Status.WAITING
    assert bench.calls.count("a[es]") == bench.calls.count("b[es]") == 1


def test_a_run_that_failed_beside_a_gate_goes_on_when_the_gate_is_passed(bench: Bench) -> None:
    def fail(ctx: object) -> None:
        raise StepError("No.")

    run = bench.work(bench.start(StepSpec("gate"), bench.step("a", fail), bench.step("b", needs=("gate",))))
    assert run.status == Run.Status.FAILED
    services.resume(run.pk, "gate")
    run.refresh_from_db()
    assert (run.status, run.error) == (Run.Status.RUNNING, "")
    run = bench.work(run)
    assert run.status == Run.Status.FAILED
    assert statuses(run)["b"] == "done"


def test_what_waits_for_a_provider_is_asked_again_and_gives_up_in_the_end(bench: Bench) -> None:
    run = bench.start(bench.step("a", lambda ctx: Waiting(5, "Busy"), retry=RetryPolicy(waits=3)))
    worker.perform(run.steps.get().pk)
    step = run.steps.get()
    assert (step.status, step.waits, step.failures) == ("waiting", 1, 0)
    assert worker.claim(step.pk) is None
    run = bench.work(run)
    assert (run.status, run.error, run.error_code) == ("failed", "Busy", "provider_busy")
    assert bench.calls == ["a"] * 4


def test_a_provider_that_says_when_to_come_back_costs_no_failure(bench: Bench) -> None:
    class BusyError(StepError):
        retry_after = 30.0

    def work(ctx: object) -> None:
        if len(bench.calls) < 6:
            raise BusyError("Too many requests", retryable=True)

    run = bench.work(bench.start(bench.step("a", work)))
    assert run.status == Run.Status.COMPLETED
    assert (run.steps.get().waits, run.steps.get().failures) == (5, 0)


def test_the_wait_is_at_least_as_long_as_asked(bench: Bench) -> None:
    run = bench.start(bench.step("a", lambda ctx: Waiting(30, "Busy")))
    worker.perform(run.steps.get().pk)
    step = run.steps.get()
    assert (step.run_after - step.started_at).total_seconds() >= 30


def test_an_unexpected_error_is_tried_three_times_and_its_text_stays_in_the_log(bench: Bench) -> None:
    def work(ctx: object) -> None:
        raise ZeroDivisionError("secret detail")

    run = bench.work(bench.start(bench.step("a", work)))
    step = run.steps.get()
    assert bench.calls == ["a"] * 3
    assert (run.status, step.failures, step.error_code) == ("failed", 3, "unexpected")
    assert "secret" not in run.error
    assert "secret detail" in step.log


def test_an_error_that_cannot_pass_is_not_tried_again(bench: Bench) -> None:
    def work(ctx: object) -> None:
        raise StepError("The file has no sound.")

    assert bench.work(bench.start(bench.step("a", work))).error == "The file has no sound."
    assert bench.calls == ["a"]


def test_publish_belongs_to_the_transaction_of_the_result(bench: Bench) -> None:
    seen: list[int] = []

    def publish(ctx: object, result: Text) -> None:
        from core import audit

        audit.record("test.effect", ctx.run, actor=None)
        if len(bench.calls) == 1:
            raise RuntimeError("after the effect was written")
        seen.append(ctx.attempt)

    from core.models import AuditEvent

    run = bench.work(bench.start(bench.step("a", publish=publish)))
    assert run.status == Run.Status.COMPLETED
    assert AuditEvent.objects.filter(action="test.effect").count() == 1
    assert seen == [2]


def test_a_result_that_the_product_refuses_fails_the_step_in_its_words(bench: Bench) -> None:
    def publish(ctx: object, result: Text) -> None:
        raise WrongStateError("This job was closed.")

    run = bench.work(bench.start(bench.step("a", publish=publish)))
    assert (run.status, run.error) == ("failed", "This job was closed.")


def test_one_active_run_per_subject(bench: Bench) -> None:
    run = bench.start(bench.step("a"))
    with pytest.raises(WrongStateError, match="already"):
        services.start(run.kind, subject_id=run.subject_id)
    bench.work(run)
    services.start(run.kind, subject_id=run.subject_id)
    with pytest.raises(WrongStateError, match="already"):
        services.reopen(run.pk, "a")
    assert services.start(run.kind, subject_id=uuid.uuid4()).status == Run.Status.RUNNING


def test_progress_never_runs_backwards(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.runs.context.PROGRESS_INTERVAL", 0.0)

    def work(ctx: object) -> None:
        for fraction in (0.2, 0.9, 0.1, 0.5, 1.7):
            ctx.progress(fraction)
        if ctx.step.name == "a" and ctx.attempt == 1:
            raise RuntimeError

    run = bench.work(bench.start(bench.step("a", work), bench.step("b", work, needs=("a",), weight=3)))
    told = bench.listener.fractions
    assert len(told) == 15
    assert told == sorted(told)
    assert run.progress == 1.0


def test_progress_is_told_at_most_four_times_a_second(bench: Bench) -> None:
    def work(ctx: object) -> None:
        for number in range(200):
            ctx.progress(number / 200)

    bench.work(bench.start(bench.step("a", work)))
    assert len(bench.listener.fractions) <= 2


def test_the_key_of_what_is_paid_for_outlives_the_attempt(bench: Bench) -> None:
    keys: list[str] = []

    def work(ctx: object) -> None:
        keys.append(ctx.key)
        if len(keys) == 1:
            raise RuntimeError

    bench.work(bench.start(bench.step("a", work, inputs=lambda ctx: {"x": 1})))
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_an_optional_step_that_fails_is_left_out_with_its_reason(bench: Bench) -> None:
    def fails(_ctx: object) -> None:
        raise StepError("The engine is not installed.", code="engine_missing")

    run = bench.work(
        bench.start(bench.step("a"), bench.step("b", fails, needs=("a",), optional=True), bench.step("c", needs=("b",)))
    )
    left_out = run.steps.get(name="b")
    assert run.status == Run.Status.COMPLETED
    assert (left_out.status, left_out.error) == ("skipped", "The engine is not installed.")
    assert bench.calls == ["a", "b", "c"]
    # Once that can be helped, the run is opened again and does what was left out.
    services.reopen(run.pk, "a")
    assert bench.work(run).status == Run.Status.COMPLETED
    assert bench.calls == ["a", "b", "c", "b"]


def test_an_optional_step_is_tried_as_often_as_any_other(bench: Bench) -> None:
    def busy(_ctx: object) -> None:
        raise StepError("The engine is busy.", retryable=True)

    retry = RetryPolicy(failures=3)
    run = bench.work(bench.start(bench.step("a", busy, optional=True, retry=retry)))
    assert (run.status, bench.calls) == (Run.Status.COMPLETED, ["a"] * 3)


def test_an_optional_step_that_stops_its_workers_is_left_out(bench: Bench) -> None:
    run = bench.start(bench.step("a", optional=True), bench.step("b", needs=("a",)))
    for _ in range(3):
        step = run.steps.get(name="a")
        assert worker.claim(step.pk) is not None
        Step.objects.filter(pk=step.pk).update(lease_expires_at="2026-01-01T00:00:00Z")
        sweep.reap()
    run = bench.work(run)
    assert (run.status, run.steps.get(name="a").status, bench.calls) == (Run.Status.COMPLETED, "skipped", ["b"])
