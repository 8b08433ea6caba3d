"""Assets as rows: what somebody brought, what was measured of it, and what the studio made from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.models import Client, Organization, Project, User
from media_library.models import Asset


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
    asset_id: uuid.UUID | None = None,
    client: Client | None = None,
    project: Project | None = None,
    shelf: str = Asset.Shelf.LIBRARY,
    origin: str = Asset.Origin.UPLOADED,
    status: str = Asset.Status.ACTIVE,
    title: str = "",
    description: str = "",
    tags: Iterable[str] = (),
    media_type: str = "",
) -> Asset:
    """A file that somebody brought, already stored under `key`. What is said of it here counts as written by a person."""
    said = {"title": title.strip()[:255], "description": description.strip(), "tags": list(tags)}
    return Asset.objects.create(
        id=asset_id or uuid.uuid4(),
        owner=owner,
        organization=organization,
        client=client,
        project=project,
        shelf=shelf,
        origin=origin,
        status=status,
        kind=kind,
        key=key,
        filename=filename[:255],
        content_type=content_type,
        size=size,
        sha256=sha256,
        media_type=media_type,
        written_by_people=[name for name, value in said.items() if value],
        **said,
    )


@transaction.atomic
def note_technical(asset: Asset, *, duration: float | None = None, content_type: str = "", **facts: Any) -> None:
    """Adds measured facts to an asset. Runs of several apps measure the same file at the same time, so the row is read afresh."""
    current = Asset.objects.select_for_update(no_key=True, of=("self",)).only("technical").get(pk=asset.pk)
    asset.technical = {**current.technical, **facts}
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
            "client": source.client,
            "project": source.project,
            "shelf": source.shelf,
            "origin": Asset.Origin.MADE,
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
