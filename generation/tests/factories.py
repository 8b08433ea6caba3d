"""Generation sessions for tests, as their services leave them."""

from __future__ import annotations

from typing import Any

import factory

from accounts.tests.factories import UserFactory
from generation.models import GenerationSession, Round, Take
from jobs.tests.factories import AssetFactory
from media_library.models import Asset


class SessionFactory(factory.django.DjangoModelFactory[GenerationSession]):
    class Meta:
        model = GenerationSession

    owner = factory.SubFactory(UserFactory)
    prompt = "A rocket on its pad at dawn"


def round_of(session: GenerationSession, kind: str = Round.Kind.IMAGES, **values: Any) -> Round:
    """A round that is over, after those that were."""
    number = session.rounds.filter(kind=kind).count() + 1
    values = {"prompt": session.prompt, "status": Round.Status.DONE, "requested_by": session.owner} | values
    return Round.objects.create(session=session, kind=kind, number=number, **values)


def take_of(session: GenerationSession, kind: str = Take.Kind.IMAGE, **values: Any) -> Take:
    """A take that is ready, with a file that exists in the table only."""
    images = kind == Take.Kind.IMAGE
    made = values.pop("round", None) or round_of(session, Round.Kind.IMAGES if images else Round.Kind.CLIPS)
    asset = values.pop("asset", None) or AssetFactory(
        owner=session.owner,
        shelf=Asset.Shelf.OUTPUT,
        origin=Asset.Origin.GENERATED,
        kind=Asset.Kind.IMAGE if images else Asset.Kind.VIDEO,
        duration=None if images else 8.0,
    )
    index = values.pop("index", made.takes.count())
    values = {"prompt": session.prompt, "status": Take.Status.READY} | values
    return Take.objects.create(session=session, round=made, kind=kind, index=index, asset=asset, **values)
