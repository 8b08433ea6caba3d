"""A room without network or neighbours for ffmpeg, where bubblewrap works: it sees its libraries, its inputs and its one output."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")


@functools.cache
def bubblewrap() -> str | None:
    """The program, if it is installed and this kernel lets us use it (many containers forbid new namespaces). Asked once a process.

    MEDIA_SANDBOX=off turns it off. Without it the limits, the closed lists of formats and protocols and the clean environment still hold.
    """
    program = shutil.which("bwrap")
    if program is None or os.environ.get("MEDIA_SANDBOX", "").lower() == "off":
        return None
    try:
        tried = subprocess.run(
            [program, *_room(), "--", "/bin/true"],
            capture_output=True,
            timeout=10,
            check=False,
            env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if tried.returncode == 0 else None


def _room() -> list[str]:
    room = [
        "--unshare-all",
        "--die-with-parent",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",  # noqa: S108 -- the room's own, empty
    ]
    for path in _SYSTEM:
        room += ["--ro-bind-try", path, path]
    return room


def sandboxed(command: Sequence[str], *, readable: Sequence[Path], writable: Sequence[Path]) -> list[str]:
    """The command inside the room, or as it is where there is none. `writable` files must exist already."""
    program = bubblewrap()
    if program is None:
        return list(command)
    room = _room()
    for path in [Path(command[0]), *readable]:
        room += ["--ro-bind", str(path.resolve()), str(path.absolute())]
    for path in writable:
        room += ["--bind", str(path.resolve()), str(path.absolute())]
    return [program, *room, "--chdir", "/", "--", *command]
