"""The library while its disk fills up, its bucket fails, or a process dies between the file and the row."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models.functions import Now

from core.errors import StorageFullError, WrongStateError
from core.runs.models import Run, Step
from core.storage import holders, removal, store, uploads
from core.storage.models import Removal, Upload
from core.testing import s3
from core.testing.server import serving
from faults.bucket_proxy import SLOW_SECONDS, Proxy, in_front_of
from faults.report import Seen, row
from faults.rig import Rig, wait_for
from faults.rows.uploads import offset, patch
from media_library.files import files_are_there
from media_library.models import Asset, Intake
from media_library.services import assets, ingestion, intake

MIB = 2**20
# Room for a file of 12 MiB beside the 64 that an upload leaves to the database.
DISK = 80 * MIB
SIZE = 12 * MIB
PIECE = 6 * MIB


def person() -> Any:
    return get_user_model().objects.get_or_create(email="library@example.com")[0]


def announced(data: bytes, name: str = "film.mp4") -> Intake:
    return intake.announce(
        owner=person(), filename=name, content_type="", size=len(data), sha256=hashlib.sha256(data).hexdigest()
    )


def upload_of(coming: Intake) -> Upload:
    return Upload.objects.get(intake=coming)


def judge(seen: Seen, coming: Intake, data: bytes) -> None:
    """One asset with the right bytes; nothing else is stored, and nothing that is named is missing."""
    asset = Asset.objects.filter(pk=coming.pk).first()
    seen.expect(asset is not None, "the file never became an asset")
    if asset is not None:
        with store().local(asset.key) as path:
            whole = path.read_bytes() == data
        seen.lost += not whole
    nothing_left(seen)


def nothing_left(seen: Seen) -> None:
    strays = holders.strays(grace=0)
    seen.expect(not strays, f"{len(strays)} files are stored and nothing names them")
    seen.problems += files_are_there()


def forget(rig: Rig) -> None:
    """What this row brought goes, by the way that people have."""
    rig.clear()
    for asset in Asset.objects.filter(owner=person(), made_from=None):
        assets.delete_permanently(asset, actor=person())
    removal.sweep()
    Upload.objects.filter(owner=person()).delete()
    Intake.objects.filter(owner=person()).delete()
    Run.objects.filter(kind__startswith="media_library.").delete()


@contextmanager
def small_disk(rig: Rig) -> Iterator[Path]:
    """A disk of its own for the store, and what can fill it."""
    root = Path(settings.STORAGE_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(root)], check=True)
    try:
        yield root / "ballast"
    finally:
        forget(rig)
        subprocess.run(["umount", "-l", str(root)], check=True)


def fill(ballast: Path) -> None:
    try:
        with ballast.open("wb") as file:
            while True:
                file.write(bytes(MIB))
                file.flush()
    except OSError:
        return


@row(
    "F8-upload",
    injected="the disk fills up in the middle of an upload",
    expected="507, what had come stays; goes on once there is room; no orphans",
    within=30,
)
def disk_full_during_an_upload(rig: Rig, seen: Seen) -> None:
    data = secrets.token_bytes(SIZE)
    with small_disk(rig) as ballast, serving(env=rig.env) as site:
        coming = announced(data)
        upload = upload_of(coming)
        seen.expect(patch(site, upload, 0, data[:PIECE]) == 204, "the first piece was not taken")
        fill(ballast)
        answer = patch(site, upload, PIECE, data[PIECE:])
        seen.expect(answer == 507, f"a full disk was answered with {answer}")
        seen.expect(not Asset.objects.filter(pk=coming.pk).exists(), "half a file became an asset")
        note = Path(settings.HOME, "note.txt")
        note.write_bytes(b"words " * (MIB // 6))
        with suppress(StorageFullError):
            intake.take_in(note, owner=person(), filename=note.name)
            seen.problems.append("a file in one piece was taken onto a full disk")
        seen.expect(not Asset.objects.filter(owner=person()).exists(), "a row without a file")
        kept = offset(site, upload)
        seen.expect(kept >= PIECE, f"only {kept} of {PIECE} bytes are left")
        ballast.unlink()
        freed = time.monotonic()
        seen.expect(patch(site, upload, kept, data[kept:]) == 204, "it did not go on")
        seen.recovery = time.monotonic() - freed
        judge(seen, coming, data)


@row(
    "F8-ingest",
    injected="the disk fills up while a file is prepared",
    expected="failed with storage_full; prepared once there is room; no orphans",
    within=60,
)
def disk_full_during_ingestion(rig: Rig, seen: Seen) -> None:
    data = rig.film(4).read_bytes()
    with small_disk(rig) as ballast:
        with serving(env=rig.env) as site:
            coming = announced(data)
            patch(site, upload_of(coming), 0, data)
        fill(ballast)
        rig.beat()
        rig.starting_worker("default")
        rig.worker("media")
        asset = Asset.objects.get(pk=coming.pk)
        wait_for("it failed", lambda: status_of(asset) == Asset.Status.FAILED, seconds=120)
        asset.refresh_from_db()
        failed = Step.objects.filter(run=asset.run, status=Step.Status.FAILED).first()
        seen.expect(
            failed is not None and failed.error_code == "storage_full", f"it failed with {failed and failed.error_code}"
        )
        seen.expect("full" in asset.problem.lower() or "space" in asset.problem.lower(), f"it says “{asset.problem}”")
        seen.notes["failed at"] = failed.name if failed else ""
        nothing_left(seen)
        ballast.unlink()
        freed = time.monotonic()
        ingestion.restart(asset, by=person())
        step = Step.objects.get(pk=failed.pk) if failed else None
        if step is not None:
            wait_for("the step is done", lambda: Step.objects.get(pk=step.pk).is_finished, seconds=60)
        seen.recovery = time.monotonic() - freed
        # What follows is engines' work, which no disk has to do with.
        stop(Asset.objects.get(pk=asset.pk))
        judge(seen, coming, data)


def stop(asset: Asset) -> None:
    with suppress(WrongStateError):
        ingestion.cancel(asset, by=person())
    at_work = Run.objects.filter(pk=asset.run_id, status__in=Run.ACTIVE)
    wait_for("its run ended", lambda: not at_work.exists(), seconds=60)


def status_of(asset: Asset) -> str:
    return Asset.objects.values_list("status", flat=True).get(pk=asset.pk)


@contextmanager
def own_bucket(rig: Rig) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """This process and the site keep their files in a bucket behind the proxy."""
    with s3.bucket() as bucket, in_front_of(bucket.endpoint) as proxy:
        given = {**bucket.environment, "AWS_S3_ENDPOINT_URL": proxy.url}
        before = {name: getattr(settings, name, None) for name in given}
        keys = {name: os.environ.get(name) for name in given}
        for name, value in given.items():
            os.environ[name] = value
            setattr(settings, name, value)
        settings.AWS_S3_PUBLIC_ENDPOINT_URL = proxy.url
        try:
            yield proxy, {**rig.env, **given}
            proxy.mode = "well"
            forget(rig)
        finally:
            settings.AWS_S3_PUBLIC_ENDPOINT_URL = ""
            for name, value in before.items():
                setattr(settings, name, value if value is not None else "")
            for name, value in keys.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


@row(
    "F9",
    injected="the bucket answers 500, is slow, hangs up, will not join",
    expected="503 or tried again; goes on; sha256 right; no dangling multiparts",
    within=30,
)
def bucket_in_trouble(rig: Rig, seen: Seen) -> None:
    data = secrets.token_bytes(3 * PIECE + 1000)
    with own_bucket(rig) as (proxy, env), serving(env=env) as site:
        coming = announced(data)
        upload = upload_of(coming)
        for mode in ("error", "cut"):
            proxy.mode, proxy.refused = mode, 0
            start = offset(site, upload)
            answer = patch(site, upload, start, data[start : start + PIECE])
            seen.expect(answer == 503, f"a bucket in trouble ({mode}) was answered with {answer}")
            seen.expect(proxy.refused >= 2, f"it was tried {proxy.refused} times ({mode})")
            proxy.mode = "well"
            seen.expect(offset(site, upload) == start, f"bytes counted that are not there ({mode})")
            seen.expect(patch(site, upload, start, data[start : start + PIECE]) == 204, f"it did not go on ({mode})")
        proxy.mode = "slow"
        start, began = offset(site, upload), time.monotonic()
        seen.expect(patch(site, upload, start, data[start : start + PIECE]) == 204, "a slow bucket was not waited for")
        seen.expect(time.monotonic() - began >= SLOW_SECONDS, "the bucket was not slow")
        proxy.mode = "no_joining"
        start = offset(site, upload)
        answer = patch(site, upload, start, data[start:])
        seen.expect(answer == 503, f"a bucket that does not join was answered with {answer}")
        seen.expect(not Asset.objects.filter(pk=coming.pk).exists(), "an asset without its file")
        proxy.mode, mended = "well", time.monotonic()
        # The client asks where to go on, which completes it.
        seen.expect(offset(site, upload) == len(data), "the last piece was lost")
        seen.recovery = time.monotonic() - mended
        judge(seen, coming, data)
        dangling = store().client.list_multipart_uploads(Bucket=settings.AWS_STORAGE_BUCKET_NAME).get("Uploads", [])
        seen.expect(not dangling, f"{len(dangling)} multipart uploads dangle")


@row(
    "F24-upload",
    injected="kill -9 between an upload's last byte and its row",
    expected="the file is adopted when somebody asks, or by the sweep",
    within=30,
)
def killed_before_the_row(rig: Rig, seen: Seen) -> None:
    data = secrets.token_bytes(2 * MIB)
    asked, abandoned = announced(data), announced(data)
    for coming in (asked, abandoned):
        with serving(env={**rig.env, "FAULT_AT": "upload_completed"}) as site:
            seen.expect(died(lambda site=site, coming=coming: patch(site, upload_of(coming), 0, data)), "it lived on")
    seen.expect(not Asset.objects.filter(owner=person()).exists(), "there is a row already")
    killed = time.monotonic()
    with serving(env=rig.env) as site:
        seen.expect(offset(site, upload_of(asked)) == len(data), "the client is told another length")
    judge(seen, asked, data)
    # Nobody comes back for the other one.
    Upload.objects.filter(pk=upload_of(abandoned).pk).update(expires_at=Now())
    uploads.sweep()
    judge(seen, abandoned, data)
    seen.recovery = time.monotonic() - killed
    forget(rig)
    nothing_left(seen)


@row(
    "F24-one-piece",
    injected="kill -9 between a stored file and its row",
    expected="the file is removed; nothing tells of it",
    within=30,
)
def killed_between_file_and_row(rig: Rig, seen: Seen) -> None:
    path = Path(settings.HOME, "note.txt")
    path.write_bytes(secrets.token_hex(MIB).encode())
    person()
    code = (
        "import django; django.setup()\n"
        "import os, sys\nfrom pathlib import Path\nfrom accounts.models import User\n"
        "from media_library.services import intake, making\n"
        "making.add_original = lambda **_: os.kill(os.getpid(), 9)\n"
        "owner = User.objects.get(email='library@example.com')\n"
        "intake.take_in(Path(sys.argv[1]), owner=owner, filename='note.txt')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], env=rig.env, cwd=Path.cwd(), check=False)
    killed = time.monotonic()
    seen.expect(done.returncode == -9, f"it ended with {done.returncode}")
    noted = Removal.objects.filter(key__startswith="library/")
    seen.expect(noted.count() == 1, "the file was not noted before it was written")
    seen.expect(all(store().exists(one.key) for one in noted), "the file had not been written yet")
    removal.sweep()
    seen.expect(noted.count() == 1, "what is being written was swept away")
    noted.update(due_at=Now())
    removal.sweep()
    seen.recovery = time.monotonic() - killed
    nothing_left(seen)


def died(do: Any) -> bool:
    """The server hung up without an answer."""
    try:
        return do() is None
    except OSError:
        return True


@row(
    "F21-delete",
    injected="a file is deleted while workers prepare it",
    expected="its run ends; not a byte is left, nor a row",
    within=30,
)
def deleted_while_prepared(rig: Rig, seen: Seen) -> None:
    data = rig.film(30).read_bytes()
    with serving(env=rig.env) as site:
        coming = announced(data)
        patch(site, upload_of(coming), 0, data)
    rig.beat()
    rig.starting_worker("default")
    rig.worker("media", concurrency=2)
    run = Asset.objects.get(pk=coming.pk).run
    at_work = Step.objects.filter(run=run, status=Step.Status.RUNNING, progress__gt=0)
    wait_for("a step at work", at_work.exclude(name="check").exists, seconds=60)
    seen.notes["in the middle of"] = list(at_work.values_list("name", flat=True))
    assets.delete_permanently(Asset.objects.get(pk=coming.pk), actor=person())
    deleted = time.monotonic()
    wait_for("its run ended", lambda: not Run.objects.filter(pk=run.pk, status__in=Run.ACTIVE).exists(), seconds=60)
    seen.recovery = time.monotonic() - deleted
    seen.expect(not Asset.objects.filter(owner=person()).exists(), "a row is left")
    removal.sweep()
    nothing_left(seen)
    forget(rig)
