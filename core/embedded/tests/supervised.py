"""A supervisor of small programs, as a process of its own for the tests: supervised.py FOLDER [--services] KIND..."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from core import embedded
from core.embedded import studio, supervisor
from core.embedded.places import Home
from core.embedded.supervisor import Program, Supervisor, end_leftovers

# Each writes what happens to it into one file, a line each.
PRELUDE = """
import os, signal, subprocess, sys, time
def note(word):
    with open(sys.argv[1], "a") as file:
        file.write(f"{word}\\n")
note(f"{sys.argv[2]} started {os.getpid()}")
"""
POLITE = """
def stop(*_):
    time.sleep(0.2)
    note(f"{sys.argv[2]} stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("hello from", sys.argv[2], flush=True)
while True:
    time.sleep(0.05)
"""
# Deaf to its stop signal, with a grandchild in a process group of its own, as ffmpeg is.
STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]], process_group=0)
note(f"{sys.argv[2]}-child started {child.pid}")
while True:
    time.sleep(0.05)
"""
CRASHING = """
print("no luck today", flush=True)
sys.exit(3)
"""
KINDS = {"polite": POLITE, "stubborn": STUBBORN, "crashing": CRASHING}


def main() -> None:
    folder, *kinds = sys.argv[1:]
    supervisor.FIRST_PAUSE = 0.02
    home = Home.at(Path(folder))
    if "--services" in kinds:
        kinds.remove("--services")
        embedded.ensure(home=home.root)

    def program(order: int, kind: str) -> Program:
        name = f"{kind}-{order}"
        argv = [sys.executable, "-c", PRELUDE + KINDS[kind], str(home.root / "notes"), name]
        return Program(name=name, argv=argv, order=order, stop_signal=signal.SIGTERM, grace=1.0)

    def echo(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        with studio.only_one(home):
            for name in end_leftovers(home.run, grace=0.5):
                echo(f"ended {name}")
            Supervisor(
                [program(order, kind) for order, kind in enumerate(kinds)],
                run=home.run,
                logs=home.logs,
                echo=echo,
                services=embedded.held(),
                on_ready=lambda: echo("ready"),
            ).run()
    except embedded.EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
