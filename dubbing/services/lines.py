"""The lines of a dub: their words, their places, whose they are. Whoever changes one holds the dub."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import ConflictError, DomainError, NotFoundError, WrongStateError
from dubbing import events
from dubbing.models import Dub, DubLine, DubSpeaker
from dubbing.queries.sayings import version_of
from dubbing.services import dubs

NO_LINE = "Line not found"
LONGEST_TEXT = 2000
# What can be heard as something said.
SHORTEST_SECONDS = 0.2
CHANGED = "Somebody else has written this line meanwhile. Theirs stands; yours is kept as a suggestion that you can take over."
OTHER_DUB = "This speaker belongs to another dub."


def write(line: DubLine, text: str, *, actor: User, based_on: str | None = None) -> DubLine:
    """What is said in the dub. `based_on` is the version of the text that was before the writer's eyes: where it is another by now,
    that one stays, and this one is kept as the line's suggestion."""
    return change(line, actor=actor, text=text, based_on=based_on)


def accept_suggestion(line: DubLine, *, actor: User) -> DubLine:
    """It becomes what is said; the line is stale then, as after every change of its text."""
    current = DubLine.objects.filter(pk=line.pk).first()
    if current is None or not current.suggestion:
        raise WrongStateError("There is no suggestion for this line.")
    return write(line, current.suggestion, actor=actor)


def move(line: DubLine, *, actor: User, start: float | None = None, end: float | None = None) -> DubLine:
    return change(line, actor=actor, start=start, end=end)


def mute(line: DubLine, *, actor: User, muted: bool) -> DubLine:
    """A muted line is not dubbed: the original is heard there."""
    return change(line, actor=actor, muted=muted)


def reassign(line: DubLine, role: DubSpeaker, *, actor: User) -> DubLine:
    return change(line, actor=actor, role=role)


def change(
    line: DubLine,
    *,
    actor: User,
    text: str | None = None,
    based_on: str | None = None,
    start: float | None = None,
    end: float | None = None,
    muted: bool | None = None,
    role: DubSpeaker | None = None,
) -> DubLine:
    """All of it or nothing. What is None stays."""
    with transaction.atomic():
        dub, locked = _held(line)
        wanted = None if text is None else _tidy(text)
        lost = wanted is not None and based_on not in (None, version_of(locked)) and wanted != locked.text
        if lost and wanted is not None:
            # Kept before it is refused, so that neither wording is lost.
            locked.suggestion = wanted
            locked.save(update_fields=["suggestion", "updated_at"])
            events.line_changed(locked, what="suggestion")
        else:
            _apply(dub, locked, actor=actor, text=wanted, start=start, end=end, muted=muted, role=role)
    if lost:
        raise ConflictError(CHANGED, current={"text": locked.text, "version": version_of(locked)}, yours=wanted)
    return locked


def _apply(
    dub: Dub,
    line: DubLine,
    *,
    actor: User,
    text: str | None,
    start: float | None,
    end: float | None,
    muted: bool | None,
    role: DubSpeaker | None,
) -> None:
    told: dict[str, Any] = {}
    if text is not None and (text != line.text or line.written_by != "person"):
        told |= {"was": line.text, "text": text}
        line.text, line.written_by, line.problem = text, "person", ""
        if line.suggestion == text:
            line.suggestion = ""
    if start is not None or end is not None:
        line.start, line.end = _place(
            dub, line, line.start if start is None else start, line.end if end is None else end
        )
        told |= {"start": line.start, "end": line.end}
    if muted is not None and muted != line.muted:
        line.muted = told["muted"] = muted
    if role is not None and role.pk != line.role_id:
        if role.dub_id != dub.pk:
            raise DomainError(OTHER_DUB)
        line.role, told["role"] = role, str(role.pk)
    if not told:
        return
    line.save()
    _changed(dub, line, "change", actor, **told)


@transaction.atomic
def split(line: DubLine, *, actor: User, at: float, text_at: int | None = None) -> tuple[DubLine, DubLine]:
    """Two lines of one: at `at` seconds, and at the character `text_at`, or where about as much of the text has been said."""
    dub, first = _held(line)
    if not first.start + SHORTEST_SECONDS <= at <= first.end - SHORTEST_SECONDS:
        raise DomainError("Split the line somewhere inside it.")
    share = (at - first.start) / (first.end - first.start)
    place = _word_edge(first.text, round(len(first.text) * share) if text_at is None else text_at)
    heard = _word_edge(first.original, round(len(first.original) * share))
    end = first.end
    second = DubLine(
        dub=dub,
        role_id=first.role_id,
        number=first.number + 1,
        start=round(at, 3),
        end=end,
        original=first.original[heard:].strip(),
        text=first.text[place:].strip(),
        written_by=first.written_by,
        muted=first.muted,
    )
    first.original, first.text = first.original[:heard].strip(), first.text[:place].strip()
    first.end, first.suggestion, first.problem = round(at, 3), "", ""
    for later in dub.lines.filter(number__gt=first.number).order_by("-number"):
        DubLine.objects.filter(pk=later.pk).update(number=later.number + 1)
    first.save()
    second.save(force_insert=True)
    _changed(dub, first, "split", actor, at=round(at, 3))
    events.line_changed(second)
    return first, second


@transaction.atomic
def merge(line: DubLine, *, actor: User) -> DubLine:
    """With the next one of the same speaker, from the beginning of this to the end of that."""
    dub, first = _held(line)
    second = dub.lines.filter(number__gt=first.number).order_by("number").first()
    if second is None:
        raise WrongStateError("There is no line after this one.")
    if second.role_id != first.role_id:
        raise WrongStateError("The next line is somebody else's. Give both to one speaker first.")
    first.end = max(first.end, second.end)
    first.original = " ".join(filter(None, (first.original, second.original)))
    first.text = _tidy(" ".join(filter(None, (first.text, second.text))))
    first.written_by = "person" if "person" in (first.written_by, second.written_by) else first.written_by
    first.suggestion = first.problem = ""
    dubs.let_go({second.sound["key"]} if second.sound else ())
    events.line_changed(second, what="gone")
    second.delete()
    for later in dub.lines.filter(number__gt=first.number + 1).order_by("number"):
        DubLine.objects.filter(pk=later.pk).update(number=later.number - 1)
    first.save()
    _changed(dub, first, "merge", actor)
    return first


def _held(line: DubLine) -> tuple[Dub, DubLine]:
    """The dub and the line as they are now, locked. Refused while lines are made; what is being spoken may be written meanwhile,
    and is stale then."""
    dub = dubs.hold(line.dub, free=False)
    if dub.status == Dub.Status.PREPARING:
        raise WrongStateError(dubs.BUSY)
    locked = DubLine.objects.select_for_update(of=("self",)).filter(pk=line.pk, dub=dub).first()
    if locked is None:
        raise NotFoundError(NO_LINE)
    return dub, locked


def _changed(dub: Dub, line: DubLine, verb: str, actor: User, **told: Any) -> None:
    audit.record(f"dubbing.line.{verb}", dub, actor=actor, line=str(line.pk), number=line.number, **told)
    events.line_changed(line, what="place" if "start" in told or verb in {"split", "merge"} else "text")
    dubs.settle(dubs.find(dub.pk))


def _tidy(text: str) -> str:
    wanted = " ".join(text.split())
    if len(wanted) > LONGEST_TEXT:
        raise DomainError(f"A line has at most {LONGEST_TEXT} characters. Split it first.")
    return wanted


def _place(dub: Dub, line: DubLine, start: float, end: float) -> tuple[float, float]:
    """Lines keep their order: none begins before the one before it, or ends after the film."""
    start, end = round(start, 3), round(end, 3)
    before = dub.lines.filter(number__lt=line.number).order_by("-number").values_list("start", flat=True).first()
    after = dub.lines.filter(number__gt=line.number).order_by("number").values_list("start", flat=True).first()
    duration = float(dub.facts.get("duration") or end)
    if start < 0 or end - start < SHORTEST_SECONDS or end > duration + 0.001:
        raise DomainError("A line begins and ends inside the video, and lasts a fifth of a second at least.")
    if (before is not None and start < before) or (after is not None and start > after):
        raise DomainError("Lines keep their order: move this one between its neighbours.")
    return start, end


def _word_edge(text: str, near: int) -> int:
    """The beginning of the word that is nearest to this character."""
    near = min(max(near, 0), len(text))
    edges = [place + 1 for place, sign in enumerate(text) if sign == " "] or [near]
    return min(edges, key=lambda place: abs(place - near))
