"""The whole studio through its own commands."""

from __future__ import annotations

import json
import socket

from core.embedded import health, processes
from core.embedded.places import Home

from .conftest import manage, processes_of


def test_the_studio_comes_up_once_says_where_and_goes_down(home: Home) -> None:
    up = manage(home, "up", "--detach", seconds=200)
    assert up.returncode == 0, up.stdout + up.stderr
    [said] = up.stdout.splitlines()
    url = said.removeprefix("Reelwright is ready at ")
    assert health.is_well(f"{url}/healthz", host="127.0.0.1")
    programs = json.loads((home.run / "programs.json").read_text())
    assert sorted(programs) == ["beat", "web", "worker-ai", "worker-default", "worker-media"]

    again = manage(home, "up")
    assert again.returncode == 1
    assert f"Reelwright already runs at {url}" in again.stderr
    assert manage(home, "up", "--detach").stdout == up.stdout

    assert manage(home, "down", seconds=120).stdout.startswith("The studio has stopped.")
    assert [name for name, identity in programs.items() if processes.is_same(processes.Identity(**identity))] == []
    assert processes_of(home.root) == []


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        up = manage(home, "up", PORT=str(port))

    assert up.returncode == 1
    assert f"Port {port} is in use. Set PORT to another number" in up.stderr
    assert processes_of(home.root) == []
