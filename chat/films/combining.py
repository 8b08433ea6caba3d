"""Choices put together from the catalogue: what suits the genre, what was decided before and what people asked for, in this order
reversed. The same film in the same state gets the same choices; whoever asks again sees others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat.films import phrases, steps, words
from chat.films.proposals import Draft, Situation

MOST, LEAST = 5, 3
OFFERED = 4
AUDIENCES = ("G", "PG", "PG-13", "R")
LEAD, OPPOSITION, ALLY = "lead", "opposition", "ally"
ROLES = (LEAD, OPPOSITION, ALLY)
# For films whose setting has no names of its own.
NAMES = ("Mara", "Jonas", "Ines", "Teo", "Ruth", "Samir", "Lena", "Idris", "Nora", "Pavel", "Yuki", "Abel")
# So much has to be said for it to be an idea of one's own.
ENOUGH_WORDS = 3


@dataclass(frozen=True)
class Entry:
    kind: str
    slug: str
    title: str
    description: str
    genres: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        told = [str(value) for value in self.details.values() if isinstance(value, str)]
        return " ".join([self.title, self.description, *self.genres, *told])


@dataclass(frozen=True)
class Shelf:
    """The catalogue, asked for one situation."""

    entries: Sequence[Entry]
    now: Situation

    def of(self, kind: str, *, role: str = "") -> list[Entry]:
        """All of a kind that the audience may see, best first."""
        fitting = [
            one
            for one in self.entries
            if one.kind == kind and self._for_audience(one) and (not role or one.details.get("role") == role)
        ]
        return sorted(fitting, key=lambda one: (-self.score(one), one.slug))

    def score(self, one: Entry) -> float:
        """What was asked for outweighs the genre, the genre outweighs likeness to what is there, and the rest is dealt out."""
        own = words.stems(one.text)
        wished = 5 * words.shared(own, words.all_of(self.now.wishes))
        genre = _of_genre(one, self.now.genre)
        told = min(3, len(own & words.stems(phrases.told(self.now))))
        seen = 9 if not wished and one.title in self.now.offered else 0
        dealt = hashlib.sha256(f"{self.now.film}|{self.now.step}|{len(self.now.offered)}|{one.slug}".encode()).digest()
        return wished + genre + told - seen + dealt[0] / 100

    def asked_for(self, ones: Iterable[Entry]) -> bool:
        wanted = words.all_of(self.now.wishes)
        return any(words.shared(words.stems(one.text), wanted) for one in ones)

    def _for_audience(self, one: Entry) -> bool:
        least, film = one.details.get("audience", "G"), self.now.audience.upper()
        if film not in AUDIENCES or least not in AUDIENCES:
            return True
        return AUDIENCES.index(least) <= AUDIENCES.index(film)


def combine(now: Situation, entries: Sequence[Entry]) -> tuple[str, list[Draft]]:
    """The answer and three to five different ways to go on."""
    shelf = Shelf(entries, now)
    if now.step == steps.DONE:
        return phrases.opening(
            now, found=True
        ) + " Every step is done. Read the bible, export it, or go back to a step.", []
    made, used = BY_STEP.get(now.step, _episodes)(shelf)
    drafts = [replace(now.before, engine=now.before.engine)] if now.before else []
    for draft in made:
        if draft.title.casefold() not in {one.title.casefold() for one in drafts}:
            drafts.append(replace(draft, duration=phrases.duration(now, draft.difficulty)))
    return f"{phrases.opening(now, found=shelf.asked_for(used))} {phrases.closing(now)}", drafts[:MOST]


# The steps.

Made = tuple[list[Draft], list[Entry]]


def _concepts(shelf: Shelf) -> Made:
    found = shelf.of("concept")[:OFFERED]
    drafts = [
        Draft(
            one.title,
            f"{one.details['logline']} {one.description}",
            one.details.get("difficulty", "medium"),
            details={"logline": one.details["logline"], "themes": list(one.details.get("themes", []))},
        )
        for one in found
    ]
    idea = max((wish for wish in shelf.now.wishes if "?" not in wish), key=len, default="")
    if len(words.stems(idea)) >= ENOUGH_WORDS and found:
        themes = list(found[0].details.get("themes", []))
        own = Draft(
            "Your idea, as you told it",
            f"“{phrases.short(idea, 400)}” Beside it, themes that lie near: {', '.join(themes)}.",
            details={"logline": phrases.short(idea, 1000), "themes": themes},
        )
        drafts = [own, *drafts[: OFFERED - 1]]
    return drafts, found


def _genres(shelf: Shelf) -> Made:
    found = shelf.of("genre")[:OFFERED]
    return [
        Draft(
            one.title,
            f"{one.description} {one.details['tone']}",
            one.details.get("difficulty", "medium"),
            details={"genre": one.title, "tone": one.details["tone"]},
        )
        for one in found
    ], found


def _settings(shelf: Shelf) -> Made:
    found = shelf.of("setting")[:OFFERED]
    return [
        Draft(
            one.title,
            f"{one.description} {one.details.get('texture', '')}".strip(),
            one.details.get("difficulty", "medium"),
            details={
                "settings": [
                    {
                        "name": one.title,
                        "period": one.details.get("period", ""),
                        "description": f"{one.description} {one.details.get('texture', '')}".strip(),
                    }
                ]
            },
        )
        for one in found
    ], found


def _characters(shelf: Shelf) -> Made:
    """Three people who need each other: somebody who wants, somebody in the way, somebody beside."""
    columns = {role: shelf.of("character", role=role) for role in ROLES}
    names = _names(shelf)
    drafts: list[Draft] = []
    used: list[Entry] = []
    for number in range(min(OFFERED, *(len(column) for column in columns.values()))):
        cast = [columns[role][number] for role in ROLES]
        used += cast
        people = [
            {
                "name": names[(number * len(ROLES) + place) % len(names)],
                "role": f"{one.title} ({role})",
                **{key: one.details.get(key, "") for key in ("want", "need", "flaw")},
            }
            for place, (role, one) in enumerate(zip(ROLES, cast, strict=True))
        ]
        told = " ".join(f"{person['name']}: {one.description}" for person, one in zip(people, cast, strict=True))
        lead, against, beside = (phrases.lower(one.title) for one in cast)
        drafts.append(
            Draft(
                phrases.upper(f"{lead}, {against} and {beside}"),
                told,
                max((str(one.details.get("difficulty", "medium")) for one in cast), key=phrases.weight),
                details={"characters": people},
            )
        )
    return drafts, used


def _designs(shelf: Shelf) -> Made:
    found = shelf.of("design")[:OFFERED]
    people = shelf.now.bible.get("characters", [])
    drafts = []
    for one in found:
        ways = list(one.details.get("people", [])) or [""]
        looks = [
            {"name": person["name"], "look": phrases.filled(ways[place % len(ways)], shelf.now)}
            for place, person in enumerate(people)
        ]
        drafts.append(
            Draft(
                one.title,
                f"{one.description} {one.details['look']}",
                one.details.get("difficulty", "medium"),
                details={"look": one.details["look"], "characters": looks},
            )
        )
    return drafts, found


def _plots(shelf: Shelf) -> Made:
    """A structure driven by a conflict: each choice has another of both."""
    structures, conflicts = shelf.of("structure")[:OFFERED], shelf.of("conflict")[:OFFERED]
    drafts = []
    for structure, conflict in zip(structures, conflicts, strict=False):
        drives = phrases.filled(conflict.details["conflict"], shelf.now)
        acts = [
            {
                "title": act["title"],
                "beats": [
                    {"title": beat["title"], "text": phrases.filled(beat["text"], shelf.now, conflict=conflict.title)}
                    for beat in act["beats"]
                ],
            }
            for act in structure.details["acts"]
        ]
        drafts.append(
            Draft(
                f"{structure.title}: {phrases.lower(conflict.title)}",
                f"{structure.description} {drives}",
                max(
                    (str(one.details.get("difficulty", "medium")) for one in (structure, conflict)), key=phrases.weight
                ),
                details={"outline": {"structure": structure.title, "conflict": drives, "acts": acts}},
            )
        )
    return drafts, [*structures, *conflicts]


def _storyboards(shelf: Shelf) -> Made:
    found = shelf.of("storyboard")[:OFFERED]
    return [
        Draft(
            one.title,
            f"{one.description} {' '.join(phrases.filled(note, shelf.now) for note in one.details['notes'][:1])}",
            one.details.get("difficulty", "medium"),
            details={
                "storyboard": {
                    "approach": one.title,
                    "notes": [phrases.filled(note, shelf.now) for note in one.details["notes"]],
                }
            },
        )
        for one in found
    ], found


def _episodes(shelf: Shelf) -> Made:
    """This episode's share of the outline, each time under another pressure, and a reason to watch the next one."""
    now = shelf.now
    number = steps.episode_of(now.step) or 1
    share = _share(now.bible.get("outline", {}).get("acts", []), number, now.episodes)
    last = number == now.episodes
    before = next((one for one in now.bible.get("episodes", []) if one["number"] == number - 1), None)
    drafts = []
    conflicts = shelf.of("conflict")[:OFFERED]
    for conflict in conflicts:
        turn = {"title": conflict.title, "text": phrases.filled(conflict.details["turn"], now)}
        acts = [{"title": act["title"], "beats": list(act["beats"])} for act in share]
        if before and before.get("cliffhanger"):
            opening = {"title": "Where we were left", "text": before["cliffhanger"]}
            acts = [{"title": "Opening", "beats": [opening]}, *acts]
        acts = [*acts, {"title": "Pressure", "beats": [turn]}]
        ending = phrases.filled(conflict.details["ending" if last else "cliffhanger"], now)
        title = phrases.filled(conflict.details.get("episode", conflict.title), now)
        logline = f"{turn['text']} {ending}"
        drafts.append(
            Draft(
                title,
                logline,
                conflict.details.get("difficulty", "medium"),
                details={
                    "episode": {
                        "title": title,
                        "logline": phrases.short(logline, 600),
                        "acts": acts,
                        "cliffhanger": "" if last else ending,
                    }
                },
            )
        )
    return drafts, conflicts


BY_STEP: Mapping[str, Callable[[Shelf], Made]] = {
    steps.CONCEPT: _concepts,
    steps.GENRE: _genres,
    steps.SETTING: _settings,
    steps.CHARACTERS: _characters,
    steps.DESIGN: _designs,
    steps.PLOT: _plots,
    steps.STORYBOARD: _storyboards,
}


# Small parts.


def _of_genre(one: Entry, genre: str) -> float:
    wanted = words.stems(genre)
    if one.kind == "genre":
        return 3 if wanted & words.stems(one.title) else 0
    if not one.genres or not wanted:
        return 0
    return 3 if wanted & words.all_of(one.genres) else -2


def _names(shelf: Shelf) -> Sequence[str]:
    """Those of the place where it happens, if the catalogue knows it."""
    places = {one["name"] for one in shelf.now.bible.get("settings", [])}
    found = next((one for one in shelf.entries if one.kind == "setting" and one.title in places), None)
    return list(found.details.get("names", [])) if found and found.details.get("names") else NAMES


def _share(acts: Sequence[Mapping[str, Any]], number: int, episodes: int) -> list[dict[str, Any]]:
    """The beats of the outline that fall into one of so many episodes, in their acts."""
    flat = [(act["title"], beat) for act in acts for beat in act["beats"]]
    if not flat:
        return []
    first = (number - 1) * len(flat) // episodes
    until = max(first + 1, number * len(flat) // episodes)
    shared: dict[str, list[Any]] = {}
    for title, beat in flat[first:until]:
        shared.setdefault(title, []).append(beat)
    return [{"title": title, "beats": beats} for title, beats in shared.items()]
