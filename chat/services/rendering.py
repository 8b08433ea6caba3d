"""Films of cuts: what is asked for is checked and written down, a run makes it, and the film becomes a file of the library.

The same cut of the same footage is made once. Nothing is locked while pictures are made.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import policies
from accounts.models import User
from accounts.services import notifications
from chat import events
from chat.models import ClipProposal, Conversation, Render
from chat.services import clips
from core import audit
from core.errors import DomainError, NotFoundError, TooManyRequestsError, WrongStateError
from core.runs import artefacts
from core.runs import services as runs
from core.runs.models import Run
from core.storage import store
from media_library.models import Asset
from media_library.models.assets import AssetQuerySet
from media_library.services import clips as ranges
from media_library.services import ingestion, making, placing, quota, transcripts

KIND = "chat.render"
# What is made of a plan has changed: what was made before is not the same any more.
MADE = 1

NO_CLIPS = "No clips provided"
NOT_FOUND = "Film not found"
NO_MUSIC = "Music not found"
TOO_MANY = "Two of your films are being rendered. Wait until one is done, or cancel it."
MOST_CLIPS = 50
MOST_SECONDS = 3600.0
MOST_RUNNING = 2
LOUDNESS = {"none": None, "-14": -14.0, "-23": -23.0}
CAPTIONS = ("none", "burned", "track")
ASPECTS = ("", "16:9", "9:16", "1:1")
FILLS = ("black", "blurred")
TITLE_SECONDS = 3.0
# The steps whose files the film is put together of.
PARTS = ("piece", "sound")
S = Render.Status


@dataclass(frozen=True, kw_only=True)
class Options:
    """`music_level` is in decibels beside the programme, `loudness` in LUFS by name; an empty `aspect` is that of the first clip."""

    transition_seconds: float = 1.0
    music: Asset | None = None
    music_level: float = -8.0
    loudness: str = "none"
    captions: str = "none"
    aspect: str = ""
    fill: str = "black"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One clip of a film."""

    asset: Asset
    start: float | None
    end: float | None
    title: str = ""
    title_card: str = ""
    transition: str = ClipProposal.Transition.CUT.value
    clip_id: uuid.UUID | None = None


def cut_of(conversation: Conversation, user: User) -> list[Wanted]:
    """The clips that are in the cut. All must be footage that `user` sees, or came with the conversation."""
    chosen = list(conversation.clips.listed().filter(in_cut=True).select_related("asset"))
    seen = set(
        clips.footage(conversation, user).filter(pk__in=[clip.asset_id for clip in chosen]).values_list("pk", flat=True)
    )
    if any(clip.asset_id not in seen for clip in chosen):
        raise NotFoundError(clips.NO_FOOTAGE)
    return [
        Wanted(
            asset=clip.asset,
            start=clip.start,
            end=clip.end,
            title=clip.title,
            title_card=clip.title_card,
            transition=clip.transition,
            clip_id=clip.pk,
        )
        for clip in chosen
    ]


def music_for(conversation: Conversation, user: User, asset_id: uuid.UUID | None) -> Asset | None:
    if asset_id is None:
        return None
    found = clips.footage(conversation, user).filter(pk=asset_id).first()
    if found is None:
        raise NotFoundError(NO_MUSIC)
    return found


def begin(conversation: Conversation, wanted: Sequence[Wanted], *, actor: User, options: Options) -> Render:
    """The film that is being made, or, where the same was made before, that one."""
    planned = _plan(wanted, options)
    digest = _digest(planned, [one.asset for one in wanted], options.music)
    with transaction.atomic():
        # One after the other for each person, so that nobody begins a third film by asking twice at once.
        quota.hold(actor)
        if (same := _same(conversation, digest)) is not None:
            return same
        if Render.objects.filter(requested_by=actor, status=S.RENDERING).count() >= MOST_RUNNING:
            raise TooManyRequestsError(TOO_MANY)
        quota.require_room(actor, _size(wanted))
        render = Render.objects.create(
            conversation=conversation, plan=planned, digest=digest, requested_by=actor, status=S.RENDERING
        )
        render.run = runs.start(KIND, subject_id=render.pk, created_by=actor)
        render.save(update_fields=["run"])
        audit.record("chat.film.render", render, actor=actor, conversation=str(conversation.pk), clips=len(wanted))
        events.render_changed(render)
    return render


def _plan(wanted: Sequence[Wanted], options: Options) -> dict[str, Any]:
    if not wanted:
        raise DomainError(NO_CLIPS)
    if len(wanted) > MOST_CLIPS:
        raise DomainError(ranges.INVALID, most_clips=MOST_CLIPS)
    spans = [ranges.span_of(one.asset, start=one.start, end=one.end) for one in wanted]
    if sum(span.duration for span in spans) > MOST_SECONDS:
        raise DomainError(ranges.INVALID, most_seconds=MOST_SECONDS)
    rest = {name: value for name, value in asdict(options).items() if name != "music"}
    return {
        "clips": [
            {
                "clip_id": str(one.clip_id) if one.clip_id else None,
                "asset_id": str(one.asset.pk),
                "start": span.start,
                "end": span.end,
                "title": " ".join(one.title.split())[:255],
                "title_card": " ".join(one.title_card.split())[:200],
                "transition": one.transition,
            }
            for one, span in zip(wanted, spans, strict=True)
        ],
        "music_id": str(options.music.pk) if options.music else None,
        **rest,
    }


def _digest(plan: dict[str, Any], assets: Iterable[Asset], music: Asset | None) -> str:
    """Names the film by all that its pictures and sound depend on. Captions follow the transcripts, which people change."""
    pks = {asset.pk for asset in assets}
    said = []
    if plan["captions"] != "none":
        said = sorted(
            (str(pk), str(moment))
            for pk, moment in Asset.objects.filter(pk__in=pks).values_list("pk", "transcript__updated_at")
        )
    files = [asset.sha256 for asset in [*assets, *([music] if music else [])]]
    shown = {**plan, "clips": [{**clip, "clip_id": None} for clip in plan["clips"]]}
    text = json.dumps([MADE, shown, files, said], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _same(conversation: Conversation, digest: str) -> Render | None:
    rows = conversation.renders.filter(digest=digest, status__in=(S.RENDERING, S.READY)).select_related("asset", "run")
    for render in rows:
        if render.status == S.RENDERING:
            return render
        if render.asset is not None and render.asset.deleted_at is None and store().exists(render.asset.key):
            Conversation.objects.filter(pk=conversation.pk).update(video=render.asset)
            return render
    return None


def _size(wanted: Sequence[Wanted]) -> int:
    """About as large as the ranges are in their sources."""
    total = 0.0
    for one in wanted:
        share = ((one.end or 0.0) - (one.start or 0.0)) / max(one.asset.duration or 0.0, 1.0)
        total += one.asset.size * min(1.0, share)
    return round(total)


@transaction.atomic
def cancel(render: Render, *, actor: User) -> Render:
    """Ends within seconds, and what was made so far is kept for another try."""
    if render.status != S.RENDERING or render.run is None:
        raise WrongStateError("This film is not being rendered.")
    run = runs.cancel(render.run.pk)
    audit.record("chat.film.cancel", render, actor=actor, run=str(run.pk))
    render.refresh_from_db()
    return render


@transaction.atomic
def retry(render: Render, *, actor: User) -> Render:
    """What was made stays; the rest is tried again."""
    if render.status != S.FAILED or render.run is None:
        raise WrongStateError("Only a film that failed can be tried again.")
    quota.hold(actor)
    if Render.objects.filter(requested_by=actor, status=S.RENDERING).count() >= MOST_RUNNING:
        raise TooManyRequestsError(TOO_MANY)
    run = runs.retry(render.run.pk)
    Render.objects.filter(pk=render.pk).update(status=S.RENDERING, error="", finished_at=None)
    audit.record("chat.film.retry", render, actor=actor, run=str(run.pk))
    render.refresh_from_db()
    events.render_changed(render)
    return render


def numbers(run: Run) -> list[str]:
    """The places of the clips: each is a piece of its own."""
    return [str(number) for number in range(len(Render.objects.get(pk=run.subject_id).plan["clips"]))]


def render_of(render_id: uuid.UUID) -> Render:
    return Render.objects.select_related("conversation__project", "requested_by", "run", "asset").get(pk=render_id)


def ready(
    render_id: uuid.UUID,
    *,
    key: str,
    size: int,
    sha256: str,
    duration: float,
    technical: dict[str, Any],
    chapters: list[dict[str, Any]],
    segments: list[dict[str, Any]],
    language: str,
) -> Asset:
    """The film is a file of the library now, with its chapters and its words, and what the conversation shows."""
    render = render_of(render_id)
    conversation, owner = render.conversation, render.requested_by or render.conversation.owner
    place = _place(conversation, owner)
    placing.hold(place)
    title = f"{conversation.title[:240]}"
    film = making.add_original(
        owner=owner,
        organization=place.organization,
        client=place.client,
        project=place.project,
        kind=Asset.Kind.VIDEO,
        key=key,
        filename=f"{title[:200] or 'Film'}.mp4",
        content_type="video/mp4",
        size=size,
        sha256=sha256,
        origin=Asset.Origin.GENERATED,
        status=Asset.Status.PROCESSING,
        title=title,
    )
    film.duration, film.technical, film.chapters, film.language = duration, technical, chapters, language
    film.save(update_fields=["duration", "technical", "chapters", "language", "updated_at"])
    if segments:
        transcripts.write_transcript(film, language=language or "en", confidence=None, engine="cut", segments=segments)
    ingestion.start(film, by=owner)
    render.asset, render.duration, render.status, render.error = film, duration, S.READY, ""
    render.finished_at = timezone.now()
    render.save(update_fields=["asset", "duration", "status", "error", "finished_at"])
    conversation.video = film
    conversation.save(update_fields=["video", "updated_at"])
    audit.record("chat.film.ready", render, actor=None, asset=str(film.pk), duration=duration)
    _let_go_of_parts(render)
    events.render_changed(render)
    _tell(render, f"Your film “{title}” is ready.")
    return film


def _let_go_of_parts(newest: Render) -> None:
    """Pieces and sounds of earlier films: the newest has all of them that the next film can use."""
    over = Render.objects.filter(conversation=newest.conversation_id, status__in=(S.READY, S.CANCELLED))
    artefacts.forget_files(kind=KIND, subjects=over.exclude(pk=newest.pk).values("pk"), names=PARTS)


def _place(conversation: Conversation, owner: User) -> placing.Place:
    """With the conversation's project, where its owner may add; otherwise it is theirs alone, as the conversation is."""
    project = conversation.project
    if project is not None and policies.can(owner, placing.ADD, project):
        return placing.place_for(owner, shelf=Asset.Shelf.LIBRARY, project=project)
    return placing.Place()


def fail(render_id: uuid.UUID, problem: str) -> None:
    _ended(render_id, S.FAILED, problem)
    _tell(render_of(render_id), "Your film could not be rendered.", urgent=True)


def stopped(render_id: uuid.UUID) -> None:
    _ended(render_id, S.CANCELLED, "")


def _ended(render_id: uuid.UUID, status: str, problem: str) -> None:
    if Render.objects.filter(pk=render_id).update(status=status, error=problem, finished_at=timezone.now()):
        events.render_changed(render_of(render_id))


def _tell(render: Render, text: str, *, urgent: bool = False) -> None:
    if render.requested_by is not None:
        notifications.notify(
            [render.requested_by],
            kind="chat.film",
            text=text,
            url=reverse("chat:conversation", args=[render.conversation_id]),
            subject=f"render:{render.pk}",
            urgent=urgent,
        )


def footage_of(plan: dict[str, Any]) -> dict[str, Asset]:
    """By id, the sources that are still there."""
    ids = {clip["asset_id"] for clip in plan["clips"]} | ({plan["music_id"]} if plan["music_id"] else set())
    found: AssetQuerySet = Asset.objects.filter(pk__in=ids, deleted_at=None)
    return {str(asset.pk): asset for asset in found}


def seconds_of(render: Render) -> float:
    """What was cut, without titles and transitions."""
    return float(sum(clip["end"] - clip["start"] for clip in render.plan["clips"]))
