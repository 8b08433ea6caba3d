"""What checking brings to the job's page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from accounts import policies
from accounts.models import User
from jobs.models import Job
from jobs.panels import register
from qc.models import ReviewNote, ShareLink


@register("notes", template="qc/partials/_notes_panel.html", order=30)
def notes(job: Job, user: User) -> dict[str, Any] | None:
    found = ReviewNote.objects.visible_to(user).filter(job=job, parent=None)
    counts = found.order_by().aggregate(
        every=Count("pk", distinct=True), open=Count("pk", filter=Q(resolved=False), distinct=True)
    )
    newest = list(found.filter(resolved=False).select_related("author").order_by("-created_at", "-pk")[:3])
    return {"every": counts["every"], "open": counts["open"], "newest": newest}


@register("links", template="qc/partials/_links_panel.html", order=50)
def links(job: Job, user: User) -> dict[str, Any] | None:
    if not policies.can(user, "qc.share.manage", job):
        return None
    return {"open": ShareLink.objects.alive().with_views_left().filter(job=job).count()}
