"""Names that people say of themselves and of each other."""

from __future__ import annotations

import pytest

from media_library.media.speaker_names import Said, names_in


def told(language: str, *lines: tuple[str, str]) -> dict[str, str]:
    return {one.speaker: one.name for one in names_in([Said(*line) for line in lines], language=language)}


@pytest.mark.parametrize(
    ("language", "line", "name"),
    [
        ("en", "Hello, my name is Ana Maria de Souza, and this is the news.", "Ana Maria de Souza"),
        ("en", "Good evening. I'm John.", "John"),
        ("en", "Hi, I’m Mary-Ann O'Neil and we begin.", "Mary-Ann O'Neil"),
        ("en-GB", "This is Zoe in the studio.", "Zoe"),
        ("es", "Hola, me llamo Lucía Gómez.", "Lucía Gómez"),
        ("fr", "Bonjour, je m'appelle Élodie.", "Élodie"),
        ("de", "Guten Tag, mein Name ist Jürgen von der Heide.", "Jürgen von der Heide"),
        ("it", "Ciao, mi chiamo Paolo.", "Paolo"),
        ("pt-BR", "Oi, eu sou a Marta.", "Marta"),
        ("pl", "Dzień dobry, nazywam się Łukasz.", "Łukasz"),
    ],
)
def test_people_say_their_own_name(language, line, name):
    assert told(language, ("speaker_1", line)) == {"speaker_1": name}


@pytest.mark.parametrize(
    "line",
    [
        "I'm sorry about that.",
        "I am German, by the way.",
        "I'm I'm not sure.",
        "This is it.",
        "My name is not important.",
    ],
)
def test_what_is_no_name_is_none(line):
    assert told("en", ("speaker_1", line)) == {}


def test_people_say_each_others_names():
    assert told(
        "en",
        ("speaker_1", "Over to you, Ben."),
        ("speaker_2", "The lights are on."),
        ("speaker_1", "Thanks, Ben. Thank you very much."),
        ("speaker_2", "Thank you, Ana."),
    ) == {"speaker_2": "Ben", "speaker_1": "Ana"}


def test_a_name_is_one_speakers_and_the_surer_word_counts():
    found = names_in(
        [Said("speaker_1", "Thanks, Ben."), Said("speaker_2", "My name is Ben."), Said("speaker_1", "I'm Ana.")],
        language="en",
    )
    assert {(one.speaker, one.name) for one in found} == {("speaker_2", "Ben"), ("speaker_1", "Ana")}
    assert next(one for one in found if one.name == "Ben").because == "My name is Ben"


def test_a_language_without_patterns_finds_nothing():
    assert told("xx", ("speaker_1", "My name is Ana.")) == {}
