"""A translation brought up to its source: what changed is done anew, what people wrote stays as they wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from media_library.media.profiles import HOUSE, Profile
from media_library.media.sentences import Group, laid
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue

Origin = dict[str, str]
MACHINE, PERSON = "machine", "person"


@dataclass(frozen=True, slots=True)
class Plan:
    """`wanted` are the numbers of the groups that have to be translated, `kept` the target cues that stay of each of the others."""

    wanted: list[int]
    kept: dict[int, list[int]]
    # Cues of people whose source is gone or says something else now.
    orphans: list[int]


@dataclass(frozen=True, slots=True)
class Filled:
    """`attention` are places in `cues` that a person wrote and whose source has changed since."""

    cues: list[Cue]
    origins: list[Origin]
    attention: list[int] = field(default_factory=list)


def by_person(origin: Origin) -> bool:
    return origin.get("by") == PERSON


def plan(groups: Sequence[Group], target: Sequence[Cue], origins: Sequence[Origin]) -> Plan:
    """Compares the source's groups with what the target was made from."""
    kept, lost = _matched(groups, target, origins)
    orphans = _of_people(lost, origins)
    covered = {
        number
        for number, group in enumerate(groups)
        if number not in kept and any(_same_moment(target[place], group) for place in orphans)
    }
    wanted = [
        number
        for number, group in enumerate(groups)
        if number not in kept and number not in covered and group.says_something
    ]
    return Plan(wanted, kept, orphans)


def _matched(
    groups: Sequence[Group], target: Sequence[Cue], origins: Sequence[Origin]
) -> tuple[dict[int, list[int]], list[int]]:
    """The target cues of each group whose words are still those they were translated from, and the cues without such a group."""
    by_digest: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        by_digest[group.digest].append(number)
    of_digest: dict[str, list[int]] = defaultdict(list)
    for place, origin in enumerate(origins):
        of_digest[origin.get("from", "")].append(place)
    kept: dict[int, list[int]] = defaultdict(list)
    for digest, places in of_digest.items():
        same = by_digest.get(digest, [])
        # The same words said again and again are told apart by their order, and where that does not help, by when they are said.
        for order, place in enumerate(places if same else ()):
            when = target[place].start_ms
            in_order = len(same) == len(places)
            near = same[order] if in_order else min(same, key=lambda one: abs(groups[one].start_ms - when))
            kept[near].append(place)
    for number, places in kept.items():
        if len(places) > groups[number].count and not any(by_person(origins[place]) for place in places):
            nearest = sorted(places, key=lambda place: abs(target[place].start_ms - groups[number].start_ms))
            kept[number] = sorted(nearest[: groups[number].count])
    all_kept = {place for places in kept.values() for place in places}
    lost = [place for place in range(len(target)) if place not in all_kept]
    return dict(kept), lost


def _of_people(lost: Sequence[int], origins: Sequence[Origin]) -> list[int]:
    """Of the cues that lost their source those that stay: a person's, and what a machine wrote of the same sentence."""
    found: list[int] = []
    for block in _blocks(lost, origins):
        if any(by_person(origins[place]) for place in block):
            found += block
    return found


def _blocks(places: Sequence[int], origins: Sequence[Origin]) -> list[list[int]]:
    """Neighbours that were translated from the same sentence."""
    found: list[list[int]] = []
    for place in places:
        before = found[-1][-1] if found else -2
        source = origins[place].get("from", "")
        if before == place - 1 and source and origins[before].get("from", "") == source:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _same_moment(cue: Cue, group: Group) -> bool:
    """They share most of the shorter one's time."""
    shared = min(cue.end_ms, group.end_ms) - max(cue.start_ms, group.start_ms)
    shorter = min(cue.end_ms - cue.start_ms, group.end_ms - group.start_ms)
    return shared > 0 and shared * 2 >= shorter


def fill(
    source: Sequence[Cue],
    groups: Sequence[Group],
    target: Sequence[Cue],
    origins: Sequence[Origin],
    translations: Mapping[str, Sequence[str]],
    *,
    language: str,
    profile: Profile = HOUSE,
    merge: bool = True,
) -> Filled:
    """The target with the `translations` (by digest of their group) in the places of what is new.

    A group that has to be translated and is not among them shows the source's words, without an origin, until somebody does it.
    """
    todo = plan(groups, target, origins)
    rows: list[tuple[Cue, Origin, bool]] = []
    for place in todo.orphans:
        # Without a source it never had one: then nothing of it has changed.
        changed = by_person(origins[place]) and bool(origins[place].get("from"))
        rows.append((target[place], dict(origins[place]), changed))
    wanted = set(todo.wanted)
    for number, group in enumerate(groups):
        own = source[group.first : group.first + group.count]
        if places := todo.kept.get(number):
            rows += _kept(own, group, [(target[place], origins[place]) for place in places], language, profile)
        elif number in wanted and group.digest in translations:
            made = laid(own, translations[group.digest], language=language, profile=profile, merge=merge)
            rows += [(cue, {"by": MACHINE, "from": group.digest}, False) for cue in made]
        elif number in wanted:
            rows += [(_copy(cue), {"by": MACHINE, "from": ""}, False) for cue in own]
        elif not group.says_something:
            rows += [(_copy(cue), {"by": MACHINE, "from": group.digest}, False) for cue in own]
    rows.sort(key=lambda row: (row[0].start_ms, row[0].end_ms))
    return Filled(
        [row[0] for row in rows], [row[1] for row in rows], [place for place, row in enumerate(rows) if row[2]]
    )


def _kept(
    own: Sequence[Cue], group: Group, rows: Sequence[tuple[Cue, Origin]], language: str, profile: Profile
) -> list[tuple[Cue, Origin, bool]]:
    """Words that still fit their source. A machine's follow it when its times were moved; a person's times are the person's."""
    if any(by_person(origin) for _, origin in rows):
        away = not any(cue.start_ms < group.end_ms and group.start_ms < cue.end_ms for cue, _ in rows)
        return [(cue, dict(origin), away and by_person(origin)) for cue, origin in rows]
    if rows[0][0].start_ms == group.start_ms and rows[-1][0].end_ms == group.end_ms:
        return [(cue, dict(origin), False) for cue, origin in rows]
    if len(rows) == len(own):
        moved = [
            Cue(timed.start_ms, timed.end_ms, cue.text, cue.id, cue.settings)
            for (cue, _), timed in zip(rows, own, strict=True)
        ]
    elif len(group.texts) > 1:
        moved = [Cue(own[0].start_ms, own[-1].end_ms, cue.text, cue.id, cue.settings) for cue, _ in rows[:1]]
    else:
        said = " ".join(" ".join(plain_text(cue.text).split()) for cue, _ in rows)
        moved = laid(own, [said], language=language, profile=profile)
    return [(cue, {"by": MACHINE, "from": group.digest}, False) for cue in moved]


def _copy(cue: Cue) -> Cue:
    return Cue(cue.start_ms, cue.end_ms, cue.text, cue.id, cue.settings)


def linked(groups: Sequence[Group], target: Sequence[Cue], origins: Sequence[Origin]) -> list[Origin]:
    """The origins, with the source that is said at the same moment for cues that name none."""
    found: list[Origin] = []
    at = 0
    for cue, origin in zip(target, origins, strict=True):
        while at + 1 < len(groups) and groups[at].end_ms <= cue.start_ms:
            at += 1
        near = [group for group in groups[at : at + 3] if _same_moment(cue, group)]
        known = origin.get("from", "")
        found.append({**origin, "from": known or (near[0].digest if near and by_person(origin) else "")})
    return found


def stale(groups: Sequence[Group], origins: Sequence[Origin]) -> list[bool]:
    """For each target cue, whether its source says something else now."""
    current = {group.digest for group in groups}
    return [bool(origin.get("from")) and origin["from"] not in current for origin in origins]
