"""What a file looks and sounds like at a glance: poster, waveform and shots. Each is made once for a file, whoever asks."""

from __future__ import annotations

import json
from pathlib import Path

from core.runs.context import StepContext
from media_library import services as library
from media_library.media.ffmpeg import Progress
from media_library.media.shots import shot_changes
from media_library.media.thumbnails import poster
from media_library.media.waveform import waveform
from media_library.models import Asset
from media_library.steps.base import Stored, as_stored, keep, kept, put

P = Asset.Purpose


def poster_of(ctx: StepContext, source: Asset, path: Path) -> Stored:
    if (already := kept(source, P.POSTER)) is not None:
        return as_stored(already)
    picture = ctx.workdir / "poster.jpg"
    poster(path, picture, halt=ctx.halt)
    return put(ctx, picture, name="poster.jpg", content_type="image/jpeg")


def waveform_of(ctx: StepContext, source: Asset, path: Path) -> Stored:
    if (already := kept(source, P.WAVEFORM)) is not None:
        return as_stored(already)
    peaks = ctx.workdir / "waveform.json"
    peaks.write_text(json.dumps(waveform(path, halt=ctx.halt).as_json()))
    return put(ctx, peaks, name="waveform.json", content_type="application/json")


def shots_of(ctx: StepContext, source: Asset, path: Path, *, progress: Progress) -> list[float]:
    """Times of shot changes, in seconds."""
    already: list[float] | None = source.technical.get("shots")
    return already if already is not None else shot_changes(path, progress=progress, halt=ctx.halt)


def keep_poster(source: Asset, stored: Stored) -> None:
    keep(source, P.POSTER, stored, "poster.jpg", "image/jpeg")


def keep_waveform(source: Asset, stored: Stored) -> None:
    keep(source, P.WAVEFORM, stored, "waveform.json", "application/json")


def keep_shots(source: Asset, shots: list[float]) -> None:
    library.note_technical(source, shots=shots)
