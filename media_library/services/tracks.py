"""Tracks: captions and descriptions in versions, where nobody's text is lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import User
from core import audit
from core.errors import ConflictError, DomainError, TooLargeError
from core.storage import store
from media_library.media import webvtt
from media_library.models import Asset, Track, TrackDraft, TrackVersion

TRACK_MAX_BYTES = 2 * 2**20


def open_track(asset: Asset, *, kind: str, language: str) -> Track:
    return Track.objects.create(asset=asset, kind=kind, language=language)


@transaction.atomic
def save_machine_version(track: Track, content: str, *, engine: str, comment: str = "") -> TrackVersion:
    """What an engine wrote. Never goes on top of a person's text: that one stays the newest, and is returned."""
    locked = Track.objects.select_for_update().get(pk=track.pk)
    newest = locked.versions.first()
    if newest is not None and (newest.author_id is not None or newest.content == content):
        return newest
    return _add_version(locked, content, author=None, engine=engine, comment=comment)


def save_version(
    track: Track,
    content: str,
    *,
    author: User,
    base_version: int | None = None,
    comment: str = "",
    lenient: bool = False,
) -> tuple[TrackVersion, list[dict[str, Any]]]:
    """What a person wrote, and the blocks that a lenient reading dropped.

    `base_version` is the version the text started from. When it is not the newest any more, the text is kept as a draft
    and the answer is a conflict that names it.
    """
    text, dropped = _read(content, lenient=lenient)
    with transaction.atomic():
        locked = Track.objects.select_for_update().get(pk=track.pk)
        if base_version is None or base_version == locked.version:
            version = _add_version(locked, text, author=author, engine="", comment=comment)
            if base_version is None:
                audit.record("media_library.track.saved_without_base", locked, actor=author, version=version.number)
            return version, dropped
        draft = TrackDraft.objects.create(
            track=locked, author=author, base_version=base_version, content=text, comment=comment[:500]
        )
    # Outside the transaction: the losing text must stay although the save is refused.
    raise ConflictError(
        f"VTT was changed by someone else (current version {locked.version})",
        current_version=locked.version,
        base_version=base_version,
        draft_id=str(draft.pk),
    )


def _add_version(track: Track, content: str, *, author: User | None, engine: str, comment: str) -> TrackVersion:
    track.version = F("version") + 1
    track.save(update_fields=["version", "updated_at"])
    track.refresh_from_db(fields=["version"])
    version = TrackVersion.objects.create(
        track=track, number=track.version, content=content, author=author, engine=engine[:100], comment=comment[:500]
    )
    audit.record("media_library.track.save", track, actor=author, version=version.number, engine=engine)
    return version


def _read(content: str, *, lenient: bool) -> tuple[str, list[dict[str, Any]]]:
    """The text as it will be stored, or a refusal that names the line. A cue that a reader would drop is lost text."""
    if len(content.encode()) > TRACK_MAX_BYTES:
        raise TooLargeError("A track may have 2 MB of text at most.")
    try:
        if not lenient:
            return webvtt.parse_strict(content).write(), []
        document = webvtt.parse(content)
    except webvtt.InvalidWebVTT as error:
        raise DomainError(str(error)) from error
    dropped = [{"line": block.line, "reason": block.reason, "text": block.text} for block in document.dropped]
    return document.write(), dropped


def discard_draft(draft: TrackDraft) -> None:
    draft.delete()


def newest_versions(tracks: Iterable[Track]) -> dict[uuid.UUID, TrackVersion]:
    """The newest version of each track that has one, in one query."""
    rows = (
        TrackVersion.objects.filter(track__in=[track.pk for track in tracks], number=F("track__version"))
        .select_related("track", "author")
        .order_by("track_id")
    )
    return {row.track_id: row for row in rows}


def version_key_of(track_id: uuid.UUID, number: int) -> str:
    return f"tracks/{track_id}/{number}.vtt"


def version_key(version: TrackVersion) -> str:
    """The version as a file in the store, written when a link to it is first asked for."""
    key = version_key_of(version.track_id, version.number)
    if not store().exists(key):
        with NamedTemporaryFile("w", encoding="utf-8", suffix=".vtt") as file:
            file.write(version.content)
            file.flush()
            store().put(key, Path(file.name), content_type="text/vtt")
    return key
