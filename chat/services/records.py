"""The script's sections: written, changed, ordered, taken out and put back. Who may is asked at the door."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import events, pace
from chat.models import ClipProposal, Conversation, Record
from core import audit
from core.errors import ConflictError, DomainError, NotFoundError, WrongStateError

MOST_SECTIONS = 500
MOST_CHARACTERS = 20_000
MOST_KEPT = 50
CHANGEABLE = ("heading", "content", "clip", "is_gap")


@transaction.atomic
def add(
    conversation: Conversation,
    *,
    actor: User,
    heading: str = "",
    content: str = "",
    clip: ClipProposal | None = None,
    is_gap: bool = False,
    after: Record | None = None,
) -> Record:
    """At the end, or after a section that is there."""
    held = lock(conversation)
    if len(held) >= MOST_SECTIONS:
        raise WrongStateError(f"A script has {MOST_SECTIONS} sections at most.")
    _require_of(conversation, clip)
    place = next((n + 1 for n, one in enumerate(held) if after is not None and one.pk == after.pk), len(held))
    record = Record.objects.create(
        conversation=conversation,
        position=place,
        heading=heading.strip(),
        content=_text(content),
        clip=clip,
        is_gap=is_gap and not content.strip(),
        duration=seconds_of(content, clip, conversation),
    )
    _place([*held[:place], record, *held[place:]])
    audit.record("chat.record.add", record, actor=actor)
    events.script_changed(conversation.pk, "records", actor)
    return record


@transaction.atomic
def change(record: Record, *, actor: User, version: int | None = None, **changes: Any) -> Record:
    """`changes`: heading, content, clip, is_gap. With the `version` it was read at, a change of what somebody else changed is 409."""
    locked = _locked(record)
    if version is not None and version != locked.version:
        raise ConflictError(
            "Somebody else changed this section.", current_version=locked.version, content=locked.content
        )
    values: dict[str, Any] = {name: changes[name] for name in CHANGEABLE if name in changes}
    if "heading" in values:
        values["heading"] = values["heading"].strip()
    if "content" in values:
        values["content"] = _text(values["content"])
        # What somebody wrote fills the gap.
        values.setdefault("is_gap", locked.is_gap and not values["content"].strip())
    if "clip" in values:
        _require_of(locked.conversation, values["clip"])
    if all(getattr(locked, name) == value for name, value in values.items()):
        return locked
    return _write(locked, values, actor=actor, action="chat.record.change")


@transaction.atomic
def undo(record: Record, *, actor: User) -> Record:
    """As it was before the last change. Undoing twice goes back two."""
    locked = _locked(record)
    if not locked.before:
        raise WrongStateError("This section has not been changed.")
    *kept, last = locked.before
    clip = ClipProposal.objects.filter(conversation=locked.conversation, pk=last.get("clip_id")).first()
    values = {"heading": last["heading"], "content": last["content"], "is_gap": last["is_gap"], "clip": clip}
    return _write(locked, values, actor=actor, action="chat.record.undo", before=kept)


@transaction.atomic
def reorder(conversation: Conversation, ids: Sequence[uuid.UUID], *, actor: User) -> list[Record]:
    """`ids` are all of them, in the order they shall have."""
    held = {one.pk: one for one in lock(conversation)}
    if len(set(ids)) != len(ids) or set(ids) != set(held):
        raise ConflictError("The script has other sections by now.", ids=[str(pk) for pk in held])
    ordered = [held[pk] for pk in ids]
    _place(ordered)
    audit.record("chat.record.reorder", conversation, actor=actor)
    events.script_changed(conversation.pk, "records", actor)
    return ordered


@transaction.atomic
def remove(record: Record, *, actor: User) -> Record:
    locked = _locked(record)
    if locked.removed_at is None:
        locked.removed_at = timezone.now()
        locked.save(update_fields=["removed_at", "updated_at"])
        audit.record("chat.record.remove", locked, actor=actor)
        events.script_changed(locked.conversation_id, "records", actor)
    return locked


@transaction.atomic
def restore(record: Record, *, actor: User) -> Record:
    """Where it stood, as far as that place still exists."""
    held = lock(record.conversation)
    locked = _locked(record)
    if locked.removed_at is not None:
        if len(held) >= MOST_SECTIONS:
            raise WrongStateError(f"A script has {MOST_SECTIONS} sections at most.")
        locked.removed_at = None
        locked.save(update_fields=["removed_at", "updated_at"])
        place = sum(one.position < locked.position for one in held)
        _place([*held[:place], locked, *held[place:]])
        audit.record("chat.record.restore", locked, actor=actor)
        events.script_changed(locked.conversation_id, "records", actor)
    return locked


def lock(conversation: Conversation) -> list[Record]:
    """Its sections in order; whoever else wants to move them waits until this transaction ends."""
    Conversation.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=conversation.pk)
    return list(Record.objects.filter(conversation=conversation).listed())


def seconds_of(content: str, clip: ClipProposal | None, conversation: Conversation) -> float:
    """What is said of it, or how long its footage runs where nothing is."""
    if not content.strip():
        return round(clip.end - clip.start, 2) if clip else 0.0
    return pace.seconds_to_say(content, language=language_of(conversation))


def language_of(conversation: Conversation) -> str:
    """What the footage of the script is spoken in."""
    clips = ClipProposal.objects.filter(conversation=conversation).listed().exclude(asset__language="")
    found = clips.values_list("asset__language", flat=True).first()
    return found or ""


def _write(
    locked: Record, values: dict[str, Any], *, actor: User, action: str, before: list[dict[str, Any]] | None = None
) -> Record:
    if before is None:
        before = [*locked.before, _state(locked, actor)][-MOST_KEPT:]
    for name, value in values.items():
        setattr(locked, name, value)
    locked.before = before
    locked.version += 1
    locked.duration = seconds_of(locked.content, locked.clip, locked.conversation)
    locked.save(update_fields=[*values, "before", "version", "duration", "updated_at"])
    audit.record(action, locked, actor=actor, version=locked.version)
    events.script_changed(locked.conversation_id, "records", actor)
    return locked


def _state(record: Record, actor: User) -> dict[str, Any]:
    return {
        "heading": record.heading,
        "content": record.content,
        "is_gap": record.is_gap,
        "clip_id": str(record.clip_id) if record.clip_id else None,
        "at": timezone.now().isoformat(),
        "by": str(actor.pk),
    }


def _locked(record: Record) -> Record:
    rows = Record.objects.select_related("conversation", "clip").select_for_update(of=("self",))
    found = rows.filter(pk=record.pk).first()
    if found is None:
        raise NotFoundError("Record not found")
    return found


def _place(ordered: Iterable[Record]) -> None:
    """Writes only the positions that are not right already."""
    moved = []
    for position, record in enumerate(ordered):
        if record.position != position:
            record.position = position
            moved.append(record)
    Record.objects.bulk_update(moved, ["position"])


def _require_of(conversation: Conversation, clip: ClipProposal | None) -> None:
    if clip is not None and (clip.conversation_id != conversation.pk or clip.removed_at is not None):
        raise NotFoundError("Clip not found")


def _text(content: str) -> str:
    if len(content) > MOST_CHARACTERS:
        raise DomainError(f"A section has {MOST_CHARACTERS:,} characters at most.")
    return content.strip()
