"""Versions of one thing: assets of their own, one on top of the other."""

from __future__ import annotations

from media_library.models import Asset


def stack(asset: Asset) -> list[Asset]:
    """All versions, the newest first."""
    newest = _newest(asset)
    found: list[Asset] = []
    one: Asset | None = newest
    while one is not None:
        found.append(one)
        one = one.previous
    return found


def put_on_top(asset: Asset, *, of: Asset) -> None:
    """`asset` is the newest version of what `of` is a version of, and inherits what people said and did about it."""
    below = Asset.objects.select_for_update(of=("self",)).get(pk=_newest(of).pk)
    while (above := Asset.objects.select_for_update(of=("self",)).filter(previous=below).first()) is not None:
        # Somebody was quicker: theirs stays below.
        below = above
    below.is_current = False
    below.save(update_fields=["is_current", "updated_at"])
    asset.previous, asset.version = below, below.version + 1
    inherited = {name: getattr(below, name) for name in ("title", "description", "tags") if not getattr(asset, name)}
    for name, value in inherited.items():
        setattr(asset, name, value)
    asset.written_by_people = sorted({*asset.written_by_people, *(set(inherited) & set(below.written_by_people))})
    asset.media_type = asset.media_type or below.media_type
    asset.related = asset.related or below.related
    asset.save(
        update_fields=["previous", "version", *inherited, "written_by_people", "media_type", "related", "updated_at"]
    )
    asset.collections.add(*below.collections.all())


def take_out(asset: Asset) -> None:
    """Closes the gap that its removal leaves; the version below a removed newest is in use again."""
    above = Asset.objects.select_for_update(of=("self",)).filter(previous=asset).first()
    below = asset.previous
    if above is not None:
        # First off, then on: each version has one successor.
        asset.previous = None
        asset.save(update_fields=["previous", "updated_at"])
        above.previous = below
        above.save(update_fields=["previous", "updated_at"])
    elif below is not None and asset.is_current:
        Asset.objects.filter(pk=below.pk).update(is_current=True)


def _newest(asset: Asset) -> Asset:
    newest = asset
    while (above := Asset.objects.filter(previous=newest).first()) is not None:
        newest = above
    return newest
