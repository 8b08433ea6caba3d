"""What steps on assets share: finding the asset, paying for it, its files, and telling media failures in the studio's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from ai.services import Use
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.pipelines import StepFunction
from core.storage import store
from media_library import services as library
from media_library.media import errors as media
from media_library.models import Asset

R = TypeVar("R", bound=BaseModel)

_CODES: dict[type[media.MediaError], str] = {
    media.DiskFullError: "storage_full",
    media.NotMediaError: "not_media",
    media.WrongTypeError: "wrong_type",
    media.TruncatedError: "truncated",
    media.NoVideoError: "no_video",
    media.NoAudioError: "no_audio",
    media.TooLongError: "too_long",
    media.TooLargeError: "too_large",
    media.UnsupportedError: "unsupported",
    media.RangeError: "range",
}


@contextmanager
def media_work(ctx: StepContext) -> Iterator[None]:
    """Media failures become the step's, with the program's last words in its log."""
    try:
        yield
    except media.HaltedError:
        ctx.check()
        raise
    except media.MediaError as error:
        if error.log:
            ctx.note(error.log)
        raise StepError(error.message, code=_CODES.get(type(error), "media")) from error


class Stored(BaseModel):
    """A file that a step left in the store."""

    key: str
    size: int
    sha256: str


def put(ctx: StepContext, path: Path, *, name: str, content_type: str) -> Stored:
    """Stores a file of this attempt under a key that no other attempt has."""
    key = ctx.storage_key(name)
    stored = store().put(key, path, content_type=content_type)
    return Stored(key=key, size=stored.size, sha256=stored.sha256)


def exists(*stored: Stored | None) -> bool:
    return all(store().exists(one.key) for one in stored if one is not None)


class AssetStep(StepFunction[R]):
    """A step of work on one asset. Whose run it is decides how that is found and who pays: here the run's subject is the asset."""

    def source(self, ctx: StepContext) -> Asset:
        source = Asset.objects.filter(pk=ctx.subject_id, deleted_at=None).first()
        if source is None:
            raise StepError("The file was deleted.", code="no_source")
        return source

    def use(self, ctx: StepContext, purpose: str, *, part: str = "") -> Use:
        """Who pays. `part` tells the uses within one step apart, so that each is paid for once."""
        source = self.source(ctx)
        return Use(
            purpose=f"media_library.{purpose}",
            user_id=source.owner_id,
            organization_id=source.organization_id,
            run_id=ctx.run_id,
            key=f"{ctx.key}/{part}",
        )


def kept(source: Asset, purpose: str) -> Asset | None:
    """What was made of the source before, whoever asked for it, if its file is still there."""
    made = source.made.filter(purpose=purpose, language="", deleted_at=None).first()
    return made if made is not None and store().exists(made.key) else None


def as_stored(asset: Asset) -> Stored:
    return Stored(key=asset.key, size=asset.size, sha256=asset.sha256)


def keep(source: Asset, purpose: str, filename: str, content_type: str, stored: Stored, **facts: Any) -> None:
    """The file becomes what the studio made of the source for this purpose. `facts` are what was measured of it."""
    family = content_type.split("/", 1)[0]
    library.keep_made(
        source,
        purpose=purpose,
        kind=family if family in {"video", "audio", "image"} else Asset.Kind.DOCUMENT,
        key=stored.key,
        filename=filename,
        content_type=content_type,
        size=stored.size,
        sha256=stored.sha256,
        duration=facts.pop("duration", None),
        technical=facts,
    )
