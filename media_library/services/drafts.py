"""Texts of a track that are no version yet: what their author typed last, and what lost against somebody else's save."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from core.errors import NotFoundError
from media_library.models import Track, TrackDraft


def keep_losing_text(track: Track, content: str, *, author: User, base_version: int, comment: str = "") -> TrackDraft:
    return TrackDraft.objects.create(
        track=track, author=author, base_version=base_version, content=content, comment=comment[:500]
    )


def save_automatic_draft(track: Track, content: str, *, author: User, base_version: int) -> TrackDraft:
    """What the author has typed, over what he had typed before. It may be anything: half a cue is no valid track."""
    draft, _ = TrackDraft.objects.update_or_create(
        track=track, author=author, automatic=True, defaults={"content": content, "base_version": base_version}
    )
    return draft


def automatic_draft(track: Track, *, author: User) -> TrackDraft:
    found = TrackDraft.objects.visible_to(author).filter(track=track, automatic=True).first()
    if found is None:
        raise NotFoundError("Draft not found")
    return found


def drafts_of(track: Track, *, author: User) -> QuerySet[TrackDraft]:
    return (
        TrackDraft.objects.visible_to(author).filter(track=track).select_related("track").order_by("-updated_at", "-id")
    )


def discard_automatic_draft(track: Track, *, author: User) -> None:
    TrackDraft.objects.filter(track=track, author=author, automatic=True).delete()


def discard_draft(draft: TrackDraft) -> None:
    draft.delete()
