"""How much a person keeps in the library, and how much they may. Files on their way in count as if they were there."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count, Sum
from django.template.defaultfilters import filesizeformat

from accounts.models import User
from core.errors import TooLargeError
from media_library.models import Asset, Intake
from media_library.queries import intakes


class QuotaExceededError(TooLargeError):
    code = "quota_exceeded"
    default_message = "Your storage is full."


@dataclass(frozen=True)
class KindUsage:
    count: int
    size: int


@dataclass(frozen=True)
class Usage:
    """Bytes. `made` is what the studio made of the person's files, which does not count against `limit`."""

    used: int
    pending: int
    limit: int
    made: int = 0
    by_kind: dict[str, KindUsage] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used - self.pending)


def limit_of(user: User) -> int:
    limit: int = settings.STORAGE_QUOTAS[user.tier]
    return limit


def usage(user: User) -> Usage:
    """All versions count, archived ones too: their bytes are there."""
    own = Asset.objects.filter(owner=user, deleted_at=None)
    brought = own.filter(purpose=Asset.Purpose.ORIGINAL).order_by()
    by_kind = {
        row["kind"]: KindUsage(row["files"], row["bytes"])
        for row in brought.values("kind").annotate(files=Count("pk"), bytes=Sum("size"))
    }
    made = own.exclude(purpose=Asset.Purpose.ORIGINAL).aggregate(bytes=Sum("size"))["bytes"]
    return Usage(
        used=sum(kind.size for kind in by_kind.values()),
        pending=_pending(user),
        limit=limit_of(user),
        made=made or 0,
        by_kind=by_kind,
    )


def _pending(user: User, *, without: Intake | None = None) -> int:
    """Announced and not here yet: uploads whose link still works, and addresses that are being fetched."""
    under_way = intakes.open_uploads() | intakes.open_imports()
    coming = Intake.objects.filter(under_way, owner=user, status=Intake.Status.COMING)
    if without is not None:
        coming = coming.exclude(pk=without.pk)
    return coming.aggregate(bytes=Sum("size"))["bytes"] or 0


def require_room(user: User, size: int, *, coming: Intake | None = None) -> None:
    """For `size` bytes more, of which those of `coming` are announced. Call with `hold(user)`, or two files may take the same room."""
    own = Asset.objects.filter(owner=user, deleted_at=None, purpose=Asset.Purpose.ORIGINAL)
    used = own.aggregate(bytes=Sum("size"))["bytes"] or 0
    limit, pending = limit_of(user), _pending(user, without=coming)
    if used + pending + size > limit:
        left = max(0, limit - used - pending)
        raise QuotaExceededError(
            f"Your storage holds {filesizeformat(limit)}, of which {filesizeformat(left)} are free. "
            f"This file has {filesizeformat(size)}. Delete what you no longer need, or ask an admin for more.",
            used=used,
            pending=pending,
            limit=limit,
        )


def hold(user: User) -> None:
    """For the rest of the transaction no other file of this person is given room."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
