"""Files on their way into the library: announced and sent in pieces, sent in one piece, or fetched from an address."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict, Unpack

import structlog
from django.conf import settings
from django.db import transaction

from accounts import policies
from accounts.models import Organization, Project, User
from core import audit
from core.errors import (
    DomainError,
    InvalidFieldError,
    StorageFullError,
    TooLargeError,
    WrongStateError,
)
from core.runs import services as runs
from core.runs.models import Run
from core.storage import removal, store, uploads
from core.storage.models import Upload
from media_library.models import Asset, Collection, Intake
from media_library.queries import intakes
from media_library.services import ingestion, making, placing, quota, versions
from media_library.services.accepting import accept_type, confirm, endings
from media_library.services.describing import clean_tags
from media_library.services.placing import Place, place_for

__all__ = [
    "About",
    "Told",
    "about",
    "accept_type",
    "adopt",
    "announce",
    "confirm",
    "endings",
    "forget",
    "give_up",
    "receive",
    "refuse",
    "take_in",
]

log = structlog.get_logger(__name__)

# Keys of uploads that only an intake can be waiting for.
OURS = ("library/", "users/")


class Told(TypedDict, total=False):
    """What whoever brings a file may say of it, through every door alike. `about` has the defaults."""

    organization: Organization | None
    project: Project | None
    collection: Collection | None
    replaces: Asset | None
    shelf: str
    title: str
    description: str
    tags: Iterable[str]
    media_type: str
    purpose: str


@dataclass(frozen=True)
class About:
    """What a person says of a file that is to come, checked, and where it goes."""

    owner: User
    filename: str
    kind: str
    content_type: str
    shelf: str
    place: Place
    collection: Collection | None = None
    replaces: Asset | None = None
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    media_type: str = ""
    purpose: str = ""

    def intake(self, **more: object) -> Intake:
        return Intake(
            owner=self.owner,
            filename=self.filename,
            content_type=self.content_type,
            shelf=self.shelf,
            organization=self.place.organization,
            project=self.place.project,
            collection=self.collection,
            replaces=self.replaces,
            title=self.title,
            description=self.description,
            tags=list(self.tags),
            media_type=self.media_type,
            purpose=self.purpose,
            **more,
        )


def about(
    *,
    owner: User,
    filename: str,
    content_type: str = "",
    organization: Organization | None = None,
    project: Project | None = None,
    collection: Collection | None = None,
    replaces: Asset | None = None,
    shelf: str = Asset.Shelf.LIBRARY,
    title: str = "",
    description: str = "",
    tags: Iterable[str] = (),
    media_type: str = "",
    purpose: str = "",
    named: bool = True,
) -> About:
    """Refuses what may not come: a type that is not on the list, a place where `owner` may not add.

    `named` is False while it is not known yet what the file is.
    """
    filename = uploads.plain(filename)
    kind, mime = accept_type(filename, content_type) if named else ("", "")
    if replaces is not None:
        policies.require(owner, "media_library.asset.change", replaces)
        if kind and replaces.kind != kind:
            raise InvalidFieldError(f"A new version of {replaces.kind} is {replaces.kind} too.", field="replaces")
        shelf = replaces.shelf
        place = Place(replaces.organization, replaces.client, replaces.project)
    else:
        place = place_for(owner, shelf=shelf, organization=organization, project=project)
    if collection is not None:
        policies.require(owner, "media_library.collection.change", collection)
    return About(
        owner=owner,
        filename=filename,
        kind=kind,
        content_type=mime,
        shelf=shelf,
        place=place,
        collection=collection,
        replaces=replaces,
        title=title.strip()[:255],
        description=description.strip(),
        tags=tuple(clean_tags(tags)),
        media_type=media_type[:50],
        purpose=purpose[:100],
    )


def announce(
    *,
    owner: User,
    filename: str,
    content_type: str,
    size: int,
    sha256: str = "",
    key: str | None = None,
    expires_in: int | None = None,
    at_most: bool = False,
    **told: Unpack[Told],
) -> Intake:
    """Reserves room and a link for a file of exactly `size` bytes, or `at_most` so many.

    Once they are here, so is the asset, with the intake's id.
    """
    said = about(owner=owner, filename=filename, content_type=content_type, **told)
    intake = said.intake(size=max(size, 0))
    with transaction.atomic():
        quota.hold(owner)
        quota.require_room(owner, size)
        intake.upload = uploads.reserve(
            owner=owner,
            key=key or key_of(intake.pk),
            filename=said.filename,
            content_type=said.content_type,
            size=size,
            sha256=sha256,
            expires_in=expires_in,
            at_most=at_most,
        )
        intake.save(force_insert=True)
    return intake


def key_of(intake_id: uuid.UUID) -> str:
    return f"library/{intake_id}/source"


def receive(upload: Upload) -> Asset | None:
    """An announced file is whole: it becomes an asset. None when nobody waits for it here."""
    intake = Intake.objects.select_for_update(of=("self",)).filter(upload=upload).first()
    if intake is None and upload.key.startswith(OURS):
        # What it was meant for was deleted meanwhile, a project or the version below.
        removal.remove_later([upload.key])
    if intake is None or intake.status != Intake.Status.COMING:
        return None
    return adopt(intake, key=upload.key, content_type=upload.content_type, size=upload.size, sha256=upload.sha256)


@transaction.atomic
def adopt(intake: Intake, *, key: str, content_type: str, size: int, sha256: str) -> Asset:
    """Makes the asset of an intake whose bytes are in the store."""
    kind, _ = accept_type(intake.filename, content_type)
    owner = intake.owner
    said = About(
        owner=owner,
        filename=intake.filename,
        kind=kind,
        content_type=content_type,
        shelf=intake.shelf,
        place=_still_open(intake),
        collection=intake.collection,
        replaces=intake.replaces,
        title=intake.title,
        description=intake.description,
        tags=tuple(intake.tags),
        media_type=intake.media_type,
    )
    origin = Asset.Origin.IMPORTED if intake.source_url else Asset.Origin.UPLOADED
    asset = _make(said, asset_id=intake.pk, key=key, size=size, sha256=sha256, origin=origin)
    intake.status, intake.size, intake.problem = Intake.Status.DONE, size, ""
    intake.save(update_fields=["status", "size", "problem", "updated_at"])
    return asset


def _still_open(intake: Intake) -> Place:
    """A project that was closed, or left, while the file was on its way: the bytes are here, and stay with whoever sent them."""
    if intake.replaces is not None:
        return Place(intake.replaces.organization, intake.replaces.client, intake.replaces.project)
    try:
        place = place_for(intake.owner, shelf=intake.shelf, organization=intake.organization, project=intake.project)
        placing.hold(place)
    except DomainError as error:
        log.info("intake.place_closed", intake=str(intake.pk), reason=error.message)
        return Place()
    return place


def refuse(intake_id: uuid.UUID, *, problem: str) -> None:
    """It will not come. Its owner sees why."""
    coming = Intake.objects.filter(pk=intake_id, status=Intake.Status.COMING)
    coming.update(status=Intake.Status.REFUSED, problem=problem)


def give_up(intake: Intake) -> None:
    """Its owner does not want it any more. What is an asset already is deleted as one."""
    if intake.status == Intake.Status.DONE:
        raise WrongStateError("This file is complete. Delete it in the library.")
    if intake.upload is not None and intake.upload.status in Upload.OPEN:
        uploads.abort(intake.upload.pk)
    if intake.run is not None and intake.run.status in Run.ACTIVE:
        runs.cancel(intake.run.pk)
    Intake.objects.filter(pk=intake.pk).exclude(status=Intake.Status.DONE).delete()


def forget() -> int:
    """Removes the notes of files that came, or will not come any more, long ago."""
    gone, _ = intakes.over().delete()
    return gone


def take_in(
    path: Path,
    *,
    owner: User,
    filename: str,
    content_type: str = "",
    key: str | None = None,
    asset_id: uuid.UUID | None = None,
    origin: str = Asset.Origin.UPLOADED,
    status: str = Asset.Status.PROCESSING,
    **told: Unpack[Told],
) -> Asset:
    """A file that came in one piece. With another `status` than processing it is kept as it is and not looked into."""
    said = about(owner=owner, filename=filename, content_type=content_type, **told)
    size = path.stat().st_size
    if size > settings.UPLOAD_MAX_BYTES:
        raise TooLargeError
    mime = confirm(path, filename=said.filename, content_type=said.content_type)
    quota.require_room(owner, size)
    if not store().room_for(size):
        raise StorageFullError
    asset_id = asset_id or uuid.uuid4()
    key = key or key_of(asset_id)
    with removal.noted(key, taken=Asset.objects.filter(key=key).exists):
        stored = store().put(key, path, content_type=mime)
        said = replace(said, content_type=mime)
        with transaction.atomic():
            quota.hold(owner)
            quota.require_room(owner, size)
            placing.hold(said.place)
            asset = _make(
                said, asset_id=asset_id, key=key, size=stored.size, sha256=stored.sha256, origin=origin, status=status
            )
            removal.keep(key)
    return asset


def _make(
    said: About,
    *,
    asset_id: uuid.UUID,
    key: str,
    size: int,
    sha256: str,
    origin: str,
    status: str = Asset.Status.PROCESSING,
) -> Asset:
    """The row of a stored file, in its place, as the next version where it is one; its processing begins."""
    asset = making.add_original(
        asset_id=asset_id,
        owner=said.owner,
        organization=said.place.organization,
        client=said.place.client,
        project=said.place.project,
        kind=said.kind,
        key=key,
        filename=said.filename,
        content_type=said.content_type,
        size=size,
        sha256=sha256,
        shelf=said.shelf,
        origin=origin,
        status=status,
        title=said.title,
        description=said.description,
        tags=said.tags,
        media_type=said.media_type,
    )
    audit.record("media_library.asset.add", asset, actor=said.owner, filename=said.filename, size=size, sha256=sha256)
    if said.replaces is not None:
        versions.put_on_top(asset, of=said.replaces)
    if said.collection is not None:
        said.collection.assets.add(asset)
    if status == Asset.Status.PROCESSING:
        ingestion.start(asset, by=said.owner)
    return asset
