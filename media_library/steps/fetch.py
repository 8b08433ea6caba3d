"""Fetching a file from an address that somebody gave, which is judged like every address that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from pydantic import BaseModel

from core import outbound
from core.errors import DomainError, FetchFailedError, UnsafeUrlError, UnsupportedTypeError
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.pipelines import StepFunction
from core.storage.base import full_disk_explained
from media_library.media import errors as media
from media_library.media import sniff
from media_library.models import Intake
from media_library.services import imports, intake
from media_library.steps.base import Stored, exists, put


class Fetched(BaseModel):
    filename: str
    content_type: str
    stored: Stored


class Fetch(StepFunction[Fetched]):
    """The run's subject is the intake; the asset gets its id."""

    Result = Fetched

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"intake": str(ctx.subject_id), "url": self._coming(ctx).source_url}

    def run(self, ctx: StepContext) -> Fetched:
        coming = self._coming(ctx)
        path = ctx.workdir / "fetched"
        ctx.progress(0.0, "Fetching the file")
        declared = self._download(ctx, coming.source_url, path)
        filename, content_type = self._judged(coming, path, declared)
        imports.make_room(coming.pk, path.stat().st_size)
        stored = put(ctx, path, name="source", content_type=content_type)
        return Fetched(filename=filename, content_type=content_type, stored=stored)

    def intact(self, result: Fetched) -> bool:
        return exists(result.stored)

    def publish(self, ctx: StepContext, result: Fetched) -> None:
        coming = Intake.objects.select_for_update(of=("self",)).get(pk=ctx.subject_id)
        coming.filename, coming.content_type = result.filename, result.content_type
        coming.save(update_fields=["filename", "content_type", "updated_at"])
        intake.adopt(
            coming,
            key=result.stored.key,
            content_type=result.content_type,
            size=result.stored.size,
            sha256=result.stored.sha256,
        )

    def _coming(self, ctx: StepContext) -> Intake:
        coming = Intake.objects.select_related("owner", "replaces").filter(pk=ctx.subject_id).first()
        if coming is None:
            raise StepError("This import was deleted.", code="no_intake")
        return coming

    def _download(self, ctx: StepContext, url: str, path: Path) -> str:
        """What the server calls the file."""

        def arrived(size: int, announced: int | None) -> None:
            if size == 0 and announced:
                imports.make_room(ctx.subject_id, announced)
            ctx.progress(size / announced * 0.95 if announced else 0.0, "Fetching the file")

        return fetched(
            ctx, url, path, most_bytes=settings.UPLOAD_MAX_BYTES, seconds=settings.IMPORT_MAX_SECONDS, arrived=arrived
        )

    def _judged(self, coming: Intake, path: Path, declared: str) -> tuple[str, str]:
        """Name and type of what came. Servers often call everything octets, or worse; a name that fits decides then."""
        try:
            filename = named(coming.filename, path, declared)
            kind, expected = intake.accept_type(filename)
            if coming.replaces is not None and coming.replaces.kind != kind:
                raise UnsupportedTypeError(f"A new version of {coming.replaces.kind} is {coming.replaces.kind} too.")
            return filename, intake.confirm(path, filename=filename, content_type=expected)
        except DomainError as error:
            raise StepError(error.message, code=error.code) from error


def fetched(
    ctx: StepContext,
    url: str,
    path: Path,
    *,
    most_bytes: int,
    seconds: float,
    arrived: Callable[[int, int | None], None] | None = None,
) -> str:
    """What stands at the address comes into the file. What the server calls it."""

    def told(size: int, announced: int | None) -> None:
        ctx.progress(size / announced * 0.95 if announced else 0.0, "Fetching the file")

    try:
        with path.open("wb") as file, full_disk_explained():
            answer = outbound.download(url, into=file, max_bytes=most_bytes, seconds=seconds, arrived=arrived or told)
    except UnsafeUrlError as error:
        raise StepError(error.message, code=error.code) from error
    except FetchFailedError as error:
        raise StepError(error.message, code=error.code, retryable=True) from error
    if answer.status != 200:
        busy = answer.status in {408, 425, 429} or answer.status >= 500
        raise StepError(
            f"The other server answered {answer.status} instead of the file.", code="fetch_failed", retryable=busy
        )
    return answer.headers.get("content-type", "")


def named(filename: str, path: Path, declared: str) -> str:
    """The file's name, with the ending that its bytes deserve where it has none."""
    if PurePosixPath(filename).suffix:
        return filename
    try:
        found = sniff.sniff(path, allowed=sniff.EVERYTHING)
    except media.MediaError as error:
        raise UnsupportedTypeError(error.message) from error
    said = sniff.kind_of_type(declared)
    ending = sniff.ending_of(said if said is not None and said.demuxer == found.demuxer else found)
    return f"{filename}.{ending}"
