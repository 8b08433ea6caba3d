"""Small pipelines made to measure, a listener that remembers, and a hand that plays the worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db.models.functions import Now
from pydantic import BaseModel

from core.runs import outbox, pipelines, services, worker
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, StepContext, StepFunction, StepSpec


class Text(BaseModel):
    text: str = ""


@dataclass
class Recorder:
    """What the product was told, in order."""

    heard: list[tuple[str, str]] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)

    def stage_entered(self, run: Run, stage: str) -> None:
        self.heard.append(("stage", stage))

    def step_changed(self, run: Run, step: Step) -> None:
        self.heard.append((str(step), step.status))

    def failed(self, run: Run, step: Step) -> None:
        self.heard.append(("failed", str(step)))

    def cancelled(self, run: Run) -> None:
        self.heard.append(("cancelled", ""))

    def progressed(self, run: Run, step: Step) -> None:
        self.fractions.append(run.progress)

    def stages(self) -> list[str]:
        return [what for kind, what in self.heard if kind == "stage"]


@dataclass
class Bench:
    """Makes pipelines out of plain functions, starts runs of them and plays their worker."""

    listener: Recorder = field(default_factory=Recorder)
    calls: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def step(
        self,
        name: str,
        work: Callable[[StepContext], Any] | None = None,
        *,
        inputs: Callable[[StepContext], dict[str, Any]] = lambda ctx: {},
        skip: Callable[[StepContext], str] = lambda ctx: "",
        publish: Callable[[StepContext, Text], None] = lambda ctx, result: None,
        intact: Callable[[Text], bool] = lambda result: True,
        **spec: Any,
    ) -> StepSpec:
        calls = self.calls

        class Function(StepFunction[Text]):
            Result = Text

            def inputs(self, ctx: StepContext) -> dict[str, Any]:
                return inputs(ctx)

            def skip(self, ctx: StepContext) -> str:
                return skip(ctx)

            def run(self, ctx: StepContext) -> Any:
                calls.append(str(ctx.step))
                answer = work(ctx) if work else None
                return answer if answer is not None else Text(text=str(ctx.step))

            def publish(self, ctx: StepContext, result: Text) -> None:
                publish(ctx, result)

            def intact(self, result: Text) -> bool:
                return intact(result)

        return StepSpec(name, Function, **spec)

    def pipeline(self, *steps: StepSpec) -> str:
        kind = f"test.{uuid.uuid4().hex[:12]}"
        pipelines.register(Pipeline(kind, steps, self.listener))
        self.kinds.append(kind)
        return kind

    def start(self, *steps: StepSpec, subject_id: uuid.UUID | None = None, **params: Any) -> Run:
        return services.start(self.pipeline(*steps), subject_id=subject_id or uuid.uuid4(), params=params)

    def work(self, run: Run, *, until: str = "") -> Run:
        """Performs what is queued, and what waits as if its time had come, until nothing moves or `until` is queued."""
        for _ in range(100):
            open_steps = run.steps.filter(status__in=["queued", "waiting"]).exclude(status="waiting", run_after=None)
            step = open_steps.exclude(name=until).first()
            if step is None:
                break
            if step.status == Step.Status.WAITING:
                self.ripen(step)
            else:
                worker.perform(step.pk)
        run.refresh_from_db()
        return run

    def ripen(self, step: Step) -> None:
        from core.runs import sweep

        Step.objects.filter(pk=step.pk).update(run_after=Now())
        sweep.wake()


def statuses(run: Run) -> dict[str, str]:
    return {str(step): step.status for step in run.steps.all()}


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    for kind in made.kinds:
        del pipelines._pipelines[kind]


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """The real one, empty before and after."""
    outbox._quiet_until = 0.0
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


def bells(broker: redis.Redis, queue: str = "default") -> int:
    return broker.llen(f"work:{queue}")
