"""Run as a script between us and a program: sets limits on itself, then becomes the program.

A `preexec_fn` would do the same, but it runs our Python in a fork of a process with threads, which may deadlock.
Usage: python -I -S limited_exec.py PARENT_PID '{"RLIMIT_CPU": 60, …}' program argument…
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_NICENESS = 5


def limited(command: Sequence[str], bounds: Mapping[str, int]) -> list[str]:
    """The command as a child of this process that runs under these limits (names of the `resource` module)."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), json.dumps(bounds), *command]


def main(arguments: list[str]) -> None:
    parent, limits, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != int(parent):  # the parent died before the kernel was told to watch it
        sys.exit(1)
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    for name, wanted in json.loads(limits).items():
        which = getattr(resource, name)
        _, hard = resource.getrlimit(which)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (limit, limit))
    os.execve(command[0], command, dict(os.environ))  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
