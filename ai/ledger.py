"""The one way to use a model: a Call row before, its outcome after, and nothing paid twice.

Works outside transactions: opening and closing a call are short transactions of their own, and nothing is held while the
model works. A background beat keeps the row's lease alive, so a process that was killed is told apart from a slow one.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, Q, Sum
from django.db.models.functions import Coalesce, Now
from psycopg.errors import UniqueViolation

from ai import breaker, budgets, prices, redaction
from ai.capabilities.base import Engine, Usage
from ai.errors import InvalidAnswerError, LanguageUnsupportedError, ProviderBusyError, ProviderRefusedError
from ai.models import Call
from ai.wire import Wire
from core.errors import DomainError
from core.runs.errors import HaltedError
from core.storage import removal

log = structlog.get_logger(__name__)

# Shorter than a run's lease, so that the step which takes a dead worker's work over finds the call free.
LEASE = timedelta(seconds=20)
BEAT_SECONDS = 5.0
UNUSABLE_TIMES = 2
LOST = "The process that asked was stopped before the answer was kept."


@dataclass(frozen=True)
class Use:
    """Who uses a model and for what. `key` names the piece of work: the same key with the same request is paid for once.

    `endpoint` is the route or page that asked; `conversation_id` or `subject_id` what it was for.
    """

    purpose: str
    user_id: UUID | None = None
    organization_id: UUID | None = None
    run_id: UUID | None = None
    key: str = ""
    endpoint: str = ""
    conversation_id: UUID | None = None
    subject_id: UUID | None = None


def key_of(use: Use, capability: str, *request: str | bytes) -> str:
    """The ledger's key: the caller's, the capability and a digest of the request, so that a key used again for other work
    never replays the wrong answer. Empty when the caller gave none."""
    if not use.key:
        return ""
    digest = hashlib.sha256()
    for part in request:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    # A caller's key may be of any length; the column is not.
    caller = use.key if len(use.key) <= 160 else hashlib.sha256(use.key.encode()).hexdigest()
    holder = use.user_id or use.organization_id or "studio"
    return f"{capability}:{holder}:{caller}:{digest.hexdigest()[:24]}"


def finished(key: str) -> Call | None:
    """The call that already did this work, if one did."""
    return Call.objects.filter(key=key, outcome=Call.Outcome.OK).first() if key else None


def forget(call: Call) -> None:
    """The stored answer of this call cannot be read any more: let the work be done again."""
    Call.objects.filter(pk=call.pk).update(key="")


class OpenCall:
    """A call that is running. Close it with `succeed` or `fail`; both are final and the first one wins."""

    def __init__(self, call: Call, engine: Engine) -> None:
        self.id: UUID = call.pk
        self._key = call.key
        self.engine = engine
        self.usage = Usage()
        self._resumed = False
        self.wire = Wire(key=_wire_key(call), resumes=_resumable(call), reference=self._reference, used=self._used)
        self._started = time.monotonic()
        self._closed = False
        self._beat = _Beat(call.pk)
        self._beat.start()

    def succeed(
        self, usage: Usage, *, engine: Engine | None = None, response: Any = None, response_key: str = ""
    ) -> None:
        """`engine` is who really did it, where that is told only by the answer."""
        model = {"model": engine.model} if engine else {}
        self._close(Call.Outcome.OK, usage, response=response, response_key=response_key, **model)

    def fail(self, error: BaseException) -> None:
        retry_at = None
        if isinstance(error, ProviderBusyError) and error.retry_after is not None:
            retry_at = _from_now(timedelta(seconds=error.retry_after))
        raw = error.raw if isinstance(error, InvalidAnswerError) else ""
        response = redaction.kept({"unusable_answer": raw}) if raw else None
        self._close(_outcome(error), self.usage, error=_sentence(error), retry_at=retry_at, response=response)

    def _reference(self, reference: str) -> None:
        self._resumed = bool(reference) and reference == self.wire.resumes
        if reference and not self._closed:
            Call.objects.filter(pk=self.id).update(provider_ref=reference[:200])

    def _used(self, usage: Usage) -> None:
        self.usage = usage

    def _paid_before(self) -> Decimal:
        """What earlier calls already count for the order that this one asked for again."""
        if not self._resumed:
            return Decimal(0)
        same = Call.objects.filter(key=self._key, provider=self.engine.provider, provider_ref=self.wire.resumes)
        paid: Decimal = same.exclude(pk=self.id).aggregate(total=Coalesce(Sum("cost"), Decimal(0)))["total"]
        return paid

    def _close(self, outcome: Call.Outcome, usage: Usage, **extra: Any) -> None:
        if self._closed:
            return
        self._closed = True
        self._beat.stop()
        facts: dict[str, Any] = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "seconds": usage.seconds,
            "characters": usage.characters,
            "images": usage.images,
            "cost": max(prices.cost(self.engine, usage) - self._paid_before(), Decimal(0)),
            "reserved": Decimal(0),
            "latency_ms": int((time.monotonic() - self._started) * 1000),
        }
        if usage.provider_ref:
            facts["provider_ref"] = usage.provider_ref[:200]
        row = Call.objects.filter(pk=self.id)
        closed = row.filter(outcome=Call.Outcome.RUNNING).update(
            outcome=outcome, finished_at=Now(), lease_until=None, **extra, **facts
        )
        if not closed:
            # Another attempt took the work over while this process was suspended. What was spent stays true.
            row.update(**facts)


def begin(
    *,
    capability: str,
    engine: Engine,
    use: Use,
    key: str,
    estimate: Decimal,
    request: Mapping[str, Any] | None = None,
) -> OpenCall | Call:
    """Opens a call: budget, breaker and key are checked and the row is committed before anything is sent.

    Answers the finished Call instead when another process did the same work meanwhile. Raises BudgetExceededError, and
    ProviderBusyError while the provider asked to be left alone or while another process does this very work.
    """
    hosted = prices.price(engine) is not None
    if hosted:
        breaker.check(engine.provider)
    for _ in range(3):
        try:
            # durable: inside somebody's transaction the row would not be there when the process dies.
            with transaction.atomic(durable=True):
                budgets.check(user_id=use.user_id, organization_id=use.organization_id, estimate=estimate)
                call = Call.objects.create(
                    capability=capability,
                    provider=engine.provider,
                    model=engine.model,
                    purpose=use.purpose,
                    user_id=use.user_id,
                    organization_id=use.organization_id,
                    run_id=use.run_id,
                    endpoint=use.endpoint,
                    conversation_id=use.conversation_id,
                    subject_id=use.subject_id,
                    request=redaction.kept(request),
                    key=key,
                    reserved=estimate,
                )
                Call.objects.filter(pk=call.pk).update(lease_until=_from_now(LEASE))
            return OpenCall(call, engine)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            if done := finished(key):
                return done
            _take_over(key)
    raise ProviderBusyError("This is already being worked on.", retry_after=BEAT_SECONDS)


def close_lost() -> int:
    """Closes the calls whose process died, whatever their key. Returns how many."""
    lost = Call.objects.filter(outcome=Call.Outcome.RUNNING, lease_until__lt=Now())
    return lost.update(
        outcome=Call.Outcome.FAILED, error=LOST, reserved=Decimal(0), lease_until=None, finished_at=Now()
    )


def forget_contents(older_than: timedelta, *, batch: int = 500) -> int:
    """Empties what was asked and answered in calls that are over for so long. The figures stay. Returns how many rows."""
    emptied = 0
    old = Call.objects.filter(finished_at__lt=Now() - older_than).exclude(
        request__isnull=True, response__isnull=True, response_key=""
    )
    while rows := list(old.order_by("pk").values_list("pk", "response_key")[:batch]):
        with transaction.atomic():
            # Without its key nobody looks for the answer any more: the same work would be done anew.
            emptied += Call.objects.filter(pk__in=[pk for pk, _ in rows]).update(
                request=None, response=None, response_key="", key=""
            )
            removal.remove_later(key for _, key in rows)
    return emptied


def _take_over(key: str) -> None:
    """Frees the key of a call whose process died; raises ProviderBusyError when it lives."""
    running = Call.objects.filter(key=key, outcome=Call.Outcome.RUNNING)
    freed = running.filter(lease_until__lt=Now()).update(
        outcome=Call.Outcome.FAILED, error=LOST, reserved=Decimal(0), lease_until=None, finished_at=Now()
    )
    if freed:
        return
    if running.exists():
        raise ProviderBusyError("This is already being worked on.", retry_after=LEASE.total_seconds())


def _wire_key(call: Call) -> str:
    """The same for every attempt at the same work, so that a provider that keeps such keys bills once.

    After an unusable answer the next attempt has a key of its own: asked again, the provider would repeat itself.
    """
    if not call.key:
        return str(call.pk)
    # Without a reference nothing came that could be known again, perhaps not even from the provider itself.
    unusable = Call.objects.filter(key=call.key, outcome=Call.Outcome.INVALID).exclude(provider_ref="").count()
    return hashlib.sha256(f"{call.key}#{unusable}".encode()).hexdigest()[:40]


def _resumable(call: Call) -> str:
    """The provider's id of what an earlier attempt at the same work ordered and never got.

    What was made and came unusable UNUSABLE_TIMES is not asked for again.
    """
    if not call.key:
        return ""
    earlier = Call.objects.filter(key=call.key, provider=call.provider, model=call.model)
    earlier = earlier.exclude(pk=call.pk).exclude(provider_ref="")
    newest = earlier.order_by("-created_at", "-pk").values_list("provider_ref", flat=True).first() or ""
    unusable = earlier.filter(Q(images__gt=0) | Q(seconds__gt=0), provider_ref=newest, outcome=Call.Outcome.INVALID)
    return newest if newest and unusable.count() < UNUSABLE_TIMES else ""


def _from_now(delta: timedelta) -> Any:
    return ExpressionWrapper(Now() + delta, output_field=DateTimeField())


def _outcome(error: BaseException) -> Call.Outcome:
    if isinstance(error, ProviderBusyError):
        return Call.Outcome.BUSY
    if isinstance(error, ProviderRefusedError | LanguageUnsupportedError):
        return Call.Outcome.REFUSED
    if isinstance(error, InvalidAnswerError):
        return Call.Outcome.INVALID
    if isinstance(error, HaltedError | GeneratorExit | KeyboardInterrupt | SystemExit):
        return Call.Outcome.CANCELLED
    return Call.Outcome.FAILED


def _sentence(error: BaseException) -> str:
    """What the ledger says of a failure. Unexpected errors are named by their kind only: their text may quote a request."""
    if isinstance(error, DomainError):
        return error.message[:2000]
    if isinstance(error, HaltedError):
        return f"Stopped: {error.reason}"[:2000]
    if isinstance(error, GeneratorExit):
        return "The reader went away."
    return f"The engine broke ({type(error).__name__})."


class _Beat(threading.Thread):
    """Keeps one call's lease alive with a connection of its own, opened only when the call outlives the first beat."""

    def __init__(self, call_id: UUID) -> None:
        super().__init__(name=f"ai-call-{call_id}", daemon=True)
        self._call_id = call_id
        self._over = threading.Event()

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        try:
            while not self._over.wait(BEAT_SECONDS):
                Call.objects.filter(pk=self._call_id, outcome=Call.Outcome.RUNNING).update(lease_until=_from_now(LEASE))
        except Exception:
            # Without a beat the lease runs out and the work may be repeated: the operator should know why.
            log.exception("ai.lease_not_renewed", call=str(self._call_id))
        finally:
            connection.close()
