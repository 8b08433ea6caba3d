"""Packing finished work: one ZIP, written piece by piece, with what proves that it arrived whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from pydantic import BaseModel

from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.pipelines import StepFunction
from core.storage import store
from core.storage.base import PIECE, FileMissingError
from jobs.models import Delivery
from jobs.services import deliveries, packaging
from jobs.services.packaging import Entry, Plan
from media_library.steps.base import Stored, exists, put

# The first time that ZIP knows: the same content is the same file, whenever it is packed.
BEGINNING = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16
LARGE = 2**31


class Packed(BaseModel):
    file: Stored
    manifest: list[dict[str, Any]]
    digest: str


class Package(StepFunction[Packed]):
    """The run's subject is the delivery."""

    Result = Packed

    def _delivery(self, ctx: StepContext) -> Delivery:
        found = Delivery.objects.filter(pk=ctx.subject_id).first()
        if found is None:
            raise StepError("The package is not wanted any more.", code="no_source")
        return found

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"digest": deliveries.plan_of(self._delivery(ctx)).digest}

    def run(self, ctx: StepContext) -> Packed:
        plan = deliveries.plan_of(self._delivery(ctx))
        if not plan.entries:
            raise StepError("Nothing is left to be packed.", code="no_source")
        into = ctx.workdir / "package.zip"
        total = sum(store().size(entry.key) for entry in plan.entries if entry.key and store().exists(entry.key))
        done = 0

        def packing(name: str, size: int) -> None:
            nonlocal done
            done += size
            ctx.progress(done / total if total else 0.0, f"Packing {name.rpartition('/')[2]}")

        files = write_package(into, plan, packing=packing)
        stored = put(ctx, into, name="package.zip", content_type=deliveries.CONTENT_TYPE)
        return Packed(file=stored, manifest=files, digest=plan.digest)

    def intact(self, result: Packed) -> bool:
        return exists(result.file)

    def publish(self, ctx: StepContext, result: Packed) -> None:
        deliveries.keep_package(
            ctx.subject_id, **result.file.model_dump(), manifest=result.manifest, digest=result.digest
        )


def write_package(
    into: Path, plan: Plan, *, packing: Callable[[str, int], None] = lambda _name, _size: None
) -> list[dict[str, Any]]:
    """The ZIP, and what is said of each file in its manifest. No file is held in memory."""
    files: list[dict[str, Any]] = []
    with ZipFile(into, "w", allowZip64=True) as package:
        for entry in plan.entries:
            size, sha256 = _add(package, entry, packing)
            files.append(
                {
                    "path": entry.path,
                    "kind": entry.kind,
                    "language": entry.language,
                    "bytes": size,
                    "sha256": sha256,
                    "version": entry.version,
                    "engine": entry.engine or None,
                    "author": entry.author or None,
                }
            )
        sums = [f"{file['sha256']}  {file['path']}\n" for file in files]
        for name, data in (
            ("manifest.json", packaging.manifest(plan, files)),
            ("README.txt", packaging.readme(plan, files)),
        ):
            package.writestr(_info(name, compressed=True), data)
            sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        package.writestr(_info("SHA256SUMS", compressed=True), "".join(sums))
    return files


def _add(package: ZipFile, entry: Entry, packing: Callable[[str, int], None]) -> tuple[int, str]:
    sums, size = hashlib.sha256(), 0
    if entry.write is not None:
        data = entry.write()
        package.writestr(_info(entry.path, compressed=True), data)
        return len(data), hashlib.sha256(data).hexdigest()
    large = _size(entry) >= LARGE
    with package.open(_info(entry.path, compressed=False), "w", force_zip64=large) as out:
        for piece in _pieces(entry):
            out.write(piece)
            sums.update(piece)
            size += len(piece)
            packing(entry.path, len(piece))
    return size, sums.hexdigest()


def _size(entry: Entry) -> int:
    try:
        return store().size(entry.key)
    except FileMissingError as error:
        raise _missing(entry) from error


def _pieces(entry: Entry) -> Iterator[bytes]:
    with store().local(entry.key) as path, path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _missing(entry: Entry) -> StepError:
    return StepError(f"{entry.path.rpartition('/')[2]} is gone from the store. Make it again.", code="no_source")


def _info(name: str, *, compressed: bool) -> ZipInfo:
    """Media is packed already; packing it again costs time and gains nothing."""
    info = ZipInfo(name, BEGINNING)
    info.external_attr = READABLE
    info.compress_type = ZIP_DEFLATED if compressed else ZIP_STORED
    info.create_system = 3
    return info
