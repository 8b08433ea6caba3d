from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from media_library.models import Transcript
from media_library.tests.factories import AssetFactory, transcript_of


@pytest.fixture
def house() -> Any:
    return OrganizationFactory()


@pytest.fixture
def editor(house: Any) -> Any:
    return UserFactory(role="production", house=house)


@pytest.fixture
def customer(house: Any) -> Any:
    """Of the house, whose customers look and do not change."""
    return UserFactory(role="client", house=house)


@pytest.fixture
def transcript(house: Any, editor: Any) -> Transcript:
    """Three lines of two seconds each, in a film of ten."""
    asset = AssetFactory(owner=editor, organization=house, title="Harbour at night")
    made = transcript_of(asset, "Good evening from the harbour.", "The lights are on.", "We cast off.")
    for number, segment in enumerate(made.segments.order_by("position")):
        segment.speaker, _ = made.speakers.get_or_create(label=f"speaker_{number % 2 + 1}")
        segment.save(update_fields=["speaker"])
    return made


@pytest.fixture
def door() -> Callable[[User], Client]:
    def enter(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return enter
