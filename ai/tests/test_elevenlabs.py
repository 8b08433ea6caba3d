"""Voices that ElevenLabs clones: made once, spoken with, deleted. Failures of speaking stand in test_provider_failures."""

from __future__ import annotations

import pytest

from ai import services
from ai.capabilities.match_voice import MatchedVoice
from ai.errors import (
    EngineMissingError,
    InvalidAnswerError,
    LanguageUnsupportedError,
    ProviderBusyError,
    ProviderRefusedError,
)
from ai.local import wav
from ai.models import Call
from ai.tests.conftest import SECRET
from core.testing.providers import voices

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

MULTILINGUAL = "elevenlabs:eleven_multilingual_v2"


@pytest.fixture
def match(use, recording, tmp_path):
    return lambda: services.match_voice(recording, tmp_path / "style.npz", language="en", name="Ann", use=use)


def cloned(model: str = MULTILINGUAL) -> MatchedVoice:
    return MatchedVoice(model, hosted_voice=voices.FIRST)


class TestCloning:
    def test_a_sample_becomes_a_voice_of_the_provider_whose_id_the_ledger_has(self, match, provider):
        answer = match()

        assert str(answer.engine) == MULTILINGUAL
        assert answer.value.style is None
        assert answer.value.voice_id in provider.voices.kept
        assert Call.objects.get().provider_ref == answer.value.voice_id
        assert provider.voices.kept[answer.value.voice_id]["name"].startswith("Ann ")
        assert all(request.headers["xi-api-key"] == SECRET for request in provider.requests)

    def test_asking_again_for_the_same_work_makes_no_second_voice(self, match, provider):
        first, again = match(), match()

        assert again.reused
        assert again.value == first.value
        assert provider.voices.added == 1

    @pytest.mark.parametrize("fault", ["lost", "garbage", "html", "truncated", "wrong_mime"])
    def test_a_voice_whose_answer_was_lost_is_found_again_instead_of_made_twice(self, match, provider, fault):
        provider.plan(fault, path="/voices/add")
        try:
            answer = match()
        except (ProviderBusyError, InvalidAnswerError):
            answer = match()

        assert provider.voices.added == 1
        assert answer.value.voice_id in provider.voices.kept
        assert len(provider.voices.kept) == 2

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ({"do": "rate_limited", "retry_after": 7}, ProviderBusyError),
            ({"do": "error", "status": 500}, ProviderBusyError),
            ({"do": "error", "status": 401}, ProviderRefusedError),
            ({"do": "reset"}, ProviderBusyError),
        ],
    )
    @pytest.mark.parametrize("path", ["/voices/add", "page_size=10"])
    def test_a_failure_is_told_apart_and_makes_no_voice(self, match, provider, path, fault, error):
        provider.plan(**fault, path=path)

        with pytest.raises(error) as caught:
            match()

        assert provider.voices.added == 0
        assert SECRET not in caught.value.message

    def test_a_second_piece_of_work_with_the_same_sample_makes_a_voice_of_its_own(
        self, match, use, recording, tmp_path
    ):
        match()
        other = services.Use(purpose="tests", key="work-2")
        services.match_voice(recording, tmp_path / "style.npz", language="en", use=other)

        assert len({call.provider_ref for call in Call.objects.all()}) == 2


class TestSpeaking:
    def test_it_writes_a_wav_file_and_pays_by_the_character(self, provider, use, tmp_path):
        text = "A woman crosses a bridge."
        answer = services.speak_matched(cloned(), text, tmp_path / "out.wav", language="es", speed=2, use=use)

        assert wav.seconds(answer.value.path) == pytest.approx(answer.value.seconds)
        assert answer.value.voice.language == "es"
        assert Call.objects.get().characters == len(text)
        sent = provider.requests[0]
        assert sent.path == f"/v1/text-to-speech/{voices.FIRST}?output_format=pcm_24000"
        assert sent.json["voice_settings"]["speed"] == 1.2
        assert "language_code" not in sent.json

    def test_a_model_that_can_be_told_the_language_is_told(self, provider, use, tmp_path):
        voice = cloned("elevenlabs:eleven_flash_v2_5")
        services.speak_matched(voice, "Buenos días.", tmp_path / "out.wav", language="es-MX", use=use)

        assert provider.requests[0].json["language_code"] == "es"

    def test_a_language_it_does_not_know_costs_nothing(self, provider, use, tmp_path):
        assert not services.matched_voice_speaks(cloned(), "sw")
        with pytest.raises(LanguageUnsupportedError):
            services.speak_matched(cloned(), "Habari.", tmp_path / "out.wav", language="sw", use=use)

        assert not provider.requests

    def test_a_voice_that_is_gone_says_so(self, use, tmp_path):
        with pytest.raises(ProviderRefusedError, match="Match it again"):
            services.speak_matched(
                MatchedVoice(MULTILINGUAL, hosted_voice="gone"), "Hello.", tmp_path / "out.wav", language="en", use=use
            )

    def test_a_provider_that_was_taken_away_says_what_to_do(self, settings, use, tmp_path):
        settings.ELEVENLABS_API_KEY = ""
        with pytest.raises(EngineMissingError, match="ELEVENLABS_API_KEY"):
            services.speak_matched(cloned(), "Hello.", tmp_path / "out.wav", language="en", use=use)


class TestForgetting:
    def test_the_provider_deletes_the_voice_and_twice_is_no_error(self, provider):
        services.forget_voice(cloned())
        services.forget_voice(cloned())

        assert voices.FIRST not in provider.voices.kept

    def test_a_failure_is_raised_so_that_it_is_tried_again(self, provider):
        provider.plan("error", status=500)
        with pytest.raises(ProviderBusyError):
            services.forget_voice(cloned())
