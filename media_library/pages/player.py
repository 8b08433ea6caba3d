"""What the player needs to play an asset: the film as browsers take it, its captions, where to begin."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.urls import reverse

from core import languages
from core.storage import for_page
from media_library.models import Asset, Track, Transcript
from media_library.queries import links

# A page may stay open for a working day, and every seek asks the link again.
WATCH_SECONDS = 8 * 3600
SPOKEN = "transcript"


@dataclass(frozen=True)
class Player:
    """Values for ui/player.html."""

    fingerprint: str
    films: list[dict[str, Any]]
    poster: str
    fps: float
    start: float
    caption_languages: list[str] = field(default_factory=list)
    caption_default: str = ""
    wave: str = ""


def player_of(
    asset: Asset, *, made: dict[str, Asset], transcript: Transcript | None, start: float = 0
) -> Player | None:
    """None for what has no time, or cannot be played yet."""
    if asset.kind not in {Asset.Kind.VIDEO, Asset.Kind.AUDIO}:
        return None
    film = made.get(Asset.Purpose.MEZZANINE) or made.get(Asset.Purpose.PREVIEW) or asset
    if film is asset and asset.duration is None:
        return None
    tracks = captions_of(asset, asset.tracks.filter(kind=Track.Kind.CAPTIONS, version__gt=0), transcript)
    spoken = [track["language"] for track in tracks]
    wave = made.get(Asset.Purpose.WAVEFORM)
    poster = made.get(Asset.Purpose.POSTER)
    url = for_page(links.link(film, inline=True, expires_in=WATCH_SECONDS))
    parts = [film.key, *(f"{track['language']}{track['url']}" for track in tracks)]
    return Player(
        fingerprint=sha256("|".join(parts).encode()).hexdigest()[:12],
        films=[{"url": url, "content_type": film.content_type, "described": "", "pauses": "[]", "tracks": tracks}],
        poster=for_page(links.link(poster, inline=True)) if poster else "",
        fps=float(asset.technical.get("fps") or 25),
        start=start,
        caption_languages=spoken,
        caption_default=transcript.language if transcript and transcript.language in spoken else "",
        wave=for_page(links.link(wave, inline=True)) if wave else "",
    )


def captions_of(asset: Asset, tracks: Iterable[Track], transcript: Transcript | None) -> list[dict[str, Any]]:
    """Captions that were made or written; in the language that is spoken what was heard stands in for them."""
    found = {
        track.language: reverse("media_library:asset_captions", args=[asset.pk, track.language]) for track in tracks
    }
    if transcript is not None and transcript.language not in found:
        spoken = reverse("media_library:asset_captions", args=[asset.pk, transcript.language])
        found = {transcript.language: spoken, **found}
    default = transcript.language if transcript else ""
    return [
        {
            "kind": "captions",
            "language": language,
            "label": languages.name(language),
            "url": url,
            "default": language == default,
        }
        for language, url in found.items()
    ]


def start_of(text: str | None) -> float:
    """`?t=12.5`; anything that is no moment is the beginning."""
    try:
        seconds = float(text or 0)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
