"""The smallest valid jobs."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from core.runs.models import Run, Step
from jobs import signals
from jobs.models import Job, LanguageOutput
from jobs.services import KIND
from media_library import services as library
from media_library.models import Asset, Track

VTT = """WEBVTT

00:00:01.000 --> 00:00:03.000
He was not an ill-disposed young man.

00:00:04.000 --> 00:00:06.000
Unless to be rather cold-hearted.
"""


class AssetFactory(DjangoModelFactory):
    class Meta:
        model = Asset

    owner = factory.SubFactory(UserFactory)
    kind = Asset.Kind.VIDEO
    filename = "source.mp4"
    content_type = "video/mp4"
    key = factory.Sequence(lambda n: f"test/asset-{n}")
    size = 1000
    sha256 = "0" * 64


class JobFactory(DjangoModelFactory):
    """`languages` are target languages; the source language has its output always."""

    class Meta:
        model = Job
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Job {n}")
    created_by = factory.SubFactory(UserFactory)
    source = factory.SubFactory(AssetFactory)
    source_language = "en"
    filename = "source.mp4"

    @factory.post_generation
    def languages(self, create: bool, extracted: list[str] | None, **_: Any) -> None:
        LanguageOutput.objects.create(job=self, language=self.source_language, is_source=True)
        for language in extracted or []:
            LanguageOutput.objects.create(job=self, language=language)
        signals.job_created.send(sender=Job, job=self)


def give_captions(job: Job, text: str = VTT, *, language: str = "en") -> Track:
    """A machine's first version of the job's captions."""
    output = job.outputs.get(language=language)
    output.captions = library.open_track(job.source, kind=Track.Kind.CAPTIONS, language=language)
    output.save(update_fields=["captions"])
    library.save_machine_version(output.captions, text, engine="test")
    return output.captions


def give_timetable(job: Job, *, language: str = "en") -> Run:
    """A run that has placed two held lines and one in a gap, of a film of 20 seconds, and waits for its final review."""

    def line(index: int, start: float, pause: float, **more: Any) -> dict[str, Any]:
        mode = "extended" if pause else "inline"
        timed = {"start": start, "planned": start, "speed": 1.0, "seconds": 3.0, "output_start": start}
        gap = {"gap_start": None, "gap_end": None, "pause_seconds": pause}
        return {"index": index, "text": f"Line {index}.", "mode": mode, **timed, **gap, **more}

    table = {
        "lines": [line(0, 4.0, 3.76), line(1, 8.0, 0.0), line(2, 12.0, 3.76)],
        "pauses": [(4.0, 3.76), (12.0, 3.76)],
        "findings": [],
        "left_out": [],
        "duration": 27.52,
    }
    run = Run.objects.filter(pk=job.run_id).first()
    run = run or Run.objects.create(kind=KIND, subject_id=job.pk, status=Run.Status.WAITING)
    done = Step.Status.DONE
    for position, name in enumerate(("speak", "place", "mix", "render", "validate"), start=9):
        result = table if name == "place" else {"missing": ""}
        made = {"position": position, "queue": "media", "status": done, "result": result}
        Step.objects.update_or_create(run=run, name=name, item=language, defaults=made)
    gate = Step.Status.WAITING
    Step.objects.get_or_create(run=run, name="final_review", defaults={"position": 14, "queue": "", "status": gate})
    Job.objects.filter(pk=job.pk).update(run=run, accessible_video_mp4=True)
    job.run, job.accessible_video_mp4 = run, True
    work = LanguageOutput.Work.DONE
    LanguageOutput.objects.filter(job=job, language=language).update(render_status=work, tts_status=work)
    return run
