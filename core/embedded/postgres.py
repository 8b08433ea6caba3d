"""Embedded Postgres: made, started or adopted, and stopped, with nothing but its own programs."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from core.embedded import binaries, ports, processes
from core.embedded.account import Account, account_for
from core.embedded.errors import EmbeddedError
from core.embedded.places import Home, runnable_tree
from core.embedded.processes import Process
from core.embedded.secret_files import stored_secret, write_private

PREFERRED_PORT = 15432
USER = DATABASE = "reelwright"
# A killed server may need this long until its parent has buried it and its shared memory is free.
LOCK_SECONDS = 15
# Crash recovery replays the log before the first connection is let in.
RECOVERY_SECONDS = 120
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
# What a start says when it may well succeed a moment later, or on another port.
PASSING_TROUBLE = re.compile(rb"lock file .* already exists|is another postmaster|still in use|Address already in use")


@dataclass(frozen=True)
class LockFile:
    """The lines of postmaster.pid that matter here."""

    pid: int
    port: int
    shared_memory: int | None


class Postgres:
    name = "postgres"
    variable = "DATABASE_URL"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.log = home.logs / "postgres.log"
        self._process: Process | None = None

    @property
    def password(self) -> str:
        return stored_secret(self.home.secrets / "postgres_password")

    def url(self) -> str:
        """Where the server is, or would be if it were started now."""
        port = ports.remembered(self.home.run, self.name) or PREFERRED_PORT
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{port}/{DATABASE}"

    def find(self) -> Process | None:
        """The server that runs on this state directory, whoever started it."""
        if self._process and self._process.is_alive():
            return self._process
        data = self.home.postgres_data()
        lock = read_lock_file(data)
        if lock is None or not is_postmaster(lock.pid, data):
            return None
        self._process = Process.adopted(lock.pid)
        return self._process

    def start(self) -> None:
        """Adopts the running server or starts one. Call under the start lock."""
        data = self.home.postgres_data()
        account = account_for(data)
        tree = runnable_tree(binaries.postgres_tree(), program="bin/postgres", account=account, home=self.home)
        self._make(tree, account)
        data = self.home.postgres_data()
        self._refuse_other_version(tree, data)
        if not account.can_enter(data):
            raise EmbeddedError(
                f"The database in {data} belongs to {account.name}, who can no longer enter that folder. "
                "Open its parent folders again (chmod o+x), or set DATABASE_URL."
            )
        deadline = time.monotonic() + LOCK_SECONDS
        while not self._adopt(data):
            clear_stale_lock_file(data, deadline=deadline)
            if self._spawn(tree, data, account):
                break
            trouble = self._last_words()
            if time.monotonic() > deadline or not PASSING_TROUBLE.search(trouble):
                said = trouble.decode(errors="replace").strip().splitlines()
                raise EmbeddedError(
                    f"Postgres did not start: {said[-1] if said else 'it said nothing'}. See {self.log}"
                )
            time.sleep(0.3)
        self._make_database()

    def stop(self, *, grace: float = 10) -> None:
        """Fast shutdown: sessions are ended, everything is written. Then immediate, which costs a recovery at the next start."""
        process = self.find()
        if process is None:
            return
        process.send(signal.SIGINT)
        if not process.wait(grace):
            process.send(signal.SIGQUIT)
            if not process.wait(5):
                process.kill_session()
        self._process = None

    def _make(self, tree: Path, account: Account) -> None:
        if self.home.postgres_data().exists():
            return
        data = self.home.place_postgres_data(account)
        # Under another name until it is whole: a start that was cut off here begins again.
        fresh = data.with_name("data.new")
        if fresh.exists():
            subprocess.run(["rm", "-rf", str(fresh)], check=True)
        fresh.mkdir(mode=0o700)
        account.give(fresh)
        password_file = data.with_name(".password")
        write_private(password_file, self.password)
        # Read by initdb after it has become the account.
        account.give(password_file)
        command = [str(tree / "bin/initdb"), "-D", str(fresh), f"--username={USER}", f"--pwfile={password_file}"]
        command += [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
        try:
            made = subprocess.run(
                command, check=False, capture_output=True, cwd="/", env=CLEAN_ENVIRONMENT, **account.spawn_options()
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise EmbeddedError(
                f"The database could not be made in {data.parent}: {made.stderr.decode(errors='replace').strip()}"
            )
        fresh.rename(data)

    def _refuse_other_version(self, tree: Path, data: Path) -> None:
        """initdb writes the major version beside the data; another major cannot read them."""
        have = (data / "PG_VERSION").read_text().strip()
        answer = subprocess.run(
            [tree / "bin/postgres", "--version"], check=True, capture_output=True, text=True, cwd="/"
        )
        brings = answer.stdout.split()[-1].partition(".")[0]
        if have != brings:
            raise EmbeddedError(
                f"The database in {data} was made by Postgres {have}; this version of Reelwright brings Postgres {brings}. "
                f"Take a dump with the version of Reelwright that made it, move {data} away, start again and load the dump."
            )

    def _spawn(self, tree: Path, data: Path, account: Account) -> bool:
        """False when it ended again; the log says why."""
        port = ports.choose(self.home.run, self.name, PREFERRED_PORT)
        command = [str(tree / "bin/postgres"), "-D", str(data), "-p", str(port)]
        for setting in ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"):
            command += ["-c", setting]
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            child = subprocess.Popen(
                command,
                cwd="/",
                env=CLEAN_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **account.spawn_options(),
            )
        process = Process.of_child(child)
        if not self._accepts(process, port):
            return False
        self._process = process
        return True

    def _adopt(self, data: Path) -> bool:
        process = self.find()
        lock = read_lock_file(data)
        if process is None or lock is None:
            return False
        if not self._accepts(process, lock.port):
            return False
        ports.remember(self.home.run, self.name, lock.port)
        return True

    def _accepts(self, process: Process, port: int) -> bool:
        """Waits for a real connection with our password; False when the process ends before."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while process.is_alive():
            try:
                self._connect(port, "postgres").close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise EmbeddedError(
                        f"The Postgres that runs on {self.home.postgres_data()} (process {process.pid}) does not accept the password "
                        f"in {self.home.secrets / 'postgres_password'}. Put the right one back, or stop that server."
                    ) from error
                if time.monotonic() > deadline:
                    raise EmbeddedError(
                        f"Postgres (process {process.pid}) does not answer on port {port}: {error}. See {self.log}"
                    ) from error
                time.sleep(processes.PAUSE)
            else:
                return True
        return False

    def _connect(self, port: int, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=port,
            user=USER,
            password=self.password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _make_database(self) -> None:
        port = ports.remembered(self.home.run, self.name) or PREFERRED_PORT
        with self._connect(port, "postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _last_words(self) -> bytes:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()


def read_lock_file(data: Path) -> LockFile | None:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 4:  # being written at this moment
        return None
    memory = lines[6].split() if len(lines) > 6 else []
    return LockFile(int(lines[0]), int(lines[3]), int(memory[1]) if len(memory) > 1 else None)


def is_postmaster(pid: int, data: Path) -> bool:
    """By its arguments, which everyone may read; its working directory is hidden from root in most containers."""
    return processes.is_running(pid) and str(data) in processes.arguments(pid)


def clear_stale_lock_file(data: Path, *, deadline: float) -> None:
    """Removes a lock file whose pid is now a zombie or somebody else's, once no orphan of the old server is left.

    Postgres judges by the pid alone and would refuse for ever where nobody buries zombies, or after a restart of the machine.
    """
    lock = read_lock_file(data)
    if lock is None or processes.stat(lock.pid) is None or is_postmaster(lock.pid, data):
        return
    while lock.shared_memory is not None and attached(lock.shared_memory) and time.monotonic() < deadline:
        time.sleep(processes.PAUSE)
    if lock.shared_memory is None or not attached(lock.shared_memory):
        (data / "postmaster.pid").unlink(missing_ok=True)


def attached(shared_memory: int) -> int:
    """How many processes use this System V segment: the same question Postgres asks about its predecessor."""
    try:
        lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    except FileNotFoundError:
        return 0
    for line in lines:
        fields = line.split()
        if int(fields[1]) == shared_memory:
            return int(fields[6])
    return 0
