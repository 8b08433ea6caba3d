"""Jobs, for the command palette."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from accounts.models import User
from accounts.policies import can
from core.palette import MOST, SHORTEST, Entry, Place, among, source
from jobs import brief_policies as _rules  # noqa: F401  (registers them)
from jobs.models import Job
from jobs.policies import decision

PAGES = (
    Place("Jobs", "jobs:list", "jobs", "work videos"),
    Place("Jobs that wait for a person", "jobs:list", "clock", "waiting review", "?status=waiting"),
    Place("Failed jobs", "jobs:list", "warn", "errors", "?status=failed"),
)
BRIEFS = Place("Briefs", "jobs:briefs", "brief", "orders requests")
NEW_BRIEF = Place("New brief", "jobs:brief_new", "brief", "ask order request write")
NEW = Place("New job", "jobs:list", "jobs", "upload a video start", "#new-job-form")


@source("pages")
def pages(user: User, text: str) -> Iterable[Entry]:
    return among([*PAGES, BRIEFS] if can(user, "jobs.brief.open") else PAGES, text)


@source("actions")
def actions(user: User, text: str) -> Iterable[Entry]:
    shown = [NEW] if decision(user, "create") else []
    shown += [NEW_BRIEF] if can(user, "jobs.brief.create") else []
    return among(shown, text)


@source("jobs")
def jobs(user: User, text: str) -> Iterable[Entry]:
    if len(text) < SHORTEST:
        return []
    rows = Job.objects.visible_to(user).filter(title__icontains=text).order_by("-created_at", "-pk")[:MOST]
    return [
        Entry(row.title, reverse("jobs:detail", args=[row.pk]), "jobs", text=row.get_status_display()) for row in rows
    ]
