"""What the steps of a film share: its plan, its footage, what of it was made before."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from chat.models import Render
from chat.services import rendering
from core import fonts
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.models import Step
from core.runs.pipelines import StepFunction
from core.storage import store
from core.storage.base import FileMissingError
from media_library.media.assemble import Place, Source
from media_library.media.burning import film_cues, film_words
from media_library.media.conform import conform
from media_library.media.errors import NoVideoError
from media_library.media.film_frames import Colours, Footage, Shape, Span, footage, is_ready
from media_library.media.probe import probe
from media_library.media.titling import Font
from media_library.media.webvtt import Cue
from media_library.models import Asset, Transcript
from media_library.queries.speech import spoken_words
from media_library.steps.base import Stored, kept, media_work, put

R = TypeVar("R", bound=BaseModel)


class LookedClip(BaseModel):
    """`first` is in seconds of the footage, as a fraction."""

    first: str
    frames: int
    copyable: bool
    place: dict[str, int]

    @property
    def at(self) -> Place:
        return Place(**self.place)

    @property
    def span(self) -> Span:
        return Span(first=Fraction(self.first), frames=self.frames, copyable=self.copyable)


class Looked(BaseModel):
    width: int
    height: int
    rate: str
    full_range: bool
    colours: list[int]
    headers: str
    fill: str
    clips: list[LookedClip]

    @property
    def shape(self) -> Shape:
        return Shape(
            width=self.width,
            height=self.height,
            fps=Fraction(self.rate),
            full_range=self.full_range,
            colours=Colours(*self.colours),
            headers=bytes.fromhex(self.headers),
            fill="blurred" if self.fill == "blurred" else "black",
        )

    @property
    def fps(self) -> Fraction:
        return Fraction(self.rate)

    @property
    def frames(self) -> int:
        return self.clips[-1].at.ends


class FilmStep(StepFunction[R]):
    """The run's subject is the render."""

    @cached_property
    def _renders(self) -> dict[uuid.UUID, Render]:
        return {}

    def render(self, ctx: StepContext) -> Render:
        if ctx.subject_id not in self._renders:
            found = Render.objects.select_related("conversation").filter(pk=ctx.subject_id).first()
            if found is None:
                raise StepError("The film was deleted.", code="no_source")
            self._renders[ctx.subject_id] = found
        return self._renders[ctx.subject_id]

    def plan(self, ctx: StepContext) -> dict[str, Any]:
        plan: dict[str, Any] = self.render(ctx).plan
        return plan

    def asset(self, ctx: StepContext, asset_id: str) -> Asset:
        found = rendering.footage_of(self.plan(ctx)).get(asset_id)
        if found is None:
            raise StepError("Footage of this film was deleted. Choose another clip for it.", code="no_source")
        return found

    @contextmanager
    def opened(self, ctx: StepContext, asset: Asset) -> Iterator[Path]:
        """The file whose times people saw: the mezzanine where there is one."""
        mezzanine = kept(asset, Asset.Purpose.MEZZANINE) if asset.kind == Asset.Kind.VIDEO else None
        try:
            with store().local((mezzanine or asset).key) as path, media_work(ctx):
                if mezzanine is None and asset.kind == Asset.Kind.VIDEO:
                    path = self._ready(ctx, asset, path)  # noqa: PLW2901  (the same file, as it can be read)
                yield path
        except FileMissingError as error:
            raise StepError("The file is gone from the store. Upload it again.", code="no_source") from error

    def _ready(self, ctx: StepContext, asset: Asset, path: Path) -> Path:
        found = probe(path)
        if found.video is None or is_ready(found):
            return path
        made = ctx.workdir / f"{asset.pk}.mp4"
        if not made.exists():
            conform(path, made, found=found, progress=ctx.progress, halt=ctx.halt)
        return made

    def source(self, asset: Asset, path: Path, span: Span) -> Source:
        return Source(footage=footage_of_file(asset, path), span=span)

    def cues(self, ctx: StepContext, looked: Looked) -> list[Cue]:
        """What is said, in the film's time."""
        plan, clips = self.plan(ctx), []
        assets = rendering.footage_of(plan)
        words = {pk: spoken_words(asset) for pk, asset in assets.items()}
        spoken = dict(Transcript.objects.filter(asset__in=list(assets)).values_list("asset", "language"))
        for clip, at in zip(plan["clips"], looked.clips, strict=True):
            begin = float(at.at.shows / looked.fps)
            heard = film_words(words.get(clip["asset_id"], []), start=clip["start"], end=clip["end"], at=begin)
            clips.append((str(spoken.get(uuid.UUID(clip["asset_id"])) or "en"), heard))
        cuts = [float(clip.at.shows / looked.fps) for clip in looked.clips]
        return film_cues(clips, fps=looked.fps, cuts=cuts, duration=float(looked.frames / looked.fps))

    def earlier(self, ctx: StepContext, shape: type[R]) -> R | None:
        """What another film of this conversation has of the same inputs."""
        films = Render.objects.filter(conversation=self.render(ctx).conversation_id).values("pk")
        rows = Step.objects.filter(
            name=ctx.step.name,
            inputs_hash=ctx.step.inputs_hash,
            status=Step.Status.DONE,
            run__kind=rendering.KIND,
            run__subject_id__in=films,
        ).exclude(pk=ctx.step.pk)
        for result in rows.order_by("-finished_at", "pk").values_list("result", flat=True)[:3]:
            try:
                return shape.model_validate(result)
            except ValidationError:
                continue
        return None

    def copied(self, ctx: StepContext, stored: Stored, *, content_type: str) -> Stored | None:
        """The same file as this run's own, so that each film's files are its own; None where it is gone."""
        try:
            with store().local(stored.key) as path:
                return put(ctx, path, name=stored.key.rpartition("/")[2], content_type=content_type)
        except FileMissingError:
            return None


def footage_of_file(asset: Asset, path: Path) -> Footage | None:
    if asset.kind != Asset.Kind.VIDEO:
        return None
    try:
        return footage(path)
    except NoVideoError:
        return None


def letters() -> list[Font]:
    return [Font(path, fonts.letters(path)) for path in (fonts.MAIN, *fonts.FALLBACKS)]
