"""Collections: assets that somebody put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from accounts import policies
from accounts.models import Organization, Project, User
from core import audit
from core.errors import ConflictError
from media_library.models import Asset, Collection
from media_library.services.placing import place_for

MOST = 2000


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ConflictError("A collection with this name already exists") from error


def create(
    *,
    owner: User,
    name: str,
    description: str = "",
    organization: Organization | None = None,
    project: Project | None = None,
) -> Collection:
    """Of a project, of a house, or of a person who has no house."""
    policies.require(owner, "media_library.collection.create", project or organization)
    place = place_for(owner, shelf=Asset.Shelf.LIBRARY, organization=organization, project=project)
    # A customer's own: collections know no customers, and others' of the house would see it.
    house = None if place.client is not None and project is None else place.organization
    with _unique_name():
        made = Collection.objects.create(
            owner=owner, organization=house, project=project, name=name.strip(), description=description.strip()
        )
        audit.record("media_library.collection.create", made, actor=owner, name=made.name)
    return made


def change(
    collection: Collection, *, actor: User, name: str | None = None, description: str | None = None
) -> Collection:
    with _unique_name():
        locked = Collection.objects.select_for_update(of=("self",)).get(pk=collection.pk)
        locked.name = locked.name if name is None else name.strip()
        locked.description = locked.description if description is None else description.strip()
        locked.save(update_fields=["name", "description", "updated_at"])
        audit.record("media_library.collection.change", locked, actor=actor, name=locked.name)
    collection.name, collection.description = locked.name, locked.description
    return collection


@transaction.atomic
def delete(collection: Collection, *, actor: User) -> None:
    """The assets stay where they are."""
    audit.record("media_library.collection.delete", collection, actor=actor, name=collection.name)
    collection.delete()


@transaction.atomic
def add(collection: Collection, assets: Iterable[Asset], *, actor: User) -> None:
    """Twice is once."""
    there = set(collection.assets.values_list("pk", flat=True))
    fresh = [asset for asset in assets if asset.pk not in there]
    if len(there) + len(fresh) > MOST:
        raise ConflictError(f"A collection holds at most {MOST} files.")
    if fresh:
        collection.assets.add(*fresh)
        audit.record(
            "media_library.collection.add", collection, actor=actor, assets=sorted(str(asset.pk) for asset in fresh)
        )


@transaction.atomic
def remove(collection: Collection, assets: Iterable[Asset], *, actor: User) -> None:
    gone = list(assets)
    collection.assets.remove(*gone)
    audit.record(
        "media_library.collection.remove", collection, actor=actor, assets=sorted(str(asset.pk) for asset in gone)
    )
