"""Pipelines as data: which steps there are, what each needs, who runs it and how often it may fail. See docs/adding-a-step.md."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from core.runs.context import StepContext
from core.runs.models import Run, Step

R = TypeVar("R", bound=BaseModel)

__all__ = [
    "Listener",
    "Pipeline",
    "RetryPolicy",
    "StepContext",
    "StepFunction",
    "StepSpec",
    "Waiting",
    "get",
    "register",
]


@dataclass(frozen=True)
class Waiting:
    """What a step returns when a provider is still at work: it is asked again after `seconds`, without a worker held."""

    seconds: float
    message: str


class StepFunction(Generic[R]):
    """Base of all steps. Reads ids, writes artefacts, returns a typed result. Running it twice must be harmless."""

    Result: type[R]
    version = 1  # raise it when the same inputs give another result

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        """Everything the result depends on, as JSON. A finished result with the same inputs is used again."""
        raise NotImplementedError

    def skip(self, ctx: StepContext) -> str:  # noqa: ARG002  (overridden where a step may be needless)
        """A reason not to run, or nothing."""
        return ""

    def run(self, ctx: StepContext) -> R | Waiting:
        raise NotImplementedError

    def publish(self, ctx: StepContext, result: R) -> None:
        """Writes what the product shows of the result, in the transaction that records it, so that both happen or neither."""

    def intact(self, result: R) -> bool:  # noqa: ARG002  (subclasses look at it)
        """Whether what the result names still exists, asked before it is used again."""
        return True


@dataclass(frozen=True)
class RetryPolicy:
    """`failures` counts crashes of the worker too, so that a step that kills its worker stops. `waits` caps a busy provider."""

    failures: int = 3
    backoff: timedelta = timedelta(seconds=2)
    waits: int = 60

    def delay(self, failures: int) -> timedelta:
        return self.backoff * 2.0 ** max(0, failures - 1)


@dataclass(frozen=True)
class StepSpec:
    """`needs` names earlier steps. Where both have items the same item is needed, otherwise all of them.

    A `gate` has no function: it waits for a person until `services.resume` is called. An `optional` step that fails is
    left out, with its reason, and the run goes on.
    """

    name: str
    function: type[StepFunction[Any]] | None = None
    stage: str = ""
    queue: str = "default"
    needs: tuple[str, ...] = ()
    items: Callable[[Run], Iterable[str]] | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    weight: float = 1.0
    timeout: timedelta = timedelta(hours=4)
    optional: bool = False

    @property
    def gate(self) -> bool:
        return self.function is None

    @property
    def ends_as(self) -> str:
        """The status of a step that has failed for good."""
        return Step.Status.SKIPPED if self.optional else Step.Status.FAILED


class Listener(Protocol):
    """The product's side of a run. Called in the transaction that changes the run, with the run locked, except `progressed`."""

    def stage_entered(self, run: Run, stage: str) -> None: ...

    def step_changed(self, run: Run, step: Step) -> None: ...

    def failed(self, run: Run, step: Step) -> None: ...

    def cancelled(self, run: Run) -> None: ...

    def progressed(self, run: Run, step: Step) -> None:
        """After the write, in no transaction, at most four times a second a step."""


def nobody(_user: Any, _subject_id: uuid.UUID) -> bool:
    return False


def nothing(_run: Run) -> dict[str, Any] | None:
    return None


@dataclass(frozen=True)
class Pipeline:
    """`sees` says whether a user may see a run of this subject, beside who started it; `result` what came of a completed one."""

    kind: str
    steps: tuple[StepSpec, ...]
    listener: Listener
    sees: Callable[[Any, uuid.UUID], bool] = nobody
    result: Callable[[Run], dict[str, Any] | None] = nothing

    def __post_init__(self) -> None:
        known: set[str] = set()
        for spec in self.steps:
            if missing := set(spec.needs) - known:
                raise ValueError(f"{self.kind}.{spec.name} needs {sorted(missing)}, which do not come before it")
            known.add(spec.name)

    def spec(self, name: str) -> StepSpec:
        return next(spec for spec in self.steps if spec.name == name)

    def position(self, name: str) -> int:
        return self.steps.index(self.spec(name))

    def plan(self, run: Run) -> list[Step]:
        """The step rows of a fresh run, unsaved."""
        rows = []
        for position, spec in enumerate(self.steps):
            for item in [""] if spec.items is None else list(spec.items(run)):
                queue = "" if spec.gate else spec.queue
                rows.append(Step(run=run, name=spec.name, item=item, position=position, queue=queue))
        return rows

    @cached_property
    def before(self) -> dict[str, set[str]]:
        """For each step all that it needs, near and far."""
        found: dict[str, set[str]] = {}
        for spec in self.steps:
            found[spec.name] = set(spec.needs).union(*(found[name] for name in spec.needs))
        return found

    def ready(self, step: Step, steps: list[Step]) -> bool:
        """Whether all that `step` needs is finished. The far too: what a person went on without may be made up for after a gate."""
        for name in self.before[step.name]:
            needed = [other for other in steps if other.name == name]
            if step.item and self.spec(name).items is not None:
                needed = [other for other in needed if other.item == step.item]
            if not all(other.is_finished for other in needed):
                return False
        return True

    def stage(self, steps: list[Step]) -> str:
        """Where a run stands: the stage of its first unfinished step, or nothing when all are finished."""
        return next((self.spec(step.name).stage for step in steps if not step.is_finished), "")

    def progress(self, steps: list[Step]) -> float:
        """Done weight by all weight; gates weigh nothing."""
        done = total = 0.0
        for step in steps:
            spec = self.spec(step.name)
            weight = 0.0 if spec.gate else spec.weight
            total += weight
            done += weight * (1.0 if step.is_finished else min(1.0, step.progress))
        return done / total if total else 1.0


def inputs_hash(name: str, version: int, inputs: dict[str, Any]) -> str:
    text = json.dumps([name, version, inputs], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


_pipelines: dict[str, Pipeline] = {}


def register(pipeline: Pipeline) -> Pipeline:
    if pipeline.kind in _pipelines:
        raise ValueError(f"The pipeline {pipeline.kind} is registered twice")
    _pipelines[pipeline.kind] = pipeline
    return pipeline


def get(kind: str) -> Pipeline:
    return _pipelines[kind]


def queues() -> list[str]:
    """Every queue that some step needs a worker for."""
    return sorted({spec.queue for pipeline in _pipelines.values() for spec in pipeline.steps if not spec.gate})
