"""What a film or a picture looks like at a glance: poster, sprite, palette and shots. Each is made once for a file, whoever asks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ai import measuring
from core.runs.context import StepContext
from core.storage import store
from media_library import services as library
from media_library.media import images, thumbnails
from media_library.media.ffmpeg import Progress
from media_library.media.shots import shot_changes
from media_library.models import Asset
from media_library.steps.base import AssetStep, Stored, as_stored, exists, keep, kept, media_work, put
from media_library.steps.intake import Conformed, Probed

P = Asset.Purpose
JPEG, WEBP = "image/jpeg", images.RENDITION_TYPE
# A face of this share of the picture's height is as good as it gets: larger ones are cut off.
BEST_FACE = 0.35


def face_worth(picture: measuring.Picture) -> float:
    """What faces add to a poster: people look at people. One of good size counts fully, further ones add nothing."""
    return max((min(1.0, face.height / BEST_FACE) for face in measuring.faces_in(picture)), default=0.0)


def poster_of(ctx: StepContext, source: Asset, path: Path) -> Stored:
    if (already := kept(source, P.POSTER)) is not None:
        return as_stored(already)
    picture = ctx.workdir / "poster.jpg"
    thumbnails.poster(path, picture, score=face_worth, halt=ctx.halt)
    return put(ctx, picture, name="poster.jpg", content_type=JPEG)


def shots_of(ctx: StepContext, source: Asset, path: Path, *, progress: Progress) -> list[float]:
    """Times of shot changes, in seconds."""
    already: list[float] | None = source.technical.get("shots")
    return already if already is not None else shot_changes(path, progress=progress, halt=ctx.halt)


def keep_poster(source: Asset, stored: Stored) -> None:
    keep(source, P.POSTER, "poster.jpg", JPEG, stored)


class Pictured(BaseModel):
    """`map` is the sprite's facts: which part of the sheet shows which stretch of time."""

    poster: Stored
    sprite: Stored
    sprite_map: Stored
    map: dict[str, float]
    palette: list[str]


class Picture(AssetStep[Pictured]):
    """Poster, sprite with its map, and palette of a film."""

    Result = Pictured

    def skip(self, ctx: StepContext) -> str:
        return "" if ctx.result("probe", Probed).video_codec else "There is no picture."

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256}

    def run(self, ctx: StepContext) -> Pictured:
        source = self.source(ctx)
        with store().local(ctx.result("conform", Conformed).key) as path, media_work(ctx):
            ctx.progress(0.0, "Choosing the poster")
            poster = poster_of(ctx, source, path)
            ctx.progress(0.4, "Drawing the time line")
            sheet, timing = ctx.workdir / "sprite.jpg", ctx.workdir / "sprite.vtt"
            facts = thumbnails.sprite(path, sheet, halt=ctx.halt)
            timing.write_text(thumbnails.sprite_vtt(facts, address=sheet.name))
            with store().local(poster.key) as picture:
                colours = measuring.measures_of(picture).palette
        return Pictured(
            poster=poster,
            sprite=put(ctx, sheet, name=sheet.name, content_type=JPEG),
            sprite_map=put(ctx, timing, name=timing.name, content_type="text/vtt"),
            map=asdict(facts),
            palette=colours,
        )

    def intact(self, result: Pictured) -> bool:
        return exists(result.poster, result.sprite, result.sprite_map)

    def publish(self, ctx: StepContext, result: Pictured) -> None:
        source = self.source(ctx)
        keep_poster(source, result.poster)
        keep(source, P.SPRITE, "sprite.jpg", JPEG, result.sprite, **result.map)
        keep(source, P.SPRITE_MAP, "sprite.vtt", "text/vtt", result.sprite_map)
        library.note_technical(source, palette=result.palette)


class Shots(BaseModel):
    times: list[float]


class FindShots(AssetStep[Shots]):
    Result = Shots

    def skip(self, ctx: StepContext) -> str:
        return "" if ctx.result("probe", Probed).video_codec else "There is no picture."

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256}

    def run(self, ctx: StepContext) -> Shots:
        with store().local(ctx.result("conform", Conformed).key) as path, media_work(ctx):
            return Shots(times=shots_of(ctx, self.source(ctx), path, progress=ctx.progress))

    def publish(self, ctx: StepContext, result: Shots) -> None:
        library.note_technical(self.source(ctx), shots=result.times)


class Rendered(BaseModel):
    """A person's picture as pages show it: encoded anew, without metadata."""

    preview: Stored
    thumbnail: Stored
    facts: dict[str, Any]
    palette: list[str]


class Render(AssetStep[Rendered]):
    Result = Rendered

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256}

    def run(self, ctx: StepContext) -> Rendered:
        ctx.progress(0.0, "Reading the picture")
        preview, thumbnail = ctx.workdir / "preview.webp", ctx.workdir / "thumbnail.webp"
        with store().local(self.source(ctx).key) as path, media_work(ctx):
            found = images.render(path, preview=preview, thumbnail=thumbnail)
            colours = measuring.measures_of(thumbnail).palette
        return Rendered(
            preview=put(ctx, preview, name=preview.name, content_type=WEBP),
            thumbnail=put(ctx, thumbnail, name=thumbnail.name, content_type=WEBP),
            facts={
                "width": found.width,
                "height": found.height,
                "color_depth": found.colour_depth,
                "compression": found.compression,
                "has_alpha": found.has_alpha,
                "is_animated": found.is_animated,
            },
            palette=colours,
        )

    def intact(self, result: Rendered) -> bool:
        return exists(result.preview, result.thumbnail)

    def publish(self, ctx: StepContext, result: Rendered) -> None:
        source = self.source(ctx)
        keep(source, P.PREVIEW, "preview.webp", WEBP, result.preview)
        keep(source, P.POSTER, "thumbnail.webp", WEBP, result.thumbnail)
        library.note_technical(source, palette=result.palette, **result.facts)
