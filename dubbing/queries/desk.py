"""The desk of a dub: its cast, its lines beside what the original says, and how well they fit. At a constant number of queries."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass

from accounts.models import User
from accounts.policies import Decision, can
from dubbing.models import Dub, DubLine, DubSpeaker
from dubbing.queries.sayings import Sayings, cast_of, film_digest, voice_problem, waits_for_person
from media_library.media import fitting
from media_library.media.fitting import Slot

MUTED, WAITING, VOICELESS, UNSPOKEN, STALE = "muted", "waiting", "voiceless", "unspoken", "stale"
# Spoken as it is written now.
SPOKEN = frozenset({fitting.FITS, fitting.TIGHT, fitting.BLOCKED})
# What stands between the lines and a film.
OPEN = frozenset({WAITING, VOICELESS, UNSPOKEN, STALE, fitting.BLOCKED})
STALE_TEXT = "The text, the voice or the way a word is said has changed since it was spoken."
EMPTY = "Nothing is written here. Write the line, or mute it."
STALE_SLOT = "Its place has changed since it was spoken."


@dataclass(frozen=True)
class DeskLine:
    """`state` is muted, waiting (for a person), voiceless, unspoken, stale, fits, tight or blocked; `why` a sentence about it."""

    line: DubLine
    role: DubSpeaker
    slot: Slot
    state: str
    why: str = ""

    @property
    def is_stale(self) -> bool:
        """Whether speaking it now would change what is heard."""
        return self.state in {STALE, UNSPOKEN}

    @property
    def off(self) -> float | None:
        """Seconds by which it ends after its slot, the pause that it may borrow included; below 0 before it. 0 is within."""
        if self.line.placed_end is None or self.state not in SPOKEN:
            return None
        end = self.line.placed_end
        return round(end - self.slot.latest if end > self.slot.latest else min(0.0, end - self.slot.end), 3)


@dataclass(frozen=True)
class DeskRole:
    """`stale` counts the lines that have to be spoken again."""

    role: DubSpeaker
    lines: int
    seconds: float
    stale: int
    problem: str = ""


@dataclass(frozen=True)
class Report:
    """`near` of the `spoken` lines end within 0.15 s of their slot; `share` is that as a fraction, None before any is spoken."""

    lines: int
    spoken: int
    stale: int
    waiting: int
    voiceless: int
    muted: int
    tight: int
    blocked: int
    near: int
    share: float | None
    fastest: float | None
    farthest: float | None

    @property
    def ready(self) -> bool:
        return self.lines > 0 and not (self.stale or self.waiting or self.voiceless or self.blocked)


@dataclass(frozen=True)
class Desk:
    dub: Dub
    cast: list[DeskRole]
    lines: list[DeskLine]
    report: Report
    digest: str
    may_write: Decision
    may_delete: Decision

    @property
    def out_of_date(self) -> bool:
        """Whether there is a film, and the lines say something else now."""
        return bool(self.dub.made_of) and self.dub.made_of != self.digest

    def role(self, role_id: uuid.UUID) -> DeskRole | None:
        return next((one for one in self.cast if one.role.pk == role_id), None)

    def line(self, line_id: uuid.UUID) -> DeskLine | None:
        return next((one for one in self.lines if one.line.pk == line_id), None)


def desk(dub: Dub, user: User) -> Desk:
    cast, lines = read(dub)
    return Desk(
        dub=dub,
        cast=roles_of(cast, lines),
        lines=lines,
        report=report_of(lines),
        digest=film_digest(dub, [one.line for one in lines]),
        may_write=can(user, "dubbing.dub.write", dub),
        may_delete=can(user, "dubbing.dub.delete", dub),
    )


def read(dub: Dub) -> tuple[list[DubSpeaker], list[DeskLine]]:
    """The cast and the lines as they stand. The dub comes with its video, owner and house."""
    cast = list(cast_of(dub))
    roles = {role.pk: role for role in cast}
    problems = {role.pk: voice_problem(role) for role in cast}
    rows = list(dub.lines.order_by("number", "pk"))
    places = fitting.slots([(row.start, row.end) for row in rows], duration=dub.facts.get("duration"))
    sayings, fastest = Sayings(dub), fastest_of(dub)
    found = []
    for row, slot in zip(rows, places, strict=True):
        role = roles[row.role_id]
        state, why = _state(row, role, slot, sayings=sayings, problem=problems[role.pk], fastest=fastest)
        found.append(DeskLine(row, role, slot, state, why))
    return cast, found


def fastest_of(dub: Dub) -> float:
    return float(dub.options.get("fastest") or fitting.BLOCKS)


def _state(
    line: DubLine, role: DubSpeaker, slot: Slot, *, sayings: Sayings, problem: str, fastest: float
) -> tuple[str, str]:
    if line.muted:
        return MUTED, "The original is heard here."
    if not line.written_by or not line.text.strip():
        return WAITING, EMPTY if line.written_by else waits_for_person(sayings.dub)
    if problem:
        return VOICELESS, problem
    if not line.spoken_of:
        return UNSPOKEN, line.problem or "Not spoken yet."
    if line.spoken_of != sayings.digest(line, role):
        return STALE, line.problem or STALE_TEXT
    collides = line.placed_end is not None and line.sound.get("verdict") != fitting.BLOCKED
    if line.sound.get("slot") != place_of(line, fastest) or (
        collides and (line.placed_end or 0.0) > slot.latest + fitting.NEAR_SECONDS
    ):
        return STALE, STALE_SLOT
    return str(line.sound.get("verdict", fitting.FITS)), line.problem


def place_of(line: DubLine, fastest: float) -> list[float]:
    """What of its place a line was fitted to, as it is kept with its sound."""
    return [round(line.start, 3), round(line.end, 3), round(fastest, 3)]


def roles_of(cast: list[DubSpeaker], lines: list[DeskLine]) -> list[DeskRole]:
    found = []
    for role in cast:
        own = [one for one in lines if one.role.pk == role.pk]
        found.append(
            DeskRole(
                role=role,
                lines=len(own),
                seconds=round(sum(one.slot.seconds for one in own), 3),
                stale=sum(one.is_stale for one in own),
                problem=voice_problem(role),
            )
        )
    return found


def report_of(lines: list[DeskLine]) -> Report:
    states = Counter(one.state for one in lines)
    spoken = [one for one in lines if one.state in SPOKEN]
    offs = [abs(one.off) for one in spoken if one.off is not None]
    near = sum(off <= fitting.NEAR_SECONDS for off in offs)
    return Report(
        lines=len(lines),
        spoken=len(spoken),
        stale=states[STALE] + states[UNSPOKEN],
        waiting=states[WAITING],
        voiceless=states[VOICELESS],
        muted=states[MUTED],
        tight=states[fitting.TIGHT],
        blocked=states[fitting.BLOCKED],
        near=near,
        share=round(near / len(spoken), 4) if spoken else None,
        fastest=max((one.line.rate for one in spoken if one.line.rate), default=None),
        farthest=max(offs, default=None),
    )
