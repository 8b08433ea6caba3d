"""Chapters of made-up talks, whose subjects change at known places."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from media_library.media import webvtt
from media_library.media.chapter_titles import titles
from media_library.media.chapters import SHORTEST_SECONDS, Chapter, chapters, chapters_vtt

TALK = {
    "Solar panels": (
        "The solar panels on our roof work best at noon.",
        "A solar panel turns light into current, and the inverter makes it alternating.",
        "When clouds pass, the current of the solar panels falls within seconds.",
        "Clean glass matters: dust on the solar panels costs a tenth of the light.",
        "In winter the sun stands low, so the panels are tilted towards the noon light.",
        "The inverter hums, and the current flows into the grid.",
    ),
    "Sourdough bread": (
        "Now for the kitchen: the sourdough bread needs flour, water and salt.",
        "Knead the dough until the flour has drunk all the water.",
        "The sourdough bread rises overnight in a bowl under a cloth.",
        "A hot oven and a little steam give the crust of the sourdough bread its shine.",
        "Salt slows the yeast, so the dough with more salt rises later.",
        "Let the loaf cool before you cut the crust.",
    ),
    "Lisbon": (
        "Our last stop is a city on the river, and we arrive in Lisbon by train.",
        "The trams of Lisbon climb hills that no bus would climb.",
        "From the castle you see the river and the red roofs of Lisbon.",
        "Fishermen sell sardines in the streets below the castle.",
        "In the evening the singers of the old town sing about the sea.",
        "The tram back to the station leaves from the river.",
    ),
}
SECONDS = 5.0
ROUNDS = 4


@pytest.fixture(scope="module")
def talk():
    """Three subjects of two minutes each, without a pause; and the times at which the second and the third begin."""
    texts = [text for said in TALK.values() for _ in range(ROUNDS) for text in said]
    segments = [(index * SECONDS, (index + 1) * SECONDS, text) for index, text in enumerate(texts)]
    begun = [number * ROUNDS * 6 * SECONDS for number in (1, 2)]
    return segments, begun, len(texts) * SECONDS


def meanings(count: int, subjects: int, noise: float = 0.6):
    """Vectors as engines make them: all near one direction, those of a subject nearer to each other."""
    random = np.random.default_rng(7)
    common, centres = random.normal(size=64), random.normal(size=(subjects, 64))
    rows = [2 * common + centres[index * subjects // count] + noise * random.normal(size=64) for index in range(count)]
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("with_meanings", [True, False])
def test_chapters_begin_where_the_subject_changes_and_are_called_by_its_words(talk, with_meanings):
    segments, begun, duration = talk
    embeddings = meanings(len(segments), 3) if with_meanings else None

    found = chapters(duration=duration, shots=[], segments=segments, embeddings=embeddings, language="en")

    assert [chapter.title for chapter in found] == list(TALK)
    assert [chapter.start for chapter in found] == pytest.approx([0.0, *begun], abs=2 * SECONDS)
    assert found[-1].end == duration
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_chapter_begins_with_a_segment_near_a_cut_and_after_a_pause(talk):
    segments, begun, duration = talk
    # One more segment belongs to the first subject; then comes silence, and in it the picture changes.
    late = [(start + 4 * (start > begun[0]), end + 4 * (start > begun[0]), text) for start, end, text in segments]
    cut = begun[0] + SECONDS + 3

    found = chapters(duration=duration + 4, shots=[cut], segments=late, embeddings=meanings(len(late), 3))

    assert found[1].start == begun[0] + SECONDS + 4
    assert {chapter.start for chapter in found[1:]} <= {start for start, _, _ in late}


def test_chapters_are_never_short_and_never_many():
    """A subject every twenty seconds, for three hours."""
    segments = [(index * 5.0, index * 5.0 + 5, f"Sentence {index} of a long day.") for index in range(2160)]
    found = chapters(duration=10_800, shots=[], segments=segments, embeddings=meanings(2160, 540, noise=0.1))
    assert 3 < len(found) <= 30
    assert min(chapter.end - chapter.start for chapter in found) >= SHORTEST_SECONDS


@pytest.mark.parametrize(
    "change",
    [
        {"duration": 119.0},
        {"segments": []},
        {"segments": [(0.0, 300.0, "♪ ♪ ♪")] * 20, "embeddings": None},
        {
            "segments": [(index * 5.0, index * 5 + 5.0, "The same words again.") for index in range(72)],
            "embeddings": None,
        },
    ],
)
def test_where_there_is_nothing_to_divide_there_are_no_chapters(talk, change):
    segments, _, duration = talk
    given = {"duration": duration, "segments": segments[:24], "embeddings": None} | change
    assert chapters(shots=[10.0, 60.0], **given) == []


def test_meanings_must_belong_to_the_segments(talk):
    segments, _, duration = talk
    with pytest.raises(ValueError, match="3 embeddings for 72 segments"):
        chapters(duration=duration, shots=[], segments=segments, embeddings=meanings(3, 3))


def part(*texts: str):
    return [(0.0, 1.0, text) for text in texts]


@pytest.mark.parametrize(
    ("language", "texts", "title"),
    [
        # Said once each: no phrase is typical, so the first sentence, cut at a clause.
        ("en", ["and ends here. So we begin with something new, which takes a while."], "We begin with something new"),
        ("en", ["Well, that is how it was. Then came rain."], "Well, that is how it was"),
        ("en", ["Why is the sea salty? Nobody knows."], "Why is the sea salty?"),
        (
            "fr",
            ["L'énergie solaire d'abord.", "Parlons de l'énergie solaire.", "C'est l'énergie solaire."],
            "Énergie solaire",
        ),
        (
            "de",
            ["Die alte Mühle steht still.", "In der alten Mühle wohnt ein Kauz.", "Um die Mühle wächst Gras."],
            "Mühle",
        ),
        ("es", ["Vamos al mercado central.", "El mercado central abre a las ocho."], "Mercado central"),
        ("ja", ["海はなぜ塩辛いのでしょうか。誰も知りません。"], "海はなぜ塩辛いのでしょうか"),
        ("", ["Sea water."], "Sea water"),
    ],
)
def test_titles_are_words_of_the_chapter(language, texts, title):
    assert titles([part(*texts), part("0.")], language)[0] == title


def test_a_long_beginning_is_cut_between_words():
    (title, _) = titles([part("this " * 40), part("Other words.")], "en")
    assert len(title) <= 60
    assert title.endswith("this…")


def test_two_chapters_have_two_titles():
    said = part("The river is wide.", "The river is deep.")
    assert len(set(titles([said, [*said, *part("So is the lake.", "Look at the lake.")], part("Nothing.")], "en"))) == 3


def test_a_track_of_chapters_is_safe_whatever_was_said():
    track = chapters_vtt(
        [Chapter(start=0, end=61.5, title="Tom & Ann --> <b>home</b>"), Chapter(start=61.5, end=120, title="End")]
    )
    cues = webvtt.parse_strict(track).cues
    assert [(cue.start, cue.end) for cue in cues] == [(0.0, 61.5), (61.5, 120.0)]
    assert webvtt.plain_text(cues[0]) == "Tom & Ann --> <b>home</b>"
