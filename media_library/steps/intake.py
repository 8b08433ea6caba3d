"""Taking a file in: are these the bytes that were announced, what are they, and what can be made of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from pydantic import BaseModel

from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError, sha256_of
from media_library import services as library
from media_library.media.conform import conform, needs_conform
from media_library.media.limits import SourceLimits
from media_library.media.probe import probe
from media_library.media.sniff import kind_of_type
from media_library.models import Asset
from media_library.services.accepting import confirm
from media_library.steps.base import AssetStep, Stored, as_stored, keep, kept, media_work, put


class Checked(BaseModel):
    sha256: str
    size: int
    content_type: str


class Check(AssetStep[Checked]):
    """The stored bytes are the announced ones, and of the announced type. `only` names the one family that will do."""

    Result = Checked
    only: ClassVar[str] = ""

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        source = self.source(ctx)
        return {"key": source.key, "sha256": source.sha256, "size": source.size}

    def run(self, ctx: StepContext) -> Checked:
        source = self.source(ctx)
        ctx.progress(0.0, "Checking the upload")
        try:
            with store().local(source.key) as path, media_work(ctx):
                mime = confirm(path, filename=source.filename, content_type=source.content_type)
                size, digest = path.stat().st_size, sha256_of(path)
        except FileMissingError as error:
            raise StepError("The uploaded file is gone from the store. Upload it again.", code="no_source") from error
        if size != source.size or (source.sha256 and digest != source.sha256):
            raise StepError("The stored file is not the one that was uploaded. Upload it again.", code="damaged")
        kind = kind_of_type(mime)
        if self.only and kind is not None and kind.family != self.only:
            raise StepError(
                f"This file is {kind.label}, not a {self.only}. Upload the {self.only}.", code=f"not_{self.only}"
            )
        return Checked(sha256=digest, size=size, content_type=mime)

    def publish(self, ctx: StepContext, result: Checked) -> None:
        source = self.source(ctx)
        source.sha256 = result.sha256
        source.save(update_fields=["sha256", "updated_at"])
        library.note_technical(source, content_type=result.content_type)


class Probed(BaseModel):
    """Without a picture `video_codec` is empty, without sound `audio_codec`."""

    duration: float
    fps: float = 0.0
    width: int = 0
    height: int = 0
    video_codec: str = ""
    audio_codec: str = ""
    channels: int = 0
    sample_rate: int = 0
    reasons: list[str] = []


class Look(AssetStep[Probed]):
    """What is in the file, and whether it must become the house mezzanine first."""

    Result = Probed
    # What the work that follows cannot do without.
    needs_picture: ClassVar[bool] = False
    needs_sound: ClassVar[bool] = False

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256, "longest": settings.MEDIA_MAX_SECONDS}

    def run(self, ctx: StepContext) -> Probed:
        ctx.progress(0.0, "Looking at the file")
        limits = SourceLimits(duration=settings.MEDIA_MAX_SECONDS)
        with store().local(self.source(ctx).key) as path, media_work(ctx):
            found = probe(path, limits=limits).require(video=self.needs_picture, audio=self.needs_sound)
        video, audio = found.video, found.audio
        return Probed(
            duration=found.duration,
            fps=float(video.fps) if video else 0.0,
            width=video.width if video else 0,
            height=video.height if video else 0,
            video_codec=video.codec if video else "",
            audio_codec=audio.codec if audio else "",
            channels=audio.channels if audio else 0,
            sample_rate=audio.rate if audio else 0,
            reasons=needs_conform(found),
        )

    def publish(self, ctx: StepContext, result: Probed) -> None:
        source = self.source(ctx)
        facts = result.model_dump(exclude={"duration", "reasons"})
        library.note_technical(source, duration=result.duration, **facts)
        if source.kind == Asset.Kind.VIDEO and not result.video_codec:
            # A container for videos that holds sound alone: it is listened to, not watched.
            source.kind = Asset.Kind.AUDIO
            source.save(update_fields=["kind", "updated_at"])


class Conformed(BaseModel):
    """`key` is the file that all later steps read: the mezzanine, or the source when it is one already."""

    key: str
    duration: float
    fps: float
    made: Stored | None = None


class Conform(AssetStep[Conformed]):
    """Sound alone is conformed as well: browsers play few of its formats, and seek exactly in fewer."""

    Result = Conformed

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256, "reasons": ctx.result("probe", Probed).reasons}

    def run(self, ctx: StepContext) -> Conformed:
        source, found = self.source(ctx), ctx.result("probe", Probed)
        if not found.reasons:
            return Conformed(key=source.key, duration=found.duration, fps=found.fps)
        purpose, filename, content_type = house_form(found)
        if (already := kept(source, purpose)) is not None:
            fps = float(already.technical.get("fps") or found.fps)
            return Conformed(
                key=already.key, duration=already.duration or found.duration, fps=fps, made=as_stored(already)
            )
        into = ctx.workdir / filename
        with store().local(source.key) as path, media_work(ctx):
            made = conform(path, into, progress=ctx.progress, halt=ctx.halt)
        stored = put(ctx, into, name=filename, content_type=content_type)
        fps = float(made.video.fps) if made.video else found.fps
        return Conformed(key=stored.key, duration=made.duration, fps=fps, made=stored)

    def intact(self, result: Conformed) -> bool:
        return store().exists(result.key)

    def publish(self, ctx: StepContext, result: Conformed) -> None:
        if result.made is not None:
            form = house_form(ctx.result("probe", Probed))
            keep(self.source(ctx), *form, result.made, duration=result.duration, fps=result.fps)


def house_form(found: Probed) -> tuple[str, str, str]:
    """What the house's own rendition is for, and the name and type of its file."""
    if found.video_codec:
        return Asset.Purpose.MEZZANINE, "mezzanine.mp4", "video/mp4"
    return Asset.Purpose.PREVIEW, "preview.m4a", "audio/mp4"
