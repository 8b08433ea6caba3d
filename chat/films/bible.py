"""What a bible holds, what each step puts into it, and what going back takes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from typing import Any

from chat.films import steps
from chat.films.shapes import Each, Number, Parts, Shape, Text
from chat.films.shapes import cleaned as clean
from chat.films.shapes import empty as empty_of

NAME, LINE, WORDS = Text(120), Text(600), Text(4000)
BEATS = Each(Parts({"title": NAME, "text": WORDS}), 60)
ACTS = Each(Parts({"title": NAME, "beats": BEATS}), 15)
SETTING = Parts({"name": NAME, "period": NAME, "description": WORDS})
PERSON: dict[str, Shape] = {"name": NAME, "role": LINE, "want": LINE, "need": LINE, "flaw": LINE}
EPISODE: dict[str, Shape] = {"number": Number(1, 50), "title": NAME, "logline": LINE, "acts": ACTS, "cliffhanger": LINE}

SECTIONS: dict[str, Shape] = {
    "logline": Text(1000),
    "themes": Each(LINE, 12),
    "genre": Text(100),
    "tone": LINE,
    "settings": Each(SETTING, 30),
    "characters": Each(Parts({**PERSON, "look": WORDS}), 40),
    "look": WORDS,
    "outline": Parts({"structure": NAME, "conflict": WORDS, "acts": ACTS}),
    "storyboard": Parts({"approach": NAME, "notes": Each(WORDS, 40)}),
    "episodes": Each(Parts(EPISODE), 50),
}
# What a choice of each step decides.
OF_STEP: dict[str, dict[str, Shape]] = {
    steps.CONCEPT: {"logline": SECTIONS["logline"], "themes": SECTIONS["themes"]},
    steps.GENRE: {"genre": SECTIONS["genre"], "tone": SECTIONS["tone"]},
    steps.SETTING: {"settings": Each(SETTING, 6)},
    steps.CHARACTERS: {"characters": Each(Parts(PERSON), 8)},
    steps.DESIGN: {"look": WORDS, "characters": Each(Parts({"name": NAME, "look": WORDS}), 40)},
    steps.PLOT: {"outline": SECTIONS["outline"]},
    steps.STORYBOARD: {"storyboard": SECTIONS["storyboard"]},
}
OF_EPISODE: dict[str, Shape] = {"episode": Parts({name: EPISODE[name] for name in EPISODE if name != "number"})}


def empty() -> dict[str, Any]:
    return {name: empty_of(shape) for name, shape in SECTIONS.items()}


def cleaned(changes: Any) -> dict[str, Any]:
    """Whole sections, as a person sends them. Those left out are not in the answer."""
    known = {name: shape for name, shape in SECTIONS.items() if isinstance(changes, Mapping) and name in changes}
    sections: dict[str, Any] = clean(changes, Parts(known), "content")
    return sections


def shape_of(step: str) -> Parts:
    """Of the details of a choice for `step`."""
    return Parts(OF_STEP.get(step, OF_EPISODE))


def details(step: str, value: Any) -> dict[str, Any]:
    checked: dict[str, Any] = clean(value, shape_of(step), "details")
    return checked


def merged(content: Mapping[str, Any], step: str, decided: Mapping[str, Any]) -> dict[str, Any]:
    """The bible with what a choice decided. What is known of the same place or person already is kept beside it."""
    bible = {**empty(), **deepcopy(dict(content))}
    number = steps.episode_of(step)
    if number is not None:
        others = [one for one in bible["episodes"] if one["number"] != number]
        episode = {"number": number, **decided.get("episode", {})}
        bible["episodes"] = sorted([*others, episode], key=lambda one: one["number"])
        return bible
    for name, value in decided.items():
        match step, name:
            case (steps.SETTING, "settings") | (steps.CHARACTERS, "characters"):
                bible[name] = _united(bible[name], value, add=True)
            case (steps.DESIGN, "characters"):
                bible[name] = _united(bible[name], value, add=False)
            case _ if name in SECTIONS:
                bible[name] = deepcopy(value)
    for person in bible["characters"]:
        person.setdefault("look", "")
    return bible


def _united(old: Iterable[Any], new: Iterable[Any], *, add: bool) -> list[Any]:
    """By name; `new` wins field by field where it says something, and comes first."""
    known = {one["name"].casefold(): dict(one) for one in old}
    fresh = []
    for one in new:
        key = one["name"].casefold()
        if key in known:
            known[key] |= {name: value for name, value in one.items() if value and name != "name"}
        elif add:
            fresh.append(deepcopy(dict(one)))
    return [*fresh, *known.values()]


def without(content: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """The bible without what these steps decided. What people wrote into the sections of earlier steps stays."""
    bible = {**empty(), **deepcopy(dict(content))}
    blank = empty()
    for step in gone:
        number = steps.episode_of(step)
        if number is not None:
            bible["episodes"] = [one for one in bible["episodes"] if one["number"] != number]
        elif step == steps.DESIGN:
            bible["look"] = ""
            bible["characters"] = [{**one, "look": ""} for one in bible["characters"]]
        else:
            bible |= {name: blank[name] for name in OF_STEP[step]}
    return bible


def names(content: Mapping[str, Any]) -> list[str]:
    return [one["name"] for one in content.get("characters", []) if one["name"]]
