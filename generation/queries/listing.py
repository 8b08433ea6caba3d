"""What a list of sessions shows of each, at the same number of queries however many."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from ai.models import Call
from generation.models import GenerationSession, Take
from media_library.models import Asset

THERE = {"status": Take.Status.READY, "replaced_by": None, "removed_at": None}


def counted(rows: QuerySet[GenerationSession]) -> QuerySet[GenerationSession]:
    """With `images` and `clips`: how many are there to choose from."""
    ready = Q(**{f"takes__{name}": value for name, value in THERE.items()})
    return rows.annotate(
        images=Count("takes", filter=ready & Q(takes__kind=Take.Kind.IMAGE)),
        clips=Count("takes", filter=ready & Q(takes__kind=Take.Kind.CLIP)),
    )


def first_pictures(sessions: Iterable[GenerationSession]) -> dict[uuid.UUID, Asset]:
    """The picture that stands for each session: the first that was approved, else the first."""
    takes = Take.objects.filter(session__in=list(sessions), kind=Take.Kind.IMAGE, asset__deleted_at=None, **THERE)
    newest_last = takes.order_by("approved", F("order_index").desc(nulls_first=True), "-created_at", "-index")
    return {take.session_id: take.asset for take in newest_last.select_related("asset") if take.asset}


def spent(sessions: Iterable[GenerationSession]) -> dict[uuid.UUID, Decimal]:
    """US dollars that were paid for each."""
    calls = Call.objects.filter(subject_id__in=[session.pk for session in sessions]).order_by()
    return dict(calls.values_list("subject_id").annotate(total=Sum("cost")))
