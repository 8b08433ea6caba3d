from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from ai import checks, routing, services
from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatRequest, Turn
from ai.capabilities.text_to_speech import Speech, Voice
from ai.capabilities.translate import TranslationRequest
from ai.errors import LanguageUnsupportedError, ProviderBusyError, ProviderRefusedError, UnknownNameError
from ai.models import Call
from ai.routing import Route
from ai.tests.conftest import write_tone
from ai.work import Answer

HELLO = ChatRequest([Turn("user", "Hello")])


@pytest.fixture
def no_keys(settings):
    settings.AI_ROUTES = dict.fromkeys(settings.AI_ROUTES, "")
    settings.ANTHROPIC_API_KEY = settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    return settings


def engines(capability, **how):
    return [str(route.engine) for route in routing.routes(capability, **how)]


class OnlySpanish:
    """An engine as small as the protocol allows."""

    engine = Engine("local", "only-spanish")

    def voices(self):
        return [Voice("ana", "Ana", "es-ES")]

    def speak(self, text, into: Path, *, language, voice="", speed=1.0, progress=None):
        return Speech(write_tone(into, seconds=1), 1.0, self.voices()[0]), Usage(seconds=1, characters=len(text))

    def speaks(self, source, target):
        return (source, target) == ("en", "es")

    def translate(self, request, *, progress=None):
        return [line.upper() for line in request.lines], Usage()


@pytest.fixture
def only_spanish(no_keys, monkeypatch):
    route = Route(OnlySpanish.engine, lambda _wire: OnlySpanish())
    original = routing.routes
    monkeypatch.setattr(
        routing,
        "routes",
        lambda capability, **how: (
            [route] if capability in {"translate", "text_to_speech"} else original(capability, **how)
        ),
    )


class TestDefaults:
    def test_without_keys_the_local_engines_serve(self, no_keys):
        assert engines("speech_to_text") == ["local:whisper-base"]
        assert engines("text_to_speech") == ["local:kokoro", "local:espeak"]
        assert engines("translate") == ["local:apertium"]
        assert engines("describe_image") == ["local:looking"]
        assert engines("chat") == ["local:compose"]

    def test_a_key_switches_its_provider_on(self, no_keys):
        no_keys.OPENAI_API_KEY = "key"
        assert engines("chat") == ["openai:gpt-6.1-terra"]
        assert engines("speech_to_text") == ["openai:whisper-1"]
        no_keys.ANTHROPIC_API_KEY = "key"
        assert engines("chat") == ["anthropic:claude-sonnet-5-5"]

    def test_a_key_alone_never_changes_the_search_vectors(self, no_keys):
        no_keys.OPENAI_API_KEY = "key"
        assert engines("embed") == ["local:e5-small"]

    def test_a_server_of_ones_own_needs_no_key(self, no_keys):
        no_keys.OPENAI_BASE_URL = "http://models.internal/v1"
        no_keys.AI_ROUTES = no_keys.AI_ROUTES | {"chat": "openai:llama-4"}
        assert engines("chat") == ["openai:llama-4"]

    def test_every_local_default_is_in_the_catalogue(self):
        from ai import catalogue

        for capability, named in routing.LOCAL.items():
            for model in named:
                assert catalogue.find(capability, model).provider == "local"


class TestRoutes:
    def test_a_route_names_engines_in_order_and_knows_aliases(self, no_keys):
        no_keys.ANTHROPIC_API_KEY = no_keys.OPENAI_API_KEY = "key"
        no_keys.AI_ROUTES = no_keys.AI_ROUTES | {"chat": "anthropic:claude-sonnet, openai:gpt-4o"}
        assert engines("chat") == ["anthropic:claude-sonnet-5-5", "openai:gpt-4o"]

    @pytest.mark.parametrize(
        "spec", ["anthropic:claude-sonnet", "nobody:model", "local:gpt", "openai", "anthropic:", "openai:gpt-4o,"]
    )
    def test_a_wrong_route_stops_the_start_with_its_name(self, spec, no_keys):
        no_keys.AI_ROUTES = no_keys.AI_ROUTES | {"chat": spec}

        problems = checks.check_routes()

        assert len(problems) == 1
        assert "AI_CHAT" in problems[0].msg
        with pytest.raises(ImproperlyConfigured):
            routing.routes("chat")

    @pytest.mark.django_db
    def test_a_busy_provider_lets_the_next_of_the_route_answer(self, provider, settings, use):
        settings.AI_ROUTES = settings.AI_ROUTES | {"chat": "anthropic:claude-sonnet,openai:gpt-4o"}
        provider.plan("rate_limited", retry_after=5, path="/messages")

        answer = services.chat_complete(HELLO, use=use)

        assert str(answer.engine) == "openai:gpt-4o"
        assert [call.outcome for call in Call.objects.order_by("created_at")] == ["busy", "ok"]

    @pytest.mark.django_db
    def test_when_nobody_can_the_failure_worth_waiting_for_is_told(self, provider, settings, use):
        settings.AI_ROUTES = settings.AI_ROUTES | {"chat": "anthropic:claude-sonnet,openai:gpt-4o"}
        provider.plan("error", status=401, path="/messages")
        provider.plan("rate_limited", retry_after=5, path="/completions")

        with pytest.raises(ProviderBusyError):
            services.chat_complete(HELLO, use=use)

    @pytest.mark.django_db
    def test_without_any_model_free_talk_is_refused_and_says_what_is_missing(self, no_keys, use):
        with pytest.raises(ProviderRefusedError, match="Choose a model that does"):
            services.chat_stream(HELLO, use=use)
        assert Call.objects.get().outcome == "refused"


class TestNames:
    @pytest.mark.parametrize(
        ("capability", "name"),
        [
            ("chat", "claude-sonnet"),
            ("chat", "GPT-4o"),
            ("text_to_speech", "flash"),
            ("text_to_speech", "gemini"),
            ("speech_to_text", "whisper-large"),
            ("translate", "claude-sonnet"),
        ],
    )
    def test_a_known_name_that_is_not_configured_is_served_by_the_route(self, capability, name, no_keys):
        assert engines(capability, model=name) == engines(capability)

    def test_a_known_name_that_is_configured_is_served_by_itself(self, no_keys):
        no_keys.ANTHROPIC_API_KEY = no_keys.OPENAI_API_KEY = "key"
        assert engines("chat", model="gpt-4o") == ["openai:gpt-4o"]
        assert engines("text_to_speech", model="hibari") == ["local:hibari"]

    def test_a_name_outside_the_catalogue_is_refused(self, no_keys):
        with pytest.raises(UnknownNameError) as caught:
            routing.routes("chat", model="skynet")
        assert (caught.value.status_code, caught.value.field) == (422, "model")

    @pytest.mark.django_db
    def test_the_answer_names_what_really_ran(self, provider, use, settings):
        settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""

        answer = services.chat_complete(HELLO, use=use, model="gpt-4o")

        assert str(answer.engine) == "anthropic:claude-sonnet-5-5"

    def test_a_documented_voice_is_known_and_an_invented_one_is_not(self, only_spanish):
        services.require_voice("Kore")
        services.require_voice("ana")
        with pytest.raises(UnknownNameError, match="Unknown voice"):
            services.require_voice("hal9000")


@pytest.mark.django_db
class TestLanguages:
    def test_languages_without_an_engine_are_listed_with_what_is_missing(self, only_spanish):
        missing = services.missing_languages(source="en", targets=["es", "de", "en"])

        assert [(one.language, one.translate, one.speak) for one in missing] == [
            ("de", True, True),
            ("en", False, True),
        ]
        assert missing[0].sentence == "No engine here translates into or speaks German: a person will do it."

    def test_a_pair_that_nobody_knows_goes_to_a_person(self, only_spanish, use):
        with pytest.raises(LanguageUnsupportedError) as caught:
            services.translate(TranslationRequest(["Hello"], "en", "eu"), use=use)
        assert caught.value.details == {"missing_languages": ["eu"]}
        assert "Basque" in caught.value.message
        assert not Call.objects.exists()

    def test_a_language_that_nobody_speaks_goes_to_a_person(self, only_spanish, use, tmp_path):
        with pytest.raises(LanguageUnsupportedError):
            services.speak("Kaixo", tmp_path / "out.wav", language="eu", use=use)

    def test_local_work_is_in_the_ledger_and_costs_nothing(self, only_spanish, use, tmp_path):
        answer: Answer = services.translate(TranslationRequest(["Hello"], "en", "es"), use=use)
        services.speak("Hola", tmp_path / "out.wav", language="es", use=use)

        assert answer.value == ["HELLO"]
        assert {call.cost for call in Call.objects.all()} == {0}

    def test_voices_can_be_listed_by_language(self, only_spanish):
        assert [one.voice.id for one in services.voices(language="es")] == ["ana"]
        assert services.voices(language="de") == []

    def test_openai_refuses_a_language_that_its_voices_do_not_speak(self, provider, use, tmp_path):
        with pytest.raises(LanguageUnsupportedError):
            services.speak("Kaixo", tmp_path / "out.wav", language="eu", use=use)
        assert not provider.requests
