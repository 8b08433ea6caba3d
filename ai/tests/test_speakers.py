"""Who speaks when through the services: the ledger, the local engine's place, and a hosted provider."""

from __future__ import annotations

import numpy as np
import pytest

from ai import recordings, routing, services
from ai.capabilities.base import Engine, Usage
from ai.capabilities.diarize import Diarization, Turn
from ai.errors import EngineMissingError, InvalidAnswerError, ProviderBusyError
from ai.models import Call
from ai.providers import openai_speech
from ai.routing import Route
from ai.tests.conftest import write_tone
from ai.tests.test_openai_speech import form

pytestmark = pytest.mark.django_db

ANN, BEN = (voice.tolist() for voice in np.eye(256)[:2])


class Here:
    """An engine as small as the protocol allows."""

    engine = Engine("local", "here")
    asked: list[tuple] = []  # noqa: RUF012

    def diarize(self, audio, *, speakers=None, spans=None, progress=None):
        self.asked.append((speakers, spans))
        return Diarization([Turn(0.0, 1.0, 0), Turn(1.0, 2.0, 1)], [ANN, BEN], 0.5), Usage(seconds=2.0)


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(Here, "asked", [])
    monkeypatch.setattr(routing, "routes", lambda *_, **__: [Route(Here.engine, lambda _wire: Here())])
    return Here


@pytest.fixture
def hosted(provider, settings, monkeypatch):
    """OpenAI, with an encoder that hears Ann wherever the turns say 0."""
    from ai.local import voiceprints, voices

    settings.AI_ROUTES = settings.AI_ROUTES | {"diarize": "openai:gpt-4o-transcribe-diarize"}
    monkeypatch.setattr(voiceprints, "require", lambda: None)
    known = lambda _audio, turns: ([ANN, BEN][: len({turn.speaker for turn in turns})], 0.5)  # noqa: E731
    monkeypatch.setattr(voices, "recognised", known)
    return provider


def test_local_work_is_in_the_ledger_and_costs_nothing(here, use, recording):
    answer = services.diarize(recording, speakers=2, spans=[(0.0, 1.0)], use=use)

    call = Call.objects.get()
    assert (call.capability, call.cost, call.seconds) == ("diarize", 0, 2.0)
    assert here.asked == [(2, [(0.0, 1.0)])]
    assert (str(answer.engine), answer.value.speakers, answer.reused) == ("local:here", 2, False)


def test_the_same_work_is_done_once_and_other_work_anew(here, use, recording):
    first = services.diarize(recording, use=use)
    again = services.diarize(recording, use=use)
    services.diarize(recording, speakers=2, use=use)
    services.diarize(recording, spans=[(0.0, 2.0)], use=use)

    assert (again.value, again.reused) == (first.value, True)
    assert len(here.asked) == 3


class TestHosted:
    def test_a_key_alone_does_not_switch_it_on(self, settings):
        settings.AI_ROUTES = dict.fromkeys(settings.AI_ROUTES, "")
        settings.OPENAI_API_KEY = "key"

        assert [str(route.engine) for route in routing.routes("diarize")] == ["local:resemblyzer"]

    def test_turns_come_from_the_provider_and_voices_from_here(self, hosted, use, recording):
        answer = services.diarize(recording, use=use)

        assert str(answer.engine) == "openai:gpt-4o-transcribe-diarize"
        assert answer.value.turns == [Turn(0.0, 1.0, 0), Turn(1.0, 2.0, 1)]
        assert answer.value.voices == [ANN, BEN]
        assert Call.objects.get().cost > 0

    def test_the_request_asks_for_speakers_and_for_chunks(self, hosted, use, recording):
        services.diarize(recording, use=use)

        assert sorted(form(hosted.requests[0])) == [
            ("chunking_strategy", "auto"),
            ("model", "gpt-4o-transcribe-diarize"),
            ("response_format", "diarized_json"),
        ]

    def test_spans_get_their_speaker_and_keep_their_times(self, hosted, use, recording):
        answer = services.diarize(recording, spans=[(0.1, 0.9), (0.8, 1.9), (1.2, 1.4)], use=use)

        assert answer.value.turns == [Turn(0.1, 0.9, 0), Turn(0.8, 1.9, 1), Turn(1.2, 1.4, 1)]

    def test_voices_belong_to_the_speakers_that_are_left(self, hosted, use, recording):
        answer = services.diarize(recording, spans=[(1.2, 1.9)], use=use)

        assert answer.value.turns == [Turn(1.2, 1.9, 0)]
        assert answer.value.voices == [BEN]

    def test_a_long_recording_is_paid_for_in_pieces_and_speakers_are_known_again(
        self, hosted, use, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(recordings, "PIECE_SECONDS", 2.0)
        monkeypatch.setattr(recordings, "LOOK_BACK_SECONDS", 1.0)
        audio = write_tone(tmp_path / "long.wav", seconds=5.0)
        hosted.plan("ok")
        hosted.plan("error", status=503)
        with pytest.raises(ProviderBusyError):
            services.diarize(audio, use=use)

        answer = services.diarize(audio, use=use)

        assert [turn.speaker for turn in answer.value.turns] == [0, 1] * 3
        assert answer.value.turns[-1].end == pytest.approx(5.0, abs=0.02)
        assert set(hosted.billed.values()) == {1}
        assert len(hosted.billed) == 3

    def test_nothing_is_paid_while_the_encoder_is_missing(self, provider, settings, use, recording, tmp_path):
        settings.AI_ROUTES = settings.AI_ROUTES | {"diarize": "openai:gpt-4o-transcribe-diarize"}
        settings.MODELS_ROOT = tmp_path

        with pytest.raises(EngineMissingError, match=r"manage\.py models resemblyzer"):
            services.diarize(recording, use=use)
        assert not provider.requests

    def test_silence_has_no_turns(self, hosted, use, recording):
        hosted.plan("ok", text="")

        assert services.diarize(recording, use=use).value == Diarization([], [], 0.5)

    def test_an_answer_without_speakers_is_never_used(self, hosted, use, recording):
        for _ in range(2):
            hosted.plan("garbage")

        with pytest.raises(InvalidAnswerError):
            services.diarize(recording, use=use)

    @pytest.mark.parametrize(
        "segments",
        [[], "none", [{"start": 0, "end": 1}], [{"start": "x", "end": 1, "speaker": "A"}], [{"start": -1, "end": 1}]],
    )
    def test_an_answer_of_another_form_is_never_used(self, segments):
        with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
            openai_speech.speaker_turns({"text": "Hi", "segments": segments})

    def test_speakers_are_numbered_in_the_order_of_time(self):
        said = [{"start": 2, "end": 3, "speaker": "A"}, {"start": 0, "end": 1, "speaker": "B"}]

        assert openai_speech.speaker_turns({"segments": said}) == [Turn(0, 1, 0), Turn(2, 3, 1)]
