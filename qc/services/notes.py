"""Notes on the picture: what people and guests say of a moment."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import policies
from accounts.models import User
from accounts.services.notifications import notify
from core import audit
from core.errors import DomainError, InvalidFieldError
from jobs.models import Job
from qc.models import ReviewNote, ShareLink

MOST_STROKES = 50
MOST_POINTS = 2000
COLOURS = ("1", "2", "3", "4")
# A player's clock and a file's differ by less than a frame of the slowest film.
TOLERANCE = 0.05


@dataclass(frozen=True)
class NewNote:
    timestamp: float
    body: str
    language: str = ""
    asset: str = ""
    until: float | None = None
    drawing: list[dict[str, Any]] = field(default_factory=list)
    internal: bool = False


@transaction.atomic
def add(job: Job, new: NewNote, *, author: User, parent: ReviewNote | None = None) -> ReviewNote:
    policies.require(author, "qc.note.write", job)
    if new.internal:
        policies.require(author, "qc.note.internal", job)
    note = _write(job, new, author=author, parent=parent)
    audit.record("qc.note.add", note, actor=author, job=str(job.pk), timestamp=note.timestamp)
    _tell(note, by=author)
    return note


@transaction.atomic
def add_as_guest(share: ShareLink, new: NewNote, *, guest_name: str, parent: ReviewNote | None = None) -> ReviewNote:
    """Somebody who came by a link, under the name they gave. The one who made the link hears of it."""
    note = _write(share.job, new, guest_name=guest_name, share=share, parent=parent)
    audit.record("qc.note.add", note, actor=None, job=str(share.job_id), guest=guest_name, share=share.prefix)
    _tell(note, by=None)
    return note


def _write(job: Job, new: NewNote, *, parent: ReviewNote | None, **by: Any) -> ReviewNote:
    if parent is not None and parent.job_id != job.pk:
        raise DomainError("The note that is answered belongs to another job.")
    if new.language and not job.outputs.filter(language__iexact=new.language).exists():
        raise DomainError("Language not found on this job")
    at = parent.timestamp if parent is not None else new.timestamp
    _inside(job, new.asset, new.language, at, new.until)
    if new.until is not None and new.until < at:
        raise InvalidFieldError("The end lies before the beginning", field="until")
    return ReviewNote.objects.create(
        job=job,
        # An answer to an answer is one to the note itself: threads are one level deep.
        parent=(parent.parent or parent) if parent is not None else None,
        timestamp=at,
        until=new.until,
        frame=_frame(job, at),
        body=new.body,
        language=new.language,
        asset=new.asset,
        drawing=checked_drawing(new.drawing),
        internal=new.internal or bool(parent and parent.internal),
        **by,
    )


def _inside(job: Job, asset: str, language: str, *moments: float | None) -> None:
    longest = _length(job, asset, language)
    if longest is not None and any(at is not None and at > longest + TOLERANCE for at in moments):
        raise DomainError("Timestamp beyond video duration")


def _length(job: Job, asset: str, language: str) -> float | None:
    """Seconds of the film that was watched: the described one has its pauses. None where it is not known yet."""
    if asset == ReviewNote.Film.ACCESSIBLE:
        output = job.outputs.select_related("accessible_video").filter(language__iexact=language or job.source_language)
        film = next((one.accessible_video for one in output), None)
        if film is not None and film.duration is not None:
            return film.duration
    return job.source.duration if job.source is not None else None


def _frame(job: Job, at: float) -> int | None:
    fps = (job.source.technical if job.source else {}).get("fps")
    return round(at * float(fps)) if fps else None


def checked_drawing(strokes: Any) -> list[dict[str, Any]]:
    """The strokes as they are kept: points inside the picture, on a grid of ten thousandths."""
    wrong = InvalidFieldError("A drawing is a list of strokes with points inside the picture", field="drawing")
    if not isinstance(strokes, list) or len(strokes) > MOST_STROKES:
        raise wrong
    kept = []
    for stroke in strokes:
        points = stroke.get("points") if isinstance(stroke, dict) else None
        if not isinstance(points, list) or not 1 <= len(points) <= MOST_POINTS:
            raise wrong
        if not all(isinstance(point, list) and len(point) == 2 and all(map(_fraction, point)) for point in points):
            raise wrong
        colour = str(stroke.get("colour", "1"))
        width = stroke.get("width", 0.004)
        kept.append(
            {
                "colour": colour if colour in COLOURS else COLOURS[0],
                "width": round(min(0.05, max(0.001, width)), 4) if _number(width) else 0.004,
                "points": [[round(x, 4), round(y, 4)] for x, y in points],
            }
        )
    return kept


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _fraction(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


@transaction.atomic
def change(
    note: ReviewNote,
    *,
    actor: User,
    body: str | None = None,
    timestamp: float | None = None,
    resolved: bool | None = None,
) -> ReviewNote:
    """What is None stays. Words and place are the author's; settling is open to those who do the work."""
    locked = ReviewNote.objects.select_for_update(of=("self",)).select_related("job__source", "author").get(pk=note.pk)
    was = {"body": locked.body, "timestamp": locked.timestamp, "resolved": locked.resolved}
    if body is not None or timestamp is not None:
        policies.require(actor, "qc.note.change", locked)
    if resolved is not None:
        policies.require(actor, "qc.note.resolve", locked)
    if timestamp is not None:
        _inside(locked.job, locked.asset, locked.language, timestamp)
        locked.timestamp, locked.frame = timestamp, _frame(locked.job, timestamp)
    if body is not None:
        locked.body = body
    if resolved is not None and resolved != locked.resolved:
        locked.resolved = resolved
        locked.resolved_by, locked.resolved_at = (actor, timezone.now()) if resolved else (None, None)
    locked.save()
    audit.record("qc.note.change", locked, actor=actor, was=was)
    return locked


@transaction.atomic
def remove(note: ReviewNote, *, actor: User) -> None:
    """With its answers."""
    policies.require(actor, "qc.note.change", note)
    audit.record("qc.note.delete", note, actor=actor, job=str(note.job_id), body=note.body)
    note.delete()


def _tell(note: ReviewNote, *, by: User | None) -> None:
    """Whoever the note is for: the author of what is answered, and those who run the job."""
    job = note.job
    people: list[User | None] = [job.created_by] if not note.internal else []
    if note.share is not None:
        people.append(note.share.created_by)
    if note.parent is not None:
        people.append(note.parent.author)
    if job.client is not None:
        people += job.client.managers.order_by("pk")
    who = str(by) if by else f"{note.guest_name} (guest)"
    notify(
        _others(people, by),
        kind="qc.note",
        text=f"{who} left a note on “{job.title}”",
        url=f"/jobs/{job.pk}/review#note-{note.pk}",
        subject=f"job:{job.pk}",
    )


def _others(people: Iterable[User | None], by: User | None) -> list[User | None]:
    return [person for person in people if person is not None and person != by]
