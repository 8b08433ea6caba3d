"""What checking brings to the job's page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from accounts import policies
from accounts.models import User
from jobs.models import Job
from jobs.panels import register
from qc import queries, review_policies, workflows
from qc.models import LanguageReview, ReviewNote, ShareLink


@register("languages", template="qc/partials/_languages_panel.html", order=10)
def languages(job: Job, user: User) -> dict[str, Any] | None:
    visible = LanguageReview.objects.visible_to(user).filter(output__job=job)
    reviews = list(queries.detailed(visible).order_by("-output__is_source", "output__language", "pk"))
    if not reviews:
        return None
    for review in reviews:
        review.output.job = job
    progress, comments = queries.progress(reviews), queries.open_comments(reviews)
    may_assign = bool(policies.can(user, "qc.languages.assign", job)) and not job.is_read_only
    rows = [
        {
            "review": one,
            "progress": progress[one.pk],
            "read": len(progress[one.pk].reviewed),
            "comments": comments.get(one.pk, 0),
            "due": one.due_at or job.due_at,
            "may_assign": may_assign and one.state in workflows.OPEN,
            "may_reopen": "reopen" in workflows.allowed_actions(one, user),
            "talks": bool(review_policies.may(user, "comment", one)),
        }
        for one in reviews
    ]
    unassigned = sum(one.state == LanguageReview.State.UNASSIGNED and not one.output.is_source for one in reviews)
    return {"rows": rows, "unassigned": unassigned if may_assign else 0, "may_assign": may_assign}


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
