"""The same thing done to many assets: each by itself, and each with its own answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accounts import policies
from accounts.models import Project, User
from core.errors import DomainError, InvalidFieldError
from media_library.models import Asset, Collection
from media_library.services import assets, collections

MOST = 200


@dataclass(frozen=True)
class Outcome:
    """`error` is empty where it worked; `code` is the program's word for it."""

    id: uuid.UUID
    error: str = ""
    code: str = ""


def each(ids: Iterable[uuid.UUID], *, actor: User, action: str, do: Callable[[Asset], object]) -> list[Outcome]:
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST:
        raise InvalidFieldError(f"At most {MOST} files at once.", field="ids")
    seen = Asset.objects.visible_to(actor).select_related("project").in_bulk(wanted)
    return [_one(pk, seen.get(pk), actor=actor, action=action, do=do) for pk in wanted]


def _one(pk: uuid.UUID, asset: Asset | None, *, actor: User, action: str, do: Callable[[Asset], object]) -> Outcome:
    if asset is None:
        return Outcome(pk, "Asset not found", "not_found")
    try:
        policies.require(actor, action, asset)
        do(asset)
    except DomainError as error:
        return Outcome(pk, error.message, error.code)
    return Outcome(pk)


def archive(ids: Iterable[uuid.UUID], *, actor: User) -> list[Outcome]:
    return each(ids, actor=actor, action="media_library.asset.archive", do=lambda one: assets.archive(one, actor=actor))


def restore(ids: Iterable[uuid.UUID], *, actor: User) -> list[Outcome]:
    return each(ids, actor=actor, action="media_library.asset.archive", do=lambda one: assets.restore(one, actor=actor))


def delete(ids: Iterable[uuid.UUID], *, actor: User) -> list[Outcome]:
    return each(
        ids,
        actor=actor,
        action="media_library.asset.delete",
        do=lambda one: assets.delete_permanently(one, actor=actor),
    )


def tag(ids: Iterable[uuid.UUID], *, actor: User, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[Outcome]:
    fresh, gone = list(add), {word.casefold() for word in remove}

    def do(asset: Asset) -> None:
        kept = [word for word in asset.tags if word.casefold() not in gone]
        assets.change(asset, actor=actor, tags=[*kept, *fresh])

    return each(ids, actor=actor, action="media_library.asset.change", do=do)


def move(ids: Iterable[uuid.UUID], *, actor: User, project: Project | None) -> list[Outcome]:
    return each(
        ids,
        actor=actor,
        action="media_library.asset.change",
        do=lambda one: assets.change(one, actor=actor, project=project),
    )


def collect(ids: Iterable[uuid.UUID], *, actor: User, collection: Collection) -> list[Outcome]:
    """Whoever sees a file may put it into a collection that they may change."""
    policies.require(actor, "media_library.collection.change", collection)
    return each(
        ids,
        actor=actor,
        action="media_library.library.open",
        do=lambda one: collections.add(collection, [one], actor=actor),
    )
