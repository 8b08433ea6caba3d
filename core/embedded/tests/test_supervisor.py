"""The supervisor with small programs: order, restarts, giving up, and being killed itself."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from core.embedded import processes
from core.embedded.places import Home
from core.embedded.services import Services

SCRIPT = (Path(__file__).with_name("supervised.py")).read_text()
Supervise = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def supervise(script, empty_home: Home) -> Supervise:
    def run(*kinds: str) -> subprocess.Popen[str]:
        return script(SCRIPT, empty_home.root, *kinds)

    return run


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was never said: {lines}")


def notes(home: Home) -> list[str]:
    file = home.root / "notes"
    return file.read_text().splitlines() if file.exists() else []


def pid_of(home: Home, name: str) -> int:
    """The latest."""
    until(lambda: any(line.startswith(f"{name} started") for line in notes(home)))
    return [int(line.split()[-1]) for line in notes(home) if line.startswith(f"{name} started")][-1]


def until(fact: Callable[[], bool]) -> None:
    """Waits for something that must happen; only a failure takes the whole time."""
    deadline = time.monotonic() + 30
    while not fact():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_programs_stop_in_order_and_the_exit_is_clean(supervise: Supervise, empty_home: Home) -> None:
    supervisor = supervise("polite", "polite", "polite")
    read_until(supervisor, "ready")
    pid_of(empty_home, "polite-2")

    supervisor.send_signal(signal.SIGTERM)
    output, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 0, output
    stopped = [line for line in notes(empty_home) if "stopped" in line]
    assert stopped == ["polite-0 stopped", "polite-1 stopped", "polite-2 stopped"]
    assert not (empty_home.run / "programs.json").exists()


def test_logs_go_to_files_and_are_echoed_with_the_name(supervise: Supervise, empty_home: Home) -> None:
    supervisor = supervise("polite")

    read_until(supervisor, "polite-0       | hello from polite-0")

    assert (empty_home.logs / "polite-0.log").read_text() == "hello from polite-0\n"
    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=30)
    assert supervisor.returncode == 0


def test_a_killed_program_starts_again_and_its_children_are_gone(supervise: Supervise, empty_home: Home) -> None:
    supervisor = supervise("stubborn")
    read_until(supervisor, "ready")
    child = pid_of(empty_home, "stubborn-0-child")
    killed = pid_of(empty_home, "stubborn-0")

    os.kill(killed, signal.SIGKILL)

    read_until(supervisor, "stubborn-0 stopped (exit code -9); starting it again")
    until(lambda: pid_of(empty_home, "stubborn-0") != killed)
    assert not processes.is_running(child)
    supervisor.send_signal(signal.SIGTERM)
    supervisor.communicate(timeout=30)
    assert supervisor.returncode == 0


def test_a_program_that_is_deaf_to_its_signal_is_killed_with_its_children(
    supervise: Supervise, empty_home: Home
) -> None:
    supervisor = supervise("stubborn")
    read_until(supervisor, "ready")
    child = pid_of(empty_home, "stubborn-0-child")

    supervisor.send_signal(signal.SIGTERM)
    supervisor.communicate(timeout=30)

    assert supervisor.returncode == 0
    assert not processes.is_running(child)
    assert not processes.is_running(pid_of(empty_home, "stubborn-0"))


def test_it_gives_up_on_a_program_that_keeps_crashing_and_names_the_log(supervise: Supervise, empty_home: Home) -> None:
    supervisor = supervise("polite", "crashing")

    output, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 1
    log = empty_home.logs / "crashing-1.log"
    assert output.splitlines()[-1] == f"crashing-1 stopped 5 times within a minute (exit code 3). See {log}"
    assert log.read_text() == "no luck today\n" * 5
    assert "polite-0 stopped" in notes(empty_home)


def test_a_second_supervisor_is_refused(supervise: Supervise, empty_home: Home) -> None:
    first = supervise("polite")
    read_until(first, "ready")

    second = supervise("polite")
    output, _ = second.communicate(timeout=30)

    assert second.returncode == 1
    assert output.startswith(f"Reelwright already runs (process {first.pid})")
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=30)


def test_when_it_is_killed_its_programs_end_and_the_next_one_ends_what_is_left(
    supervise: Supervise, empty_home: Home
) -> None:
    supervisor = supervise("polite", "stubborn")
    read_until(supervisor, "ready")
    polite, stubborn = pid_of(empty_home, "polite-0"), pid_of(empty_home, "stubborn-1")
    child = pid_of(empty_home, "stubborn-1-child")

    supervisor.kill()
    supervisor.wait()

    until(lambda: not processes.is_running(polite))
    assert "polite-0 stopped" in notes(empty_home), "it should have had time for an orderly stop"
    assert processes.is_running(stubborn)
    following = supervise("polite")
    assert read_until(following, "ended")[-1] == "ended stubborn-1"
    assert not processes.is_running(stubborn)
    assert not processes.is_running(child)
    read_until(following, "ready")
    following.send_signal(signal.SIGTERM)
    following.communicate(timeout=30)


def test_children_of_a_program_that_was_killed_with_its_supervisor_are_ended(
    supervise: Supervise, empty_home: Home
) -> None:
    supervisor = supervise("stubborn")
    read_until(supervisor, "ready")
    child = pid_of(empty_home, "stubborn-0-child")
    supervisor.kill()
    supervisor.wait()
    os.kill(pid_of(empty_home, "stubborn-0"), signal.SIGKILL)
    until(lambda: not processes.is_running(pid_of(empty_home, "stubborn-0")))
    assert processes.is_running(child)

    following = supervise("polite")
    read_until(following, "ready")

    assert not processes.is_running(child)
    following.send_signal(signal.SIGTERM)
    following.communicate(timeout=30)


def test_services_are_restarted_where_they_were_and_survive_the_supervisor(supervise: Supervise, home: Home) -> None:
    supervisor = supervise("--services", "polite")
    read_until(supervisor, "ready")
    for service in Services(home).all:
        before = service.find()
        assert before
        os.kill(before.pid, signal.SIGKILL)
        read_until(supervisor, f"{service.name} stopped; starting it again")
        until(
            lambda service=service, before=before: (
                (now := service.find()) is not None and now.identity != before.identity
            )
        )
    until(lambda: answers(home))
    running = [service.find().pid for service in Services(home).all]

    supervisor.kill()
    supervisor.wait()

    until(lambda: notes(home)[-1] == "polite-0 stopped")
    following = supervise("--services", "polite")
    read_until(following, "ready")
    assert [service.find().pid for service in Services(home).all] == running
    following.send_signal(signal.SIGTERM)
    following.communicate(timeout=30)
    assert following.returncode == 0
    assert [service.find() for service in Services(home).all] == [None, None]


def answers(home: Home) -> bool:
    try:
        psycopg.connect(Services(home).all[0].url()).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_log_keeps_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.embedded import logs

    monkeypatch.setattr(logs, "LARGEST_BYTES", 100)
    path = tmp_path / "web.log"
    tail = logs.LogTail("web", path)
    with path.open("a") as program:
        program.write("x" * 150 + "\nhalf")
        program.flush()
        assert list(tail.lines()) == [f"{'web':<14} | {'x' * 150}"]
        program.write(" a line\n")
        program.flush()
    assert list(tail.lines()) == [f"{'web':<14} | half a line"]
    assert path.stat().st_size < 100
    assert "x" * 150 in path.with_suffix(".log.1").read_text()
