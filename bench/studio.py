"""The real application on a database and a store of its own, for benches that need a server."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from bench.measure import cache

MIB = 2**20


@contextmanager
def studio() -> Iterator[tuple[Path, dict[str, str]]]:
    """Sets Django up in this process; gives the folder of the store and the environment for `core.testing.server.serving`."""
    from core import embedded

    embedded.ensure(home=Path(os.environ.get("REELWRIGHT_HOME", "").strip() or "var"))
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from core.testing.server import database_url

    home = Path(tempfile.mkdtemp(prefix="studio-", dir=cache()))
    (home / "static").mkdir()
    settings.STORAGE_ROOT = home / "media"
    settings.AWS_STORAGE_BUCKET_NAME = ""
    name = connection.settings_dict["NAME"]
    # Beside the database of the tests, which may be kept from run to run.
    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        environment = {
            "REELWRIGHT_HOME": str(home),
            "DATABASE_URL": database_url(),
            "LINK_SIGNING_KEY": settings.LINK_SIGNING_KEY,
            "LOG_LEVEL": "WARNING",
            "AWS_STORAGE_BUCKET_NAME": "",
        }
        yield settings.STORAGE_ROOT, environment
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        shutil.rmtree(home, ignore_errors=True)


def write_noise(path: Path, size: int) -> None:
    """`size` bytes that do not compress, the same each time."""
    noise = Random(size)
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(noise.randbytes(min(MIB, size - start)))


def megabytes(count: int) -> float:
    return max(count, 0) / 1e6
