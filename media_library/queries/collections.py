"""Collections as lists."""

from __future__ import annotations

import uuid

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from media_library.models import Asset, Collection


def listed(user: User, *, project: uuid.UUID | None = None) -> QuerySet[Collection]:
    """With `shown`: how many files in each the person would find there."""
    seen = Asset.objects.visible_to(user).originals().live().order_by()
    mine = Collection.objects.visible_to(user).order_by().values("pk")
    found = Collection.objects.filter(pk__in=mine).select_related("project", "organization")
    if project is not None:
        found = found.filter(project=project)
    shown = Count("assets", filter=Q(assets__in=seen.values("pk")), distinct=True)
    return found.annotate(shown=shown).order_by("name", "pk")
