"""The life of an asset: what people say of it, putting it away, and removing it for good."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from types import EllipsisType
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import policies
from accounts.models import Project, User
from core import audit
from core.errors import WrongStateError
from core.runs import artefacts
from core.runs import services as runs
from core.runs.models import Run
from core.storage import removal
from media_library import signals
from media_library.models import Asset, ClipFile, Intake, TrackVersion
from media_library.services import indexing, versions
from media_library.services.describing import clean_tags
from media_library.services.placing import ADD, Place, hold
from media_library.services.tracks import version_key_of

IN_USE = "File is in use"


@transaction.atomic
def change(
    asset: Asset,
    *,
    actor: User,
    title: str | None = None,
    description: str | None = None,
    tags: Iterable[str] | None = None,
    project: Project | EllipsisType | None = ...,
    related: dict[str, Any] | None = None,
    media_type: str | None = None,
) -> Asset:
    """What is None stays as it is; `project=None` takes it out of its project."""
    locked = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    said: dict[str, Any] = {}
    if title is not None:
        said["title"] = title.strip()[:255]
    if description is not None:
        said["description"] = description.strip()
    if tags is not None:
        said["tags"] = clean_tags(tags)
    others: dict[str, Any] = {}
    if related is not None:
        others["related"] = related
    if media_type is not None:
        others["media_type"] = media_type[:50]
    wanted = {**said, **others}
    changed = {name: value for name, value in wanted.items() if getattr(locked, name) != value}
    for name, value in wanted.items():
        setattr(locked, name, value)
        setattr(asset, name, value)
    written = (set(locked.written_by_people) - set(said)) | {name for name, value in said.items() if value}
    locked.written_by_people = asset.written_by_people = sorted(written)
    locked.save(update_fields=[*wanted, "written_by_people", "updated_at"])
    if changed:
        indexing.index_asset(locked, parts=("name",))
        audit.record("media_library.asset.change", locked, actor=actor, fields=sorted(changed))
    if not isinstance(project, EllipsisType) and (project.pk if project else None) != locked.project_id:
        _move(locked, project, actor=actor)
        asset.project, asset.client, asset.organization = locked.project, locked.client, locked.organization
    return asset


def _move(locked: Asset, project: Project | None, *, actor: User) -> None:
    """Into a customer's project it becomes that customer's; otherwise it stays whose it was."""
    place = Place(locked.organization, locked.client, project)
    if project is not None:
        policies.require(actor, ADD, project)
        if project.client is not None:
            place = Place(project.client.organization, project.client, project)
        hold(place)
    before = str(locked.project_id or "")
    for row in (locked, *Asset.objects.filter(made_from=locked)):
        row.organization, row.client, row.project = place.organization, place.client, place.project
        row.save(update_fields=["organization", "client", "project", "updated_at"])
    audit.record(
        "media_library.asset.move", locked, actor=actor, before=before, after=str(project.pk) if project else ""
    )


def archive(asset: Asset, *, actor: User) -> Asset:
    """Out of the lists, and nothing else changes. Twice is once."""
    return _put_away(asset, actor=actor, away=True)


def restore(asset: Asset, *, actor: User) -> Asset:
    return _put_away(asset, actor=actor, away=False)


@transaction.atomic
def _put_away(asset: Asset, *, actor: User, away: bool) -> Asset:
    locked = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    if (locked.archived_at is not None) != away:
        locked.archived_at = timezone.now() if away else None
        locked.save(update_fields=["archived_at", "updated_at"])
        audit.record(f"media_library.asset.{'archive' if away else 'restore'}", locked, actor=actor)
    asset.archived_at = locked.archived_at
    return asset


@transaction.atomic
def delete_permanently(asset: Asset, *, actor: User) -> None:
    """The row, its file, all that was made of it and all that was said of it. Refused while a job or a cut reads it.

    Its own processing is stopped first. A worker that is just writing a file loses its step, whose files are swept by name.
    """
    clips = list(ClipFile.objects.filter(asset=asset).values_list("pk", flat=True))
    family = _family(asset)
    _stop({*family, *clips})
    locked = next((one for one in versions.hold(asset) if one.pk == asset.pk), None)
    if locked is None:
        return
    if locked.cuts.filter(status=Asset.Status.PROCESSING, run__status__in=Run.ACTIVE).exists():
        raise WrongStateError(IN_USE)
    signals.closing_asset.send(sender=Asset, asset=locked, actor=actor)
    doomed = set(Asset.objects.filter(pk__in=family).values_list("key", flat=True))
    doomed |= set(ClipFile.objects.filter(asset__in=family).values_list("key", flat=True))
    texts = TrackVersion.objects.filter(track__asset__in=family).values_list("track_id", "number")
    doomed |= {version_key_of(track, number) for track, number in texts}
    doomed |= artefacts.release({*family, *clips}, doomed)
    versions.take_out(locked)
    audit.record(
        "media_library.asset.delete",
        locked,
        actor=actor,
        name=locked.name,
        filename=locked.filename,
        size=locked.size,
        sha256=locked.sha256,
        files=len(doomed - {""}),
    )
    # A version that was on its way has nothing to be a version of, and no place of its own.
    Intake.objects.filter(Q(pk=locked.pk) | Q(replaces=locked, status=Intake.Status.COMING)).delete()
    locked.delete()
    removal.remove_later(doomed)


@transaction.atomic
def delete_all(assets: Iterable[Asset], *, actor: User) -> None:
    """All of them or, where one is in use, none."""
    for asset in assets:
        delete_permanently(asset, actor=actor)


def _family(asset: Asset) -> set[uuid.UUID]:
    """The asset and all that was made of it, however many times over."""
    family = {asset.pk}
    fresh = family
    while fresh:
        fresh = set(Asset.objects.filter(made_from__in=fresh).values_list("pk", flat=True)) - family
        family |= fresh
    return family


def _stop(subjects: set[uuid.UUID]) -> None:
    """Runs before assets: workers lock them in this order."""
    at_work = Run.objects.filter(
        kind__startswith="media_library.", subject_id__in=subjects, status__in=(Run.Status.RUNNING, Run.Status.WAITING)
    )
    for run_id in at_work.order_by("pk").values_list("pk", flat=True):
        try:
            runs.cancel(run_id)
        except WrongStateError:
            # It ended in the meantime.
            continue
