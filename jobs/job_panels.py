"""The job page's own panels: what is planned, and what it took."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from jobs import effort, policies, services
from jobs.models import Brief, Job
from jobs.panels import register
from jobs.queries import OVER
from jobs.services.describing import ADVICE


@register("plan", template="jobs/partials/_plan.html", order=75)
def plan(job: Job, user: User) -> dict[str, Any]:
    now = timezone.now()
    return {
        "may": policies.allowed(user, "update", job) and not job.is_read_only,
        "late": job.due_at is not None and job.due_at < now and job.status not in OVER,
        "brief": Brief.objects.visible_to(user).filter(pk=job.brief_id).first() if job.brief_id else None,
    }


@register("effort", template="jobs/partials/_effort.html", order=80)
def took(job: Job, user: User) -> dict[str, Any] | None:
    """For those who plan and pay for the work."""
    if not policies.allowed(user, "costs", job):
        return None
    return {"effort": effort.of_job(job, timezone.now())}


@register("description", template="jobs/partials/_description_panel.html", order=20)
def describing(job: Job, user: User) -> dict[str, Any] | None:
    """Whether what is to be said fits into the silences, for those who read the job's texts."""
    if not job.wants_description:
        return None
    languages = [output.language for output in job.outputs.all() if policies.may_read_track(user, output)]
    fit = services.fit(job)
    if not languages or (not fit.gaps and not fit.lines):
        return None
    gaps = [{"start": gap.start * 1000, "end": gap.end * 1000, "words": gap.words} for gap in fit.gaps]
    return {
        "fit": fit,
        "gaps": gaps,
        "words": sum(gap.words for gap in fit.gaps),
        "advice": ADVICE[fit.recommendation],
        "languages": languages,
    }
