"""Finding rows of the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from core.models import AuditEvent


def chosen(
    events: QuerySet[AuditEvent],
    *,
    actor_id: Any = None,
    person: str = "",
    category: str = "",
    action: str = "",
    kind: str = "",
    thing: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEvent]:
    """Newest first. `action` is one or the beginning of several (`auth`), `kind` a model with its app (`jobs.job`) or without,
    `thing` an id or a kind, `person` a part of a name or address."""
    if actor_id:
        events = events.filter(actor=actor_id)
    if person:
        events = events.filter(Q(actor_email__icontains=person) | Q(actor__name__icontains=person))
    if category:
        events = events.filter(category=category)
    if action:
        events = events.filter(Q(action=action) | Q(action__startswith=f"{action}."))
    if kind:
        events = events.filter(_of_kind(kind))
    if thing:
        events = events.filter(Q(subject_id=thing) | _of_kind(thing))
    if since:
        events = events.filter(at__gte=since)
    if until:
        events = events.filter(at__lte=until)
    return events.order_by("-at", "-pk")


def _of_kind(kind: str) -> Q:
    return Q(subject_type=kind.lower()) | Q(subject_type__endswith=f".{kind.lower()}")
