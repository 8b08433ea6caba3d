"""The cut: which clips a film is made of, in which order, and which range of which footage each shows.

What a clip says is read from the transcript each time its range changes, never written by anybody. Every change can be taken back.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import User
from chat import events
from chat.models import ClipProposal, Conversation
from core import audit
from core.errors import ConflictError, DomainError, NotFoundError, WrongStateError
from media_library.models import Asset, Transcript
from media_library.models.assets import AssetQuerySet
from media_library.search import Filters, Hit, search
from media_library.services import clips as ranges
from media_library.services import excerpts

NOT_FOUND = "Clip not found"
NO_FOOTAGE = "Video not found"
STALE = "Somebody else changed this clip meanwhile. Look at it again before you change it."
# Of one conversation, in the cut or beside it.
MOST_LISTED = 200
MOST_STEPS_BACK = 50
MOST_ALTERNATIVES = 20
LONGEST_CLIP_SECONDS = 3600.0
# Around what was found, so that no word begins or ends at the very edge.
_AIR_SECONDS = 0.15
_UNSAID_SECONDS = 5.0

# What can be taken back. `at` says when it was so.
_REMEMBERED = ("start", "end", "text", "speaker", "title", "title_card", "transition", "in_cut")


@dataclass(frozen=True)
class Alternative:
    """A place in the footage that a clip could show instead."""

    asset: Asset
    start: float
    end: float
    text: str
    speaker: str


def footage(conversation: Conversation, user: User) -> AssetQuerySet:
    """What this person may cut from here: the video and sound they see, and what was brought into the conversation."""
    brought = conversation.attachments.order_by().values("asset")
    seen = Asset.objects.visible_to(user).order_by().values("pk")
    assets = Asset.objects.filter(Q(pk__in=seen) | Q(pk__in=brought), deleted_at=None)
    return assets.filter(purpose=Asset.Purpose.ORIGINAL, kind__in=(Asset.Kind.VIDEO, Asset.Kind.AUDIO))


def words_of(asset: Asset, *, start: float, end: float) -> tuple[str, str]:
    """What is said in the range, and who says most of it."""
    transcript = Transcript.objects.filter(asset=asset).first()
    if transcript is None:
        return "", ""
    rows = list(excerpts.rows(transcript, start=start, end=end))
    said: Counter[str] = Counter()
    for row, speaker in rows:
        if speaker is not None:
            said[speaker.shown] += row["end"] - row["start"]
    text = " ".join(row["text"].strip() for row, _ in rows)
    return text, said.most_common(1)[0][0] if said else ""


def as_it_is(clip: ClipProposal) -> dict[str, Any]:
    """What `before` keeps of a clip that is about to change."""
    kept = {name: getattr(clip, name) for name in _REMEMBERED}
    return {"asset_id": str(clip.asset_id), **kept, "at": timezone.now().isoformat()}


def add(
    conversation: Conversation,
    asset: Asset,
    start: float | None,
    end: float | None,
    *,
    actor: User,
    title: str = "",
    index: int | None = None,
) -> ClipProposal:
    """A person's own choice, before the clip that stands at `index` now, or as the last."""
    span = _span(asset, start=start, end=end)
    text, speaker = words_of(asset, start=span.start, end=span.end)
    with transaction.atomic():
        _hold(conversation)
        listed = list(conversation.clips.listed())
        if len(listed) >= MOST_LISTED:
            raise WrongStateError(f"A conversation holds {MOST_LISTED} clips at most. Take some out first.")
        last = conversation.clips.aggregate(last=Max("position"))["last"]
        clip = ClipProposal.objects.create(
            conversation=conversation,
            position=0 if last is None else last + 1,
            title=_title(title, text, asset),
            asset=asset,
            start=span.start,
            end=span.end,
            text=text,
            speaker=speaker,
        )
        if index is not None and 0 <= index < len(listed):
            _put_in_order([*listed[:index], clip, *listed[index:]])
        audit.record("chat.clip.add", clip, actor=actor, asset=str(asset.pk), start=span.start, end=span.end)
        _tell(conversation.pk, actor)
    return clip


def change(
    clip: ClipProposal,
    *,
    actor: User,
    start: float | None = None,
    end: float | None = None,
    title: str | None = None,
    title_card: str | None = None,
    transition: str | None = None,
    in_cut: bool | None = None,
    version: int | None = None,
) -> ClipProposal:
    """What is None stays. `version` is the one that the caller saw; where it is none any more, nothing changes (409)."""
    wanted: dict[str, Any] = {
        "title": title.strip()[:255] if title is not None else None,
        "title_card": " ".join(title_card.split())[:200] if title_card is not None else None,
        "transition": transition,
        "in_cut": in_cut,
    }
    if title is not None and not wanted["title"]:
        raise DomainError("A clip needs a title.")
    if transition is not None and transition not in ClipProposal.Transition.values:
        raise DomainError("A clip begins with a cut, a dissolve or a dip.")

    def alter(current: ClipProposal) -> None:
        for name, value in wanted.items():
            if value is not None:
                setattr(current, name, value)
        if start is not None or end is not None:
            begin, finish = current.start if start is None else start, current.end if end is None else end
            _show(current, current.asset, begin, finish)

    return _changed(clip, alter, "chat.clip.change", actor=actor, version=version)


def replace(
    clip: ClipProposal,
    asset: Asset,
    start: float | None,
    end: float | None,
    *,
    actor: User,
    title: str = "",
    version: int | None = None,
) -> ClipProposal:
    """Other footage in the same place of the cut."""

    def alter(current: ClipProposal) -> None:
        _show(current, asset, start, end)
        current.description, current.source_n = "", None
        current.title = _title(title, current.text, asset)

    return _changed(clip, alter, "chat.clip.replace", actor=actor, version=version)


def restore(clip: ClipProposal, *, actor: User, version: int | None = None) -> ClipProposal:
    """Takes back the last change: a clip that was taken out comes again, another is what it was before."""
    with transaction.atomic():
        _hold(clip.conversation)
        current = _locked(clip, version=version, removed=True)
        if current.removed_at is not None:
            current.removed_at = None
        else:
            _step_back(current)
        current.version += 1
        current.save()
        audit.record("chat.clip.restore", current, actor=actor, start=current.start, end=current.end)
        _tell(current.conversation_id, actor)
    return current


def remove(clip: ClipProposal, *, actor: User, version: int | None = None) -> ClipProposal:
    """It is listed no more, and comes again when that is taken back."""
    with transaction.atomic():
        _hold(clip.conversation)
        current = _locked(clip, version=version)
        current.removed_at = timezone.now()
        current.version += 1
        current.save(update_fields=["removed_at", "version", "updated_at"])
        audit.record("chat.clip.remove", current, actor=actor)
        _tell(current.conversation_id, actor)
    return current


def reorder(conversation: Conversation, ids: Sequence[uuid.UUID], *, actor: User) -> list[ClipProposal]:
    """`ids` are all clips of the conversation, each once, in their new order: no order loses one."""
    with transaction.atomic():
        _hold(conversation)
        listed = {clip.pk: clip for clip in conversation.clips.listed()}
        if unknown := [pk for pk in ids if pk not in listed]:
            raise NotFoundError(NOT_FOUND, id=str(unknown[0]))
        if len(set(ids)) != len(ids):
            raise DomainError("A clip stands in the order twice.")
        if len(ids) != len(listed):
            raise ConflictError("The cut has other clips by now. Look at it again before you order it.")
        ordered = [listed[pk] for pk in ids]
        _put_in_order(ordered)
        audit.record("chat.cut.order", conversation, actor=actor, clips=[str(pk) for pk in ids])
        _tell(conversation.pk, actor)
    return ordered


def alternatives(clip: ClipProposal, query: str, *, user: User) -> list[Alternative]:
    """What else the caller's footage holds for this, the best first. Without a query, of what the clip itself is about."""
    wanted = query.strip() or f"{clip.title} {clip.text}"[:300].strip()
    kinds = (Asset.Kind.VIDEO.value, Asset.Kind.AUDIO.value)
    found = search(user, wanted, filters=Filters(kinds=kinds), limit=2 * MOST_ALTERNATIVES)
    offered: list[Alternative] = []
    for hit in found.hits:
        place = _place(hit)
        if place is None:
            continue
        if hit.asset.pk == clip.asset_id and place[0] < clip.end and clip.start < place[1]:
            continue
        text, speaker = words_of(hit.asset, start=place[0], end=place[1])
        offered.append(Alternative(hit.asset, place[0], place[1], text or hit.text, speaker or hit.speaker))
    return offered[:MOST_ALTERNATIVES]


def _place(hit: Hit) -> tuple[float, float] | None:
    """The range of what was found, inside the footage; None for what is true of the whole asset and has no length."""
    length = hit.asset.duration or 0.0
    if length <= 0:
        return None
    start = max(0.0, (hit.start or 0.0) - _AIR_SECONDS)
    end = min(length, hit.end + _AIR_SECONDS if hit.end is not None else start + _UNSAID_SECONDS)
    return (round(start, 3), round(end, 3)) if end - start > _AIR_SECONDS else None


def _span(asset: Asset, *, start: float | None, end: float | None) -> ranges.Span:
    span = ranges.span_of(asset, start=start, end=end)
    if span.duration > LONGEST_CLIP_SECONDS:
        raise DomainError(ranges.INVALID)
    return span


def _show(clip: ClipProposal, asset: Asset, start: float | None, end: float | None) -> None:
    span = _span(asset, start=start, end=end)
    clip.asset, clip.start, clip.end = asset, span.start, span.end
    clip.text, clip.speaker = words_of(asset, start=span.start, end=span.end)


def _changed(
    clip: ClipProposal,
    alter: Callable[[ClipProposal], None],
    action: str,
    *,
    actor: User,
    version: int | None,
) -> ClipProposal:
    with transaction.atomic():
        current = _locked(clip, version=version)
        was = as_it_is(current)
        alter(current)
        now = as_it_is(current)
        changes = {name: [was[name], now[name]] for name in ("asset_id", *_REMEMBERED) if was[name] != now[name]}
        if not changes:
            return current
        current.before = [*current.before, was][-MOST_STEPS_BACK:]
        current.version += 1
        current.save()
        told = {name: values for name, values in changes.items() if name != "text"}
        audit.record(action, current, actor=actor, changes=told)
        _tell(current.conversation_id, actor)
    return current


def _step_back(clip: ClipProposal) -> None:
    if not clip.before:
        raise WrongStateError("There is nothing to take back.")
    *clip.before, was = clip.before
    if not Asset.objects.filter(pk=was["asset_id"], deleted_at=None).exists():
        raise WrongStateError("The footage that this clip showed before is gone.")
    clip.asset_id = uuid.UUID(was["asset_id"])
    for name in _REMEMBERED:
        if name in was:
            setattr(clip, name, was[name])


def _locked(clip: ClipProposal, *, version: int | None, removed: bool = False) -> ClipProposal:
    rows = ClipProposal.objects.select_for_update(of=("self",)).select_related("asset", "conversation")
    current = rows.filter(pk=clip.pk).first()
    if current is None or (current.removed_at is not None and not removed):
        raise NotFoundError(NOT_FOUND)
    if version is not None and version != current.version:
        raise ConflictError(STALE, version=current.version)
    return current


def _hold(conversation: Conversation) -> None:
    """Who changes which clips there are, or their order, does so one after the other."""
    Conversation.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=conversation.pk)


def _put_in_order(ordered: Sequence[ClipProposal]) -> None:
    for position, clip in enumerate(ordered):
        clip.position = position
    ClipProposal.objects.bulk_update(ordered, ["position"], batch_size=500)


def _title(title: str, text: str, asset: Asset) -> str:
    """What nobody named is called by its first words."""
    words = " ".join((title or text).split()) or asset.name
    return words[:255] if title else (words if len(words) <= 80 else f"{words[:80].rpartition(' ')[0] or words[:80]}…")


def _tell(conversation_id: uuid.UUID, actor: User) -> None:
    events.script_changed(conversation_id, "clips", actor)
