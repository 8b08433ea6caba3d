"""Real processes for the rows: workers and beat, each in a session of its own, all ended whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import redis
from django.conf import settings

from core.embedded import processes
from core.models import AuditEvent
from core.runs import services
from core.runs.models import OutboxMessage, Run, Step
from faults import pipelines

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
T = TypeVar("T")


class FaultError(Exception):
    """Something that a row waited for did not happen."""


def wait_for(what: str, ask: Callable[[], T], *, seconds: float) -> T:
    """The first answer that counts as true."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise FaultError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
    return answer


class Program:
    """A child in its own session, so that it and all its pool can be killed or stopped at once."""

    def __init__(self, name: str, argv: list[str], *, log: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._from = output.tell()
            self.process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self, words: str) -> bool:
        if self.process.poll() is not None:
            raise FaultError(f"{self.name} ended with code {self.process.returncode}; see {self.log}")
        with self.log.open("rb") as log:
            log.seek(self._from)
            return words.encode() in log.read()

    def send(self, number: signal.Signals) -> None:
        """To the whole group: the worker and its pool."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        processes.sweep_session(self.process.pid)
        self.process.wait()

    def end(self, *, seconds: float) -> float:
        """As a deploy does: the signal to the main process only. How long it took; raises when it did not end."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)
        return time.monotonic() - began


class Rig:
    """`env` is what every process gets: the addresses of the services and REELWRIGHT_HOME are among it."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.home = Path(settings.HOME)
        self.env = {
            **os.environ,
            **env,
            "DJANGO_SETTINGS_MODULE": "faults.settings",
            "DB_POOL": "0",
            "LOG_LEVEL": "WARNING",
        }
        self.programs: list[Program] = []
        self.logs = self.home / "logs"
        self.logs.mkdir(exist_ok=True, parents=True)
        self._blobs_before = self._blobs()

    def __enter__(self) -> Rig:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    # Processes

    def worker(self, *queues: str, concurrency: int = 1, **env: str) -> Program:
        """Answers when it takes messages."""
        program = self.starting_worker(*queues, concurrency=concurrency, **env)
        wait_for(f"{program.name} ready", lambda: program.said(" ready."), seconds=START_SECONDS)
        return program

    def starting_worker(self, *queues: str, concurrency: int = 1, **env: str) -> Program:
        name = f"{'-'.join(queues)}-{uuid.uuid4().hex[:6]}"
        options = ["--queues", ",".join(queues), "--concurrency", str(concurrency), "--hostname", f"{name}@%h"]
        # As manage.py up starts them.
        return self._program(
            name, "worker", *options, "--without-gossip", "--without-mingle", "--loglevel", "INFO", env=env
        )

    def beat(self) -> Program:
        schedule = self.home / f"beat-{uuid.uuid4().hex[:6]}"
        return self._program("beat", "beat", "--schedule", str(schedule), "--pidfile", "", "--loglevel", "INFO", env={})

    def _program(self, name: str, *arguments: str, env: Mapping[str, str]) -> Program:
        argv = [sys.executable, "-m", "celery", "-A", "config.celery:app", *arguments]
        program = Program(name, argv, log=self.logs / f"{name}.log", env={**self.env, **env})
        self.programs.append(program)
        return program

    def clear(self) -> None:
        """Ends every process of this rig."""
        while self.programs:
            self.programs.pop().kill()

    def reset(self) -> None:
        """No process, no run, no message, no note is left of the row before."""
        self.clear()
        Run.objects.all().delete()
        OutboxMessage.objects.all().delete()
        pipelines.executions_log().unlink(missing_ok=True)
        with self.broker() as client:
            client.flushdb()
        self._blobs_before = self._blobs()

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(settings.CELERY_BROKER_URL)

    def encoders(self) -> list[int]:
        """Processes that work on files of this rig and are not its workers: ffmpeg, and what it is wrapped in."""
        scratch = str(self.home / "scratch")
        mine = {member for program in self.programs for member in processes.session_members(program.process.pid)}
        found = [int(entry.name) for entry in processes.PROC.iterdir() if entry.name.isdigit()]
        return [
            pid
            for pid in found
            if pid not in mine
            and any(scratch in word for word in processes.arguments(pid))
            and processes.is_running(pid)
        ]

    def film(self, seconds: int) -> Path:
        """A clip to encode."""
        import imageio_ffmpeg  # noqa: PLC0415  (only where a film is made)

        path = self.home / f"film-{seconds}.mp4"
        if not path.exists():
            source = f"testsrc2=size=320x180:rate=25:duration={seconds}"
            command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source]
            subprocess.run([*command, "-c:v", "libx264", "-preset", "ultrafast", str(path)], check=True)
        return path

    def new_blobs(self) -> int:
        """Files in the store that were not there before this row."""
        return self._blobs() - self._blobs_before

    def _blobs(self) -> int:
        return sum(1 for path in Path(settings.STORAGE_ROOT).rglob("*") if path.is_file())

    # Runs

    def start(self, kind: str, **params: Any) -> Run:
        return services.start(kind, subject_id=uuid.uuid4(), params=params)

    def start_film(self, seconds: int = 8) -> Run:
        return self.start(pipelines.FILM, source=str(self.film(seconds)), seconds=seconds)

    def step(self, run: Run, name: str) -> Step:
        return Step.objects.get(run=run, name=name)

    def wait_for_step(self, run: Run, name: str, *, status: str = "running", attempt: int = 1, seconds: float) -> Step:
        """Until the step has that status in that attempt or a later one."""

        def ask() -> Step | None:
            return Step.objects.filter(run=run, name=name, status=status, attempt__gte=attempt).first()

        return wait_for(f"{name} {status}, attempt {attempt}", ask, seconds=seconds)  # type: ignore[return-value]

    def wait_taken_over(self, run: Run, name: str, *, attempt: int = 2, seconds: float = 90) -> None:
        """Until another attempt has been begun, however quickly that ended."""
        taken = Step.objects.filter(run=run, name=name, attempt__gte=attempt)
        wait_for(f"{name} taken over", taken.exists, seconds=seconds)

    def wait_for_run(self, run: Run, *, status: str = "completed", seconds: float) -> None:
        def ask() -> bool:
            run.refresh_from_db()
            if run.status == status:
                return True
            if run.status not in Run.ACTIVE:
                raise FaultError(f"the run is {run.status} ({run.failed_step} {run.error}), not {status}")
            return False

        wait_for(f"run {status}", ask, seconds=seconds)

    def pid_of(self, step: Step) -> int:
        return int(step.worker.rpartition(":")[2])

    # What happened

    def effects(self, run: Run) -> Counter[str]:
        """Published results by step."""
        events = AuditEvent.objects.filter(action=pipelines.EFFECT, subject_id=str(run.pk))
        return Counter(events.values_list("details__step", flat=True))

    def executions(self, run: Run) -> Counter[str]:
        """Attempts that began their work, by step."""
        log = pipelines.executions_log()
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return Counter(step for run_id, step, _ in lines if run_id == str(run.pk))

    def lost(self, *runs: Run) -> int:
        """Steps of accepted runs that never took effect."""
        return sum(1 for run in runs for step in run.steps.all() if self.effects(run)[step.name] == 0)

    def duplicates(self, *runs: Run) -> int:
        return sum(times - 1 for run in runs for times in self.effects(run).values() if times > 1)
