"""Collections as lists."""

from __future__ import annotations

import uuid

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from media_library.models import Asset, Collection


def listed(user: User, *, project: uuid.UUID | None = None) -> QuerySet[Collection]:
    """With `shown`: how many files in each the person would find there."""
    seen = Asset.objects.visible_to(user).originals().live().order_by()
    inside = Asset.collections.through.objects.filter(collection=OuterRef("pk"), asset__in=seen.values("pk"))
    count = inside.order_by().values("collection").annotate(assets=Count("asset", distinct=True)).values("assets")
    mine = Collection.objects.visible_to(user).order_by().values("pk")
    found = Collection.objects.filter(pk__in=mine).select_related("project", "organization")
    if project is not None:
        found = found.filter(project=project)
    return found.annotate(shown=Coalesce(Subquery(count), 0)).order_by("name", "pk")
