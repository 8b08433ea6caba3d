"""Personas over JSON: whose they are, whose names are free, and what changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import OrganizationFactory, UserFactory
from media_library.models import Persona
from media_library.tests.factories import PersonaFactory

PERSONAS = "/api/personas"
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Any:
    return OrganizationFactory()


@pytest.fixture
def producer(house: Any) -> Any:
    return UserFactory(role="production", house=house)


def door(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_what_is_said_of_a_persona_comes_back(producer: Any) -> None:
    said = {
        "name": " Narrator ",
        "tone": "calm",
        "topics": ["sea", "tides"],
        "vocabulary": ["leeward"],
        "avatar_url": "https://pictures.example/n.png",
    }
    answer = door(producer).post(PERSONAS, said, content_type="application/json")
    assert answer.status_code == 200
    assert (answer.json()["success"], answer.json()["name"]) == (True, "Narrator")
    (row,) = door(producer).get(PERSONAS).json()
    assert (row["tone"], row["topics"], row["vocabulary"]) == ("calm", ["sea", "tides"], ["leeward"])
    assert (row["description"], row["avatar_url"]) == (None, "https://pictures.example/n.png")


def test_a_persona_belongs_to_the_house_and_strangers_see_none(producer: Any, house: Any) -> None:
    PersonaFactory(owner=producer, organization=house, name="Narrator")
    assert [one["name"] for one in door(UserFactory(house=house)).get(PERSONAS).json()] == ["Narrator"]
    assert door(UserFactory()).get(PERSONAS).json() == []


def test_names_are_unique_among_the_active_of_a_house_whatever_the_case(producer: Any, house: Any) -> None:
    first = PersonaFactory(owner=producer, organization=house, name="Narrator")
    PersonaFactory(name="narrator")  # somebody else's
    browser = door(producer)
    taken = browser.post(PERSONAS, {"name": "NARRATOR"}, content_type="application/json")
    assert (taken.status_code, taken.json()) == (400, {"error": "A persona with this name already exists"})
    assert Persona.objects.count() == 2
    assert browser.delete(f"{PERSONAS}/{first.pk}").json() == {"success": True}
    assert browser.post(PERSONAS, {"name": "NARRATOR"}, content_type="application/json").status_code == 200


def test_only_the_fields_given_change(producer: Any, house: Any) -> None:
    persona = PersonaFactory(owner=producer, organization=house, name="Narrator", tone="calm", topics=["sea"])
    answer = door(producer).put(f"{PERSONAS}/{persona.pk}", {"tone": None}, content_type="application/json")
    assert answer.json() == {"success": True}
    persona.refresh_from_db()
    assert (persona.name, persona.tone, persona.topics) == ("Narrator", "", ["sea"])


@pytest.mark.parametrize("name", ["", "  ", None])
def test_a_name_is_required(producer: Any, house: Any, name: str | None) -> None:
    persona = PersonaFactory(owner=producer, organization=house)
    for answer in (
        door(producer).post(PERSONAS, {"name": name}, content_type="application/json"),
        door(producer).put(f"{PERSONAS}/{persona.pk}", {"name": name}, content_type="application/json"),
    ):
        assert (answer.status_code, answer.json()) == (400, {"error": "Name is required"})


def test_a_deleted_persona_is_gone_for_every_door(producer: Any, house: Any) -> None:
    persona = PersonaFactory(owner=producer, organization=house)
    browser, path = door(producer), f"{PERSONAS}/{persona.pk}"
    browser.delete(path)
    for answer in (browser.delete(path), browser.put(path, {"tone": "dry"}, content_type="application/json")):
        assert (answer.status_code, answer.json()) == (404, {"error": "Persona not found"})
    assert Persona.objects.get(pk=persona.pk).is_active is False


@pytest.mark.parametrize("url", ["http://plain.example/a.png", "javascript:alert(1)", "https://a b"])
def test_a_picture_is_an_https_address(producer: Any, url: str) -> None:
    answer = door(producer).post(PERSONAS, {"name": "N", "avatar_url": url}, content_type="application/json")
    assert answer.status_code == 400
    assert not Persona.objects.exists()


def test_a_customer_of_the_house_looks_and_changes_nothing(house: Any, producer: Any) -> None:
    persona = PersonaFactory(owner=producer, organization=house)
    customer = door(UserFactory(role="client", house=house))
    assert len(customer.get(PERSONAS).json()) == 1
    answer = customer.put(f"{PERSONAS}/{persona.pk}", {"tone": "rude"}, content_type="application/json")
    assert answer.status_code == 403
    # For themselves they may keep some.
    assert customer.post(PERSONAS, {"name": "Mine"}, content_type="application/json").status_code == 200


def test_the_list_costs_the_same_for_one_and_for_many(producer: Any, house: Any) -> None:
    browser = door(producer)
    browser.get(PERSONAS)
    counts = []
    for more in (1, 19):
        for _ in range(more):
            PersonaFactory(owner=producer, organization=house)
        with CaptureQueriesContext(connection) as asked:
            browser.get(PERSONAS)
        counts.append(len(asked))
    assert counts[0] == counts[1]
