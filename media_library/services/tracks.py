"""Tracks: captions and descriptions in versions, where nobody's text is lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import User
from core import audit
from core.errors import ConflictError, DomainError, NotFoundError, TooLargeError
from core.storage import store
from media_library.media import webvtt
from media_library.media.cue_edits import CueEdit, edit_cues
from media_library.media.errors import MediaError
from media_library.models import Asset, Track, TrackVersion
from media_library.services.drafts import discard_automatic_draft, keep_losing_text
from media_library.services.origins import MACHINE, Origins, carried, carry_edits, origins_of, written_by

TRACK_MAX_BYTES = 2 * 2**20


def open_track(asset: Asset, *, kind: str, language: str) -> Track:
    return Track.objects.create(asset=asset, kind=kind, language=language)


@transaction.atomic
def save_machine_version(
    track: Track,
    content: str,
    *,
    engine: str,
    comment: str = "",
    source: str = TrackVersion.Source.AI,
    origins: Origins | None = None,
    base_version: int | None = None,
) -> TrackVersion:
    """What an engine wrote. Never goes on top of a person's text: that one stays the newest, and is returned.

    With `base_version` it goes on top of exactly that version, because the engine kept in `content` what people wrote there;
    `origins` then says which cues those are.
    """
    locked = Track.objects.select_for_update().get(pk=track.pk)
    newest = locked.versions.first()
    if newest is not None and newest.content == content:
        return newest
    if newest is not None and (newest.author_id is not None if base_version is None else newest.number != base_version):
        return newest
    count = len(webvtt.parse(content).cues)
    return _add_version(
        locked,
        content,
        engine=engine,
        comment=comment,
        source=source,
        cue_count=count,
        origins=origins or written_by(MACHINE, count),
    )


def save_version(
    track: Track,
    content: str,
    *,
    author: User,
    base_version: int | None = None,
    comment: str = "",
    lenient: bool = False,
    source: str = TrackVersion.Source.EDIT,
    like: TrackVersion | None = None,
) -> tuple[TrackVersion, list[dict[str, Any]]]:
    """What a person wrote, and the blocks that a lenient reading dropped.

    `base_version` is the version the text started from. When it is not the newest any more, the text is kept as a draft
    and the answer is a conflict that names it. Cues that `like` has as well were written by whom it says.
    """
    document, dropped = _read(content, lenient=lenient)
    text = document.write()
    with transaction.atomic():
        locked = Track.objects.select_for_update().get(pk=track.pk)
        if base_version is None or base_version == locked.version:
            origins = carried(document.cues, before=locked.versions.first(), like=like)
            version = _add_version(
                locked,
                text,
                author=author,
                comment=comment,
                source=source,
                cue_count=len(origins),
                origins=origins,
            )
            _note_save(locked, author, version, base_version)
            return version, dropped
        draft = keep_losing_text(locked, text, author=author, base_version=base_version, comment=comment)
    # Outside the transaction: the losing text must stay although the save is refused.
    raise stale(locked, base_version, draft_id=str(draft.pk))


def save_edits(
    track: Track,
    edits: Sequence[CueEdit],
    *,
    author: User,
    base_version: int | None = None,
    comment: str = "",
) -> tuple[TrackVersion, dict[int, webvtt.Cue]]:
    """A few cues changed by a person, at a cost that hardly grows with the others; the cues as they stand now, by index."""
    with transaction.atomic():
        locked = Track.objects.select_for_update().get(pk=track.pk)
        wanted = locked.version if base_version is None else base_version
        base = locked.versions.filter(number=wanted).defer("origins", "findings").first()
        if base is None:
            raise NotFoundError("Version not found")
        try:
            edited = edit_cues(base.content, edits)
        except MediaError as error:
            raise DomainError(str(error)) from error
        _check_size(edited.content)
        if edited.count > webvtt.MAX_CUES:
            raise TooLargeError(f"A track may have {webvtt.MAX_CUES:,} cues at most.")
        if base.number == locked.version:
            version = _add_version(
                locked,
                edited.content,
                author=author,
                comment=comment,
                cue_count=edited.count,
                origins=[],
            )
            carry_edits(version, before=base, edits=edits)
            _note_save(locked, author, version, base_version)
            return version, edited.cues
        draft = keep_losing_text(locked, edited.content, author=author, base_version=base.number, comment=comment)
    raise stale(locked, base.number, draft_id=str(draft.pk))


@transaction.atomic
def shift(
    track: Track,
    *,
    offset_ms: int,
    first: int,
    last: int | None,
    clamp: bool,
    author: User,
    base_version: int | None = None,
) -> TrackVersion:
    """Cues `first` to `last` moved. `clamp` moves them less far where the first of them would come before 0."""
    locked = _unchanged_since(track, base_version)
    before = locked.versions.first()
    if before is None:
        raise NotFoundError("VTT not found")
    document = webvtt.parse(before.content)
    chosen = document.cues[first : None if last is None else last + 1]
    if not chosen:
        raise DomainError("There are no cues in this range")
    if clamp:
        offset_ms = max(offset_ms, -min(cue.start_ms for cue in chosen))
    try:
        document.shift(offset_ms, first=first, last=last)
    except webvtt.CueBeforeZero as error:
        raise DomainError(str(error)) from error
    version = _add_version(
        locked,
        document.write(),
        author=author,
        comment=f"Moved by {offset_ms:+,} ms",
        source=TrackVersion.Source.TIMING,
        cue_count=len(document.cues),
        # Moving all of a draft makes it nobody's own text.
        origins=origins_of(before, len(document.cues)),
    )
    _note_save(locked, author, version, base_version)
    return version


@transaction.atomic
def restore(track: Track, number: int, *, author: User, base_version: int | None = None) -> TrackVersion:
    """The text of an earlier version as a new one: history is never rewritten."""
    locked = _unchanged_since(track, base_version)
    wanted = locked.versions.filter(number=number).first()
    if wanted is None:
        raise NotFoundError("Version not found")
    count = len(webvtt.parse(wanted.content).cues)
    version = _add_version(
        locked,
        wanted.content,
        author=author,
        comment=f"Restored version {number}",
        source=TrackVersion.Source.RESTORE,
        cue_count=count,
        origins=origins_of(wanted, count),
    )
    _note_save(locked, author, version, base_version)
    return version


def _unchanged_since(track: Track, base_version: int | None) -> Track:
    locked = Track.objects.select_for_update().get(pk=track.pk)
    if base_version is not None and base_version != locked.version:
        raise stale(locked, base_version)
    return locked


def stale(track: Track, base_version: int, **details: Any) -> ConflictError:
    return ConflictError(
        f"VTT was changed by someone else (current version {track.version})",
        current_version=track.version,
        base_version=base_version,
        **details,
    )


def _add_version(
    track: Track,
    content: str,
    *,
    cue_count: int,
    origins: Origins,
    author: User | None = None,
    engine: str = "",
    comment: str = "",
    source: str = TrackVersion.Source.EDIT,
) -> TrackVersion:
    track.version = F("version") + 1
    track.save(update_fields=["version", "updated_at"])
    track.refresh_from_db(fields=["version"])
    version = TrackVersion.objects.create(
        track=track,
        number=track.version,
        content=content,
        author=author,
        engine=engine[:100],
        comment=comment[:500],
        source=source,
        cue_count=cue_count,
        origins=origins,
    )
    audit.record(
        "media_library.track.save", track, actor=author, version=version.number, engine=engine, source=str(source)
    )
    return version


def _note_save(track: Track, author: User, version: TrackVersion, base_version: int | None) -> None:
    """The author's autosaved text is in the version now."""
    discard_automatic_draft(track, author=author)
    if base_version is None:
        audit.record("media_library.track.saved_without_base", track, actor=author, version=version.number)


def _check_size(content: str) -> None:
    if len(content) > TRACK_MAX_BYTES or len(content.encode()) > TRACK_MAX_BYTES:
        raise TooLargeError("A track may have 2 MB of text at most.")


def _read(content: str, *, lenient: bool) -> tuple[webvtt.Document, list[dict[str, Any]]]:
    """The text as it will be stored, or a refusal that names the line. A cue that a reader would drop is lost text."""
    _check_size(content)
    try:
        if not lenient:
            return webvtt.parse_strict(content), []
        document = webvtt.parse(content)
    except webvtt.InvalidWebVTT as error:
        raise DomainError(str(error), line=error.line) from error
    dropped = [{"line": block.line, "reason": block.reason, "text": block.text} for block in document.dropped]
    return document, dropped


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
