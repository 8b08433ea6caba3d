"""The history of a job's tracks: read, compare, move in time, go back to, replace by a file."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from core.errors import DomainError, NotAllowedError, NotFoundError
from jobs import policies
from jobs.models import Job
from jobs.services.tracks import TrackText, find_output, save_cues, save_track, written
from media_library import services as library
from media_library.media import webvtt
from media_library.media.cue_diff import Change, changes, unified_diff, word_changes
from media_library.media.cue_edits import CueEdit
from media_library.media.formats import characters
from media_library.media.formats.errors import InvalidCaptions, Notices
from media_library.models import Track, TrackVersion


@dataclass(frozen=True)
class Comparison:
    before: TrackVersion
    after: TrackVersion
    changes: list[Change]

    @property
    def unified(self) -> str:
        old, new = (f"version {version.number}" for version in (self.before, self.after))
        return unified_diff(self.before.content, self.after.content, old_name=old, new_name=new)

    @property
    def words_changed(self) -> tuple[int, int]:
        """How many words went and came, whichever cue they stand in."""
        script = word_changes(*(webvtt.parse(version.content).cues for version in (self.before, self.after)))
        gone, come = (sum(len(text.split()) for op, text in script if op == wanted) for wanted in ("removed", "added"))
        return gone, come

    def count(self, change: str) -> int:
        return sum(one.change == change for one in self.changes)


def find_track(job: Job, *, language: str, kind: str, reader: User) -> Track | None:
    """None where the language has no such track yet."""
    try:
        output = find_output(job, language)
    except NotFoundError as error:
        raise NotFoundError("VTT not found") from error
    if not policies.may_read_track(reader, output):
        raise NotAllowedError
    return output.track(kind)


def versions(job: Job, *, language: str, kind: str, reader: User) -> QuerySet[TrackVersion]:
    """Newest first, without their texts."""
    track = find_track(job, language=language, kind=kind, reader=reader)
    found = TrackVersion.objects.filter(track=track).select_related("track", "author")
    return found.defer("content", "origins").order_by("-number", "-id")


def version_text(job: Job, number: int, *, language: str, kind: str, reader: User) -> TrackVersion:
    try:
        track = find_track(job, language=language, kind=kind, reader=reader)
    except NotFoundError as error:
        raise NotFoundError("Version not found") from error
    found = TrackVersion.objects.filter(track=track, number=number).select_related("track", "author").first()
    if found is None:
        raise NotFoundError("Version not found")
    return found


def diff_versions(job: Job, before: int, after: int | None, *, language: str, kind: str, reader: User) -> Comparison:
    """`after` None is the newest version."""
    old = version_text(job, before, language=language, kind=kind, reader=reader)
    number = old.track.version if after is None else after
    new = version_text(job, number, language=language, kind=kind, reader=reader)
    cues = [webvtt.parse(version.content).cues for version in (old, new)]
    return Comparison(old, new, changes(*cues))


def shift_track(
    job: Job,
    *,
    language: str,
    kind: str,
    offset_ms: int,
    author: User,
    first: int = 0,
    last: int | None = None,
    clamp: bool = False,
    base_version: int | None = None,
) -> TrackText:
    """Cues moved in time, as a version of its own."""
    _require_text(job, language, kind, missing="VTT not found")

    def change(track: Track) -> tuple[TrackVersion, None]:
        version = library.shift(
            track, offset_ms=offset_ms, first=first, last=last, clamp=clamp, author=author, base_version=base_version
        )
        return version, None

    return written(job, change, language=language, kind=kind, author=author)[0]


def restore_version(
    job: Job, number: int, *, language: str, kind: str, author: User, base_version: int | None = None
) -> TrackText:
    """An earlier text as the newest version."""
    _require_text(job, language, kind, missing="Version not found")

    def change(track: Track) -> tuple[TrackVersion, None]:
        return library.restore(track, number, author=author, base_version=base_version), None

    return written(job, change, language=language, kind=kind, author=author)[0]


def restore_cue(
    job: Job, number: int, *, change: str, cue_index: int, language: str, kind: str, author: User, base_version: int
) -> TrackText:
    """One cue as it was in version `number`; `change` and `cue_index` name it as the comparison with version `base_version` does."""
    compared = diff_versions(job, number, base_version, language=language, kind=kind, reader=author)
    found = next((one for one in compared.changes if (one.change, one.cue_index) == (change, cue_index)), None)
    if found is None:
        raise NotFoundError("Change not found")
    text, _ = save_cues(
        job,
        language=language,
        kind=kind,
        edits=[_undoing(found, compared)],
        author=author,
        base_version=base_version,
        comment=f"One cue as in version {number}",
    )
    return text


def _undoing(change: Change, compared: Comparison) -> CueEdit:
    old = change.before
    if old is None:
        return CueEdit(change.cue_index, "delete")
    if change.after is not None:
        return CueEdit(change.cue_index, "set", old.start_ms, old.end_ms, old.text, old.settings)
    after = webvtt.parse(compared.after.content).cues
    place = next((at for at, cue in enumerate(after) if cue.start_ms >= old.start_ms), len(after))
    return CueEdit(place, "insert", old.start_ms, old.end_ms, old.text, old.settings)


def upload_track(job: Job, data: bytes, *, language: str, kind: str, author: User) -> TrackText:
    """A finished file in place of the text. Nothing of it is dropped or guessed."""
    text, _ = save_track(
        job,
        language=language,
        kind=kind,
        content=_readable(data),
        author=author,
        comment="Uploaded file",
        source=TrackVersion.Source.UPLOAD,
    )
    return text


def _readable(data: bytes) -> str:
    notices = Notices()
    try:
        text = characters.decode(data, notices)
    except InvalidCaptions as error:
        raise DomainError("Invalid WebVTT", reason=str(error)) from error
    if notices.found:
        # Letters that were guessed or left out would be wrong ones in a file that is final.
        raise DomainError("Invalid WebVTT", line=notices.found[0].line, reason=notices.found[0].message)
    try:
        webvtt.parse_strict(text)
    except webvtt.InvalidWebVTT as error:
        raise DomainError("Invalid WebVTT", line=error.line, reason=error.reason) from error
    return text


def _require_text(job: Job, language: str, kind: str, *, missing: str) -> None:
    try:
        track = find_output(job, language).track(kind)
    except NotFoundError as error:
        raise NotFoundError(missing) from error
    if track is None or not track.version:
        raise NotFoundError(missing)
