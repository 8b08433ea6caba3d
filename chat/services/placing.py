"""What an answer proposes becomes clips, sections or a changed cut, in the transaction that keeps the answer."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence

from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import User
from chat import events
from chat.models import ClipProposal, Conversation, Message, Record
from chat.services import clips as cut
from chat.services import records as script
from chat.services.verifying import Section, Verified, VerifiedClip
from media_library.models import Asset

I = Message.Intent  # noqa: E741  (as `S` for Status elsewhere)


def place(message: Message, verified: Verified, *, asker: User) -> tuple[list[ClipProposal], list[Record]]:
    """A script takes the place of the one before, which can be put back; other answers lay their clips beside the cut."""
    conversation = message.conversation
    # Numbers places and clips one after the other, as people do who change them.
    Conversation.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=conversation.pk)
    allowed = _allowed(conversation, asker, verified.clips)
    wanted = [clip for clip in verified.clips if clip.source.asset_id in allowed]
    if refused := len(verified.clips) - len(wanted):
        verified.rejected["not_visible"] += refused
    sections = [one for one in verified.sections if one.clip is None or one.clip.source.asset_id in allowed]
    if message.intent == I.EDIT and not verified.has_headings:
        clips = _recut(message, wanted, asker=asker) if wanted else []
        return clips, []
    is_script = message.intent in {I.SCRIPT, I.EDIT} and any(one.clip or one.is_gap or one.heading for one in sections)
    if is_script:
        _set_aside(conversation)
    made = _create(message, wanted, in_cut=is_script)
    records = _sections(message, sections, dict(zip(map(id, wanted), made, strict=True))) if is_script else []
    if made:
        events.script_changed(conversation.pk, "clips", asker)
    if records:
        events.script_changed(conversation.pk, "records", asker)
    return made, records


def _allowed(conversation: Conversation, asker: User, clips: Sequence[VerifiedClip]) -> set[uuid.UUID]:
    """Asked again at the end: an answer takes a while, and rights may have gone meanwhile."""
    wanted = {clip.source.asset_id for clip in clips}
    rows = cut.footage(conversation, asker).filter(pk__in=wanted)
    kept = ClipProposal.objects.filter(conversation=conversation, asset__in=wanted, asset__deleted_at=None)
    own = {clip.source.clip_id for clip in clips if clip.source.clip_id}
    return set(rows.values_list("pk", flat=True)) | set(kept.filter(pk__in=own).values_list("asset", flat=True))


def _create(message: Message, wanted: Sequence[VerifiedClip], *, in_cut: bool) -> list[ClipProposal]:
    last = message.conversation.clips.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    lengths = dict(Asset.objects.filter(pk__in={one.source.asset_id for one in wanted}).values_list("pk", "duration"))
    made = []
    for place, one in enumerate(wanted):
        length = lengths.get(one.source.asset_id)
        end = min(one.end, length) if length and length > one.start else one.end
        made.append(
            ClipProposal(
                conversation=message.conversation,
                message=message,
                position=first + place,
                title=one.title,
                description=one.description,
                asset_id=one.source.asset_id,
                start=one.start,
                end=end,
                text=one.text,
                speaker=one.source.speaker,
                source_n=one.source.n,
                in_cut=in_cut,
            )
        )
    return ClipProposal.objects.bulk_create(made)


def _set_aside(conversation: Conversation) -> None:
    """The script before and its clips: sections can be put back, clips stay listed beside the cut."""
    now = timezone.now()
    Record.objects.filter(conversation=conversation, removed_at=None).update(removed_at=now, updated_at=now)
    ClipProposal.objects.filter(conversation=conversation, removed_at=None, in_cut=True, message__isnull=False).update(
        in_cut=False, updated_at=now
    )


def _sections(message: Message, sections: Sequence[Section], made: dict[int, ClipProposal]) -> list[Record]:
    conversation = message.conversation
    records = []
    for place, one in enumerate(sections):
        clip = made.get(id(one.clip)) if one.clip else None
        content = "" if clip else one.text[: script.MOST_CHARACTERS]
        records.append(
            Record(
                conversation=conversation,
                message=message,
                position=place,
                heading=one.heading,
                content=content,
                clip=clip,
                is_gap=one.is_gap,
                duration=0.0 if one.is_gap else script.seconds_of(content, clip, conversation),
            )
        )
    return Record.objects.bulk_create(records)


def _recut(message: Message, wanted: Sequence[VerifiedClip], *, asker: User) -> list[ClipProposal]:
    """The cut is exactly what was proposed, in that order. What is left out of it stays listed; sections follow their clips."""
    conversation = message.conversation
    listed = {clip.pk: clip for clip in conversation.clips.listed()}
    seen: Counter[uuid.UUID] = Counter()
    order: list[ClipProposal] = []
    for one in wanted:
        clip = listed.get(one.source.clip_id) if one.source.clip_id else None
        if clip is None:
            order += _create(message, [one], in_cut=True)
            continue
        seen[clip.pk] += 1
        if seen[clip.pk] > 1:
            continue
        start, end = (one.start, one.end) if one.is_part else (None, None)
        order.append(cut.change(clip, actor=asker, in_cut=True, start=start, end=end))
    for pk, clip in listed.items():
        if clip.in_cut and not seen[pk]:
            cut.change(clip, actor=asker, in_cut=False)
    placed = {clip.pk for clip in order}
    rest = [clip.pk for clip in conversation.clips.listed() if clip.pk not in placed]
    cut.reorder(conversation, [*[clip.pk for clip in order], *rest], actor=asker)
    _follow(conversation, order, asker=asker)
    return order


def _follow(conversation: Conversation, order: Sequence[ClipProposal], *, asker: User) -> None:
    """The places that sections keep for clips take the clips in their new order; one without a clip left goes."""
    held = list(Record.objects.filter(conversation=conversation).listed().filter(~Q(clip=None)))
    if not held:
        return
    of_script = {record.clip_id for record in held}
    queue = [clip for clip in order if clip.pk in of_script]
    for record in held:
        if not queue:
            script.remove(record, actor=asker)
        elif record.clip_id != (clip := queue.pop(0)).pk:
            script.change(record, actor=asker, clip=clip)
