"""Personas and voices as pages, used without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import OrganizationFactory, UserFactory
from core.errors import NotAllowedError
from media_library.models import Persona, VoiceProfile
from media_library.services import voices
from media_library.tests.factories import AssetFactory, PersonaFactory, VoiceProfileFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def producer() -> Any:
    return UserFactory(role="production", house=OrganizationFactory(), name="Pia Producer")


@pytest.fixture
def browser(producer: Any) -> Client:
    client = Client()
    client.force_login(producer)
    return client


def test_a_persona_is_made_read_changed_and_deleted(browser: Client, producer: Any) -> None:
    made = browser.post("/personas", {"name": "Narrator", "tone": "calm", "topics": "sea, tides\nships"}, follow=True)
    assert "“Narrator” is there." in made.content.decode()
    persona = Persona.objects.get()
    assert (persona.topics, persona.organization_id) == (["sea", "tides", "ships"], *producer.roles_by_house)
    path = f"/personas/{persona.pk}"
    saved = browser.post(path, {"name": "Narrator", "tone": "dry", "topics": ""}, follow=True)
    assert "The changes are saved." in saved.content.decode()
    persona.refresh_from_db()
    assert (persona.tone, persona.topics) == ("dry", [])
    assert "its name is free again" in browser.get(f"{path}/delete").content.decode()
    browser.post(f"{path}/delete")
    assert browser.get(path).status_code == 404


def test_a_name_that_is_taken_stands_above_the_form_and_nothing_typed_is_lost(browser: Client, producer: Any) -> None:
    PersonaFactory(owner=producer, organization_id=next(iter(producer.roles_by_house)), name="Narrator")
    answer = browser.post("/personas", {"name": "narrator", "tone": "as typed"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "A persona with this name already exists" in page
    assert "as typed" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("avatar_url", "http://plain.example/a.png", "has to begin with https://"),
        ("topics", "x" * 101, "is longer than 100 characters"),
        ("topics", "\n".join(str(n) for n in range(201)), "At most 200"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(browser: Client, field: str, value: str, sentence: str) -> None:
    answer = browser.post("/personas", {"name": "Narrator", field: value})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Persona.objects.exists()


def test_a_customer_reads_a_persona_of_the_house_and_gets_no_button(producer: Any) -> None:
    house = next(iter(producer.roles_by_house))
    persona = PersonaFactory(owner=producer, organization_id=house)
    customer = Client()
    customer.force_login(UserFactory(role="client", house=persona.organization))
    page = customer.get(f"/personas/{persona.pk}").content.decode()
    assert "You may look at this, not change it." in page
    assert "Save the changes" not in page
    assert customer.post(f"/personas/{persona.pk}", {"name": "Mine"}).status_code == 403


def test_strangers_find_no_persona(browser: Client) -> None:
    assert browser.get(f"/personas/{PersonaFactory().pk}").status_code == 404
    assert "Persona not found" in browser.get(f"/personas/{PersonaFactory().pk}").content.decode()


def test_a_voice_is_used_only_while_its_consent_is_in_force(browser: Client, producer: Any) -> None:
    sample = AssetFactory(owner=producer, kind="audio", filename="ana.wav", content_type="audio/wav")
    made = browser.post("/voices", {"name": "Ana", "language": "pt_br", "sample": sample.pk}, follow=True)
    assert "Record the speaker&#x27;s consent" in made.content.decode()
    voice = VoiceProfile.objects.get()
    assert (voice.language, voice.is_public) == ("pt-BR", False)
    with pytest.raises(NotAllowedError):
        voices.require_consent(voice)
    path = f"/voices/{voice.pk}"
    said = {"given_by": "Ana Lima", "given_at": "2026-03-01", "statement": "For the harbour films."}
    assert "The voice may be used" in browser.post(f"{path}/consent", said, follow=True).content.decode()
    consent = voices.require_consent(voice)
    assert (consent.given_by, consent.audio_sha256, consent.recorded_by) == ("Ana Lima", sample.sha256, producer)
    assert browser.post(f"{path}/consent", said).status_code == 409
    browser.post(f"{path}/revoke", {"because": "She asked."})
    with pytest.raises(NotAllowedError):
        voices.require_consent(voice)
    page = browser.get(path).content.decode()
    assert "She asked." in page
    assert "No consent: not used" in page


def test_a_consent_is_not_given_in_the_future_and_says_something(browser: Client, producer: Any) -> None:
    voice = VoiceProfileFactory(owner=producer)
    for said, sentence in (
        ({"given_by": "Ana", "given_at": "2999-01-01", "statement": "Yes."}, "cannot have been given in the future"),
        ({"given_by": "Ana", "given_at": "2026-01-01", "statement": " "}, "This field is required"),
    ):
        answer = browser.post(f"/voices/{voice.pk}/consent", said)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert not voice.consents.exists()


def test_a_public_voice_is_seen_by_others_without_its_consent_record(browser: Client) -> None:
    voice = VoiceProfileFactory(is_public=True)
    voices.record_consent(voice, actor=voice.owner, given_by="Secret Name", statement="Yes.")
    page = browser.get(f"/voices/{voice.pk}").content.decode()
    assert "Consent in force" in page
    assert "Secret Name" not in page
    assert browser.post(f"/voices/{voice.pk}/revoke").status_code == 403
    assert browser.get(f"/voices/{VoiceProfileFactory().pk}").status_code == 404


def test_somebody_elses_recording_is_no_sample(browser: Client) -> None:
    foreign = AssetFactory(kind="audio")
    answer = browser.post("/voices", {"name": "Ana", "language": "en", "sample": foreign.pk})
    assert answer.status_code == 422
    assert not VoiceProfile.objects.exists()
