"""What takes up a person's room in the store."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from accounts.models import User
from media_library.models import Asset
from media_library.models.assets import AssetQuerySet


def owned(user: User) -> AssetQuerySet:
    """Everything that counts against `user`, archived and replaced versions too, the largest first."""
    own = Asset.objects.visible_to(user).filter(owner=user, purpose=Asset.Purpose.ORIGINAL)
    return own.select_related("project", "run").order_by("-size", "-pk")


@dataclass(frozen=True)
class Share:
    name: str
    files: int
    size: int


def by_project(user: User) -> list[Share]:
    rows = owned(user).order_by().values("project", "project__name").annotate(files=Count("pk"), bytes=Sum("size"))
    return [
        Share(row["project__name"] or "In no project", row["files"], row["bytes"])
        for row in rows.order_by("-bytes", "project")[:20]
    ]
