"""Files on their way in, as their owner sees them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from core.runs.models import Run
from core.storage.models import Upload
from media_library.models import Intake
from media_library.models.assets import IntakeQuerySet

LATELY = timedelta(days=1)


def open_uploads() -> Q:
    """Whose link still works."""
    return Q(upload__status__in=Upload.OPEN, upload__expires_at__gt=Now())


def open_imports() -> Q:
    return Q(upload=None, run__status__in=Run.ACTIVE)


def under_way(user: User) -> IntakeQuerySet:
    """What can be gone on with or is being fetched, and what was refused within a day; one query."""
    coming = Q(status=Intake.Status.COMING) & (open_uploads() | open_imports())
    refused = Q(status=Intake.Status.REFUSED, updated_at__gt=Now() - LATELY)
    found = Intake.objects.visible_to(user).filter(coming | refused)
    return found.select_related("upload", "run").order_by("-created_at", "-pk")


def over() -> IntakeQuerySet:
    """What nobody will go on with, long enough ago for its owner to have seen it."""
    lost = Q(status=Intake.Status.COMING) & ~(open_uploads() | open_imports())
    done = Q(status__in=(Intake.Status.DONE, Intake.Status.REFUSED))
    return Intake.objects.filter(lost | done, updated_at__lt=Now() - timedelta(days=30))
