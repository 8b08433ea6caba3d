"""Dubs as plain functions: lines of a film, voices made to fit, and the sound under and around them."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
import pytest

from media_library.media import fitting, voice_fit
from media_library.media.decoding import whole
from media_library.media.dub_lines import LONGEST_SECONDS, lines_of
from media_library.media.dub_sound import Line, dub_sound
from media_library.media.fitting import BLOCKED, FITS, TIGHT, Slot, fit, placed, slots
from media_library.media.pitch import pitch_of
from media_library.media.shortening import shortened
from media_library.media.words import Word

RATE = 24_000


def tone(path: Path, *parts: tuple[float, float], hertz: float = 200.0) -> Path:
    """Stretches of (seconds, loudness)."""
    samples = np.concatenate(
        [level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE) for seconds, level in parts]
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def said(text: str, start: float, *, each: float = 0.4, speaker: str = "a") -> list[Word]:
    return [
        Word(word, start + number * each, start + (number + 1) * each - 0.05, speaker)
        for number, word in enumerate(text.split())
    ]


def test_a_line_is_a_sentence_of_one_speaker() -> None:
    words = [
        *said("We met in the old theatre of the town.", 0.0),
        *said("Nobody else had come that evening though.", 3.8),
        *said("I had been there since the morning.", 7.0, speaker="b"),
    ]
    lines = lines_of(words)
    assert [line.text for line in lines] == [
        "We met in the old theatre of the town.",
        "Nobody else had come that evening though.",
        "I had been there since the morning.",
    ]
    assert [line.speaker for line in lines] == ["a", "a", "b"]


def test_short_sentences_join_and_long_ones_part_without_a_word_lost() -> None:
    words = [*said("Yes. No. Perhaps so.", 0.0), *said(" ".join(f"word{number}," for number in range(60)), 3.0)]
    lines = lines_of(words)
    assert lines[0].text == "Yes. No. Perhaps so."
    assert all(line.seconds <= LONGEST_SECONDS for line in lines)
    assert " ".join(line.text for line in lines) == " ".join(word.text for word in words)


def test_a_slot_borrows_from_the_pause_and_leaves_a_gap() -> None:
    first, second = slots([(0.0, 2.0), (3.0, 4.0)], duration=4.2)
    assert first.latest == pytest.approx(3.0 - fitting.LEAST_GAP)
    assert second.latest == pytest.approx(4.2 - fitting.LEAST_GAP)


@pytest.mark.parametrize(
    ("natural", "verdict", "rate"),
    [
        (4.0, FITS, 1.0),
        (4.3, FITS, 1.075),
        (4.9, FITS, 1.1),
        (6.5, TIGHT, 1.3),
        (9.0, BLOCKED, 1.4),
        (3.7, FITS, 0.925),
    ],
)
def test_haste_comes_after_the_pause_and_ends_in_a_refusal(natural: float, verdict: str, rate: float) -> None:
    found = fit(natural, Slot(10.0, 14.0, 15.0))
    assert found.verdict == verdict
    assert found.rate == pytest.approx(rate, abs=0.01)
    assert (found.lacking > 0) == (verdict == BLOCKED)
    if verdict != BLOCKED:
        assert found.end <= 15.0 + 1e-6


def test_a_voice_that_is_too_short_ends_with_its_slot_where_it_can() -> None:
    assert placed(3.7, Slot(10.0, 14.0, 15.0)) == (10.3, 14.0)
    assert placed(2.0, Slot(10.0, 14.0, 15.0)) == (10.0 + fitting.LATEST_START, 12.0 + fitting.LATEST_START)


def test_silence_goes_and_pauses_grow_and_the_pitch_stays(tmp_path: Path) -> None:
    sound = tone(tmp_path / "a.wav", (0.6, 0.0), (1.0, 0.5), (0.9, 0.0), (1.0, 0.5), (0.7, 0.0))
    trimmed = voice_fit.trim(sound, tmp_path / "b.wav")
    assert trimmed.seconds == pytest.approx(2.0 + voice_fit.LONGEST_PAUSE + 2 * voice_fit.EDGE_SECONDS, abs=0.05)
    assert voice_fit.spread(tmp_path / "b.wav", tmp_path / "c.wav", add=0.3) == pytest.approx(
        trimmed.seconds + 0.3, abs=0.02
    )
    seconds = voice_fit.stretch(tmp_path / "b.wav", tmp_path / "d.wav", rate=1.25)
    assert seconds == pytest.approx(trimmed.seconds / 1.25, rel=0.02)
    mono = whole(tmp_path / "d.wav").mean(axis=1)[::6].astype(np.float32)
    assert pitch_of(mono) == pytest.approx(200.0, rel=0.03)


def test_only_what_may_go_is_left_out_and_no_more_than_needed() -> None:
    text = "Bueno, (como dije ayer) realmente llegamos muy tarde a casa."
    assert shortened(text, language="es", most=55).text == "Bueno, realmente llegamos muy tarde a casa."
    all_of_it = shortened(text, language="es", most=5)
    assert all_of_it.text == "Llegamos tarde a casa."
    assert shortened("Llegamos tarde.", language="es", most=5).dropped == ()


def test_the_original_gives_way_to_the_dub_and_comes_back(tmp_path: Path) -> None:
    original = tone(tmp_path / "original.wav", (8.0, 0.2), hertz=300.0)
    voice = tone(tmp_path / "voice.wav", (2.0, 0.3), hertz=900.0)
    for background, under in (("duck", -24.0), ("bed", -60.0)):
        into = tmp_path / f"{background}.m4a"
        made = dub_sound(
            original,
            into,
            lines=[Line(path=voice, start=3.0)],
            speech=[(3.0, 5.0)],
            duration=8.0,
            background=background,
        )
        assert made.duration == pytest.approx(8.0, abs=0.05)
        heard = whole(into).mean(axis=1)
        assert strength(heard, 3.6, 4.6, 900.0) > strength(heard, 0.5, 1.5, 900.0) + 40
        lowered = strength(heard, 3.6, 4.6, 300.0) - strength(heard, 0.5, 1.5, 300.0)
        assert lowered < under + 6
        assert abs(strength(heard, 6.5, 7.5, 300.0) - strength(heard, 0.5, 1.5, 300.0)) < 1.5


def strength(samples: np.ndarray, start: float, end: float, hertz: float) -> float:
    part = samples[round(start * 48_000) : round(end * 48_000)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    place = round(hertz * len(part) / 48_000)
    return 20 * math.log10(float(spectrum[place - 3 : place + 4].max()) + 1e-9)
