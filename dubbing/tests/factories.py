"""Dubs and voice jobs for tests, as their services leave them."""

from __future__ import annotations

from typing import Any

import factory

from accounts.tests.factories import UserFactory
from dubbing.models import Dub, DubLine, DubSpeaker, ProcessingJob
from jobs.tests.factories import AssetFactory


class DubFactory(factory.django.DjangoModelFactory[Dub]):
    class Meta:
        model = Dub

    owner = factory.SubFactory(UserFactory)
    video = factory.LazyAttribute(lambda dub: AssetFactory(owner=dub.owner))
    title = "Talk"
    source_language = "en"
    target_language = "es"
    status = Dub.Status.EDITING


class ProcessingJobFactory(factory.django.DjangoModelFactory[ProcessingJob]):
    class Meta:
        model = ProcessingJob

    owner = factory.SubFactory(UserFactory)
    job_type = ProcessingJob.Type.TRANSCRIBE


def role_in(dub: Dub, name: str = "Anna", **values: Any) -> DubSpeaker:
    return DubSpeaker.objects.create(dub=dub, name=name, position=dub.cast.count(), **values)


def line_in(dub: Dub, role: DubSpeaker | None = None, **values: Any) -> DubLine:
    """The next line, two seconds long, three after the one before."""
    number = dub.lines.count()
    values = {
        "start": number * 3.0,
        "end": number * 3.0 + 2.0,
        "original": "Good morning.",
        "text": "Buenos días.",
    } | values
    role = role or dub.cast.first() or role_in(dub)
    return DubLine.objects.create(dub=dub, role=role, number=number, **values)
