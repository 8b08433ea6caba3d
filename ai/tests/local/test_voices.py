from __future__ import annotations

import sys
import time
from itertools import combinations

import numpy as np
import pytest

from ai.capabilities.diarize import Turn
from ai.errors import EngineMissingError
from ai.local import wav
from ai.local.voices import Voices, embed_voice, recognised
from ai.tests.local.conftest import DATA
from ai.tests.local.talk import AUSTEN, CARDS, in_turn, samples, wrong
from core.errors import UnsupportedTypeError


@pytest.fixture(scope="module")
def engine():
    return Voices()


@pytest.fixture
def diarized(engine, sound):
    """(start, end, speaker) of everything said in these samples, and the whole answer."""

    def diarized(heard, **how):
        found, _ = engine.diarize(sound(heard), **how)
        return [(turn.start, turn.end, turn.speaker) for turn in found.turns], found

    return diarized


def half(clips, which, tmp_path):
    """Every other clip of a reader as one recording."""
    path = tmp_path / f"{clips[0].stem}-{which}.wav"
    wav.write(path, np.concatenate([samples(clip) for clip in clips[which::2]]), rate=16_000)
    return path


class TestKnowingAVoice:
    def test_a_reader_is_alike_in_different_recordings_and_unlike_another(self, tmp_path):
        austen = [embed_voice(half(AUSTEN, which, tmp_path)) for which in (0, 1)]
        cards = [embed_voice(half(CARDS, which, tmp_path)) for which in (0, 1)]

        assert austen[0] @ austen[1] > 0.85
        assert cards[0] @ cards[1] > 0.85
        assert max(one @ other for one in austen for other in cards) < 0.75
        assert all(np.linalg.norm(voice) == pytest.approx(1.0, abs=1e-4) for voice in austen + cards)

    def test_loudness_does_not_change_a_voice(self, sound):
        clip = samples(AUSTEN[0])
        loud, quiet = (embed_voice(sound(clip * level)) for level in (4.0, 0.05))

        assert loud @ quiet > 0.98

    def test_a_stretch_of_a_recording_holds_its_own_voice(self, sound):
        heard, said = in_turn(AUSTEN[:1], CARDS[3:])
        path = sound(heard)
        first, second = (embed_voice(path, start, end) for start, end, _ in said)

        assert first @ embed_voice(AUSTEN[3]) > first @ second + 0.1

    @pytest.mark.parametrize("heard", [np.zeros(32_000), np.random.default_rng(1).normal(0, 0.05, 32_000)])
    def test_where_nobody_speaks_there_is_no_voice(self, sound, heard):
        with pytest.raises(UnsupportedTypeError, match="Nobody speaks"):
            embed_voice(sound(heard))


class TestTellingApart:
    def test_two_readers_are_told_apart_when_their_number_is_known(self, diarized):
        heard, said = in_turn(AUSTEN[:3], CARDS)

        turns, found = diarized(heard, speakers=2)

        assert found.speakers == len(found.voices) == 2
        assert wrong(said, turns) < 0.06

    def test_two_readers_are_counted(self, diarized):
        heard, said = in_turn(AUSTEN, CARDS)

        turns, found = diarized(heard)

        assert found.speakers == 2
        assert wrong(said, turns) < 0.08

    def test_segments_of_a_transcript_keep_their_times_and_get_the_right_speaker(self, diarized):
        heard, said = in_turn(AUSTEN[:3], CARDS)

        turns, _ = diarized(heard, speakers=2, spans=[(start, end) for start, end, _ in said])

        assert turns == said

    def test_words_get_the_speaker_of_their_surroundings(self, diarized):
        heard, said = in_turn(AUSTEN[:2], CARDS[1:])
        words = [
            (start + place, min(start + place + 0.25, end), reader)
            for start, end, reader in said
            for place in np.arange(0, end - start - 0.1, 0.3)
        ]

        turns, _ = diarized(heard, speakers=2, spans=[(start, end) for start, end, _ in words])

        right = [turn[2] == word[2] for turn, word in zip(turns, words, strict=True)]
        assert np.mean(right) > 0.9

    @pytest.mark.parametrize("clips", [AUSTEN, CARDS])
    def test_one_reader_is_one_speaker(self, clips, diarized):
        heard, _ = in_turn(clips)

        assert diarized(heard)[1].speakers == 1

    @pytest.mark.parametrize("count", [1, 2, 3, 5])
    def test_the_number_that_is_told_is_kept_exactly(self, count, diarized):
        heard, said = in_turn(AUSTEN, CARDS)
        spans = [(start, end) for start, end, _ in said]

        assert diarized(heard, speakers=count)[1].speakers == count
        assert diarized(heard, speakers=count, spans=spans)[1].speakers == count

    def test_speakers_are_numbered_by_who_is_heard_first(self, diarized):
        heard, _ = in_turn(CARDS, AUSTEN)
        _, found = diarized(heard, speakers=2)

        first = np.array(found.voices[0])
        assert found.turns[0].speaker == 0
        assert first @ embed_voice(CARDS[3]) > first @ embed_voice(AUSTEN[0])

    def test_turns_are_in_order_and_inside_the_recording(self, diarized):
        heard, _ = in_turn(AUSTEN, CARDS)
        turns, found = diarized(heard)

        times = [time for start, end, _ in turns for time in (start, end)]
        assert times == sorted(times)
        assert times[0] >= 0
        assert times[-1] <= len(heard) / 16_000 + 0.01
        assert 0 < found.confidence <= 1


class TestNobody:
    @pytest.mark.parametrize(
        "heard",
        [
            np.zeros(16_000 * 5),
            np.random.default_rng(1).normal(0, 0.05, 16_000 * 5),
            0.2 * np.sin(2 * np.pi * 330 * np.arange(16_000 * 5) / 16_000),
        ],
        ids=["silence", "noise", "tone"],
    )
    def test_silence_noise_and_tones_have_no_speaker(self, diarized, heard):
        turns, found = diarized(heard)

        assert (turns, found.voices, found.confidence) == ([], [], 0.0)

    def test_a_transcript_of_silence_gets_no_turns(self, diarized):
        assert diarized(np.zeros(32_000), spans=[(0.0, 1.0), (5.0, 6.0)])[0] == []

    @pytest.mark.parametrize("data", [b"", b"this is no recording"])
    def test_a_file_without_sound_is_refused(self, engine, tmp_path, data):
        (tmp_path / "file.wav").write_bytes(data)
        with pytest.raises(UnsupportedTypeError, match="no sound"):
            engine.diarize(tmp_path / "file.wav")

    def test_without_weights_it_says_how_to_get_them(self, engine, settings, tmp_path):
        settings.MODELS_ROOT = tmp_path
        with pytest.raises(EngineMissingError, match=r"manage\.py models resemblyzer"):
            engine.diarize(DATA / "sample.mp4")


def test_turns_of_another_engine_are_given_voices(sound):
    heard, said = in_turn(AUSTEN[:2], CARDS[1:])
    voices, sure = recognised(sound(heard), [Turn(*one) for one in said])

    assert np.array(voices[1]) @ embed_voice(CARDS[0]) > np.array(voices[0]) @ embed_voice(CARDS[0]) + 0.1
    assert sure > 0


def test_a_cancelled_diarisation_stops_between_passages(engine, sound):
    class CancelledError(Exception):
        pass

    def progress(fraction, message):
        if fraction > 0.05:
            raise CancelledError

    heard, _ = in_turn(AUSTEN)
    with pytest.raises(CancelledError):
        engine.diarize(sound(np.tile(heard, 2)), progress=progress)


def test_minutes_are_told_apart_with_their_speakers_counted(engine, sound):
    heard, _ = in_turn(AUSTEN, CARDS)
    long = np.tile(heard, 1 + 180 * 16_000 // len(heard))
    started = time.process_time()

    found, usage = engine.diarize(sound(long))

    spent = time.process_time() - started
    sys.stderr.write(
        f"{usage.seconds:.0f} s of sound took {spent:.1f} s of processor: {spent / usage.seconds:.4f} a second\n"
    )
    assert found.speakers == 2
    assert all(len(voice) == 256 for voice in found.voices)
    assert np.all([one @ other < 0.8 for one, other in combinations(np.array(found.voices), 2)])
