"""What the steps of a job share: finding the job, its video as a file, and telling media failures in the job's words."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ai.services import Use
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.pipelines import StepFunction
from core.storage import store
from jobs.models import Job, LanguageOutput
from media_library.media import errors as media
from media_library.models import Asset, TrackVersion

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


class JobStep(StepFunction[R]):
    """A step of the accessible-video job. `ctx.item`, where there is one, is the language."""

    def job(self, ctx: StepContext) -> Job:
        return Job.objects.select_related("source", "organization").get(pk=ctx.subject_id)

    def source(self, ctx: StepContext) -> Asset:
        source = self.job(ctx).source
        if source is None:
            raise StepError("The job has no video. Upload it again.", code="no_source")
        return source

    def output(self, ctx: StepContext) -> LanguageOutput:
        """The output of the step's language, or of the source language for steps that have none."""
        outputs = LanguageOutput.objects.select_related("job__source", "captions", "description")
        if ctx.item:
            return outputs.get(job=ctx.subject_id, language=ctx.item)
        return outputs.get(job=ctx.subject_id, is_source=True)

    def use(self, ctx: StepContext, purpose: str, *, part: str = "") -> Use:
        """Who pays. `part` tells the uses within one step apart, so that each is paid for once."""
        job = self.job(ctx)
        return Use(
            purpose=f"jobs.{purpose}",
            user_id=job.created_by_id,
            organization_id=job.organization_id,
            run_id=ctx.run_id,
            key=f"{ctx.key}/{part}",
        )


def newest(track_id: uuid.UUID | None) -> TrackVersion | None:
    return TrackVersion.objects.filter(track_id=track_id).order_by("-number").first() if track_id else None


def exists(*stored: Stored | None) -> bool:
    return all(store().exists(one.key) for one in stored if one is not None)
