"""The catalogue of story material: the studio's own is whole, and what admins write into it is checked."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from django.test import Client

from accounts.services.sign_in import PROVED_AT
from accounts.tests.factories import OrganizationFactory, UserFactory
from chat.films import seeding
from chat.models import StoryMaterial
from chat.services import materials
from core.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_every_entry_that_comes_with_the_studio_is_usable() -> None:
    entries = list(seeding.entries())
    for one in entries:
        assert materials.checked(one["kind"], one["details"]) == one["details"], one["title"]
    counts = Counter(one["kind"] for one in entries)
    assert set(counts) == set(StoryMaterial.Kind.values)
    assert all(counts[kind] >= 25 for kind in ("concept", "genre", "setting", "character", "design", "conflict"))


def test_what_was_edited_or_switched_off_stays_so() -> None:
    materials.seed()
    StoryMaterial.objects.filter(kind="genre", slug="drama").update(title="Our drama", is_active=False)
    before = StoryMaterial.objects.count()
    materials.seed()
    assert StoryMaterial.objects.count() == before
    assert StoryMaterial.objects.get(kind="genre", slug="drama").title == "Our drama"


def test_a_house_has_entries_of_its_own() -> None:
    house = OrganizationFactory()
    StoryMaterial.objects.create(organization=house, kind="genre", slug="ours", title="Ours", details={"tone": "Ours"})
    assert StoryMaterial.objects.visible_to(UserFactory(house=house)).filter(slug="ours").exists()
    assert not StoryMaterial.objects.visible_to(UserFactory()).filter(slug="ours").exists()


def test_an_admin_writes_entries_and_a_broken_one_is_refused() -> None:
    admin = UserFactory(role="admin", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(admin)
    session = client.session
    session[PROVED_AT] = 2**40
    session.save()

    def save(**details: Any) -> Any:
        form = {"kind": "genre", "title": "Noir", "slug": "noir", "description": "Rain.", "is_active": "on"}
        return client.post("/admin/chat/storymaterial/add/", {**form, "genres": "", "details": json.dumps(details)})

    save(mood="grey")
    assert not StoryMaterial.objects.filter(slug="noir").exists()
    save(tone="Grey and quick.", mood="ignored")
    assert StoryMaterial.objects.get(slug="noir").details == {"tone": "Grey and quick."}
    assert AuditEvent.objects.filter(action="chat.story_material.save", actor=admin).count() == 1
