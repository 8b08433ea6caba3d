"""Text to the phonemes Kokoro was trained on. espeak-ng finds them; it is called as a program of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ai.errors import InvalidAnswerError
from ai.local import programs

ESPEAK = "espeak-ng"

# How the model's training data wrote espeak's phonemes (tied ones as one symbol), after misaki by hexgrad, Apache-2.0. Longer
# ones first. Languages other than English keep their own sounds (x, ç, r) as they are.
TIED = {
    "a^ɪ": "I",
    "a^ʊ": "W",
    "d^z": "ʣ",
    "d^ʒ": "ʤ",
    "e^ɪ": "A",
    "o^ʊ": "O",
    "ə^ʊ": "Q",
    "s^s": "S",
    "t^s": "ʦ",
    "t^ʃ": "ʧ",
    "ɔ^ɪ": "Y",
}
ENGLISH = {
    "ə^l": "ᵊl",
    "ʔn": "tn",
    "ʔ": "t",
    "ʲo": "jo",
    "ʲə": "jə",
    "ʲ": "",
    "ɚ": "əɹ",
    "r": "ɹ",
    "x": "k",
    "ç": "k",
    "ɐ": "ə",
    "ɬ": "l",
    "\u0303": "",
}
BRITISH = {"e^ə": "ɛː", "iə": "ɪə", "i^ə": "ɪə"}
AMERICAN = {"ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ɪ^ə": "iə", "ː": ""}

# Marks the model knows as pauses and melody, where they end or enclose words: "3.5" and "10:30" stay whole.
_MARK = re.compile(r"([;:,.!?…]+[\"”)]*(?=\s|$)|[—“”\"()])")
_SAME = str.maketrans(
    {"–": "—", "«": "“", "»": "”", "„": "“", "’": "'", "‘": "'", "¿": None, "¡": None, "\u00ad": None}
)
_SHORT = frozenset(
    "mr mrs ms dr st prof sr jr vs e.g i.e sra srta ud uds d dña mme mlle sig dott ing fig vol nº".split()  # noqa: SIM905  words
)
_SWITCH = re.compile(r"\([a-z^-]+\)")  # where espeak changed its language for a foreign word


@dataclass(frozen=True)
class Clause:
    """Words up to a mark. `mark` is the mark and what follows it, as the model should read it."""

    phonemes: str
    mark: str

    @property
    def ends_sentence(self) -> bool:
        return any(sign in self.mark for sign in ".!?…")


def require_words(text: str) -> None:
    if not any(letter.isalnum() for letter in text):
        raise InvalidAnswerError("There is nothing in this text that can be spoken.")


def known(voice: str) -> bool:
    """Whether the phonemes of this language can be found on this machine."""
    return voice.startswith("en") or programs.found(ESPEAK)


def clauses(text: str, *, voice: str) -> list[Clause]:
    """`voice` is espeak-ng's name of the language. English does without espeak-ng if it must: hibari knows its phonemes too."""
    if voice.startswith("en") and not programs.found(ESPEAK):
        return [Clause(_english(voice)(words), mark) for words, mark in _split(text)]
    espeak = programs.require(ESPEAK, what_for="finds out how words are said")
    found = []
    for words, mark in _split(text):
        lines = (
            programs.run([espeak, "-q", "--ipa=3", "--tie=^", "-b", "1", "-v", voice, "--stdin"], text=words)
            if words
            else ""
        )
        found.append(Clause(_symbols(" ".join(lines.split()), voice), mark))
    return [clause for clause in found if clause.phonemes or clause.mark.strip()]


@cache
def _english(voice: str) -> Callable[[str], str]:
    from hibari.g2p import G2P

    phonemes: Callable[[str], str] = G2P(british=voice == "en-gb")
    return phonemes


def _split(text: str) -> list[tuple[str, str]]:
    text = re.sub(r"\s+", " ", text.translate(_SAME).replace("...", "…")).strip()
    pieces = _MARK.split(text)
    pairs: list[tuple[str, str]] = []
    words = ""
    for number in range(0, len(pieces), 2):
        words += pieces[number]
        mark = pieces[number + 1] if number + 1 < len(pieces) else ""
        if mark == "." and _is_short_form(words):
            words += "."
            continue
        space = " " if number + 2 < len(pieces) and pieces[number + 2].startswith(" ") else ""
        lead = " " if mark and mark[0] in '—“("' and words.endswith(" ") else ""
        pairs.append((words.strip(), lead + mark + space))
        words = ""
    if words.strip():
        pairs.append((words.strip(), ""))
    return [pair for pair in pairs if pair[0] or pair[1]]


def _is_short_form(words: str) -> bool:
    """Whether a full stop after these words belongs to the last of them ("Mr.", "J.") and ends nothing."""
    last = words.rsplit(" ", 1)[-1]
    return last.lower() in _SHORT or (len(last) == 1 and last.isupper())


def _symbols(phonemes: str, voice: str) -> str:
    phonemes = _SWITCH.sub("", phonemes).replace("_", "")
    for old, new in TIED.items():
        phonemes = phonemes.replace(old, new)
    if voice.startswith("en"):
        phonemes = re.sub(r"(\S)\u0329", r"ᵊ\1", phonemes)
        for table in (ENGLISH, BRITISH if voice == "en-gb" else AMERICAN):
            for old, new in table.items():
                phonemes = phonemes.replace(old, new)
        # The data of English says e for nothing but the diphthong of "day".
        phonemes = phonemes.replace("e", "A")
    return phonemes.replace("^", "").replace("\u0361", "").replace("\u0329", "").replace("-", "")
