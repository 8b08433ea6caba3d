"""A state directory of its own for each test, and the promise that nothing runs on it afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.embedded import processes
from core.embedded.places import Home
from core.embedded.postgres import Postgres
from core.embedded.services import Services

ROOT = Path(__file__).resolve().parents[3]


def processes_of(folder: Path) -> list[str]:
    """Command lines that name this folder, except ours."""
    lines = []
    for entry in processes.PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and processes.is_running(int(entry.name)):
            words = processes.arguments(int(entry.name))
            if any(str(folder) in word for word in words):
                lines.append(" ".join(words))
    return lines


def environment(**values: str) -> dict[str, str]:
    """Ours, without the URLs of this test run."""
    return {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}} | values


def manage(home: Home, *arguments: str, seconds: float = 60, **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        check=False,
        cwd=ROOT,
        env=environment(REELWRIGHT_HOME=str(home.root), **values),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def copy_home(made: Home, into: Home) -> Home:
    """Of a stopped one. Owners and modes are kept."""
    subprocess.run(["cp", "-a", f"{made.root}/.", str(into.root)], check=True)
    return into


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Reachable by every account, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="reelwright-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made_home() -> Iterator[Home]:
    """A database that was made once and is stopped: making one for every test would take most of their time."""
    folder = Path(tempfile.mkdtemp(prefix="reelwright-made-", dir="/var/tmp"))
    folder.chmod(0o755)
    home = Home.at(folder / "var", system=folder / "system")
    postgres = Postgres(home)
    postgres.start()
    postgres.stop()
    ports_file = home.run / "postgres.port"
    ports_file.unlink()
    yield home
    shutil.rmtree(folder)


@pytest.fixture
def empty_home(open_folder: Path) -> Iterator[Home]:
    home = Home.at(open_folder / "var", system=open_folder / "system")
    yield home
    services = Services(home)
    assert services.stop_if_unused(), "a user of the services is left"
    assert processes_of(open_folder) == []


@pytest.fixture
def home(empty_home: Home, made_home: Home) -> Home:
    """Holds a database already."""
    return copy_home(made_home, empty_home)


@pytest.fixture
def postgres(home: Home) -> Postgres:
    return Postgres(home)


type_of_script = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def script() -> Iterator[type_of_script]:
    """Runs Python text in a process of its own, without the URLs of this test run."""
    started: list[subprocess.Popen[str]] = []

    def run(text: str, *arguments: object, **values: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", text, *map(str, arguments)],
            cwd=ROOT,
            env=environment(**values),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
