"""Packages of finished work: asked for, built once, handed out for a while, removed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from core import audit
from core.errors import NotFoundError, WrongStateError
from core.runs import artefacts
from core.runs import services as runs
from core.runs.models import Run
from core.storage import removal, store
from jobs import queries
from jobs.models import Delivery, Job
from jobs.services import packaging
from jobs.services.delivery import refusal, slug

KIND = "jobs.delivery"
CONTENT_TYPE = "application/zip"
NOTHING = "No downloadable assets"


@dataclass(frozen=True)
class Link:
    url: str
    expires_at: datetime


@dataclass(frozen=True)
class Asked:
    """`skipped` are the jobs left out of this answer, each with why."""

    delivery: Delivery
    skipped: list[dict[str, str]]


def ask_for_package(
    job_ids: Sequence[uuid.UUID], *, kinds: Collection[str], forms: Collection[str], actor: User
) -> Asked:
    """A package of those of the jobs whose files this person may take along. The same content is packed once."""
    wanted = list(dict.fromkeys(job_ids))
    seen = {job.pk: job for job in queries.detailed(Job.objects.visible_to(actor)).filter(pk__in=wanted)}
    reasons = {pk: refusal(actor, seen[pk]) if pk in seen else "Job not found" for pk in wanted}
    plan = packaging.plan([seen[pk] for pk in wanted if not reasons[pk]], kinds=kinds, forms=forms)
    filled = {entry.job_id for entry in plan.entries}
    reasons = {pk: reason or ("" if pk in filled else NOTHING) for pk, reason in reasons.items()}
    skipped = [{"job_id": str(pk), "detail": reason} for pk, reason in reasons.items() if reason]
    if not plan.entries:
        raise NotFoundError(NOTHING)
    jobs = [job for job in plan.jobs if job.pk in filled]
    return Asked(_begin(plan, jobs, kinds=kinds, forms=forms, skipped=skipped, actor=actor), skipped)


@transaction.atomic
def _begin(
    plan: packaging.Plan,
    jobs: Sequence[Job],
    *,
    kinds: Collection[str],
    forms: Collection[str],
    skipped: list[dict[str, str]],
    actor: User,
) -> Delivery:
    # Whoever presses twice gets one package.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    same = Delivery.objects.alive().filter(created_by=actor, digest=plan.digest)
    for found in same.exclude(status=Delivery.Status.FAILED).select_related("run"):
        if found.status == Delivery.Status.BUILDING or store().exists(found.key):
            return found
    delivery = Delivery.objects.create(
        kinds=sorted(kinds),
        formats=sorted(forms),
        digest=plan.digest,
        filename=_filename(jobs),
        skipped=skipped,
        created_by=actor,
        expires_at=timezone.now() + timedelta(days=settings.DELIVERY_DAYS),
    )
    delivery.jobs.set(jobs)
    delivery.run = runs.start(KIND, subject_id=delivery.pk, created_by=actor)
    delivery.save(update_fields=["run"])
    audit.record("jobs.delivery.request", delivery, actor=actor, jobs=[str(job.pk) for job in jobs], digest=plan.digest)
    return delivery


def _filename(jobs: Sequence[Job]) -> str:
    return f"{slug(jobs[0].title)}.zip" if len(jobs) == 1 else f"delivery-of-{len(jobs)}-jobs.zip"


def find_delivery(delivery_id: uuid.UUID, *, reader: User) -> Delivery:
    """The reader's own package, while everything in it may still be taken along."""
    found = Delivery.objects.visible_to(reader).alive().filter(pk=delivery_id).select_related("run").first()
    if found is None or not _still_allowed(found, reader):
        raise NotFoundError("Delivery not found")
    return found


def _still_allowed(delivery: Delivery, reader: User) -> bool:
    jobs = list(queries.detailed(Job.objects.visible_to(reader)).filter(deliveries=delivery))
    return len(jobs) == delivery.jobs.count() and not any(refusal(reader, job) for job in jobs)


def link_to(delivery: Delivery) -> Link | None:
    """A signed link to the finished package, for this answer only."""
    if delivery.status != Delivery.Status.READY or not delivery.key:
        return None
    seconds = settings.DOWNLOAD_LINK_SECONDS
    url = store().url(
        delivery.key, filename=delivery.filename, content_type=CONTENT_TYPE, inline=False, expires_in=seconds
    )
    return Link(url, timezone.now() + timedelta(seconds=seconds))


def plan_of(delivery: Delivery) -> packaging.Plan:
    """What goes in as things are now, in the order in which the jobs were made."""
    jobs = list(queries.detailed(Job.objects.filter(deliveries=delivery, deleted_at=None)).order_by("created_at", "pk"))
    return packaging.plan(jobs, kinds=delivery.kinds, forms=delivery.formats)


def keep_package(
    delivery_id: uuid.UUID, *, key: str, size: int, sha256: str, manifest: list[dict[str, Any]], digest: str
) -> None:
    """What a run made. Refused when the package is not wanted any more."""
    facts = {"key": key, "size": size, "sha256": sha256, "manifest": manifest, "digest": digest}
    if not Delivery.objects.filter(pk=delivery_id).update(**facts, status=Delivery.Status.READY):
        raise WrongStateError("The package was removed.")


def give_up(delivery_id: uuid.UUID) -> None:
    Delivery.objects.filter(pk=delivery_id, status=Delivery.Status.BUILDING).update(status=Delivery.Status.FAILED)


def purge() -> int:
    """Removes packages whose time is over, with their files; how many."""
    gone = 0
    while batch := _purge_batch():
        gone += batch
    return gone


@transaction.atomic
def _purge_batch(*, most: int = 200) -> int:
    over = Delivery.objects.filter(expires_at__lt=Now()).exclude(run__status__in=Run.ACTIVE)
    doomed = list(over.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:most])
    keys = {delivery.key for delivery in doomed if delivery.key}
    keys |= artefacts.release([delivery.pk for delivery in doomed], keys)
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in doomed]).delete()
    removal.remove_later(keys)
    return len(doomed)
