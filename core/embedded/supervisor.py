"""Keeps the studio's programs running: starts them, echoes their logs, restarts what crashes, stops them in order."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path

from core.embedded.errors import EmbeddedError
from core.embedded.logs import LogTail
from core.embedded.processes import Identity, Process, boot_id, is_running, is_same, sweep_session
from core.embedded.services import Service, Services

TICK = 0.1
CRASHES = 5
CRASH_WINDOW = 60.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
READY_SECONDS = 120.0
PR_SET_PDEATHSIG = 1

# Loaded before any fork: the child calls it and nothing else.
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Program:
    """`order` is the place in the stop: lower goes first, equals go together. `stop_signal` reaches the main process only."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    order: int = 0
    ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0


class Crashes:
    """How often something died of late, and how long to wait before the next try."""

    def __init__(self) -> None:
        self.times: deque[float] = deque()

    def note(self) -> bool:
        """True when it has died too often."""
        now = time.monotonic()
        self.times.append(now)
        while now - self.times[0] > CRASH_WINDOW:
            self.times.popleft()
        return len(self.times) >= CRASHES

    def pause(self) -> float:
        return min(FIRST_PAUSE * 2.0 ** (len(self.times) - 1), LONGEST_PAUSE)


class Watched:
    """One program and its present process."""

    def __init__(self, program: Program, *, log: Path, pass_fds: tuple[int, ...]) -> None:
        self.program = program
        self.log = log
        self.pass_fds = pass_fds
        self.process: Process | None = None
        self.crashes = Crashes()
        self.start_at = 0.0

    def start(self) -> None:
        supervisor = os.getpid()

        def end_with_supervisor() -> None:
            # When the supervisor is killed, its programs get their ordinary stop signal. It may have died before this line.
            _libc.prctl(PR_SET_PDEATHSIG, int(self.program.stop_signal), 0, 0, 0)
            if os.getppid() != supervisor:
                os._exit(1)

        # Straight into the file, never through us: a program that stops after us still has somewhere to write.
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                list(self.program.argv),
                env={**os.environ, **self.program.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.pass_fds,
                preexec_fn=end_with_supervisor,  # noqa: PLW1509  (safe: the supervisor has one thread)
            )
        self.process = Process.of_child(child)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()


class Supervisor:
    def __init__(
        self,
        programs: Iterable[Program],
        *,
        run: Path,
        logs: Path,
        echo: Callable[[str], None],
        services: Services | None = None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        fds = services.inherited_use() if services else ()
        self.watched = [Watched(program, log=logs / f"{program.name}.log", pass_fds=fds) for program in programs]
        self.services = services
        self.needed: list[Service] = services.needed if services else []
        self.record = run / "programs.json"
        self.echo = echo
        self.on_ready = on_ready
        self.tails = [LogTail(watched.program.name, watched.log) for watched in self.watched]
        self.crashes = {service.name: Crashes() for service in self.needed}
        self.stop_requests = 0

    def run(self) -> None:
        """Until asked to stop. Raises EmbeddedError when a program cannot be kept running; all are stopped in either case."""
        handlers = {
            number: signal.signal(number, self._ask_to_stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            self._wait_until_ready()
            if not self.stop_requests:
                self.on_ready()
            while not self.stop_requests:
                self._tick()
                time.sleep(TICK)
        finally:
            self._stop_all()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        # A second request means: now.
        self.stop_requests += 1

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.stop_requests:
            self._tick()
            waiting = [w for w in self.watched if not (w.is_alive() and (w.program.ready is None or w.program.ready()))]
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{waiting[0].program.name} was not ready within {READY_SECONDS:.0f} seconds. See {waiting[0].log}"
                )
            time.sleep(TICK)

    def _tick(self) -> None:
        for service in self.needed:
            self._keep_service(service)
        for watched in self.watched:
            self._keep(watched)
        for tail in self.tails:
            for line in tail.lines():
                self.echo(line)

    def _keep(self, watched: Watched) -> None:
        now = time.monotonic()
        if watched.is_alive() or now < watched.start_at:
            return
        if watched.process is not None:
            code = watched.process.exit_code
            # What the dead main process started would work on without it.
            watched.process.kill_session()
            watched.process = None
            name = watched.program.name
            if watched.crashes.note():
                self._echo_rest()
                raise EmbeddedError(
                    f"{name} stopped {CRASHES} times within a minute (exit code {code}). See {watched.log}"
                )
            pause = watched.crashes.pause()
            self.echo(f"{name} stopped (exit code {code}); starting it again in {pause:.1f} s. Log: {watched.log}")
            watched.start_at = now + pause
            return
        watched.start()
        self._write_record()

    def _keep_service(self, service: Service) -> None:
        if self.services is None or service.find():
            return
        if self.crashes[service.name].note():
            raise EmbeddedError(f"{service.name} stopped {CRASHES} times within a minute. See {service.log}")
        self.echo(f"{service.name} stopped; starting it again. Log: {service.log}")
        before = service.url()
        self.services.restart(service)
        if service.url() != before:
            raise EmbeddedError(f"{service.name} had to move to another port. Start the studio again.")

    def _stop_all(self) -> None:
        for _, group in groupby(sorted(self.watched, key=lambda w: w.program.order), key=lambda w: w.program.order):
            members = [watched for watched in group if watched.process]
            for watched in members:
                if watched.process:
                    watched.process.send(watched.program.stop_signal)
            deadline = time.monotonic() + max((w.program.grace for w in members), default=0)
            while any(w.is_alive() for w in members) and time.monotonic() < deadline and self.stop_requests < 2:
                time.sleep(TICK / 2)
            for watched in members:
                if watched.process:
                    watched.process.kill_session()
        self._echo_rest()
        self.record.unlink(missing_ok=True)

    def _echo_rest(self) -> None:
        for tail in self.tails:
            for line in tail.lines():
                self.echo(line)

    def _write_record(self) -> None:
        running = {w.program.name: asdict(w.process.identity) for w in self.watched if w.process}
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps(running, indent=1))
        fresh.replace(self.record)


def end_leftovers(run: Path, *, grace: float = 10) -> list[str]:
    """Ends the programs of a supervisor that was killed, and names them. They have had their stop signal from the kernel already."""
    record = run / "programs.json"
    if not record.exists():
        return []
    recorded = {name: Identity(**values) for name, values in json.loads(record.read_text()).items()}
    left = {name: Process(identity) for name, identity in recorded.items() if is_same(identity)}
    for identity in recorded.values():
        # Its main process was killed too. The number of a session stays taken while the session has members.
        if identity.boot == boot_id() and not is_running(identity.pid):
            sweep_session(identity.pid)
    for process in left.values():
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + grace
    for process in left.values():
        process.wait(max(0.0, deadline - time.monotonic()))
        process.kill_session()
    record.unlink()
    return list(left)
