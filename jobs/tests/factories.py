"""The smallest valid jobs."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from jobs import signals
from jobs.models import Job, LanguageOutput
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
