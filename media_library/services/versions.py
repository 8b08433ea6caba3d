"""Versions of one thing: assets of their own, one on top of the other."""

from __future__ import annotations

from media_library.models import Asset


def stack(asset: Asset) -> list[Asset]:
    """All versions, the newest first; none when it is gone."""
    one = Asset.objects.filter(pk=asset.pk).first()
    while one is not None and (above := Asset.objects.filter(previous=one).first()) is not None:
        one = above
    found: list[Asset] = []
    while one is not None:
        found.append(one)
        one = one.previous
    return found


def hold(asset: Asset) -> list[Asset]:
    """The stack, locked for the rest of the transaction; always in the same order, so that nobody waits for somebody who waits for them."""
    while True:
        ids = [one.pk for one in stack(asset)]
        list(Asset.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
        found = stack(asset)
        if [one.pk for one in found] == ids:
            return found


def put_on_top(asset: Asset, *, of: Asset) -> None:
    """`asset` is the newest version of what `of` is a version of, and inherits what people said and did about it."""
    # Somebody may have been quicker: theirs is below.
    below = next(iter(hold(of)), None)
    if below is None:
        return
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
    """Closes the gap that its removal leaves in a stack that is held; the version below a removed newest is in use again."""
    above = Asset.objects.filter(previous=asset).first()
    below = asset.previous
    if above is not None:
        # First off, then on: each version has one successor.
        asset.previous = None
        asset.save(update_fields=["previous", "updated_at"])
        above.previous = below
        above.save(update_fields=["previous", "updated_at"])
    elif below is not None and asset.is_current:
        Asset.objects.filter(pk=below.pk).update(is_current=True)
