"""What the player needs: the films that can be played, each with its tracks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.urls import reverse

from core import languages
from core.storage import for_page
from jobs import services
from jobs.models import Job, LanguageOutput
from media_library.models import Asset, Track

# A page may stay open for a working day's review, and every seek asks the link again.
WATCH_SECONDS = 8 * 3600


@dataclass(frozen=True)
class Doors:
    """Where this viewer's player finds texts: `track(language, kind)`, `film_captions(film's language, language)`; and for how long
    links to the pictures hold."""

    track: Callable[[str, str], str]
    film_captions: Callable[[str, str], str]
    seconds: int = WATCH_SECONDS
    # The spoken lines of a language, for viewers whose player may speak them over the source.
    lines: Callable[[str], str] | None = None


def own_doors(job: Job) -> Doors:
    """For people who are signed in."""
    return Doors(
        track=lambda language, kind: reverse("jobs:track_file", args=[job.pk, language, kind]),
        film_captions=lambda film, language: reverse("jobs:film_captions", args=[job.pk, film, language]),
        lines=lambda language: reverse("jobs:description_lines", args=[job.pk, language]),
    )


def made(job: Job) -> dict[str, Asset]:
    """What was made from the source whatever the language, by purpose: mezzanine, poster, waveform."""
    if job.source is None:
        return {}
    return {asset.purpose: asset for asset in Asset.objects.filter(made_from=job.source, language="", deleted_at=None)}


def player(job: Job, *, only: LanguageOutput | None = None, doors: Doors | None = None) -> dict[str, Any]:
    """Values for ui/player.html. With `only`, the source film alone, and no tracks: the editor shows its own."""
    doors = doors or own_doors(job)
    files = made(job)
    film = files.get(Asset.Purpose.MEZZANINE) or job.source
    if film is None:
        return {}
    outputs = [] if only else list(job.outputs.all())
    films = [_film(film, doors, tracks=_source_tracks(doors, outputs))]
    for output in outputs:
        if output.accessible_video is not None:
            films.append(
                _film(
                    output.accessible_video,
                    doors,
                    tracks=_film_tracks(doors, output, outputs),
                    described=output.language,
                )
            )
    poster = files.get(Asset.Purpose.POSTER)
    parts = [film.key, *(f"{o.language}{track_versions(o)}{o.accessible_video_id}{o.render_status}" for o in outputs)]
    return {
        "fingerprint": sha256("|".join(parts).encode()).hexdigest()[:12],
        "films": films,
        "poster": for_page(services.link(poster, inline=True)) if poster else "",
        "fps": services.frame_rate(job),
        "caption_languages": [o.language for o in outputs if has(o, Track.Kind.CAPTIONS)],
        "described_languages": [o.language for o in outputs if has(o, Track.Kind.AUDIO_DESCRIPTION)],
        "described": described(doors, only, outputs),
        "caption_default": job.source_language,
    }


def described(doors: Doors, only: LanguageOutput | None, outputs: list[LanguageOutput]) -> list[dict[str, str]]:
    """Where the player finds what it may speak itself."""
    spoken = [only] if only else outputs
    return [
        {"language": output.language, "url": doors.lines(output.language)}
        for output in spoken
        if doors.lines is not None and has(output, Track.Kind.AUDIO_DESCRIPTION)
    ]


def described_film(output: LanguageOutput) -> dict[str, Any] | None:
    """The film that was rendered, to be looked at beside the source."""
    film = output.accessible_video
    return _film(film, own_doors(output.job), tracks=[], described=output.language) if film is not None else None


def track_versions(output: LanguageOutput) -> str:
    """Which texts there are: a new version is fetched when the page is, an appearing track changes the player."""
    return "".join(kind for kind in Track.Kind.values if has(output, kind))


def has(output: LanguageOutput, kind: str) -> bool:
    track = output.track(kind)
    return track is not None and track.version > 0


def _film(asset: Asset, doors: Doors, *, tracks: list[dict[str, Any]], described: str = "") -> dict[str, Any]:
    return {
        "url": for_page(services.link(asset, inline=True, expires_in=doors.seconds)),
        "content_type": asset.content_type,
        "described": described,
        "pauses": json.dumps(asset.technical.get("pauses", [])),
        "tracks": tracks,
    }


def _source_tracks(doors: Doors, outputs: list[LanguageOutput]) -> list[dict[str, Any]]:
    kinds = ((Track.Kind.CAPTIONS, "captions"), (Track.Kind.AUDIO_DESCRIPTION, "descriptions"))
    return [
        {
            "kind": word,
            "language": output.language,
            "label": languages.name(output.language),
            "url": doors.track(output.language, kind),
            "default": word == "captions" and output.is_source,
        }
        for kind, word in kinds
        for output in outputs
        if has(output, kind)
    ]


def _film_tracks(doors: Doors, film: LanguageOutput, outputs: list[LanguageOutput]) -> list[dict[str, Any]]:
    """Captions in every language, moved along with the pauses of this film."""
    return [
        {
            "kind": "captions",
            "language": output.language,
            "label": languages.name(output.language),
            "url": doors.film_captions(film.language, output.language),
            "default": output.is_source,
        }
        for output in outputs
        if has(output, Track.Kind.CAPTIONS)
    ]
