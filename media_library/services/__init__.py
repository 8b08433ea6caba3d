"""Use cases of the library: take a file in, keep what was made of it, write transcripts and tracks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import Organization, User
from core import audit
from core.errors import ConflictError, DomainError, TooLargeError
from core.storage import store
from media_library.media import webvtt
from media_library.models import Asset, Segment, Track, TrackDraft, TrackVersion, Transcript

TRACK_MAX_BYTES = 2 * 2**20


def add_original(
    *,
    owner: User,
    organization: Organization | None,
    kind: str,
    key: str,
    filename: str,
    content_type: str,
    size: int,
    sha256: str,
) -> Asset:
    """A file that somebody brought, already stored under `key`."""
    return Asset.objects.create(
        owner=owner,
        organization=organization,
        kind=kind,
        key=key,
        filename=filename[:255],
        content_type=content_type,
        size=size,
        sha256=sha256,
    )


def note_technical(asset: Asset, *, duration: float | None = None, content_type: str = "", **facts: Any) -> None:
    """Adds measured facts to an asset."""
    asset.technical = {**asset.technical, **facts}
    asset.duration = duration if duration is not None else asset.duration
    asset.content_type = content_type or asset.content_type
    asset.save(update_fields=["technical", "duration", "content_type", "updated_at"])


def keep_made(
    source: Asset,
    *,
    purpose: str,
    kind: str,
    key: str,
    filename: str,
    content_type: str,
    size: int,
    sha256: str,
    language: str = "",
    duration: float | None = None,
    technical: dict[str, Any] | None = None,
) -> Asset:
    """What the studio made from `source`, one per purpose and language: making it again replaces the row's file."""
    asset, _ = Asset.objects.update_or_create(
        made_from=source,
        purpose=purpose,
        language=language,
        defaults={
            "owner": source.owner,
            "organization": source.organization,
            "kind": kind,
            "key": key,
            "filename": filename[:255],
            "content_type": content_type,
            "size": size,
            "sha256": sha256,
            "duration": duration,
            "technical": technical or {},
        },
    )
    return asset


@transaction.atomic
def write_transcript(
    asset: Asset, *, language: str, confidence: float | None, engine: str, segments: Iterable[dict[str, Any]]
) -> Transcript:
    """Replaces the asset's transcript. `segments` are dicts with start, end, text and words."""
    transcript, _ = Transcript.objects.update_or_create(
        asset=asset, defaults={"language": language, "confidence": confidence, "engine": engine}
    )
    transcript.segments.all().delete()
    Segment.objects.bulk_create(
        Segment(transcript=transcript, position=position, **segment) for position, segment in enumerate(segments)
    )
    return transcript


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


def version_key(version: TrackVersion) -> str:
    """The version as a file in the store, written when a link to it is first asked for."""
    key = f"tracks/{version.track_id}/{version.number}.vtt"
    if not store().exists(key):
        with NamedTemporaryFile("w", encoding="utf-8", suffix=".vtt") as file:
            file.write(version.content)
            file.flush()
            store().put(key, Path(file.name), content_type="text/vtt")
    return key
