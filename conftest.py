"""The services every test runs on, found before Django reads its settings.

Postgres and Valkey come from DATABASE_URL and REDIS_URL, else they are started or adopted as for any command. Tests have
their own database (pytest-django), their own number in the Redis server and their own files; weights are shared.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import pytest
from django.conf import settings
from django.db import connection

from core import embedded

# Here, because parallel workers report to a process that reads no other conftest.
# Imported once, not by every conftest that wants a browser: two of them in one process would stop each other.
pytest_plugins = ("core.testing.browser", "tests.contract_walk.summary", "tests.roles.summary")

ROOT = Path(__file__).resolve().parent
TEST_DATABASES = 8


def redis_for_tests(url: str, *, worker: int = 0) -> str:
    """The number in the upper half that belongs to this one: 0 to 8, 1 to 9 … Each parallel worker has the next."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0) + worker
    return parts._replace(path=f"/{TEST_DATABASES + number % TEST_DATABASES}").geturl()


def prepare_environment() -> None:
    home = Path(os.environ.get("REELWRIGHT_HOME", "").strip() or ROOT / "var")
    # Workers of pytest-xdist inherit what their parent has prepared.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        os.environ["REDIS_URL"] = redis_for_tests(os.environ["REDIS_URL"], worker=1 + int(worker.removeprefix("gw")))
    else:
        embedded.ensure(home=home)
        os.environ["REDIS_URL"] = redis_for_tests(os.environ["REDIS_URL"])
        os.environ["REELWRIGHT_MODELS"] = os.environ.get("REELWRIGHT_MODELS", "").strip() or str(
            home.resolve() / "models"
        )
    files = tempfile.mkdtemp(prefix="reelwright-tests-")
    atexit.register(shutil.rmtree, files, ignore_errors=True)
    # WhiteNoise warns when nothing has been collected yet, and warnings fail a test.
    Path(files, "static").mkdir()
    os.environ["REELWRIGHT_HOME"] = files
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"


prepare_environment()
# pytest-django would read the settings before this file if it knew their name, and only sets Django up when they are read.
django.setup()
# Nor may parallel workers inherit the name, or they would read this process's folders and Redis number as theirs.
del os.environ["DJANGO_SETTINGS_MODULE"]

# A test's database is thrown away, so nothing of it has to survive the machine.
settings.DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
# Argon2 is slow on purpose; what tests prove does not hang on it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests share one address and call often. Those about limits ask for the fixture `rate_limits`.
settings.RATE_LIMITS = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Threads in which async tests and sockets ask the database live as long as the process: they let go before it is dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
        )


@pytest.fixture
def rate_limits(settings: Any) -> Iterator[Any]:
    """Limits are on and nobody has used anything yet. Yields the settings, for RATES."""
    from core.rest.counters import store

    def forget() -> None:
        names = list(store().client.scan_iter("rate:*", count=1000))
        if names:
            store().client.delete(*names)

    settings.RATE_LIMITS = True
    settings.RATES = dict(settings.RATES)
    forget()
    yield settings
    forget()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's loop then runs in this thread to the end, and async tests would find it running."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
