"""Parts of the job page about finishing it: its style, and its packages."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from core.live.events import percent
from jobs import policies
from jobs.models import Delivery, Job
from jobs.panels import register
from jobs.services import quality
from jobs.services.delivery import refusal
from media_library.media.profiles import PROFILES

# Older ones are still there, in the API.
SHOWN = 3


@register("quality", template="jobs/partials/_quality.html", order=40)
def style_of_job(job: Job, user: User) -> dict[str, Any] | None:
    rows = quality.saved(job, reader=user)
    may = policies.allowed(user, "quality", job) and not job.is_read_only
    if not rows and not may:
        return None
    return {
        "rows": rows,
        "profile": quality.find_profile(job.quality_profile),
        "unchecked": any(row.errors is None for row in rows),
        "may": may,
        "profiles": list(PROFILES.values()),
    }


@register("delivery", template="jobs/partials/_delivery.html", order=60)
def of_job(job: Job, user: User) -> dict[str, Any] | None:
    if not policies.allowed(user, "downloads", job):
        return None
    why_not = refusal(user, job)
    found = Delivery.objects.visible_to(user).alive().filter(jobs=job).select_related("run")[:SHOWN]
    rows = [
        {
            "delivery": one,
            "percent": percent(one.run.progress) if one.run else 0,
            "building": one.status == Delivery.Status.BUILDING,
            "ready": one.status == Delivery.Status.READY,
            "error": one.run.error if one.run else "",
        }
        for one in found
    ]
    return {
        "why_not": why_not,
        "rows": [] if why_not else rows,
        "building": any(row["building"] for row in rows),
        "problem": "",
    }
