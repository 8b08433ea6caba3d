"""The real application under uvicorn in a process of its own: what memory, crashes and streaming can only be measured on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

from django.db import connection as database

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS_TO_START = 60


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> int:
        """Resident bytes now."""
        return status_bytes(self.process.pid, "VmRSS")

    def peak_memory(self) -> int:
        """Most resident bytes so far."""
        return status_bytes(self.process.pid, "VmHWM")

    def forget_peak(self) -> None:
        """Peak memory counts from here on."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def status_bytes(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no {name}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(
    *, app: str = "config.asgi:application", env: Mapping[str, str] | None = None, port: int | None = None
) -> Iterator[Server]:
    """Starts uvicorn with `env` on top of this process's environment, waits until it answers, and ends it."""
    port = port or free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "2"]
    # As manage.py up: uvicorn would believe X-Forwarded-For from the same machine.
    command += ["--no-proxy-headers", "--no-server-header"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={
            **os.environ,
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "RATE_LIMITS": "off",
            **(env or {}),
        },
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_alive(process, port)
        yield Server(port, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_alive(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"uvicorn ended with code {process.returncode}")
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("uvicorn did not answer in time")


def database_url() -> str:
    """The address of this process's database (in tests: the test database), for another process."""
    known = database.settings_dict
    user, password = quote(str(known["USER"]), safe=""), quote(str(known["PASSWORD"]), safe="")
    host, port = str(known["HOST"]), str(known["PORT"] or 5432)
    # A directory is a Unix socket and goes into the query.
    if host.startswith("/"):
        return f"postgresql://{user}:{password}@/{known['NAME']}?host={quote(host, safe='')}&port={port}"
    return f"postgresql://{user}:{password}@{host}:{port}/{known['NAME']}"
