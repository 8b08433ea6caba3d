"""Old rows leave the trail, and a signed tombstone for each gap stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core import audit
from core.audit import chain, hashes
from core.errors import ConflictError, InvalidFieldError
from core.models import AuditEvent, AuditTombstone

FLOOR_DAYS = 90
SECURITY_FLOOR_DAYS = 365
# No trail is older, and the calendar of the database has an end.
CEILING_DAYS = 36_500

GAPS = """
    SELECT min(position), max(position), (array_agg(prev_hash ORDER BY position))[1], (array_agg(hash ORDER BY position DESC))[1]
    FROM (
        SELECT position, prev_hash, hash, position - row_number() OVER (ORDER BY position) AS gap
        FROM core_auditevent WHERE id = ANY(%s)
    ) AS leaving
    GROUP BY gap ORDER BY 1
"""


@dataclass(frozen=True)
class CleanUp:
    deleted: int
    older_than: datetime


@transaction.atomic
def clean_up(*, older_than_days: int, actor: AbstractBaseUser | None) -> CleanUp:
    """Removes rows past the floor; security rows stay for a year. Refused while the chain is broken: it would remove the proof."""
    if not FLOOR_DAYS <= older_than_days <= CEILING_DAYS:
        raise InvalidFieldError(
            f"Input should be from {FLOOR_DAYS} to {CEILING_DAYS}",
            field="query.older_than_days",
            kind="greater_than_equal" if older_than_days < FLOOR_DAYS else "less_than_equal",
        )
    chain.hold()
    chain.seal_all()
    if broken := chain.walk().broken:
        raise ConflictError(f"The audit trail does not verify, so nothing was removed: {broken}.")
    now = timezone.now()
    older_than = now - timedelta(days=older_than_days)
    security_floor = min(older_than, now - timedelta(days=SECURITY_FLOOR_DAYS))
    ids = list(_leaving(older_than, security_floor).values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(GAPS, [ids])
        gaps = cursor.fetchall()
        # For the rest of this transaction the trigger lets rows go.
        cursor.execute("SET LOCAL reelwright.audit_clean_up = 'on'")
        cursor.execute("DELETE FROM core_auditevent WHERE id = ANY(%s)", [ids])
        cursor.execute("SET LOCAL reelwright.audit_clean_up = 'off'")
    for first, last, prev_hash, last_hash in gaps:
        _bury(first, last, prev_hash=prev_hash, last_hash=last_hash)
    audit.record("core.audit.clean_up", None, actor=actor, deleted=len(ids), older_than=older_than)
    return CleanUp(len(ids), older_than)


def _leaving(older_than: datetime, security_floor: datetime) -> QuerySet[AuditEvent]:
    security = Q(category=AuditEvent.Category.SECURITY)
    old = (~security & Q(at__lt=older_than)) | (security & Q(at__lt=security_floor))
    return AuditEvent.objects.exclude(position=None).filter(old)


def _bury(first: int, last: int, *, prev_hash: str, last_hash: str) -> None:
    """One tombstone for the gap and those beside it."""
    before = AuditTombstone.objects.filter(last_position=first - 1).first()
    after = AuditTombstone.objects.filter(first_position=last + 1).first()
    if before:
        first, prev_hash = before.first_position, before.prev_hash
        before.delete()
    if after:
        last, last_hash = after.last_position, after.last_hash
        after.delete()
    grave = AuditTombstone(
        first_position=first, last_position=last, prev_hash=prev_hash, last_hash=last_hash, made_at=timezone.now()
    )
    grave.signature = hashes.signed("tombstone", chain.grave_content(grave))
    grave.save(force_insert=True)
