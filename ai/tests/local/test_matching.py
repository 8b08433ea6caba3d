"""Samples that can be matched and those that cannot, and a match of a real reader."""

from __future__ import annotations

import numpy as np
import pytest

from ai import services
from ai.capabilities.match_voice import MatchedVoice
from ai.errors import InvalidAnswerError, LanguageUnsupportedError
from ai.local import kokoro, matching, wav, world
from ai.local.listening import RATE
from ai.local.matching import VoiceMatch, heard_as, word_errors
from ai.tests.local.conftest import errors
from ai.tests.local.talk import AUSTEN, samples

ENGLISH = "Seven small boats were waiting in the harbour when the storm arrived. Nobody had warned the old fishermen."
SPANISH = "Siete barcos pequeños esperaban en el puerto cuando llegó la tormenta."


def spoken(voice: str, text: str = ENGLISH) -> np.ndarray:
    return heard_as(kokoro.say(text, kokoro.styles(voice), language="en-US"))


@pytest.fixture(scope="module")
def reading() -> np.ndarray:
    return spoken("am_michael")


class TestCheckingASample:
    def test_one_person_who_speaks_clearly_can_be_matched(self, sound, reading):
        checked = services.check_sample(sound(reading))

        assert (checked.ok, checked.problem, checked.speakers) == (True, "", 1)
        assert 4 < checked.speech_seconds <= checked.seconds
        assert 70 < checked.pitch < 160
        assert -40 < checked.loudness < -5

    @pytest.mark.parametrize("seconds", [0.0, 0.2, 8.0])
    def test_silence_is_refused(self, sound, seconds):
        checked = services.check_sample(sound(np.zeros(int(seconds * RATE))))

        assert not checked.ok
        assert checked.problem

    def test_music_is_not_speech(self, sound):
        chord = sum(np.sin(np.arange(8 * RATE) / RATE * 2 * np.pi * note) for note in (262, 330, 392)) * 0.1
        assert "Nobody speaks" in services.check_sample(sound(chord)).problem

    def test_a_second_of_speech_is_too_little(self, sound, reading):
        assert "and 3 are the least" in services.check_sample(sound(reading[:RATE])).problem

    def test_two_people_are_refused(self, sound, reading):
        checked = services.check_sample(sound(np.concatenate([reading, spoken("af_heart")])))

        assert "More than one person" in checked.problem
        assert checked.speakers == 2

    def test_peaks_that_are_cut_off_are_heard(self, sound, reading):
        assert "too loud" in services.check_sample(sound(np.clip(reading * 30, -1, 1))).problem

    def test_a_voice_in_noise_is_refused(self, sound, reading):
        noise = np.random.default_rng(3).normal(0, float(reading.std()) * 0.5, len(reading))
        assert "noise" in services.check_sample(sound(reading * 0.5 + noise * 0.5)).problem

    def test_of_a_long_recording_the_best_minute_is_used(self, sound, reading):
        from ai.local.samples import MOST_SPEECH, hear

        path = sound(np.tile(np.concatenate([reading, np.zeros(RATE)]), 14))
        assert services.check_sample(path).ok
        assert len(hear(path).sound) / RATE <= MOST_SPEECH

    def test_a_file_without_sound_is_refused(self, tmp_path):
        path = tmp_path / "sample.wav"
        path.write_bytes(b"RIFF nothing")
        assert "no sound that can be read" in services.check_sample(path).problem


@pytest.fixture(scope="module")
def matched(tmp_path_factory):
    """A short match of the reader of Austen: one trial is enough to see that it goes the right way."""
    folder = tmp_path_factory.mktemp("match")
    wav.write(folder / "sample.wav", np.concatenate([samples(clip) for clip in AUSTEN]), rate=RATE)
    told: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "TRIALS", 1)
        patch.setitem(matching.JUDGING, "en", "Nobody in the village had ever seen such a long and cold winter.")
        found, usage = VoiceMatch().match(
            folder / "sample.wav", folder / "style.npz", language="en", progress=lambda done, _what: told.append(done)
        )
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert usage.seconds > 15
    return found


class TestMatchingAReader:
    def test_it_comes_nearer_to_the_reader_than_the_default_voice(self, matched):
        assert matched.similarity > matched.best_default + 0.15
        assert matched.characteristics["held_out"]
        assert matched.characteristics["word_errors"] <= 0.05
        assert matched.style.stat().st_size < 400_000

    def test_what_it_says_is_understood(self, matched, heard, tmp_path):
        speech, _ = VoiceMatch().speak(
            MatchedVoice("local:voice-match", matched.style, name="Ann"), ENGLISH, tmp_path / "out.wav", language="en"
        )

        assert errors(ENGLISH, heard(speech.path, "en")) <= 0.06
        assert speech.seconds == pytest.approx(wav.seconds(speech.path))
        assert speech.voice.name == "Ann"

    def test_it_speaks_the_other_languages_too(self, matched, heard, tmp_path):
        voice = MatchedVoice("local:voice-match", matched.style)
        speech, _ = VoiceMatch().speak(voice, SPANISH, tmp_path / "out.wav", language="es-MX")

        assert errors(SPANISH, heard(speech.path, "es")) <= 0.2
        assert speech.voice.language == "es"

    def test_a_language_that_it_does_not_speak_is_said(self, matched, tmp_path):
        with pytest.raises(LanguageUnsupportedError, match="German"):
            VoiceMatch().speak(
                MatchedVoice("local:voice-match", matched.style), "Guten Tag.", tmp_path / "out.wav", language="de"
            )

    def test_a_spoilt_file_is_said(self, tmp_path):
        (tmp_path / "style.npz").write_bytes(b"PK nothing")
        with pytest.raises(InvalidAnswerError, match="Match it again"):
            VoiceMatch().speak(
                MatchedVoice("local:voice-match", tmp_path / "style.npz"), "Hello.", tmp_path / "o.wav", language="en"
            )


class TestMovingAVoice:
    def test_the_vocoder_moves_the_melody(self, reading):
        middle, _ = world.melody(reading, rate=RATE)
        higher, _ = world.melody(world.sung(reading, rate=RATE, shift=3.0, spread=1.0), rate=RATE)

        assert 12 * np.log2(higher / middle) == pytest.approx(3.0, abs=0.4)

    def test_the_filter_keeps_its_limits_and_the_loudness(self, reading):
        steep = world.tilt(np.linspace(40.0, -40.0, world.BINS), world.spectrum(reading, rate=RATE))
        moved = world.tilted(reading, steep, rate=RATE)

        assert np.abs(steep).max() == world.MOST_TILT
        assert moved.std() == pytest.approx(reading.std(), rel=0.1)
        assert np.abs(moved).max() < 1.0

    def test_word_errors_are_counted_as_usual(self):
        said, heard = "The tall ship sailed, past the harbour.", "the ship sailed past that harbour quickly"
        assert word_errors(said, "the tall ship sailed past the harbour") == 0
        assert word_errors(said, heard) == pytest.approx(errors(said, heard))
