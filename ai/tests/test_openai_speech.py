from __future__ import annotations

import json
import wave
from email.parser import BytesParser
from email.policy import HTTP

import numpy as np
import pytest

from ai import recordings, services
from ai.capabilities.speech_to_text import Word
from ai.errors import InvalidAnswerError, ProviderBusyError
from ai.models import Call
from ai.providers import openai_speech
from ai.tests.conftest import write_tone
from core.errors import UnsupportedTypeError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def form(request):
    """The fields of a multipart request that are not files."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts()
    fields = [(part.get_param("name", header="content-disposition"), part) for part in parts]
    return [(name, part.get_content().strip()) for name, part in fields if name != "file"]


class TestHearing:
    def test_words_carry_their_times_and_their_punctuation(self, use, recording):
        heard = services.transcribe(recording, use=use).value

        assert heard.language == "en"
        assert [word.text for word in heard.words] == [
            "Good",
            "evening,",
            "everyone.",
            "The",
            "train",
            "leaves",
            "at",
            "nine!",
        ]
        assert heard.words[0].start == 0
        assert heard.words[-1].end <= heard.duration == pytest.approx(2.0)
        assert 0.8 < heard.words[0].confidence < 1

    def test_the_request_asks_for_word_times_in_the_language_told(self, provider, use, recording):
        services.transcribe(recording, language="pt-BR", use=use)

        assert form(provider.requests[0]) == [
            ("model", "whisper-1"),
            ("language", "pt"),
            ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "word"),
            ("timestamp_granularities[]", "segment"),
        ]

    def test_silence_is_a_transcript_without_words(self, provider, use, recording):
        provider.plan("ok", text="")

        assert services.transcribe(recording, use=use).value.segments == []

    def test_a_file_without_sound_is_refused_before_anybody_is_asked(self, provider, use, tmp_path):
        (tmp_path / "no.wav").write_bytes(b"RIFF nothing")

        with pytest.raises(UnsupportedTypeError):
            services.transcribe(tmp_path / "no.wav", use=use)
        assert not provider.requests

    def test_a_long_recording_is_paid_for_in_pieces_and_joined_in_time(self, provider, use, tmp_path, monkeypatch):
        monkeypatch.setattr(recordings, "PIECE_SECONDS", 2.0)
        monkeypatch.setattr(recordings, "LOOK_BACK_SECONDS", 1.0)
        audio = write_tone(tmp_path / "long.wav", seconds=5.0)
        provider.plan("ok")
        provider.plan("error", status=503)
        with pytest.raises(ProviderBusyError):
            services.transcribe(audio, use=use)

        said = []
        answer = services.transcribe(audio, use=use, progress=lambda fraction, _message: said.append(fraction))

        starts = [segment.start for segment in answer.value.segments]
        assert len(starts) == 3
        assert starts == sorted(starts)
        assert answer.value.duration == pytest.approx(5.0, abs=0.01)
        assert answer.value.words[-1].end <= 5.01
        assert set(provider.billed.values()) == {1}
        assert len(provider.billed) == 3
        assert said == sorted(said)
        assert max(said) == pytest.approx(1.0, abs=0.01)

    @pytest.mark.parametrize(
        ("words", "text", "expected"),
        [
            (["Hello", "there"], "Hello, there!", ["Hello,", "there!"]),
            (["qué", "pasa"], "—¿Qué pasa?", ["—¿Qué", "pasa?"]),
            (["It's", "5", "30"], "It's 5:30.", ["It's", "5:", "30."]),
            (["今日", "は"], "今日は。", ["今日", "は。"]),
            (["well", "known"], "“well-known”", ["“well-", "known”"]),
            (["other", "words"], "Nothing of the kind", ["other", "words"]),
        ],
    )
    def test_words_are_found_again_in_their_sentence(self, words, text, expected):
        listed = [Word(word, index, index + 1, 0) for index, word in enumerate(words)]

        assert [word.text for word in openai_speech.punctuated(listed, text, 0.9)] == expected

    @pytest.mark.parametrize(
        "changes",
        [
            {"duration": "long"},
            {"duration": float("nan")},
            {"segments": "none"},
            {"words": [{"word": "x"}]},
            {"segments": []},
        ],
    )
    def test_a_transcript_of_another_form_is_never_used(self, changes):
        answer = {"duration": 2.0, "language": "english", "text": "Hi", "segments": [], "words": []}

        with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
            openai_speech.transcription(answer | changes, None)


class TestSpeaking:
    def test_speech_is_a_plain_wav_whose_length_was_measured(self, use, tmp_path):
        answer = services.speak("A woman crosses a bridge.", tmp_path / "out.wav", language="es-MX", use=use)

        with wave.open(str(tmp_path / "out.wav")) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
            assert answer.value.seconds == pytest.approx(file.getnframes() / 24_000)
        assert answer.value.voice.language == "es-MX"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out.wav"]

    def test_a_known_voice_speaks_and_an_unknown_one_falls_back(self, provider, use, tmp_path):
        for voice in ("nova", "Kore"):
            services.speak("Hello.", tmp_path / "out.wav", language="en", voice=voice, use=use)

        assert [request.json["voice"] for request in provider.requests] == ["nova", "marin"]

    def test_a_text_beyond_one_request_is_spoken_in_sentences(self, provider, use, tmp_path):
        text = "This is one sentence of several. " * 200

        answer = services.speak(text, tmp_path / "out.wav", language="en", use=use)

        parts = [request.json["input"] for request in provider.requests]
        assert " ".join(parts) == text.strip()
        assert all(len(part) <= 4096 and part.endswith(".") for part in parts)
        assert len({request.key for request in provider.requests}) == len(parts) == 2
        assert Call.objects.get().seconds == answer.value.seconds

    def test_sound_that_ends_before_its_text_is_never_used(self, tmp_path):
        header = write_tone(tmp_path / "cut.wav", seconds=2).read_bytes()
        (tmp_path / "cut.wav").write_bytes(header[:20_000])

        with pytest.raises(InvalidAnswerError):
            openai_speech.read_wav(tmp_path / "cut.wav")

    def test_stereo_becomes_mono(self, tmp_path):
        with wave.open(str(tmp_path / "stereo.wav"), "wb") as file:
            file.setparams((2, 2, 24_000, 0, "NONE", ""))
            file.writeframes(np.array([[100, 300]] * 10, np.int16).tobytes())

        samples, rate = openai_speech.read_wav(tmp_path / "stereo.wav")

        assert (samples.tolist(), rate) == ([200] * 10, 24_000)


class TestEmbedding:
    @pytest.fixture(autouse=True)
    def _routed(self, settings):
        settings.AI_ROUTES = settings.AI_ROUTES | {"embed": "openai:text-embedding-3-small"}

    def test_vectors_have_length_one_and_the_size_of_the_index(self, use):
        passages = services.embed_passages(["one", "two"], use=use).value
        query = services.embed_query("one", use=use).value

        assert passages.shape == (2, 384)
        assert np.allclose(np.linalg.norm(passages, axis=1), 1)
        assert np.argmax(passages @ query) == 0

    def test_many_passages_go_in_several_requests_and_come_back_in_order(self, provider, use):
        texts = [f"text {number}" for number in range(300)]

        vectors = services.embed_passages(texts, use=use).value

        assert len(vectors) == 300
        assert len(provider.requests) == 2
        assert json.loads(provider.requests[1].body)["input"][0] == "text 256"


class TestCutting:
    def test_a_recording_is_cut_where_it_is_quietest(self, tmp_path, monkeypatch):
        monkeypatch.setattr(recordings, "PIECE_SECONDS", 4.0)
        monkeypatch.setattr(recordings, "LOOK_BACK_SECONDS", 2.0)
        rate = recordings.RATE
        sound = (np.random.default_rng(1).normal(0, 3000, 6 * rate)).astype(np.int16)
        sound[int(2.8 * rate) : int(3.2 * rate)] = 0
        with wave.open(str(tmp_path / "talk.wav"), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(sound.tobytes())

        pieces = list(recordings.pieces(tmp_path / "talk.wav", tmp_path))

        assert pieces[0].seconds == pytest.approx(3.0, abs=0.2)
        assert pieces[1].start == pieces[0].seconds
        assert sum(piece.seconds for piece in pieces) == pytest.approx(6.0, abs=0.01)
