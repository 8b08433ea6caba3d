from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from core.live.models import LiveEvent, LiveStream
from core.runs import scratch, worker
from core.runs.models import OutboxMessage, Run, Step
from core.runs.pipelines import StepSpec
from core.runs.tests.conftest import Bench, Text
from core.runs.tests.test_claims import keep
from core.storage import store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def check() -> str:
    said = io.StringIO()
    try:
        call_command("check_invariants", stdout=said)
    except CommandError as error:
        said.write(str(error))
    return said.getvalue()


def long_ago() -> object:
    return Now() - timedelta(hours=1)


def test_a_studio_at_work_is_as_it_must_be(bench: Bench, settings: Any, tmp_path: Path) -> None:
    # A store of its own: others leave files in that of the tests.
    settings.STORAGE_ROOT = tmp_path
    bench.work(bench.start(bench.step("a", lambda ctx: keep(ctx, "words"))))
    bench.work(bench.start(bench.step("a"), StepSpec("gate", needs=("a",))))
    bench.start(bench.step("a"))
    worker.claim(bench.start(bench.step("a")).steps.get().pk)
    assert check() == "All is as it must be.\n"


def dead_lease(bench: Bench) -> None:
    worker.claim(bench.start(bench.step("a")).steps.get().pk)
    Step.objects.update(lease_expires_at=long_ago())


def no_bell(bench: Bench) -> None:
    bench.start(bench.step("a"))
    Step.objects.update(rung_at=long_ago())


def unsent(bench: Bench) -> None:
    bench.start(bench.step("a"))
    OutboxMessage.objects.update(sent_at=None, created_at=long_ago())


def asleep(bench: Bench) -> None:
    bench.start(bench.step("a"))
    Step.objects.update(status=Step.Status.WAITING, run_after=long_ago())


def stuck(bench: Bench) -> None:
    bench.start(bench.step("a"), bench.step("b", needs=("a",)))
    Step.objects.filter(name="a").update(status=Step.Status.DONE)


def unfinished(bench: Bench) -> None:
    bench.start(bench.step("a"))
    Run.objects.update(status=Run.Status.COMPLETED, finished_at=Now())


def gap(bench: Bench) -> None:
    stream = LiveStream.objects.create(name="jobs", last_seq=3)
    for seq in (1, 3):
        LiveEvent.objects.create(stream=stream, seq=seq, payload={})


def lost_file(bench: Bench) -> None:
    run = bench.work(bench.start(bench.step("a", lambda ctx: keep(ctx, "words"))))
    store().delete(Text.model_validate(run.steps.get().result).text)


def leftover(bench: Bench) -> None:
    (scratch.folder() / f"step-{uuid.uuid4()}").mkdir()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (dead_lease, "is running without a live lease"),
        (no_bell, "is queued and nobody rang for it"),
        (unsent, "1 messages were never sent"),
        (asleep, "should have been woken"),
        (stuck, "is ready and was not queued"),
        (unfinished, "is completed and has unfinished steps"),
        (gap, "the events of jobs have holes"),
        (lost_file, "which does not exist"),
        (leftover, "was left by a worker that is gone"),
    ],
)
def test_what_must_never_be_is_found(bench: Bench, wrong: Callable[[Bench], None], sentence: str) -> None:
    wrong(bench)
    said = check()
    assert sentence in said
    assert "not as" in said
    scratch.clear()
