"""Cutting a range: for the cache, or as an asset of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError
from media_library.media import cut
from media_library.media.errors import MediaError
from media_library.media.probe import probe
from media_library.models import Asset, ClipFile
from media_library.services import clips, ingestion
from media_library.steps.base import AssetStep, Stored, exists, kept, media_work, put

PICTURED = ("mp4", "mov")


class Made(BaseModel):
    """`duration` is what came out, to the frame."""

    file: Stored
    duration: float
    method: str


class Range(BaseModel):
    """What is to be cut of what."""

    source: str
    start: float
    end: float
    format: str


class CutRange(AssetStep[Made]):
    """The range of an asset as a file."""

    Result = Made

    def range(self, ctx: StepContext) -> tuple[Asset, Range]:
        raise NotImplementedError

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        source, wanted = self.range(ctx)
        return {**wanted.model_dump(), "sha256": source.sha256}

    def intact(self, result: Made) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Made:
        source, wanted = self.range(ctx)
        ctx.progress(0.0, "Cutting")
        into = ctx.workdir / f"clip.{wanted.format}"
        try:
            with store().local(watched(source, wanted.format).key) as path, media_work(ctx):
                duration, method = make(path, into, wanted, ctx)
        except FileMissingError as error:
            raise StepError("The file is gone from the store. Upload it again.", code="no_source") from error
        stored = put(ctx, into, name=into.name, content_type=clips.TYPES[wanted.format])
        return Made(file=stored, duration=duration, method=method)


class MakeClipFile(CutRange):
    """The run's subject is the clip file."""

    def range(self, ctx: StepContext) -> tuple[Asset, Range]:
        clip = ClipFile.objects.select_related("asset").filter(pk=ctx.subject_id).first()
        if clip is None:
            raise StepError("The file was deleted.", code="no_source")
        return clip.asset, Range(
            source=str(clip.asset_id), start=clip.start_ms / 1000, end=clip.end_ms / 1000, format=clip.format
        )

    def publish(self, ctx: StepContext, result: Made) -> None:
        clips.keep_file(
            ctx.subject_id,
            **result.file.model_dump(),
            content_type=clips.TYPES[self.range(ctx)[1].format],
            duration=result.duration,
            method=result.method,
        )


class CutOut(CutRange):
    """The run's subject is the asset that the range becomes."""

    def range(self, ctx: StepContext) -> tuple[Asset, Range]:
        clip = self.source(ctx)
        if clip.cut_from is None or clip.cut_start is None or clip.cut_end is None:
            raise StepError("The file that this is cut from was deleted.", code="no_source")
        form = clips.KEPT_AS[Asset.Kind(clip.kind)]
        return clip.cut_from, Range(source=str(clip.cut_from_id), start=clip.cut_start, end=clip.cut_end, format=form)

    def publish(self, ctx: StepContext, result: Made) -> None:
        clip = self.source(ctx)
        clips.fill(clip, **result.file.model_dump(), duration=result.duration)
        ingestion.start(clip, by=clip.owner)


def make(path: Path, into: Path, wanted: Range, ctx: StepContext) -> tuple[float, str]:
    """Cuts; how long the result is, and how it was done."""
    if wanted.format in PICTURED:
        film = cut.cut(
            path,
            into,
            start=wanted.start,
            end=wanted.end,
            container="mov" if wanted.format == "mov" else "mp4",
            progress=ctx.progress,
            halt=ctx.halt,
        )
        if film.reason:
            ctx.note(f"Encoded whole because {film.reason}.")
        return film.duration, method_of(film)
    sound = cut.audio_clip(
        path,
        into,
        start=wanted.start,
        end=wanted.end,
        format="wav" if wanted.format == "wav" else "m4a" if wanted.format == "m4a" else "mp3",
        progress=ctx.progress,
        halt=ctx.halt,
    )
    return sound.duration, "encoded"


def method_of(film: cut.Cut) -> str:
    if film.method == "whole":
        return f"all encoded: {film.reason}"
    return "copied, ends encoded" if film.frames_encoded else "copied"


def watched(source: Asset, form: str) -> Asset:
    """The original, wherever its times are those that people saw: else the mezzanine that they watched."""
    mezzanine = kept(source, Asset.Purpose.MEZZANINE)
    if mezzanine is None or form not in PICTURED:
        return source
    try:
        with store().local(source.key) as path:
            video = probe(path).video
    except (FileMissingError, MediaError):
        return mezzanine
    # What must be encoded anyway is quicker from the mezzanine, and where a clock is uneven the mezzanine's is the one that counts.
    if video is None or video.codec != "h264" or video.bit_depth != 8 or video.interlaced:
        return mezzanine
    uneven = video.is_vfr or video.is_trimmed or abs(video.start) > 1 / float(video.fps or 25)
    return mezzanine if uneven else source
