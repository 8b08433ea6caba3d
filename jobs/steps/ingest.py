"""Taking the video in: are these the bytes that were announced, what are they, and what can be made of them."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from pydantic import BaseModel

from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError, sha256_of
from jobs.steps.base import JobStep, Stored, exists, media_work, put
from media_library import services as library
from media_library.media.conform import conform, needs_conform
from media_library.media.limits import SourceLimits
from media_library.media.probe import probe
from media_library.media.shots import shot_changes
from media_library.media.sniff import check_declared
from media_library.media.thumbnails import poster
from media_library.media.waveform import waveform
from media_library.models import Asset


class Ingested(BaseModel):
    sha256: str
    size: int
    content_type: str


class Ingest(JobStep[Ingested]):
    """The stored bytes are the announced ones, and of the announced type."""

    Result = Ingested

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        source = self.source(ctx)
        return {"key": source.key, "sha256": source.sha256, "size": source.size}

    def run(self, ctx: StepContext) -> Ingested:
        source = self.source(ctx)
        ctx.progress(0.0, "Checking the upload")
        try:
            with store().local(source.key) as path, media_work(ctx):
                kind = check_declared(path, declared_mime=source.content_type, filename=source.filename)
                size, digest = path.stat().st_size, sha256_of(path)
        except FileMissingError as error:
            raise StepError("The uploaded file is gone from the store. Upload it again.", code="no_source") from error
        if size != source.size or (source.sha256 and digest != source.sha256):
            raise StepError("The stored file is not the one that was uploaded. Upload it again.", code="damaged")
        if kind.family != "video":
            raise StepError(f"This file is {kind.label}, not a video. Upload the video.", code="not_video")
        return Ingested(sha256=digest, size=size, content_type=kind.mime)

    def publish(self, ctx: StepContext, result: Ingested) -> None:
        source = self.source(ctx)
        source.sha256 = result.sha256
        source.save(update_fields=["sha256", "updated_at"])
        library.note_technical(source, content_type=result.content_type)


class Probed(BaseModel):
    duration: float
    fps: float
    width: int
    height: int
    video_codec: str
    audio_codec: str
    reasons: list[str]


class Look(JobStep[Probed]):
    """What is in the file, and whether it must become the house mezzanine first."""

    Result = Probed

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": ctx.result("ingest", Ingested).sha256, "longest": settings.MEDIA_MAX_SECONDS}

    def run(self, ctx: StepContext) -> Probed:
        ctx.progress(0.0, "Looking at the file")
        limits = SourceLimits(duration=settings.MEDIA_MAX_SECONDS)
        with store().local(self.source(ctx).key) as path, media_work(ctx):
            found = probe(path, limits=limits).require(video=True, audio=True)
        assert found.video is not None and found.audio is not None  # noqa: S101, PT018  (required just above)
        return Probed(
            duration=found.duration,
            fps=float(found.video.fps),
            width=found.video.width,
            height=found.video.height,
            video_codec=found.video.codec,
            audio_codec=found.audio.codec,
            reasons=needs_conform(found),
        )

    def publish(self, ctx: StepContext, result: Probed) -> None:
        facts = result.model_dump(exclude={"duration", "reasons"})
        library.note_technical(self.source(ctx), duration=result.duration, **facts)


class Conformed(BaseModel):
    """`key` is the video that all later steps read: the mezzanine, or the source when it is one already."""

    key: str
    duration: float
    fps: float
    made: Stored | None = None


class Conform(JobStep[Conformed]):
    Result = Conformed

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": ctx.result("ingest", Ingested).sha256, "reasons": ctx.result("probe", Probed).reasons}

    def run(self, ctx: StepContext) -> Conformed:
        source, found = self.source(ctx), ctx.result("probe", Probed)
        if not found.reasons:
            return Conformed(key=source.key, duration=found.duration, fps=found.fps)
        into = ctx.workdir / "mezzanine.mp4"
        with store().local(source.key) as path, media_work(ctx):
            made = conform(path, into, progress=ctx.progress, halt=ctx.halt)
        stored = put(ctx, into, name="mezzanine.mp4", content_type="video/mp4")
        fps = float(made.video.fps) if made.video else found.fps
        return Conformed(key=stored.key, duration=made.duration, fps=fps, made=stored)

    def intact(self, result: Conformed) -> bool:
        return store().exists(result.key)

    def publish(self, ctx: StepContext, result: Conformed) -> None:
        if result.made is not None:
            _keep(self.source(ctx), Asset.Purpose.MEZZANINE, result.made, "mezzanine.mp4", "video/mp4", result.duration)


class Surveyed(BaseModel):
    """`shots` are the times of shot changes, in seconds."""

    shots: list[float]
    poster: Stored
    waveform: Stored


class Survey(JobStep[Surveyed]):
    """Shot changes, the poster and the waveform: what the editor and the description need of picture and sound."""

    Result = Surveyed

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        video = ctx.result("conform", Conformed)
        return {"sha256": video.made.sha256 if video.made else ctx.result("ingest", Ingested).sha256}

    def run(self, ctx: StepContext) -> Surveyed:
        picture, peaks = ctx.workdir / "poster.jpg", ctx.workdir / "waveform.json"
        with store().local(ctx.result("conform", Conformed).key) as path, media_work(ctx):
            poster(path, picture, halt=ctx.halt)
            ctx.progress(0.05, "Measuring the sound")
            wave = waveform(path, halt=ctx.halt)
            ctx.progress(0.2, "Finding shot changes")
            shots = shot_changes(path, progress=lambda done, note: ctx.progress(0.2 + 0.8 * done, note), halt=ctx.halt)
        peaks.write_text(
            json.dumps({"per_second": wave.per_second, "duration": wave.duration, "low": wave.low, "high": wave.high})
        )
        return Surveyed(
            shots=shots,
            poster=put(ctx, picture, name="poster.jpg", content_type="image/jpeg"),
            waveform=put(ctx, peaks, name="waveform.json", content_type="application/json"),
        )

    def intact(self, result: Surveyed) -> bool:
        return exists(result.poster, result.waveform)

    def publish(self, ctx: StepContext, result: Surveyed) -> None:
        source = self.source(ctx)
        _keep(source, Asset.Purpose.POSTER, result.poster, "poster.jpg", "image/jpeg")
        _keep(source, Asset.Purpose.WAVEFORM, result.waveform, "waveform.json", "application/json")
        library.note_technical(source, shots=result.shots)


def _keep(
    source: Asset, purpose: str, stored: Stored, filename: str, content_type: str, duration: float | None = None
) -> None:
    family = content_type.split("/", 1)[0]
    library.keep_made(
        source,
        purpose=purpose,
        kind=family if family in {"video", "image"} else Asset.Kind.DOCUMENT,
        key=stored.key,
        filename=filename,
        content_type=content_type,
        size=stored.size,
        sha256=stored.sha256,
        duration=duration,
    )
