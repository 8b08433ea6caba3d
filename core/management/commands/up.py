"""Runs the whole studio: services, migrations, web, workers, beat. docs/operations.md"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import embedded
from core.embedded import health, ports, studio
from core.embedded.errors import EmbeddedError
from core.embedded.logs import last_lines
from core.embedded.places import Home
from core.embedded.supervisor import Program, Supervisor, end_leftovers

PREFERRED_PORT = 8000
DETACHED_SECONDS = 300
# One process per queue, so that a long render never holds up a small step. Processes in each:
QUEUES = {"default": 2, "ai": 1, "media": 1}
# Access logs would keep the signatures of links; the studio logs its requests itself. What proxies say about the caller is
# judged by the studio too (TRUSTED_PROXIES): uvicorn would believe anybody on the same machine.
UVICORN_OPTIONS = (
    "--lifespan",
    "off",
    "--no-server-header",
    "--no-proxy-headers",
    "--no-access-log",
    "--timeout-graceful-shutdown",
    "5",
)
CELERY_OPTIONS = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
STOP_WEB, STOP_BEAT, STOP_WORKERS = range(3)


class Command(BaseCommand):
    help = "Starts the studio and keeps it running until it is stopped (Ctrl-C, or manage.py down)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--detach", action="store_true", help="return when the studio is ready and leave it running"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        home = Home.at(settings.HOME)
        # Until the supervisor listens itself: leave in good order, by way of the exit handlers that stop the services.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(0))
        try:
            if options["detach"]:
                self._detach(home)
            else:
                with studio.only_one(home):
                    self._run(home)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error

    def _run(self, home: Home) -> None:
        for name in end_leftovers(home.run):
            self._echo(f"Ended {name}, left over from a studio that was killed.")
        host = os.environ.get("HOST", "").strip() or "127.0.0.1"
        port = choose_port(home, host)
        url = f"http://{shown(host)}:{port}"
        # Links that the studio writes name this port, unless PUBLIC_URL says otherwise.
        os.environ["PORT"] = str(port)
        self._echo("Bringing the database up to date …")
        manage(home, "migrate", "--no-input")
        if settings.PRODUCTION:
            # After the migrations: one of the checks asks who can sign in.
            manage(home, "check", "--deploy", "--database", "default", "--fail-level", "WARNING")
            self._echo("Collecting the static files …")
            manage(home, "collectstatic", "--no-input")

        def ready() -> None:
            studio.announce(home, url=url, ready=True)
            self._echo(f"Reelwright is ready at {url}")

        # Without it every web process would warn; finders serve the files until production collects them.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        self._echo("Starting web, workers and beat …")
        Supervisor(
            programs(home, host=host, port=port),
            run=home.run,
            logs=home.logs,
            echo=self._echo,
            services=embedded.held(),
            on_ready=ready,
        ).run()
        studio.announce(home, url=url, ready=False)
        services = embedded.held()
        if services and not services.close():
            self._echo("Postgres and Valkey stay up: another command uses them.")
        self._echo("Reelwright has stopped.")

    def _detach(self, home: Home) -> None:
        log = home.logs / "supervisor.log"
        child: subprocess.Popen[bytes] | None = None
        if studio.running(home) is None:
            with log.open("wb") as output:
                child = subprocess.Popen(
                    [sys.executable, str(settings.ROOT / "manage.py"), "up"],
                    env=embedded.environment_without_embedded(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        deadline = time.monotonic() + DETACHED_SECONDS
        while time.monotonic() < deadline:
            running = studio.running(home)
            if running and running.ready:
                self._echo(f"Reelwright is ready at {running.url}")
                return
            if child and child.poll() is not None:
                said = "\n".join(last_lines(log))
                raise EmbeddedError(
                    f"The studio did not start (exit code {child.returncode}). {log} ends with:\n{said}"
                )
            time.sleep(0.1)
        raise EmbeddedError(f"The studio was not ready within {DETACHED_SECONDS} seconds. See {log}")

    def _echo(self, line: str) -> None:
        # The terminal may be gone; the studio is not.
        with suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()


def choose_port(home: Home, host: str) -> int:
    """PORT when it is set, and an error when that is taken; otherwise the last one, 8000, or the next free one."""
    wanted = os.environ.get("PORT", "").strip()
    if not wanted:
        return ports.choose(home.run, "web", PREFERRED_PORT, host=host)
    if not ports.is_free(settings.PORT, host):
        raise EmbeddedError(
            f"Port {wanted} is in use. Set PORT to another number, or unset it to take the next free one."
        )
    return int(settings.PORT)


def shown(host: str) -> str:
    """The host for a link: a server that listens everywhere is reached here too."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  (compared, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def programs(home: Home, *, host: str, port: int) -> list[Program]:
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "config.celery:app"]
    name = health.allowed_host(settings.ALLOWED_HOSTS)
    address = f"http://{shown(host)}:{port}/healthz"
    web = Program(
        name="web",
        argv=[
            python,
            "-m",
            "uvicorn",
            "config.asgi:application",
            "--host",
            host,
            "--port",
            str(port),
            *UVICORN_OPTIONS,
        ],
        env={"DB_POOL": "1"},
        order=STOP_WEB,
        ready=lambda: health.is_well(address, host=name),
    )
    beat = Program(
        name="beat",
        argv=[*celery, "beat", "--schedule", str(home.run / "beat-schedule"), "--pidfile", "", "--loglevel", "INFO"],
        env={"DB_POOL": "0"},
        order=STOP_BEAT,
    )
    workers = [
        Program(
            name=f"worker-{queue}",
            argv=[
                *celery,
                "worker",
                "--queues",
                queue,
                "--concurrency",
                str(count),
                "--hostname",
                f"{queue}-{os.getpid()}@%h",
                *CELERY_OPTIONS,
            ],
            # Prefork: a pool's threads do not survive the fork, and one connection per process is enough.
            env={"DB_POOL": "0"},
            order=STOP_WORKERS,
            # Steps hand themselves back when the worker is told to end; one in native code needs a moment.
            grace=20,
        )
        for queue, count in QUEUES.items()
    ]
    return [web, beat, *workers]


def manage(home: Home, *arguments: str) -> None:
    """Another command of ours, with its own log."""
    log = home.logs / f"{arguments[0]}.log"
    with log.open("wb") as output:
        code = subprocess.run(
            [sys.executable, str(Path(settings.ROOT) / "manage.py"), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ).returncode
    if code != 0:
        said = "\n".join(last_lines(log))
        raise EmbeddedError(f"manage.py {arguments[0]} failed (exit code {code}). {log} ends with:\n{said}")
