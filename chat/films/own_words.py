"""What a person wrote instead of choosing, put where it belongs in the bible. Nothing is added to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chat.films import bible, steps
from chat.films.shapes import plain

# A name, then a colon or a dash between spaces, then what is said of it.
NAMED = re.compile(r"^\s*(?:[-*•]\s*)?(?P<name>[^:\n]{1,60}?)\s*(?::|\s[-–—]\s)\s*(?P<rest>\S.*)$")
SENTENCE = re.compile(r"(?<=[.!?…])\s+")


def title(text: str) -> str:
    """Its first sentence, short."""
    first = SENTENCE.split(plain(text).splitlines()[0], maxsplit=1)[0].rstrip(".")
    return first if len(first) <= 80 else first[:79].rstrip() + "…"


def details(step: str, text: str, content: Mapping[str, Any]) -> dict[str, Any]:
    text = plain(text)
    match step:
        case steps.CONCEPT:
            found: dict[str, Any] = {"logline": text[:1000]}
        case steps.GENRE:
            found = {"genre": title(text)[:100], "tone": text[:600]}
        case steps.SETTING:
            found = {"settings": [{"name": name, "description": rest} for name, rest in _named(text)]}
        case steps.CHARACTERS:
            found = {"characters": [{"name": name, "role": rest[:600]} for name, rest in _named(text)]}
        case steps.DESIGN:
            known = bible.names(content)
            looks = {name.casefold(): rest for name, rest in _named(text)}
            found = {
                "look": text[:4000],
                "characters": [
                    {"name": name, "look": looks[name.casefold()]} for name in known if name.casefold() in looks
                ],
            }
        case steps.PLOT:
            found = {"outline": {"structure": "In own words", "acts": _acts(text)}}
        case steps.STORYBOARD:
            found = {"storyboard": {"approach": title(text), "notes": _lines(text)}}
        case _:
            found = {"episode": {"title": title(text), "logline": text[:600], "acts": _acts(text)}}
    return bible.details(step, found)


def _lines(text: str) -> list[str]:
    return [line.strip(" -*•\t") for line in text.splitlines() if line.strip(" -*•\t")][:40]


def _named(text: str) -> list[tuple[str, str]]:
    """Lines that name something, or the whole as one thing named after its first words."""
    found = [(one["name"].strip(), one["rest"].strip()) for one in map(NAMED.match, text.splitlines()) if one]
    return [(name[:120], rest[:4000]) for name, rest in found[:6]] or [(title(text), text[:4000])]


def _acts(text: str) -> list[dict[str, Any]]:
    """Paragraphs are acts, their lines beats; where there is one paragraph of one line, its sentences are."""
    paragraphs = [one for one in re.split(r"\n\s*\n", text) if one.strip()][:15]
    acts = []
    for number, paragraph in enumerate(paragraphs, start=1):
        lines = _lines(paragraph)
        beats = lines if len(lines) > 1 else [one for one in SENTENCE.split(lines[0] if lines else "") if one]
        acts.append(
            {"title": f"Part {number}", "beats": [{"title": title(one), "text": one[:4000]} for one in beats[:60]]}
        )
    return acts
