"""Names that people say of themselves and of each other: "I'm Ana", "thanks, John", "over to you, Ben".

Found, not understood: every find carries the words it comes from, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# A name is one to three words with a capital, small words of names between them.
_PART = r"[^\W\d_a-zß-ÿ][\w'’-]*"
NAME = rf"(?P<name>{_PART}(?: (?:(?:de|da|do|del|della|di|la|le|van|von|der|den|bin|al|el) )*{_PART}){{0,2}})"

# How people say their own name. The second figure says how sure the form is: "I am" goes on in many ways.
OWN: dict[str, tuple[tuple[str, float], ...]] = {
    "en": (
        (r"(?:my|the) name(?:'s|’s| is)", 1.0),
        (r"(?:i am|i'm|i’m)(?: called)?", 0.6),
        (r"this is", 0.5),
        (r"they call me|call me", 0.9),
    ),
    "es": ((r"me llamo|mi nombre es", 1.0), (r"(?:yo )?soy", 0.6)),
    "fr": ((r"je m['’]appelle|mon nom est", 1.0), (r"je suis|moi c['’]est", 0.6)),
    "de": ((r"ich heiße|ich heisse|mein name ist", 1.0), (r"ich bin(?: der| die)?", 0.6)),
    "it": ((r"mi chiamo|il mio nome è", 1.0), (r"(?:io )?sono", 0.6)),
    "pt": ((r"(?:eu )?me chamo|chamo-me|(?:o )?meu nome é", 1.0), (r"(?:eu )?sou(?: o| a)?", 0.6)),
    "nl": ((r"ik heet|mijn naam is", 1.0), (r"ik ben", 0.6)),
    "sv": ((r"jag heter|mitt namn är", 1.0), (r"jag är", 0.5)),
    "da": ((r"jeg hedder|mit navn er", 1.0), (r"jeg er", 0.5)),
    "no": ((r"jeg heter|mitt navn er|navnet mitt er", 1.0), (r"jeg er", 0.5)),
    "pl": ((r"nazywam się|mam na imię", 1.0), (r"jestem", 0.5)),
    "tr": ((r"(?:benim )?adım", 1.0),),
}
# Said to whoever has just spoken, and to whoever speaks next.
THANKED: dict[str, str] = {
    "en": r"(?:thanks|thank you)(?: (?:so|very) much)?(?: indeed)?",
    "es": r"(?:muchas )?gracias",
    "fr": r"merci(?: beaucoup)?",
    "de": r"(?:vielen dank|danke(?: schön)?)",
    "it": r"grazie(?: mille)?",
    "pt": r"(?:muito )?obrigad[oa]",
    "nl": r"(?:dank je(?: wel)?|bedankt)",
    "sv": r"tack(?: så mycket)?",
}
ASKED: dict[str, str] = {
    "en": r"(?:over to you|go ahead|please welcome|welcome|what do you think|tell us|with (?:me|us) is)",
    "es": r"(?:adelante|bienvenid[oa])",
    "fr": r"(?:bienvenue|à (?:toi|vous))",
    "de": r"(?:willkommen|bitte)",
    "it": r"(?:benvenut[oa]|prego)",
    "pt": r"(?:bem-vind[oa])",
}
# Words with a capital that follow "I'm" and are no names.
_CAPITALS = """
    i i'm i’m god mr mrs ms dr mom dad okay ok ich sie der die das so ja nein oui non si sí no yes
    american british english scottish irish welsh canadian australian german french spanish italian portuguese dutch swedish danish
    norwegian polish turkish russian chinese japanese korean indian african european mexican brazilian jewish christian catholic
    muslim buddhist hindu monday tuesday wednesday thursday friday saturday sunday january february march april may june july
    august september october november december
"""
NO_NAMES = frozenset(_CAPITALS.split())
ASKED_WEIGHT, THANKED_WEIGHT = 0.5, 0.6


@dataclass(frozen=True)
class Said:
    """What one speaker says, in one go."""

    speaker: str
    text: str


@dataclass(frozen=True)
class Found:
    """`because` is what was said."""

    speaker: str
    name: str
    weight: float
    because: str


def names_in(said: Sequence[Said], *, language: str) -> list[Found]:
    """The likeliest name of each speaker, each name once, the surest first."""
    finds = list(_finds(said, language.split("-", maxsplit=1)[0].lower()))
    totals: dict[tuple[str, str], float] = {}
    best: dict[tuple[str, str], Found] = {}
    for find in finds:
        key = (find.speaker, find.name.casefold())
        totals[key] = totals.get(key, 0.0) + find.weight
        if key not in best or find.weight > best[key].weight:
            best[key] = find
    chosen: dict[str, Found] = {}
    taken: set[str] = set()
    for speaker, name in sorted(totals, key=lambda key: (-totals[key], key)):
        if speaker in chosen or name in taken:
            continue
        find = best[speaker, name]
        chosen[speaker] = Found(speaker, find.name, round(min(totals[speaker, name], 1.0), 2), find.because)
        taken.add(name)
    return list(chosen.values())


def _finds(said: Sequence[Said], language: str) -> Iterator[Found]:
    own = [(_after(form), weight) for form, weight in OWN.get(language, ())]
    thanked = _after(THANKED[language]) if language in THANKED else None
    asked = _after(ASKED[language]) if language in ASKED else None
    for at, turn in enumerate(said):
        for pattern, weight in own:
            yield from _found(pattern, turn, turn.speaker, weight)
        if thanked and (before := _other(said, at, -1)):
            yield from _found(thanked, turn, before, THANKED_WEIGHT)
        if asked and (after := _other(said, at, 1)):
            yield from _found(asked, turn, after, ASKED_WEIGHT)


def _after(form: str) -> re.Pattern[str]:
    # The form in any case, the name with its capitals.
    return re.compile(rf"(?<!\w)(?i:{form}),? {NAME}")


def _found(pattern: re.Pattern[str], turn: Said, speaker: str, weight: float) -> Iterator[Found]:
    for found in pattern.finditer(turn.text):
        name = found["name"].rstrip(".,'’-")
        while name.split() and name.split()[-1].casefold() in NO_NAMES:
            name = name.rpartition(" ")[0]
        if name and name.split()[0].casefold() not in NO_NAMES and len(name) > 1:
            yield Found(speaker, name, weight, found[0].rstrip(",-"))


def _other(said: Sequence[Said], at: int, step: int) -> str:
    """Whoever speaks directly before or after, if it is somebody else."""
    place = at + step
    if 0 <= place < len(said) and said[place].speaker != said[at].speaker:
        return said[place].speaker
    return ""
