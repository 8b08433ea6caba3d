"""Facts about processes, from /proc, and ending them. A pid alone is never trusted: the kernel gives it to somebody else later."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAUSE = 0.05
# Our children by number. A server may outlive the object that started it and be stopped through another; only its parent,
# this process, can bury it.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Identity:
    """A process beyond doubt: `started` is in clock ticks since the boot named by `boot`."""

    pid: int
    started: int
    boot: str


@dataclass(frozen=True)
class Stat:
    state: str
    session: int
    started: int


def stat(pid: int) -> Stat | None:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The program's name stands in brackets and may itself hold blanks and brackets.
    fields = text.rpartition(")")[2].split()
    return Stat(state=fields[0], session=int(fields[3]), started=int(fields[19]))


def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> Identity | None:
    facts = stat(pid)
    return Identity(pid, facts.started, boot_id()) if facts else None


def is_running(pid: int) -> bool:
    """A zombie is dead: it only waits for a parent that may never look (a container without an init)."""
    facts = stat(pid)
    return facts is not None and facts.state not in "ZX"


def is_same(identity: Identity) -> bool:
    """Whether that very process still runs."""
    return is_running(identity.pid) and identify(identity.pid) == identity


def arguments(pid: int) -> list[str]:
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [os.fsdecode(word) for word in raw.split(b"\0")]


def session_members(session: int) -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            facts = stat(int(entry.name))
            if facts and facts.session == session and facts.state not in "ZX":
                yield int(entry.name)


def send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def sweep_session(session: int, *, seconds: float = 5) -> None:
    """Kills what a dead session leader left behind (pool children, ffmpeg groups they started) and sees it gone."""
    deadline = time.monotonic() + seconds
    while (members := list(session_members(session))) and time.monotonic() < deadline:
        for pid in members:
            send(pid, signal.SIGKILL)
        time.sleep(PAUSE)


class Process:
    """A running process: our child, which we must reap, or an adopted one, which somebody else reaps."""

    def __init__(self, identity: Identity, *, child: subprocess.Popen[bytes] | None = None) -> None:
        self.identity = identity
        self.child = child

    @classmethod
    def of_child(cls, child: subprocess.Popen[bytes]) -> Process:
        # An unreaped child keeps its pid, so its identity is always there to read.
        identity = identify(child.pid)
        assert identity is not None  # noqa: S101  (see above)
        _children[child.pid] = child
        return cls(identity, child=child)

    @classmethod
    def adopted(cls, pid: int) -> Process | None:
        identity = identify(pid)
        child = _children.get(pid)
        # A number that was buried may belong to somebody else by now.
        mine = child if child and child.returncode is None else None
        return cls(identity, child=mine) if identity and is_running(pid) else None

    @property
    def pid(self) -> int:
        return self.identity.pid

    @property
    def exit_code(self) -> int | None:
        return self.child.poll() if self.child else None

    def is_alive(self) -> bool:
        if self.child:
            return self.child.poll() is None
        return is_same(self.identity)

    def send(self, number: signal.Signals) -> None:
        if self.is_alive():
            send(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """True when it is gone within the time."""
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        return True

    def kill_session(self) -> None:
        """For session leaders only. The group and whatever else the session holds goes at once."""
        self.send(signal.SIGKILL)
        self.wait(5)
        sweep_session(self.pid)
