"""The films of a dub: the dubbed video, the original with the dub as another sound track, the sound alone and its captions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts import policies
from accounts.models import User
from core import audit
from core.errors import WrongStateError
from core.languages import name
from core.runs.models import Run
from dubbing.models import Dub
from dubbing.queries import desk as desks
from dubbing.queries.desk import Report
from dubbing.services import dubs
from media_library.models import Asset
from media_library.services import ingestion, making, placing, quota, transcripts, versions

OUTPUTS = ("film", "multitrack", "sound", "captions")
KINDS = {
    "film": Asset.Kind.VIDEO,
    "multitrack": Asset.Kind.VIDEO,
    "sound": Asset.Kind.AUDIO,
    "captions": Asset.Kind.CAPTION,
}
NAMES = {
    "film": ("", ".mp4"),
    "multitrack": (" with both sound tracks", ".mp4"),
    "sound": (" sound", ".m4a"),
    "captions": (" captions", ".vtt"),
}
TYPES = {"film": "video/mp4", "multitrack": "video/mp4", "sound": "audio/mp4", "captions": "text/vtt"}


@transaction.atomic
def make(dub: Dub, *, actor: User) -> Run:
    """Refused while a line is not spoken as it is written, or does not fit: nothing is left out silently."""
    dubs.hold(dub)
    held = dubs.find(dub.pk)
    _, rows = desks.read(held)
    report = desks.report_of(rows)
    if not report.ready:
        raise WrongStateError(in_the_way(report))
    quota.hold(held.owner)
    # The two films are about as large as the video each.
    quota.require_room(held.owner, held.video.size * 2)
    run = begin_film(held, actor=actor)
    audit.record("dubbing.dub.film", held, actor=actor, run=str(run.pk))
    return run


def begin_film(dub: Dub, *, actor: User | None) -> Run:
    return dubs.work(dub, dubs.FILM, actor=actor)


def in_the_way(report: Report) -> str:
    """Each thing that has to be done before a film can be made, counted."""
    reasons = [
        (report.waiting, "{} to be written by a person"),
        (report.voiceless, "{} without a voice"),
        (report.stale, "{} to be spoken"),
        (report.blocked, "{} too long for the slot"),
    ]
    told = [text.format(f"{count} line{'s' * (count != 1)}") for count, text in reasons if count]
    return f"Before the film can be made: {', '.join(told)}." if told else "There are no lines yet."


@dataclass(frozen=True)
class Made:
    """A stored file and what is told of it."""

    key: str
    size: int
    sha256: str
    duration: float | None
    technical: dict[str, Any]


def ready(
    dub_id: uuid.UUID, files: dict[str, Made], *, made_of: str, segments: list[dict[str, Any]], engines: list[str]
) -> None:
    """The files are the library's now, each on top of that of before. Called with the run held."""
    Dub.objects.select_for_update(of=("self",)).get(pk=dub_id)
    dub = dubs.find(dub_id)
    place = _place(dub)
    placing.hold(place)
    for output, made in files.items():
        asset = _added(dub, place, output, made, engines)
        setattr(dub, output, asset)
        if output in {"film", "sound"} and segments:
            transcripts.write_transcript(
                asset, language=dub.target_language, confidence=None, engine="dub", segments=segments
            )
        if output != "captions":
            ingestion.start(asset, by=dub.owner)
    dub.made_of = made_of
    dub.save(update_fields=[*files, "made_of", "updated_at"])
    dubs.become(dub, Dub.Status.READY)
    dubs.settle(dub)
    audit.record("dubbing.dub.ready", dub, actor=None, **{output: made.sha256 for output, made in files.items()})
    dubs.tell(dub, f"“{dub.title}” is ready.")


def _added(dub: Dub, place: placing.Place, output: str, made: Made, engines: list[str]) -> Asset:
    suffix, ending = NAMES[output]
    stem = dub.title[:200] or "Dub"
    asset = making.add_original(
        owner=dub.owner,
        organization=place.organization,
        client=place.client,
        project=place.project,
        kind=KINDS[output],
        key=made.key,
        filename=f"{stem}{suffix}{ending}",
        content_type=TYPES[output],
        size=made.size,
        sha256=made.sha256,
        origin=Asset.Origin.GENERATED,
        status=Asset.Status.ACTIVE if output == "captions" else Asset.Status.PROCESSING,
        title=f"{stem}{suffix}",
    )
    asset.duration, asset.technical = made.duration, made.technical
    asset.language = dub.target_language if output != "multitrack" else dub.source_language
    if output != "captions":
        asset.provenance = {
            "kind": "dub",
            "synthetic_speech": True,
            "disclosure": disclosure(dub),
            "engine": ", ".join(engines),
            "ingredients": [str(dub.video_id)],
            "made_at": dub.updated_at,
        }
    asset.save(update_fields=["duration", "technical", "language", "provenance", "updated_at"])
    before: Asset | None = getattr(dub, output)
    if before is not None and before.deleted_at is None:
        versions.put_on_top(asset, of=before)
    return asset


def disclosure(dub: Dub) -> str:
    """What everybody who gets the file is told."""
    return f"The voices are synthetic: dubbed into {name(dub.target_language)} by Reelwright."


def _place(dub: Dub) -> placing.Place:
    """Beside the video, where the dub's owner may add; otherwise it is theirs alone."""
    video = dub.video
    project = dub.project or video.project
    if video.shelf in Asset.SHARED:
        if project is not None and policies.can(dub.owner, placing.ADD, project):
            return placing.place_for(dub.owner, shelf=Asset.Shelf.LIBRARY, project=project)
        house = video.organization
        if house is not None and house.pk in dub.owner.roles_by_house:
            return placing.place_for(dub.owner, shelf=Asset.Shelf.LIBRARY, organization=house)
    return placing.Place()
