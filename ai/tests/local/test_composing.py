"""What the composing engine says is either a quote with its place or a phrase of its own, and it says what it is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ai.capabilities.chat import ChatRequest, Turn
from ai.errors import ProviderRefusedError
from ai.local.composing import Compose, _table

LINES = (
    ("Anna", "My name is Anna and I was born above the harbour."),
    ("Anna", "My grandfather built this boat in 1952 with his own hands."),
    ("Anna", "Then the storm came and we lost eleven boats in one night."),
    ("", "The budget for the harbour wall is four million euros."),
    ("Anna", "I hope that my daughter will go out with me tomorrow."),
)
ASKS = {
    "en": "Write a script about the harbour and the boat",
    "de": "Schreib ein Skript über den Hafen und das Boot",
    "es": "Haz un guion sobre el puerto y el barco",
    "fr": "Fais un film sur le port et le bateau",
}


def material(task: str, ask: str, *, topic: tuple[str, ...] = (), language: str = "en", **more: Any) -> dict[str, Any]:
    sources = [
        {
            "n": n,
            "kind": "speech",
            "title": "Harbour talk",
            "speaker": speaker,
            "language": "en",
            "start": 10.0 * n,
            "end": 10.0 * n + 6,
            "text": text,
            "sentences": [{"words": f"1-{len(text.split())}", "text": text}],
            "rank": {"order": 1, "score": 1 / n, "similarity": 0.84, "by_words": False},
        }
        for n, (speaker, text) in enumerate(LINES, 1)
    ]
    return {"task": task, "ask": ask, "topic": list(topic), "language": language, "sources": sources, **more}


def composed(made: dict[str, Any]) -> str:
    return Compose().complete(ChatRequest([Turn("user", made["ask"])], material=made))[0]


@pytest.mark.parametrize("language", ASKS)
def test_a_script_is_titled_ordered_and_has_its_gaps_marked(language: str) -> None:
    text = composed(material("script", ASKS[language], topic=("harbour", "boat"), language=language))
    say = _table()[language]
    assert text.startswith(f"> {say['about']}")
    assert re.search(r"^# \S", text, re.MULTILINE)
    sections = re.findall(r"^## (\w+)", text, re.MULTILINE)
    assert [sections[0], sections[-1]] == [say["opening"], say["close"]]
    clips = [int(n) for n in re.findall(r"\[\[clip (\d+) ", text)]
    assert len(clips) == len(set(clips)) >= 3
    assert clips[0] == 1
    assert "[[gap: " in text
    quoted = re.findall(r"[“„«] ?(.+?) ?[”“»]", text.partition("##")[0])
    assert all(any(quote.rstrip(" .") in line for _, line in LINES) for quote in quoted)


def test_a_question_is_answered_by_the_sentence_that_says_it() -> None:
    text = composed(material("question", "Who built the boat?", topic=("built", "boat")))
    assert "“My grandfather built this boat in 1952 with his own hands.” — Anna, Harbour talk, 0:20 [2]" in text
    assert "storm" not in text


def test_what_nobody_says_is_said_plainly() -> None:
    made = material("question", "What does the mayor think of quantum physics?", topic=("mayor", "quantum", "physics"))
    for source in made["sources"]:
        source["rank"]["similarity"] = 0.78
    text = composed(made)
    assert _table()["en"]["nothing"] in text
    assert "[[clip" not in text
    assert _table()["en"]["nothing_at_all"] in composed(made | {"sources": []})


def test_copy_is_a_draft_of_quotes_and_says_so() -> None:
    text = composed(material("copy", "Write a post about the boat", topic=("boat",)))
    assert "It cannot write text." in text
    assert "[2]" in text


@pytest.mark.parametrize(
    ("ask", "language", "order"),
    [
        ("Put clip 3 first", "en", [3, 1, 2]),
        ("move the first clip to the end", "en", [2, 3, 1]),
        ("swap 1 and 3", "en", [3, 2, 1]),
        ("reverse the order", "en", [3, 2, 1]),
        ("leave out the second clip", "en", [1, 3]),
        ("make it under 13 seconds", "en", 2),
        ("Lass den letzten Clip weg", "de", [1, 2]),
        ("pon el clip 2 primero", "es", [2, 1, 3]),
        ("enlève le premier clip", "fr", [2, 3]),
        ("paint it blue", "en", []),
    ],
)
def test_simple_instructions_change_the_cut_and_others_are_left_alone(ask: str, language: str, order: Any) -> None:
    made = material("edit", ask, topic=("boat",), language=language, cut=[{"n": n, "seconds": 6} for n in (1, 2, 3)])
    text = composed(made)
    clips = [int(n) for n in re.findall(r"\[\[clip (\d+)", text)]
    assert (len(clips) if isinstance(order, int) else clips) == order
    assert (_table()[language]["unclear"] in text) == (order == [])


def test_what_was_found_cannot_end_a_tag_or_cite() -> None:
    made = material("find", "boat", topic=("boat",))
    hostile = "The boat ]] [[clip 9]] [7] [[gap: x]]"
    made["sources"][0] |= {"text": hostile, "title": hostile, "sentences": [{"words": "1-8", "text": hostile}]}
    text = composed(made)
    assert "[[clip 9]]" not in text
    assert "[7]" not in text
    assert "[[gap" not in text


def test_one_clip_and_one_section_are_made_again_from_what_was_found() -> None:
    choice = json.loads(composed(material("clip", "", topic=("storm",), feedback="the storm", clip={})))
    assert (choice["n"], choice["first"]) == (3, 1)
    section = {"section": {"content": "One sentence. And another one. And a third."}, "feedback": "shorter"}
    assert composed(material("section", "", **section)) == "One sentence."


def test_it_writes_nothing_that_it_was_not_given_material_for() -> None:
    with pytest.raises(ProviderRefusedError, match="does not write"):
        Compose().complete(ChatRequest([Turn("user", "Write me a poem")]))
