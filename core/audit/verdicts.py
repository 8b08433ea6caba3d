"""What the last walk over the trail found, kept for people to see. The walk itself is `chain.verify`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.cache import cache
from django.db.models import Min
from django.utils import timezone
from redis import RedisError

from core.audit import chain, checkpoints, hashes
from core.audit.chain import Verdict
from core.audit.checkpoints import Checkpoint
from core.models import AuditEvent, AuditHead
from core.runs import outbox

log = structlog.get_logger(__name__)

KEY = "audit.verdict"
VERIFY = "core.tasks.verify_audit_trail"
# The sealer comes every five seconds. Rows that wait so long have been forgotten.
LONGEST_WAIT = timedelta(minutes=2)


@dataclass(frozen=True)
class Standing:
    """Where the trail stands: `sealed` rows, `pending` ones, and what the last walk said, when there was one."""

    sealed: int
    pending: int
    waiting_since: datetime | None
    verdict: Verdict | None
    verified_at: datetime | None
    checkpoint: Checkpoint | None

    @property
    def since_then(self) -> int:
        """Rows sealed after the last walk."""
        return max(0, self.sealed - self.verdict.position) if self.verdict else self.sealed

    @property
    def sealer_is_late(self) -> bool:
        return self.waiting_since is not None and timezone.now() - self.waiting_since > LONGEST_WAIT


def ask() -> None:
    """Has a worker walk the trail. It may be long, so this is nothing for a request to wait for."""
    # Where long work is done; the default queue's work must be short.
    outbox.ring(VERIFY, queue="media")


def verify() -> Verdict:
    """Walks the trail and keeps what was found."""
    verdict = chain.verify()
    if verdict.broken:
        log.error("audit.broken", broken=verdict.broken)
    facts = {**asdict(verdict), "at": timezone.now().isoformat()}
    try:
        cache.set(KEY, {**facts, "signature": hashes.signed("verdict", facts)}, timeout=None)
    except RedisError as error:
        log.warning("audit.verdict_not_kept", error=str(error))
    return verdict


def standing() -> Standing:
    head = AuditHead.objects.filter(pk=1).first()
    pending = AuditEvent.objects.filter(position=None)
    facts = _kept()
    at = datetime.fromisoformat(facts.pop("at")) if facts else None
    newest = checkpoints.newest()
    return Standing(
        sealed=head.position if head else 0,
        pending=pending.count(),
        waiting_since=pending.aggregate(at=Min("at"))["at"],
        verdict=Verdict(**facts) if facts else None,
        verified_at=at,
        checkpoint=newest if newest and newest.is_genuine() else None,
    )


def _kept() -> dict[str, Any]:
    """Empty when nothing was kept, or when what is there was not written by us."""
    try:
        facts: dict[str, Any] = cache.get(KEY) or {}
    except RedisError:
        return {}
    signature = facts.pop("signature", "")
    return facts if facts and hashes.is_signed(signature, "verdict", facts) else {}
