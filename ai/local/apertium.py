"""Apertium: rule-based translation between the pairs that are installed. It is a program, asked through its standard input."""

from __future__ import annotations

import re
from functools import cache

from langcodes import Language

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.translate import TranslationRequest
from ai.errors import LanguageUnsupportedError
from ai.local import programs
from core.languages import canonical, name, primary

LINES_AT_ONCE = 40
# Apertium ends a sentence at an empty line and keeps it, so that many lines cost one start of its programs.
SEPARATOR = "\n\n"
UNKNOWN_MARKS = "*@#"  # before words it does not know, or knows in one direction only
# Control characters have a meaning of their own between its programs.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Apertium:
    engine = Engine("local", "apertium")

    def speaks(self, source: str, target: str) -> bool:
        return programs.found("apertium") and _pair(source, target) is not None

    def translate(self, request: TranslationRequest, *, progress: Progress = silent) -> tuple[list[str], Usage]:
        """Line breaks inside a line become spaces: where they belong is a question of the new text's length."""
        pair = _pair(request.source, request.target)
        if pair is None:
            raise LanguageUnsupportedError(
                f"No installed Apertium pair translates from {name(canonical(request.source))} to {name(canonical(request.target))}."
            )
        glossary = _Glossary(request.glossary)
        lines = [glossary.hide(" ".join(_CONTROL.sub(" ", line).split())) for line in request.lines]
        translated: list[str] = []
        for start in range(0, len(lines), LINES_AT_ONCE):
            progress(start / len(lines), f"Translating line {start + 1} of {len(lines)}")
            translated += _translate(pair, lines[start : start + LINES_AT_ONCE])
        progress(1.0, "Translated")
        return [glossary.show(*both) for both in zip(translated, request.lines, strict=True)], Usage(
            characters=sum(map(len, request.lines))
        )


def phrase(text: str, *, source: str, target: str) -> str:
    """A few words translated, or nothing when the pair is not installed or does not know every word."""
    if not programs.found("apertium"):
        return ""
    pair = _pair(source, target)
    if pair is None:
        return ""
    translated = programs.run([_program(), "-f", "txt", pair], text=text + "\n").strip()
    return "" if any(mark in translated for mark in UNKNOWN_MARKS) else _tidied(text, translated)


class _Glossary:
    """Terms travel as words that no dictionary knows, and such words come back as they are."""

    def __init__(self, terms: dict[str, str]) -> None:
        self.terms = sorted(((term, to) for term, to in terms.items() if term.strip()), key=lambda pair: -len(pair[0]))

    def hide(self, line: str) -> str:
        for number, (term, _to) in enumerate(self.terms):
            line = re.sub(rf"(?<!\w){re.escape(term)}(?!\w)", _stand_in(number), line, flags=re.IGNORECASE)
        return line

    def show(self, line: str, source: str) -> str:
        """A term that begins the sentence is written as the `source` line began, unless it has a capital of its own."""
        begins = next((letter for letter in source if letter.isalpha()), "").isupper()
        for number, (_term, to) in enumerate(self.terms):
            if begins and re.match(rf"\W*{_stand_in(number)}", line, flags=re.IGNORECASE):
                line = re.sub(_stand_in(number), _safe(to[:1].upper() + to[1:]), line, count=1, flags=re.IGNORECASE)
            line = re.sub(_stand_in(number), _safe(to), line, flags=re.IGNORECASE)
        return line


def _safe(replacement: str) -> str:
    return replacement.replace("\\", r"\\")


def _stand_in(number: int) -> str:
    letters = "".join(chr(ord("A") + int(digit)) for digit in f"{number:03}")
    return f"Xqz{letters}zqx"


def _translate(pair: str, lines: list[str]) -> list[str]:
    wanted = [line for line in lines if line]
    answer = iter(_answer(pair, wanted))
    return [_tidied(line, next(answer)) if line else "" for line in lines]


def _tidied(line: str, translated: str) -> str:
    """Apertium begins every line as a sentence, though a cue that goes on with the one before began with a small letter, and leaves
    a space before a full stop here and there."""
    if not re.search(r"\s[.,]", line):
        translated = re.sub(r"\s+([.,])(?=\s|$)", r"\1", translated)
    first = next((letter for letter in line if letter.isalpha()), "")
    place = next((number for number, letter in enumerate(translated) if letter.isalpha()), None)
    if place is None or not first or (len(word := translated[place:].split(maxsplit=1)[0]) > 1 and word.isupper()):
        return translated
    letter = translated[place].lower() if first.islower() else translated[place].upper()
    return translated[:place] + letter + translated[place + 1 :]


def _answer(pair: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    parts = [part.strip() for part in _run(pair, SEPARATOR.join(lines)).strip().split(SEPARATOR)]
    if len(parts) == len(lines) and all(parts):
        return parts
    # A line came back as two, or not at all: one by one nothing can be mistaken for its neighbour.
    return [" ".join(_run(pair, line).split()) or line for line in lines]


def _run(pair: str, text: str) -> str:
    return programs.run([_program(), "-u", "-f", "txt", pair], text=text + "\n")


def _program() -> str:
    return programs.require(
        "apertium", what_for="translates between the languages it has pairs for", packages="apertium apertium-eng-spa"
    )


def _pair(source: str, target: str) -> str | None:
    """The installed pair, preferring a variety of the target that was asked for (`pt-BR`: es-pt_BR)."""
    wanted = canonical(target)
    region = Language.get(wanted).territory or ""
    able = [
        (variety == region, not variety, pair)
        for pair, left, right, variety in _pairs(_program())
        if left == _alpha3(source) and right == _alpha3(wanted)
    ]
    return max(able)[2] if able else None


@cache
def _pairs(program: str) -> tuple[tuple[str, str, str, str], ...]:
    """Name, source, target (ISO 639-3) and variety of the target of every installed pair."""
    found = []
    for line in programs.run([program, "-l"]).splitlines():
        match = re.fullmatch(r"([a-z]{2,3})-([a-z]{2,3})(?:_(\w+))?", line.strip())
        if match:
            found.append((match[0], _alpha3(match[1]), _alpha3(match[2]), match[3] or ""))
    return tuple(found)


def _alpha3(tag: str) -> str:
    try:
        return Language.get(primary(tag)).to_alpha3()
    except LookupError:
        return primary(tag)
