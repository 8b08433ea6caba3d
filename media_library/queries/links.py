"""Links to what the library holds: signed, made for one answer after the access check, and over within the hour. Never stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.conf import settings

from core.storage import store
from media_library.models import Asset, ClipFile

Purpose = Asset.Purpose

# What a page shows for a file, best first. People's own pictures are shown as the studio encoded them anew.
PICTURES = (Purpose.POSTER, Purpose.PREVIEW)
# What a player gets, best first, where the file itself is not for browsers.
PLAYABLE = (Purpose.MEZZANINE, Purpose.PREVIEW)


def link(asset: Asset, *, inline: bool = False, expires_in: int | None = None, filename: str | None = None) -> str:
    """To look at with `inline` (an hour), otherwise to keep (a quarter of one)."""
    return store().url(
        asset.key,
        filename=filename or asset.filename,
        content_type=asset.content_type,
        inline=inline,
        expires_in=expires_in or lifetime(inline=inline),
    )


def clip_link(clip: ClipFile, *, inline: bool = False) -> str:
    """As of an asset, to the file of a range."""
    return store().url(
        clip.key,
        filename=clip_name(clip),
        content_type=clip.content_type,
        inline=inline,
        expires_in=lifetime(inline=inline),
    )


def clip_name(clip: ClipFile) -> str:
    stem = clip.asset.title or clip.asset.filename.rpartition(".")[0] or clip.asset.filename
    return f"{stem} {clock(clip.start_ms)}-{clock(clip.end_ms)}.{clip.format}"


def clock(milliseconds: int) -> str:
    """01.02.03 — for names of files, which hold no colon."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes // 60:02}.{minutes % 60:02}.{seconds:02}"


def lifetime(*, inline: bool) -> int:
    """Seconds that a link lives unless somebody asks otherwise."""
    return int(settings.PREVIEW_LINK_SECONDS if inline else settings.DOWNLOAD_LINK_SECONDS)


def picture(asset: Asset) -> Asset | None:
    return pictures([asset]).get(asset.pk)


def pictures(assets: Iterable[Asset]) -> dict[uuid.UUID, Asset]:
    """The picture of each asset that has one, in one query."""
    return _best(assets, PICTURES, kinds=(Asset.Kind.IMAGE,))


def playable(asset: Asset) -> Asset:
    """The file that browsers play: the mezzanine or a sound preview where there is one, else the file as it was brought."""
    return playables([asset])[asset.pk]


def playables(assets: Iterable[Asset]) -> dict[uuid.UUID, Asset]:
    assets = list(assets)
    themselves = {asset.pk: asset for asset in assets}
    return {**themselves, **_best(assets, PLAYABLE, kinds=(Asset.Kind.VIDEO, Asset.Kind.AUDIO))}


def _best(assets: Iterable[Asset], purposes: tuple[str, ...], *, kinds: tuple[str, ...]) -> dict[uuid.UUID, Asset]:
    """Of what was made from each asset the first of these purposes."""
    made = Asset.objects.filter(
        made_from__in=[asset.pk for asset in assets],
        purpose__in=purposes,
        kind__in=kinds,
        language="",
        deleted_at=None,
    )
    found: dict[uuid.UUID, Asset] = {}
    for row in sorted(made, key=lambda row: purposes.index(row.purpose), reverse=True):
        assert row.made_from_id is not None  # noqa: S101  (the filter above)
        found[row.made_from_id] = row
    return found
