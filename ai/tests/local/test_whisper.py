from __future__ import annotations

import json
import re
from dataclasses import asdict

import numpy as np
import pytest

from ai.errors import EngineMissingError, LanguageUnsupportedError
from ai.local.whisper import Whisper
from ai.tests.local.conftest import DATA, errors
from core.errors import UnsupportedTypeError

# Where the five clips are spoken in the sample, in seconds.
STARTS = (1.0, 13.5, 18.0, 28.5, 41.0)


@pytest.fixture(scope="module")
def sample(whisper):
    return whisper.transcribe(DATA / "sample.mp4")


def spoken_in_sample():
    lines = (DATA / "speech" / "transcription.txt").read_text().splitlines()
    return " ".join(re.sub(r"</?s>|\(.*?\)", "", line) for line in lines)


def test_the_sample_is_heard_with_at_most_five_words_wrong_in_a_hundred(sample):
    transcription, usage = sample
    assert errors(spoken_in_sample(), " ".join(word.text for word in transcription.words)) <= 0.05
    assert transcription.language == "en"
    assert transcription.language_confidence > 0.9
    assert usage.seconds == transcription.duration == pytest.approx(48.0, abs=0.1)


def test_each_passage_begins_when_it_is_spoken(sample):
    starts = [segment.start for segment in sample[0].segments]
    assert starts == pytest.approx(STARTS, abs=0.35)


def test_words_are_plain_numbers_in_order_with_their_punctuation(sample):
    words = sample[0].words
    json.dumps([asdict(word) for word in words])
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(word.text == word.text.strip() and 0 <= word.confidence <= 1 for word in words)
    assert [word.text for word in words if "-" in word.text] == ["ill-disposed", "cold-hearted", "ill-disposed."]


def test_silence_noise_and_tones_say_nothing(whisper, sound):
    noise = np.random.default_rng(1).normal(0, 0.05, 16_000 * 8)
    tone = 0.2 * np.sin(2 * np.pi * 330 * np.arange(16_000 * 8) / 16_000)
    for samples in (np.zeros(16_000 * 8), noise, tone):
        transcription, _ = whisper.transcribe(sound(samples))
        assert (transcription.segments, transcription.language, transcription.language_confidence) == ([], "und", 0.0)
        assert transcription.duration == pytest.approx(8.0)


@pytest.mark.parametrize("data", [b"", b"this is no recording", b"RIFF\x00\x00\x00\x00WAVE"])
def test_a_file_without_sound_is_refused(whisper, tmp_path, data):
    (tmp_path / "file.wav").write_bytes(data)
    with pytest.raises(UnsupportedTypeError, match="no sound"):
        whisper.transcribe(tmp_path / "file.wav")


def test_a_language_it_does_not_hear_is_refused(whisper):
    with pytest.raises(LanguageUnsupportedError, match="Esperanto"):
        whisper.transcribe(DATA / "sample.mp4", language="eo")


def test_a_cancelled_transcription_stops_at_the_next_passage(whisper):
    class CancelledError(Exception):
        pass

    said = []

    def progress(fraction, message):
        said.append((fraction, message))
        if message.startswith("Heard"):
            raise CancelledError

    with pytest.raises(CancelledError):
        whisper.transcribe(DATA / "sample.mp4", progress=progress)
    assert 0 < said[-1][0] < 1


def test_without_weights_it_says_how_to_get_them(settings, tmp_path):
    settings.MODELS_ROOT = tmp_path
    with pytest.raises(EngineMissingError, match=r"manage\.py models whisper-base"):
        Whisper().transcribe(DATA / "sample.mp4")
