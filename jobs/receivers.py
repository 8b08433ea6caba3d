"""What jobs make of the moves of those they are done for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from accounts.models import Client, Project, User
from accounts.signals import closing_client, closing_project
from core.errors import WrongStateError
from jobs import services
from jobs.models import Job
from jobs.services import voicing
from jobs.signals import promoting_to_qc
from media_library import services as library
from media_library import uses
from media_library.models import Asset, Pronunciation, Track
from media_library.signals import closing_asset, pronunciations_changed
from media_library.uses import Use

S = Job.Status
ENDED = frozenset({S.COMPLETED, S.CANCELLED, S.REJECTED, S.FAILED})


@receiver(closing_client)
def refuse_while_the_client_has_active_jobs(*, client: Client, **_: Any) -> None:
    if client.jobs.filter(deleted_at=None).exclude(status__in=ENDED).exists():
        raise WrongStateError("Client has active jobs")


@receiver(closing_project)
def refuse_while_the_project_has_active_jobs(*, project: Project, **_: Any) -> None:
    if project.jobs.filter(deleted_at=None).exclude(status__in=ENDED).exists():
        raise WrongStateError("Project has active jobs")


# Nothing is made from their video any more, and nothing that was made of it is anybody's result.
WITHOUT_RESULT = frozenset({S.CANCELLED, S.REJECTED, S.FAILED})


@receiver(closing_asset)
def refuse_while_a_job_needs_the_file(*, asset: Asset, **_: Any) -> None:
    """What a completed job delivered was made of its video, and would go with it. Those that came to nothing let go."""
    jobs = Job.objects.filter(source=asset)
    if jobs.filter(deleted_at=None).exclude(status__in=WITHOUT_RESULT).exists():
        raise WrongStateError("File is in use")
    jobs.update(source=None)


@receiver(promoting_to_qc)
def give_the_source_a_text_to_begin_with(*, job: Job, **_: Any) -> None:
    """Whoever takes over where no machine has written anything writes into an empty text."""
    output = services.find_output(job, job.source_language)
    wanted = [Track.Kind.CAPTIONS, *([Track.Kind.AUDIO_DESCRIPTION] if job.wants_description else [])]
    for kind in wanted if job.source_id else []:
        track = services.open_output_track(output, kind)
        if not track.version:
            library.save_machine_version(track, "WEBVTT\n", engine="none", comment="Empty, for a person to write")


@uses.register
def jobs_made_from(asset: Asset, user: User) -> Iterator[Use]:
    for job in Job.objects.visible_to(user).filter(source=asset).distinct().order_by("-created_at", "-pk"):
        yield Use("job", job.title, reverse("jobs:detail", args=[job.pk]), job.created_at)


@receiver(pronunciations_changed)
def speak_again_what_is_said_otherwise(*, entries: list[Pronunciation], **_: Any) -> None:
    voicing.mark_said_otherwise(entries)
