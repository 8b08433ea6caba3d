"""Carrying out one use: replay, or ask the engines of the route in turn, through the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from ai import ledger, prices
from ai.capabilities.base import Engine, Usage
from ai.errors import (
    EngineMissingError,
    InvalidAnswerError,
    LanguageUnsupportedError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
)
from ai.ledger import Use
from ai.models import Call
from ai.routing import Route

T = TypeVar("T")

# What lets the next engine of a route try. A missing local engine does not: its message says what to install.
NEXT_MAY_TRY = (ProviderBusyError, ProviderRefusedError, LanguageUnsupportedError)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """`engine` is who really did it; `reused` tells that it was done before and nothing was paid now."""

    value: T
    engine: Engine
    call_id: UUID
    reused: bool


@dataclass(frozen=True)
class Kept:
    """How an answer is remembered for a retry: as JSON, or as a file in the store."""

    response: Any = None
    response_key: str = ""


def _the_engine_itself(_value: object) -> str:
    return ""


@dataclass(frozen=True)
class Work(Generic[T]):
    """One use, described without naming an engine. `load` answers None when what was kept is gone.

    `asked` is what the log says of it: words and figures, never bytes of files. It is cleaned before it is written.
    """

    capability: str
    use: Use
    key: str
    estimate: Usage
    ask: Callable[[Any], tuple[T, Usage]]
    keep: Callable[[T, UUID], Kept]
    load: Callable[[Call], T | None]
    asked: Mapping[str, Any] | None = None
    # For an engine that works in several ways: the name under which this value is known to have been made.
    made_by: Callable[[T], str] = _the_engine_itself


def perform(work: Work[T], routes: Sequence[Route]) -> Answer[T]:
    """Raises the error most worth waiting for when no engine of the route could do it."""
    if (replayed := replay(work)) is not None:
        return replayed
    return first_able(routes, lambda route: _with_second_try(work, route), capability=work.capability)


def replay(work: Work[T]) -> Answer[T] | None:
    done = ledger.finished(work.key)
    return _replayed(work, done) if done else None


def first_able(routes: Sequence[Route], attempt: Callable[[Route], T], *, capability: str) -> T:
    if not routes:
        raise nothing_configured(capability)
    problems: list[ProviderError] = []
    for route in routes:
        try:
            return attempt(route)
        except NEXT_MAY_TRY as problem:
            problems.append(problem)
    raise next((problem for problem in problems if problem.retryable), problems[0])


def nothing_configured(capability: str) -> EngineMissingError:
    return EngineMissingError(
        f"This studio has no model for {capability.replace('_', ' ')}. An administrator can set ANTHROPIC_API_KEY or "
        f"OPENAI_API_KEY, or name an engine in AI_{capability.upper()}."
    )


def reserve(route: Route, estimate: Usage) -> Decimal:
    return prices.cost(route.engine, estimate)


def _with_second_try(work: Work[T], route: Route) -> Answer[T]:
    try:
        return _once(work, route)
    except InvalidAnswerError:
        return _once(work, route)


def _once(work: Work[T], route: Route) -> Answer[T]:
    opened = ledger.begin(
        capability=work.capability,
        engine=route.engine,
        use=work.use,
        key=work.key,
        estimate=reserve(route, work.estimate),
        request=work.asked,
    )
    if isinstance(opened, Call):
        replayed = _replayed(work, opened)
        return replayed or _once(work, route)
    try:
        value, usage = work.ask(route.build(opened.wire))
        kept = work.keep(value, opened.id) if work.key else Kept()
    except BaseException as error:
        opened.fail(error)
        raise
    engine = Engine(route.engine.provider, work.made_by(value) or route.engine.model)
    opened.succeed(usage, engine=engine, response=kept.response, response_key=kept.response_key)
    return Answer(value, engine, opened.id, reused=False)


def _replayed(work: Work[T], call: Call) -> Answer[T] | None:
    value = work.load(call)
    if value is None:
        ledger.forget(call)
        return None
    return Answer(value, Engine(call.provider, call.model), call.pk, reused=True)


def together(value: Any, answers: Sequence[Answer[Any]]) -> Answer[Any]:
    """One answer from several calls. It names every engine that took part."""
    engines = list(dict.fromkeys(answer.engine for answer in answers))
    engine = (
        engines[0] if len(engines) == 1 else Engine("+".join(e.provider for e in engines), "+".join(map(str, engines)))
    )
    return Answer(value, engine, answers[-1].call_id, reused=all(answer.reused for answer in answers))
