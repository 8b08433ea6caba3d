"""Figures of the whole platform, for its admins. Each answer costs the same however much there is to count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import Client, Organization, User
from core.models import AuditEvent
from core.runs.models import Step
from jobs.models import Job, LanguageOutput
from jobs.services import KIND
from media_library.models import Asset

DAY = timedelta(days=1)


def counted(rows: QuerySet[Any], field: str, known: list[str]) -> dict[str, int]:
    """How many rows have each value; none is 0, not missing."""
    found = dict(rows.order_by().values_list(field).annotate(n=Count("pk")))
    return {value: found.get(value, 0) for value in known}


def platform() -> dict[str, Any]:
    people = User.objects.filter(deleted_at=None)
    jobs = counted(Job.objects.filter(deleted_at=None), "status", Job.Status.values)
    return {
        "users": {
            **people.aggregate(total=Count("pk"), active=Count("pk", filter=Q(is_active=True))),
            "by_role": counted(people, "role", User.Role.values),
        },
        "organizations": Organization.objects.count(),
        "clients": Client.objects.live().count(),
        "jobs": {"total": sum(jobs.values()), "by_status": jobs},
        "storage_bytes": Asset.objects.aggregate(bytes=Sum("size"))["bytes"] or 0,
        "generated_at": timezone.now(),
    }


def pipeline() -> dict[str, Any]:
    """Failures are counted in the trail: a job that was retried since has failed all the same."""
    now = timezone.now()
    jobs = Job.objects.filter(deleted_at=None)
    by_status = counted(jobs, "status", Job.Status.values)
    languages = LanguageOutput.objects.filter(job__deleted_at=None).order_by("language").values_list("language")
    worked = Step.objects.filter(run__kind=KIND, status=Step.Status.DONE, reused=False).exclude(queue="")
    seconds = worked.order_by("name").values_list("name").annotate(mean=Avg(F("finished_at") - F("started_at")))
    failures = AuditEvent.objects.filter(action="jobs.job.step_failed", at__gte=now - DAY)
    return {
        "total": sum(by_status.values()),
        "by_status": by_status,
        "by_language": dict(languages.annotate(n=Count("pk"))),
        "average_step_seconds": {name: round(took.total_seconds(), 3) for name, took in seconds if took is not None},
        "completed_last_24h": jobs.filter(status=Job.Status.COMPLETED, completed_at__gte=now - DAY).count(),
        "failed_last_24h": failures.aggregate(jobs=Count("subject_id", distinct=True))["jobs"],
        "generated_at": now,
    }
