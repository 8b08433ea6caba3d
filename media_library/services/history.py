"""What people change in a transcript, kept so that it can be seen and taken back.

Every change runs inside `changing`, which locks the transcript: two at once follow one another, and neither is lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from core import audit
from core.errors import ConflictError, NotFoundError, WrongStateError
from media_library.models import Asset, Segment, Speaker, Transcript, TranscriptEdit
from media_library.services import indexing

Row = dict[str, Any]
Rows = dict[str, Row]
Action = TranscriptEdit.Action

TRANSCRIPT_FIELDS = ("language", "confidence", "engine", "source", "speakers_engine")
SPEAKER_FIELDS = ("label", "name", "voice", "voice_engine")
SEGMENT_FIELDS = ("position", "start", "end", "text", "words", "speaker_id")
# What search looks at.
SEARCHED = ("position", "start", "end", "text", "speaker_id")
# Larger than any position: where segments wait while their order changes, because two never have the same one.
ASIDE = 1_000_000_000
BATCH = 500


@dataclass
class State:
    """Some or all of a transcript as rows by id."""

    transcript: Row
    speakers: Rows
    segments: Rows


@dataclass
class Change:
    """What a caller of `changing` fills in. `segments` limits what is looked at; None is all of the transcript."""

    transcript: Transcript
    summary: str = ""
    segments: QuerySet[Segment] | None = None
    edit: TranscriptEdit | None = None


@contextmanager
def changing(
    transcript: Transcript,
    action: str,
    *,
    actor: User | None,
    revision: int | None = None,
    only: QuerySet[Segment] | None = None,
) -> Iterator[Change]:
    """A transaction that holds the transcript. Afterwards what differs is an edit of its own; nothing differs: there is none.

    `revision` is the one that the change was made for; a stale one is 409 with the current one.
    """
    with transaction.atomic():
        locked = hold(transcript, revision=revision)
        change = Change(locked, segments=only)
        before = state_of(locked, only)
        yield change
        after = state_of(locked, only)
        change.edit = record(locked, action, actor=actor, summary=change.summary, before=before, after=after)
        if change.edit is not None:
            transcript.revision = locked.revision
            index(locked, before, after)


def hold(transcript: Transcript, *, revision: int | None = None) -> Transcript:
    """Locks the transcript for the rest of the caller's transaction.

    The asset first, as everybody does who changes something of an asset: the other order is a deadlock.
    """
    list(Asset.objects.select_for_update(no_key=True, of=("self",)).filter(pk=transcript.asset_id).values_list("pk"))
    locked = Transcript.objects.select_for_update(no_key=True, of=("self",)).filter(pk=transcript.pk).first()
    if locked is None:
        raise NotFoundError("Transcript not found")
    if revision is not None and revision != locked.revision:
        raise ConflictError("Somebody else changed this transcript.", current_revision=locked.revision)
    return locked


def state_of(transcript: Transcript, only: QuerySet[Segment] | None = None) -> State:
    segments = transcript.segments.all() if only is None else only.all()
    return State(
        {name: getattr(transcript, name) for name in TRANSCRIPT_FIELDS},
        {str(row["id"]): _plain(row) for row in transcript.speakers.order_by("pk").values("id", *SPEAKER_FIELDS)},
        {str(row["id"]): _plain(row) for row in segments.order_by("pk").values("id", *SEGMENT_FIELDS)},
    )


def _plain(row: Row) -> Row:
    """As JSON holds it."""
    plain = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in row.items()}
    if plain.get("voice") is not None:
        plain["voice"] = [float(value) for value in plain["voice"]]
    return plain


def record(
    transcript: Transcript, action: str, *, actor: User | None, summary: str, before: State, after: State
) -> TranscriptEdit | None:
    """Of a locked transcript. Only fields that differ are kept, and whole rows that came or went."""
    old, new = _difference(before, after)
    if not old and not new:
        return None
    edit = _note(transcript, action, actor=actor, summary=summary, before=old, after=new)
    audit.record(
        f"media_library.transcript.{action}", transcript, actor=actor, revision=edit.number, summary=edit.summary
    )
    return edit


def _note(transcript: Transcript, action: str, *, actor: User | None, **values: Any) -> TranscriptEdit:
    transcript.revision += 1
    transcript.edited_by, transcript.edited_at = actor, timezone.now()
    transcript.save(update_fields=["revision", "edited_by", "edited_at", "updated_at"])
    values["summary"] = values["summary"][:200]
    return TranscriptEdit.objects.create(
        transcript=transcript, number=transcript.revision, author=actor, action=action, **values
    )


def _difference(before: State, after: State) -> tuple[dict[str, Any], dict[str, Any]]:
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    names = [name for name in TRANSCRIPT_FIELDS if before.transcript[name] != after.transcript[name]]
    if names:
        old["transcript"] = {name: before.transcript[name] for name in names}
        new["transcript"] = {name: after.transcript[name] for name in names}
    for kind in ("speakers", "segments"):
        was, now = _rows_that_differ(getattr(before, kind), getattr(after, kind))
        if was or now:
            old[kind], new[kind] = was, now
    return old, new


def _rows_that_differ(before: Rows, after: Rows) -> tuple[list[Row], list[Row]]:
    was, now = [], []
    for pk, row in before.items():
        if pk not in after:
            was.append(row)
        elif changed := [name for name in row if row[name] != after[pk][name]]:
            was.append({"id": pk, **{name: row[name] for name in changed}})
            now.append({"id": pk, **{name: after[pk][name] for name in changed}})
    return was, now + [row for pk, row in after.items() if pk not in before]


def index(transcript: Transcript, before: State, after: State) -> None:
    """Search learns of what differs: words, times, order, and who says them."""
    if before.transcript["language"] != after.transcript["language"]:
        indexing.index_asset(transcript.asset, parts={"speech"})
        return
    renamed = {pk for pk, row in after.speakers.items() if before.speakers.get(pk, {}).get("name") != row["name"]}
    wanted = [
        pk
        for pk, row in after.segments.items()
        if row["speaker_id"] in renamed or any(before.segments.get(pk, {}).get(name) != row[name] for name in SEARCHED)
    ]
    indexing.index_segments(transcript.segments.filter(pk__in=wanted))


def last_edit(transcript: Transcript) -> TranscriptEdit | None:
    """What an undo would take back: the newest edit that is neither an undo nor undone."""
    undone = transcript.edits.filter(action=Action.UNDO).values_list("after__undid", flat=True)
    taken_back = {number for number in undone if number is not None}
    edits = transcript.edits.exclude(action=Action.UNDO).exclude(number__in=taken_back)
    return edits.order_by("-number").first()


def undo(transcript: Transcript, *, actor: User, revision: int | None = None) -> TranscriptEdit:
    """Takes the last edit back. The undo is an edit too, so that the history stays whole."""
    with transaction.atomic():
        locked = hold(transcript, revision=revision)
        edit = last_edit(locked)
        if edit is None:
            raise WrongStateError("There is nothing to undo.")
        before = state_of(locked)
        restore(locked, was=edit.before, now=edit.after)
        after = state_of(locked)
        old, new = _difference(before, after)
        summary = f"Took back: {edit.summary or edit.get_action_display()}"
        made = _note(locked, Action.UNDO, actor=actor, summary=summary, before=old, after={**new, "undid": edit.number})
        audit.record("media_library.transcript.undo", locked, actor=actor, revision=made.number, undid=edit.number)
        transcript.revision = locked.revision
        index(locked, before, after)
    return made


def restore(transcript: Transcript, *, was: Any, now: Any) -> None:
    """Makes what an edit changed as it was before."""
    old, new = was or {}, now or {}
    if fields := old.get("transcript"):
        for name, value in fields.items():
            setattr(transcript, name, value)
        transcript.save(update_fields=[*fields, "updated_at"])
    # Those that the edit had brought go first: labels are unique. Segments let go of them.
    transcript.speakers.filter(pk__in=_came(old.get("speakers", []), new.get("speakers", []))).delete()
    _restore_speakers(transcript, old.get("speakers", []), new.get("speakers", []))
    _restore_segments(transcript, old.get("segments", []), new.get("segments", []))


def _came(was: list[Row], now: list[Row]) -> set[str]:
    return {row["id"] for row in now} - {row["id"] for row in was}


def _restore_speakers(transcript: Transcript, was: list[Row], now: list[Row]) -> None:
    there = {row["id"] for row in now}
    for row in was:
        fields = {name: value for name, value in row.items() if name != "id"}
        if row["id"] in there:
            transcript.speakers.filter(pk=row["id"]).update(**fields)
        else:
            Speaker.objects.create(pk=row["id"], transcript=transcript, **fields)


def _restore_segments(transcript: Transcript, was: list[Row], now: list[Row]) -> None:
    there = {row["id"] for row in now}
    transcript.segments.filter(pk__in=_came(was, now)).delete()
    if any("position" in row for row in was):
        set_aside(transcript, [row["id"] for row in was if row["id"] in there and "position" in row])
    for row in was:
        if row["id"] in there:
            transcript.segments.filter(pk=row["id"]).update(
                **{name: value for name, value in row.items() if name != "id"}
            )
    Segment.objects.bulk_create(
        (Segment(pk=row["id"], transcript=transcript, **_fields(row)) for row in was if row["id"] not in there),
        batch_size=BATCH,
    )


def _fields(row: Row) -> Row:
    return {name: row[name] for name in SEGMENT_FIELDS}


def set_aside(transcript: Transcript, ids: Iterable[Any]) -> None:
    """Gives segments positions that nobody else wants, until they get their real ones."""
    transcript.segments.filter(pk__in=list(ids), position__lt=ASIDE).update(position=F("position") + ASIDE)


def put_in_order(transcript: Transcript, segments: Sequence[Segment]) -> None:
    """Numbers all segments of the transcript as they stand in the list; those without a row yet are written."""
    moved: list[Segment] = []
    fresh: list[Segment] = []
    for position, segment in enumerate(segments):
        if segment._state.adding:  # noqa: SLF001  (the documented way to ask)
            fresh.append(segment)
        elif segment.position != position:
            moved.append(segment)
        segment.position = position
    set_aside(transcript, [segment.pk for segment in moved])
    Segment.objects.bulk_update(moved, ["position"], batch_size=BATCH)
    Segment.objects.bulk_create(fresh, batch_size=BATCH)
