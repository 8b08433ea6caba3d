"""Embedded Valkey: broker, cache and channel layer, started or adopted, with everything written to disk every second."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.embedded import binaries, locks, ports, processes
from core.embedded.errors import EmbeddedError
from core.embedded.places import Home
from core.embedded.processes import Process
from core.embedded.secret_files import stored_secret, write_private

PREFERRED_PORT = 16379
START_SECONDS = 15
# Reading a large append-only file back takes a while.
LOADING_SECONDS = 120
# A broker must never evict: a full memory is an error that somebody sees.
CONFIGURATION = """\
bind 127.0.0.1
protected-mode yes
port {port}
requirepass {password}
dir {folder}
pidfile {pid_file}
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
tcp-backlog 128
"""


class Valkey:
    name = "valkey"
    variable = "REDIS_URL"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.log = home.logs / "valkey.log"
        # The server inherits this lock and holds it as long as it lives, so two can never write the same files.
        self.lock = home.run / "valkey.lock"
        self.pid_file = home.run / "valkey.pid"
        self._process: Process | None = None

    @property
    def password(self) -> str:
        return stored_secret(self.home.secrets / "valkey_password")

    def url(self) -> str:
        """Where the server is, or would be if it were started now."""
        return f"redis://:{self.password}@127.0.0.1:{self._port()}/0"

    def find(self) -> Process | None:
        """The server that runs on this state directory, whoever started it."""
        if self._process and self._process.is_alive():
            return self._process
        if not locks.is_held(self.lock):
            return None
        try:
            pid = int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        self._process = Process.adopted(pid)
        return self._process

    def start(self) -> None:
        """Adopts the running server or starts one. Call under the start lock."""
        program = binaries.valkey_server()
        deadline = time.monotonic() + START_SECONDS
        while not self._adopt():
            if locks.is_held(self.lock):
                trouble = f"something still holds {self.lock}"
            elif self._spawn(program):
                return
            else:
                trouble = self._last_words()
            if time.monotonic() > deadline or not ("in use" in trouble or "holds" in trouble):
                raise EmbeddedError(f"Valkey did not start: {trouble}. See {self.log}")
            time.sleep(0.2)

    def stop(self, *, grace: float = 10) -> None:
        """Writes the append-only file to the end and goes."""
        process = self.find()
        if process is None:
            return
        process.send(signal.SIGTERM)
        if not process.wait(grace):
            process.kill_session()
        self._process = None

    def _spawn(self, program: Path) -> bool:
        """False when it ended again; the log says why."""
        port = ports.choose(self.home.run, self.name, PREFERRED_PORT)
        self.pid_file.unlink(missing_ok=True)
        # In a file: arguments can be read by everyone on the machine.
        configuration = self.home.run / "valkey.conf"
        values = {"folder": quoted(self.home.valkey), "pid_file": quoted(self.pid_file)}
        write_private(configuration, CONFIGURATION.format(port=port, password=self.password, **values))
        held = locks.open_lock(self.lock)
        try:
            if not locks.take(held):
                return False
            with self.log.open("ab") as log:
                self._log_start = log.tell()
                child = subprocess.Popen(
                    [str(program), str(configuration)],
                    cwd="/",
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(held,),
                )
        finally:
            os.close(held)
        process = Process.of_child(child)
        if not self._accepts(process):
            return False
        self._process = process
        return True

    def _adopt(self) -> bool:
        process = self.find()
        return process is not None and self._accepts(process)

    def _accepts(self, process: Process) -> bool:
        """Waits for an answer to our password; False when the process ends before."""
        deadline = time.monotonic() + LOADING_SECONDS
        while process.is_alive():
            try:
                # The client's own retries wait for seconds; a server that is starting needs a tenth of one.
                with redis.Redis(
                    host="127.0.0.1",
                    port=self._port(),
                    password=self.password,
                    socket_timeout=5,
                    retry=Retry(NoBackoff(), 0),
                ) as client:
                    client.ping()
            except redis.AuthenticationError as error:
                raise EmbeddedError(
                    f"The server on port {self._port()} (process {process.pid}) does not accept the password in "
                    f"{self.home.secrets / 'valkey_password'}. Put the right one back, or stop that server."
                ) from error
            except redis.RedisError as error:
                if time.monotonic() > deadline:
                    raise EmbeddedError(
                        f"Valkey does not answer on port {self._port()}: {error}. See {self.log}"
                    ) from error
                time.sleep(processes.PAUSE)
            else:
                return True
        return False

    def _port(self) -> int:
        return ports.remembered(self.home.run, self.name) or PREFERRED_PORT

    def _last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return next(
            (line for line in reversed(lines) if "bind" in line or "in use" in line),
            lines[-1] if lines else "it said nothing",
        )


def quoted(path: Path) -> str:
    """Valkey's configuration reads strings in double quotes with backslash escapes, as JSON does."""
    return json.dumps(str(path), ensure_ascii=False)
