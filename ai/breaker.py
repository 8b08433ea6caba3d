"""Leaving a provider alone while it is down or has asked for time. The ledger is the memory, so all workers share it."""

from __future__ import annotations

from datetime import timedelta

from ai.budgets import database_now
from ai.errors import ProviderBusyError
from ai.models import Call

OPENS_AFTER = 5  # failures in a row
HALF_OPEN_AFTER = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)  # a Retry-After beyond this is tried again anyway


def check(provider: str) -> None:
    """Raises ProviderBusyError, without asking, while a Retry-After runs or after OPENS_AFTER failures in a row.

    After HALF_OPEN_AFTER one call may try; the others wait for how it ends.
    """
    now = database_now()
    recent = Call.objects.filter(provider=provider, finished_at__gte=now - LONGEST_WAIT)
    asked = recent.filter(retry_at__gt=now).order_by("-retry_at").values_list("retry_at", flat=True).first()
    if asked:
        raise ProviderBusyError(
            f"{provider.capitalize()} asked the studio to wait. The studio tries again by itself.",
            retry_after=(asked - now).total_seconds(),
        )
    judged = recent.filter(outcome__in=(Call.Outcome.OK, Call.Outcome.REFUSED, Call.Outcome.INVALID, Call.Outcome.BUSY))
    last = list(judged.order_by("-finished_at").values_list("outcome", "finished_at")[:OPENS_AFTER])
    if len(last) < OPENS_AFTER or any(outcome != Call.Outcome.BUSY for outcome, _ in last):
        return
    newest = last[0][1]
    if newest is None:
        return
    trial = Call.objects.filter(
        provider=provider, outcome=Call.Outcome.RUNNING, created_at__gt=newest, lease_until__gt=now
    ).exists()
    opens = newest + HALF_OPEN_AFTER
    if opens > now or trial:
        raise ProviderBusyError(
            f"{provider.capitalize()} does not answer at the moment. The studio tries again by itself.",
            retry_after=max((opens - now).total_seconds(), 5.0),
        )
