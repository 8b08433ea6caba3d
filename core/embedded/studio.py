"""A running studio as other commands see it: who supervises it, where it answers, and how to stop it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from core.embedded import locks
from core.embedded.errors import EmbeddedError
from core.embedded.places import Home
from core.embedded.processes import Process
from core.embedded.services import Services
from core.embedded.supervisor import end_leftovers

# Web, beat and workers get ten seconds each, Valkey and Postgres theirs.
STOP_SECONDS = 60


@dataclass(frozen=True)
class Studio:
    pid: int
    url: str
    ready: bool


def _record(home: Home) -> Path:
    return home.run / "supervisor.json"


def _lock(home: Home) -> Path:
    return home.run / "supervisor.lock"


def running(home: Home) -> Studio | None:
    """The studio that runs on this state directory; not `ready` while it starts or stops."""
    if not locks.is_held(_lock(home)) or not _record(home).exists():
        return None
    return Studio(**json.loads(_record(home).read_text()))


def announce(home: Home, *, url: str, ready: bool) -> None:
    fresh = _record(home).with_suffix(".new")
    fresh.write_text(json.dumps(asdict(Studio(os.getpid(), url, ready))))
    fresh.replace(_record(home))


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Makes us the one supervisor of this state directory."""
    descriptor = locks.open_lock(_lock(home))
    try:
        if not locks.take(descriptor):
            other = running(home)
            where = f" at {other.url}" if other and other.ready else ""
            who = f" (process {other.pid})" if other else ""
            raise EmbeddedError(f"Reelwright already runs{where}{who}. Stop it with `manage.py down`.")
        announce(home, url="", ready=False)
        yield
    finally:
        os.close(descriptor)


def stop(home: Home) -> list[str]:
    """Stops the supervisor, what a killed one left behind, and the services nobody uses. Says what happened."""
    said = []
    studio = running(home)
    if studio:
        process = Process.adopted(studio.pid)
        if process:
            process.send(signal.SIGTERM)
            if not process.wait(STOP_SECONDS):
                process.send(signal.SIGKILL)
                process.wait(5)
            said.append("The studio has stopped.")
        # Its descriptor closes with it, a moment after the pid is gone.
        deadline = time.monotonic() + 5
        while locks.is_held(_lock(home)) and time.monotonic() < deadline:
            time.sleep(0.05)
    said += [f"Ended {name}, left over from a studio that was killed." for name in end_leftovers(home.run)]
    services = Services(home)
    left = [service.name for service in services.all if service.find()]
    if left and services.stop_if_unused():
        said.append(f"Stopped {' and '.join(left)}.")
    elif left:
        said.append(f"{' and '.join(left)} stay up: another command uses them.")
    return said or ["Nothing was running."]
