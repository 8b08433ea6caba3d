"""What steps that make films share, whoever asks for the film: its footage, its letters, and what of it was made before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core import fonts
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.models import Step
from core.storage import store
from core.storage.base import FileMissingError
from media_library.media.assemble import Place
from media_library.media.conform import conform
from media_library.media.errors import NoVideoError
from media_library.media.film_frames import Colours, Footage, Shape, Span, footage, is_ready
from media_library.media.probe import probe
from media_library.media.titling import Font
from media_library.models import Asset
from media_library.steps.base import Stored, kept, media_work, put

R = TypeVar("R", bound=BaseModel)

# How far sound and picture of a finished film may differ in length.
SYNC_SECONDS = 0.02


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
    """What a film is like, and how many frames of which footage each of its clips shows."""

    width: int
    height: int
    rate: str
    full_range: bool
    colours: list[int]
    headers: str
    fill: str
    clips: list[LookedClip]

    @classmethod
    def of(cls, shape: Shape, spans: Sequence[Span], places: Sequence[Place]) -> Looked:
        return cls(
            width=shape.width,
            height=shape.height,
            rate=str(shape.fps),
            full_range=shape.full_range,
            colours=list(asdict(shape.colours).values()),
            headers=shape.headers.hex(),
            fill=shape.fill,
            clips=[
                LookedClip(first=str(span.first), frames=span.frames, copyable=span.copyable, place=asdict(place))
                for span, place in zip(spans, places, strict=True)
            ],
        )

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

    @property
    def seconds(self) -> float:
        return float(self.frames / self.fps)


@contextmanager
def opened(ctx: StepContext, asset: Asset) -> Iterator[Path]:
    """The file whose times people saw: the mezzanine where there is one."""
    mezzanine = kept(asset, Asset.Purpose.MEZZANINE) if asset.kind == Asset.Kind.VIDEO else None
    try:
        with store().local((mezzanine or asset).key) as path, media_work(ctx):
            if mezzanine is None and asset.kind == Asset.Kind.VIDEO:
                path = _ready(ctx, asset, path)  # noqa: PLW2901  (the same file, as it can be read)
            yield path
    except FileMissingError as error:
        raise StepError("The file is gone from the store. Upload it again.", code="no_source") from error


def _ready(ctx: StepContext, asset: Asset, path: Path) -> Path:
    found = probe(path)
    if found.video is None or is_ready(found):
        return path
    made = ctx.workdir / f"{asset.pk}.mp4"
    if not made.exists():
        conform(path, made, found=found, progress=ctx.progress, halt=ctx.halt)
    return made


def footage_of_file(asset: Asset, path: Path) -> Footage | None:
    if asset.kind != Asset.Kind.VIDEO:
        return None
    try:
        return footage(path)
    except NoVideoError:
        return None


def letters(face: str = "sans") -> list[Font]:
    """Those of the face first, then what it lacks."""
    files = dict.fromkeys((fonts.FACES[face], fonts.MAIN, *fonts.FALLBACKS))
    return [Font(path, fonts.letters(path)) for path in files]


def earlier(ctx: StepContext, shape: type[R], *, subjects: Any) -> R | None:
    """What another film, of those that `subjects` names, has of the same inputs."""
    rows = Step.objects.filter(
        name=ctx.step.name,
        inputs_hash=ctx.step.inputs_hash,
        status=Step.Status.DONE,
        run__kind=ctx.run.kind,
        run__subject_id__in=subjects,
    ).exclude(pk=ctx.step.pk)
    for result in rows.order_by("-finished_at", "pk").values_list("result", flat=True)[:3]:
        try:
            return shape.model_validate(result)
        except ValidationError:
            continue
    return None


def copied(ctx: StepContext, stored: Stored, *, content_type: str) -> Stored | None:
    """The same file as this run's own, so that each film's files are its own; None where it is gone."""
    try:
        with store().local(stored.key) as path:
            return put(ctx, path, name=stored.key.rpartition("/")[2], content_type=content_type)
    except FileMissingError:
        return None


def checked(made: Path, looked: Looked) -> dict[str, Any]:
    """A finished film held against its plan: as many frames, as long, sound as long as the picture."""
    found = probe(made).require(video=True, audio=True)
    video, audio = found.video, found.audio
    assert video is not None  # noqa: S101  (required above)
    assert audio is not None  # noqa: S101  (as above)
    frames = footage(made).frames
    apart = abs(video.duration - audio.duration)
    if frames != looked.frames or abs(video.duration - looked.seconds) > SYNC_SECONDS or apart > SYNC_SECONDS * 2:
        said = f"{frames} frames, {video.duration:.3f} s of picture, {audio.duration:.3f} s of sound"
        raise StepError(
            f"The film is not as it was planned ({said}). Try again.", code="invalid_output", retryable=True
        )
    return {"width": looked.width, "height": looked.height, "fps": float(looked.fps)}
