"""How long words take to say, before anybody has said them."""

from __future__ import annotations

import re

from core.languages import primary

# A narrator's pace. Words a second: 2.5 is the 150 words a minute that narrators are asked for in English; languages with longer words
# take fewer of them. Scripts without spaces are counted by their characters.
WORDS_PER_SECOND = 2.5
BY_LANGUAGE = {
    "de": 2.1,
    "fi": 1.7,
    "hu": 1.9,
    "tr": 1.8,
    "ru": 2.0,
    "pl": 2.1,
    "nl": 2.3,
    "sv": 2.3,
    "es": 2.7,
    "fr": 2.6,
}
CHARACTERS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f]")
CHARACTERS_PER_SECOND = 4.5
# Thai writes vowels and tones as characters of their own.
THAI = re.compile(r"[\u0e00-\u0e7f]")
THAI_PER_SECOND = 11.0
SENTENCE_END = re.compile(r"[.!?…。！？]+(?=\s|$)|[。！？]")
PAUSE_SECONDS = 0.35
WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


def seconds_to_say(text: str, *, language: str = "") -> float:
    """At a narrator's pace, with a breath between sentences; 0 for no words."""
    thai = len(THAI.findall(text))
    dense = len(CHARACTERS.findall(text)) - thai
    words = len(WORD.findall(CHARACTERS.sub(" ", text)))
    rate = BY_LANGUAGE.get(primary(language), WORDS_PER_SECOND)
    spoken = words / rate + dense / CHARACTERS_PER_SECOND + thai / THAI_PER_SECOND
    pauses = max(0, len(SENTENCE_END.findall(text.strip())) - 1) if spoken else 0
    return round(spoken + pauses * PAUSE_SECONDS, 2)
