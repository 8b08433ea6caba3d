"""Voices, and how one sounds."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import av
import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from ai.models import Call
from core.testing.files import body_of
from core.testing.providers import ProviderServer

pytestmark = pytest.mark.django_db(transaction=True)

PREVIEW = "/api/v1/tts/preview"
WORDS = {"text": "The keeper climbs the stairs.", "voice": "Kore"}


@pytest.fixture(autouse=True)
def quick(settings: Any, own_store: None) -> None:
    settings.AI_ROUTES = {"text_to_speech": "local:espeak"}


def signed_in(user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or UserFactory())
    return client


def preview(client: Client, **changes: Any) -> Any:
    accept = changes.pop("accept", "")
    headers = {"Accept": accept} if accept else {}
    return client.post(PREVIEW, {**WORDS, **changes}, content_type="application/json", headers=headers)


def length(sound: bytes) -> float:
    with av.open(io.BytesIO(sound)) as container:
        assert container.format.name == "mp3"
        return sum(frame.samples / frame.rate for frame in container.decode(audio=0))


def test_a_catalogue_voice_is_spoken_by_the_studios_own_engine_and_the_answer_says_so() -> None:
    answer = preview(signed_in(), provider="gemini", model="flash", language="en")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "audio/mpeg")
    assert (answer.headers["X-Engine"], answer.headers["X-Voice"]) == ("local:espeak", "espeak-en-us")
    assert length(answer.content) == pytest.approx(float(answer.headers["X-Duration-Seconds"]), abs=0.15)


def test_a_link_leads_to_the_same_sound() -> None:
    client = signed_in()
    sound = preview(client).content

    answer = preview(client, accept="application/json").json()

    assert (answer["content_type"], answer["engine"], answer["language"]) == ("audio/mpeg", "local:espeak", "en")
    assert body_of(client.get(urlsplit(answer["audio_url"]).path)) == sound


def test_the_same_words_are_spoken_once_whoever_listens() -> None:
    preview(signed_in())
    preview(signed_in())
    preview(signed_in(), text="Other words.")

    calls = Call.objects.filter(purpose="jobs.preview")
    assert (calls.count(), {call.outcome for call in calls}) == (2, {"ok"})


def test_the_ledger_knows_who_listened_and_what_the_engine_was_given() -> None:
    user = UserFactory()
    preview(signed_in(user))

    call = Call.objects.get()
    assert (call.user_id, call.characters) == (user.pk, len(WORDS["text"]))
    assert call.response["spoken"] == WORDS["text"]


def test_a_voice_of_the_studio_speaks_its_own_language_when_none_is_named() -> None:
    answer = preview(signed_in(), voice="espeak-es", text="El faro.")

    assert (answer.headers["X-Voice"], answer.headers["X-Engine"]) == ("espeak-es", "local:espeak")


@pytest.mark.parametrize(
    "wish",
    [
        {"voice": "hal9000"},
        {"provider": "discovery"},
        {"provider": "openai"},
        {"model": "tts-1"},
        {"model": "hal"},
        {"language": "tlh"},
        {"language": "no language"},
        {"voice": "espeak-es", "language": "en"},
        {"voice": "espeak-es", "model": "kokoro"},
        {"voice": "../../etc/passwd"},
    ],
)
def test_what_is_outside_the_catalogue_is_an_unknown_voice(wish: dict[str, str]) -> None:
    answer = preview(signed_in(), **wish)

    assert (answer.status_code, answer.json()["detail"]) == (400, "Unknown voice")
    assert not Call.objects.exists()


@pytest.mark.parametrize("text", ["", "x" * 501, "?!", 7, None, "\x00"])
def test_a_text_that_cannot_be_previewed_is_refused(text: object) -> None:
    assert preview(signed_in(), text=text).status_code in {400, 422}
    assert not Call.objects.exists()


def test_a_provider_that_is_configured_speaks_with_its_own_voice(settings: Any) -> None:
    with ProviderServer() as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, settings.AI_ROUTES = "a-key", f"{server.url}/v1", {}
        answer = preview(signed_in(), voice="nova", provider="openai")

    assert (answer.status_code, answer.headers["X-Engine"]) == (200, "openai:gpt-4o-mini-tts")
    assert answer.headers["X-Voice"] == "nova"
    assert server.requests[0].json["input"] == WORDS["text"]


def test_more_than_ten_in_a_minute_wait(settings: Any) -> None:
    settings.RATE_LIMITS = True
    settings.RATES = {**settings.RATES, "previews": (2, 60)}
    client = signed_in()

    answers = [preview(client).status_code for _ in range(3)]

    assert answers == [200, 200, 429]


def test_voices_are_listed_by_provider_and_language() -> None:
    client = signed_in()

    def voices(**query: str) -> dict[str, list[dict[str, Any]]]:
        found = client.get("/api/v1/tts/voices", query)
        assert found.status_code == 200
        return {one["provider"]: one["voices"] for one in found.json()["providers"]}

    assert list(voices()) == ["gemini", "openai", "local"]
    only = voices(provider="local", language="es-MX")
    assert list(only) == ["local"]
    assert {voice["language"].split("-")[0] for voice in only["local"]} == {"es"}
    assert len(voices(provider="gemini")["gemini"]) == 30
    assert client.get("/api/v1/tts/voices", {"provider": "nobody"}).status_code == 422
    assert client.get("/api/v1/tts/voices", {"language": "no language"}).status_code == 422


@pytest.mark.engines
def test_a_natural_voice_is_heard_within_seconds(settings: Any) -> None:
    settings.AI_ROUTES = {}
    answer = preview(signed_in(), voice="bf_emma")

    assert (answer.headers["X-Engine"], answer.headers["X-Voice"]) == ("local:kokoro", "bf_emma")
    assert length(answer.content) > 1.0
