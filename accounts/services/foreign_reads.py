"""Looking into other people's houses, which the platform's admins may and which leaves a trace."""

from __future__ import annotations

from datetime import timedelta

from django.db import models, transaction
from django.db.models.functions import Now

from accounts import policies
from accounts.models import User
from core import audit
from core.models import AuditEvent

ACTION = "accounts.admin.read_foreign"
ONE_ROW_EACH = timedelta(hours=1)


def note(user: User, subject: models.Model) -> None:
    """Writes down that an admin looked at a thing of a house that is not theirs, once an hour for each thing."""
    house = policies.house_of(subject)
    if not user.is_platform_admin or house is None or house in user.roles_by_house or _noted(user, subject):
        return
    with transaction.atomic():
        # Pages ask for the same thing several times at once; the admin's own row lets one of them write.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not _noted(user, subject):
            audit.record(ACTION, subject, actor=user, organization=str(house))


def _noted(user: User, subject: models.Model) -> bool:
    return AuditEvent.objects.filter(
        subject_type=subject._meta.label_lower,  # noqa: SLF001  (the documented way to a model's label)
        subject_id=str(subject.pk),
        action=ACTION,
        actor=user,
        at__gt=Now() - ONE_ROW_EACH,
    ).exists()
