"""What production looks at to keep the work going. Each answer costs the same however many jobs there are."""

from __future__ import annotations

from django.db.models import CharField, F, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from accounts.models import User
from core.models import AuditEvent
from core.runs.models import Step
from jobs.models import Job

LABEL = "jobs.job"


def failures(user: User, *, failed_step: str = "") -> QuerySet[Job]:
    """Failed jobs, the newest failure first, each with `failed_at` and how often the step that failed was tried (`attempts`)."""
    jobs = Job.objects.produced_by(user).filter(status=Job.Status.FAILED)
    if failed_step:
        jobs = jobs.filter(failed_step=failed_step)
    failed = AuditEvent.objects.filter(
        subject_type=LABEL, subject_id=Cast(OuterRef("pk"), CharField()), action="jobs.job.step_failed"
    )
    tried = Step.objects.filter(run=OuterRef("run"), status=Step.Status.FAILED).order_by().values("run")
    return (
        jobs.select_related("run", "created_by", "client", "organization")
        .prefetch_related("outputs")
        .annotate(
            failed_at=Coalesce(Subquery(failed.order_by("-at").values("at")[:1]), F("updated_at")),
            attempts=Coalesce(
                Subquery(tried.annotate(most=Max("attempt")).values("most"), output_field=IntegerField()), 0
            ),
        )
        .order_by("-failed_at", "-id")
    )
