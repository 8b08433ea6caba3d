"""The one way to write the audit trail."""

from __future__ import annotations

import ipaddress
import json
import uuid
from typing import Any

import structlog
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from core.audit import hashes
from core.models import AuditEvent
from core.rest.request_info import info

Category = AuditEvent.Category

# The nouns of app accounts whose changes say nothing about who may get in or do what. All others there do.
HARMLESS = frozenset({"organization", "client", "team", "project", "client_project"})
READS = frozenset({"download", "export", "view"})


def category_of(action: str) -> str:
    """security: sign-ins and their failures, credentials, roles and memberships, refusals, the trail itself."""
    app, _, rest = action.partition(".")
    noun, _, verb = rest.rpartition(".")
    if app in {"auth", "access"} or action.startswith("core.audit.") or (app == "accounts" and noun not in HARMLESS):
        return Category.SECURITY
    return Category.ACCESS if verb in READS else Category.CHANGE


def record(
    action: str,
    subject: models.Model | None,
    *,
    actor: AbstractBaseUser | AnonymousUser | None,
    before: str = "",
    after: str = "",
    category: str = "",
    **details: Any,
) -> AuditEvent:
    """Writes one event in the caller's transaction, so that it exists exactly when the change does. No actor: the studio itself.

    The row gets its own hash here and its place in the chain after the commit. A chain that were computed here would put every
    transaction of the studio behind one lock, and deadlock with the row locks that each of them holds already.
    """
    context = structlog.contextvars.get_contextvars()
    asked = info()
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "at": timezone.now(),
        "category": category or category_of(action),
        "actor_id": actor.pk if actor else None,
        "actor_email": getattr(actor, "email", "") or "",
        "action": action,
        "subject_type": subject._meta.label_lower if subject else "",  # noqa: SLF001  (the documented way to a model's label)
        "subject_id": str(subject.pk) if subject else "",
        "before": before,
        "after": after,
        "details": plain({key: value for key, value in details.items() if value not in (None, "")}),
        "request_id": str(context.get("request_id", ""))[:64],
        "ip_address": address(asked.address),
        "user_agent": storable(asked.user_agent)[:300],
    }
    return AuditEvent.objects.create(**values, row_hash=hashes.signed("row", hashes.content(values)))


def plain(details: dict[str, Any]) -> dict[str, Any]:
    """As the database will give them back."""
    read: dict[str, Any] = json.loads(json.dumps(details, cls=DjangoJSONEncoder), object_hook=_storable_keys)
    return {name: _storable(value) for name, value in read.items()}


def _storable_keys(read: dict[str, Any]) -> dict[str, Any]:
    return {storable(name): value for name, value in read.items()}


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case list():
            return [_storable(inner) for inner in value]
        case dict():
            return {name: _storable(inner) for name, inner in value.items()}
    return value


def storable(text: str) -> str:
    """What somebody typed into a form may hold what Postgres does not take; the trail must take it."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def address(text: str | None) -> str | None:
    """Without the zone of a link-local one; None for what is no address."""
    try:
        found = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)
