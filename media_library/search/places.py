"""Where what was found is looked at: the page of the asset, from the moment on."""

from __future__ import annotations

from django.urls import reverse

from media_library.models import Asset


def place_of(asset: Asset, start: float | None = None) -> str:
    page = reverse("media_library:asset", args=[asset.pk])
    return page if start is None else f"{page}?t={max(start, 0):.3f}".rstrip("0").rstrip(".")
