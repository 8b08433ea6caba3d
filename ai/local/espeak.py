"""espeak-ng: about a hundred languages in a robotic voice, for what nothing better here speaks. Its voices say so in their names."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from langcodes import Language, tag_is_valid

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.text_to_speech import Speech, Voice
from ai.errors import InvalidAnswerError, LanguageUnsupportedError
from ai.local import phonemes, programs, wav
from core.languages import canonical, name, primary

WORDS_PER_MINUTE = 165  # at speed 1; espeak-ng's own 175 is quick for a listener who follows a film
# In espeak-ng's table, but not read from their usual script: Japanese and Chinese characters come out as their English names.
NOT_READ = frozenset({"ja", "zh", "cmn", "yue", "hak"})


class Espeak:
    engine = Engine("local", "espeak")

    def voices(self) -> list[Voice]:
        return [voice for voice, _identifier in _table(self._program())] if programs.found("espeak-ng") else []

    def speak(
        self, text: str, into: Path, *, language: str, voice: str = "", speed: float = 1.0, progress: Progress = silent
    ) -> tuple[Speech, Usage]:
        program = self._program()
        chosen, identifier = _choose(program, canonical(language), voice)
        progress(0.0, "Speaking")
        phonemes.require_words(text)
        rate = str(round(WORDS_PER_MINUTE * speed))
        # Control characters would be read as commands of espeak-ng.
        plain = "".join(letter if letter.isprintable() else " " for letter in text)
        programs.run([program, "-b", "1", "-v", identifier, "-s", rate, "-w", str(into), "--stdin"], text=plain)
        if not into.is_file():
            raise InvalidAnswerError("espeak-ng made no sound of this text.")
        seconds = wav.seconds(into)
        progress(1.0, "Spoken")
        return Speech(into, seconds, chosen), Usage(seconds=seconds, characters=len(text))

    def _program(self) -> str:
        return programs.require("espeak-ng", what_for="speaks the languages no other engine here speaks")


def _choose(program: str, tag: str, wanted: str) -> tuple[Voice, str]:
    able = [entry for entry in _table(program) if primary(entry[0].language) == primary(tag)]
    if not able:
        raise LanguageUnsupportedError(f"espeak-ng does not speak {name(tag)}.")
    named = [entry for entry in able if entry[0].id == wanted]
    exact = [entry for entry in able if entry[0].language == tag]
    return (named or exact or able)[0]


@cache
def _table(program: str) -> tuple[tuple[Voice, str], ...]:
    """Voices and espeak-ng's own names for them, the best default of each language first."""
    found: dict[str, tuple[Voice, str]] = {}
    for line in programs.run([program, "--voices"]).splitlines()[1:]:
        match = re.match(r"\s*\d+\s+(\S+)\s+\S+/(\S)\s", line)
        if not match or "-x-" in match[1].lower() or not tag_is_valid(match[1]):
            continue
        tag = canonical(match[1])
        if primary(tag) not in NOT_READ:
            title = Language.get(tag).display_name("en")
            gender = {"M": "male", "F": "female"}.get(match[2], "")
            found.setdefault(tag, (Voice(f"espeak-{tag.lower()}", f"{title} (robotic)", tag, gender), match[1]))
    return tuple(sorted(found.values(), key=lambda entry: _rank(entry[0].language)))


def _rank(tag: str) -> tuple[str, bool, bool]:
    """Languages in order; of each the plain voice first, then that of the country where most of its speakers are taken to be."""
    usual = Language.get(primary(tag)).maximize().territory
    return primary(tag), tag != primary(tag), Language.get(tag).territory != usual
