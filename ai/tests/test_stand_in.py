"""The stand-in for providers runs as a program too, for the fault suite."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, path, body=None, **headers):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback only
        return json.load(answer)


def test_the_program_follows_its_script_and_tells_what_it_billed(port, tmp_path):
    (tmp_path / "faults.json").write_text(json.dumps([{"do": "error", "status": 503}]))
    command = [
        sys.executable,
        "-m",
        "core.testing.providers",
        "--port",
        str(port),
        "--script",
        str(tmp_path / "faults.json"),
    ]
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout.readline() == f"ready http://127.0.0.1:{port}\n"
            with pytest.raises(urllib.error.HTTPError) as caught:
                ask(port, "/v1/messages", body, **{"Idempotency-Key": "work"})
            caught.value.close()
            for _ in range(2):
                said = ask(port, "/v1/messages", body, **{"Idempotency-Key": "work"})

            assert said["content"][0]["text"] == "You said: Hello"
            assert ask(port, "/__billed")["billed"] == {"work": 1}
        finally:
            program.terminate()
    assert program.returncode == 0
