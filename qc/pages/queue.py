"""What waits for somebody: the oldest deadline first, one key to start."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.pages.parts import paged, sentence_of, viewer
from core import languages
from core.errors import DomainError, NotFoundError
from jobs.models import Job
from qc import queries, review_policies, workflows
from qc.events import editor
from qc.models import LanguageReview

S = LanguageReview.State
MOST_DECISIONS = 20
SHOWN_STATES = (S.ASSIGNED, S.IN_PROGRESS, S.REJECTED, S.SUBMITTED, S.IN_REVIEW)
TASKS = {
    S.ASSIGNED: ("Work on", "Start"),
    S.IN_PROGRESS: ("Work on", "Go on"),
    S.REJECTED: ("Read what was rejected in", "Read"),
    S.SUBMITTED: ("Review", "Start"),
    S.IN_REVIEW: ("Review", "Go on"),
    S.APPROVED: ("Approved:", "Look"),
}


@login_required
@never_cache
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    state = request.GET.get("state", "")
    state = state if state in (*SHOWN_STATES, S.APPROVED) else ""
    page = paged(request, queries.queue(user, state=state))
    counts = queries.queue_counts(user)
    rows: list[Any] = list(page.object_list)
    progress = queries.progress(rows)
    now = timezone.now()
    unclaimed = list(queries.unclaimed(user)[:MOST_DECISIONS]) if not state else []
    decisions = list(queries.decisions(user)[:MOST_DECISIONS]) if not state else []
    context = {
        "page": page,
        "groups": [
            {"name": name, "late": name == "Late", "rows": [_row(one, now, progress.get(one.pk)) for one in members]}
            for name, members in groupby(rows, key=lambda one: when(one.due, now))
        ],
        "unclaimed": [_row(one, now, None) for one in unclaimed],
        "decisions": [_decision(job, now) for job in decisions],
        "waiting": sum(counts.values()) + len(unclaimed) + len(decisions),
        "state": state,
        "chips": [
            {"key": key, "name": S(key).label, "count": counts.get(key, 0), "on": key == state}
            for key in (*SHOWN_STATES, S.APPROVED)
            if counts.get(key) or key in (state, S.APPROVED)
        ],
    }
    return render(request, "qc/queue.html", context)


def when(due: datetime | None, now: datetime) -> str:
    if due is None:
        return "No deadline"
    if due < now:
        return "Late"
    if due.date() == now.date():
        return "Today"
    return "This week" if due < now + timedelta(days=7) else "Later"


def due_words(due: datetime | None, now: datetime) -> str:
    if due is None:
        return ""
    # Parts of it are joined by spaces that do not break, which a narrow column needs.
    return f"{timesince(due, now, depth=1)} late" if due < now else f"in {timesince(now, due, depth=1)}"


def _row(review: Any, now: datetime, progress: queries.Progress | None) -> dict[str, Any]:
    verb, button = TASKS[review.state]
    return {
        "review": review,
        "task": f"{verb} {languages.name(review.output.language)}",
        "button": button,
        "due": review.due,
        "words": due_words(review.due, now),
        "late": review.due is not None and review.due < now,
        "left": progress.total - len(progress.reviewed) if progress and progress.total else None,
        "total": progress.total if progress else 0,
    }


def _decision(job: Job, now: datetime) -> dict[str, Any]:
    source = job.status == Job.Status.PENDING_QC
    way = (
        reverse("jobs:track", kwargs={"job_id": job.pk, "language": job.source_language, "kind": "captions"})
        if source
        else reverse("qc:review", args=[job.pk])
    )
    return {
        "job": job,
        "task": "Approve the source" if source else "Final review",
        "way": way,
        "due": job.due_at,
        "words": due_words(job.due_at, now),
        "late": job.due_at is not None and job.due_at < now,
    }


@login_required
@never_cache
@require_POST
def start(request: HttpRequest, review_id: uuid.UUID) -> HttpResponse:
    """Begins what is next for this person, and leads to where it is done."""
    user = viewer(request)
    review = queries.detailed(LanguageReview.objects.visible_to(user)).filter(pk=review_id).first()
    if review is None:
        raise NotFoundError("There is no such language, or you have no access to it.")
    review_policies.require(user, "comment", review)
    begin = {S.ASSIGNED: workflows.start_work, S.SUBMITTED: workflows.open_review}.get(S(review.state))
    if review.state == S.REJECTED:
        return redirect("qc:language", job_id=review.output.job_id, lang=review.output.language)
    if begin is not None:
        try:
            begin(review, actor=user)
        except DomainError as error:
            messages.error(request, sentence_of(error))
            return redirect("qc:queue")
    return redirect(editor(review))
