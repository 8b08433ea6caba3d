"""The one way to write the audit trail."""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from core.models import AuditEvent


def record(
    action: str,
    subject: models.Model,
    *,
    actor: AbstractBaseUser | None,
    before: str = "",
    after: str = "",
    **details: Any,
) -> AuditEvent:
    """Writes one event in the caller's transaction, so that it exists exactly when the change does. No actor: the studio itself."""
    context = structlog.contextvars.get_contextvars()
    return AuditEvent.objects.create(
        action=action,
        subject_type=subject._meta.label_lower,  # noqa: SLF001  (the documented way to a model's label)
        subject_id=str(subject.pk),
        actor_id=actor.pk if actor else None,
        before=before,
        after=after,
        details={key: value for key, value in details.items() if value not in (None, "")},
        request_id=str(context.get("request_id", "")),
    )
