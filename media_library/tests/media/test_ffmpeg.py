from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from media_library.media import ffmpeg, sandbox
from media_library.media.errors import DiskFullError, HaltedError, NotMediaError, RenderError, TooLargeError
from media_library.media.limits import ProcessLimits
from media_library.tests.media.conftest import running_with

# Tens of seconds of work, but the first word of progress comes at once.
SLOW = ["-c:v", "libx264", "-preset", "medium", "-vf", "scale=1920:1080", "-an"]


def gone(word: str, within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while running_with(word):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_progress_is_told_and_the_output_gets_its_name_at_the_end(sample, tmp_path):
    told: list[tuple[float, str]] = []

    ffmpeg.run(
        inputs=[ffmpeg.Input(path=sample)],
        options=["-c", "copy"],
        output=tmp_path / "copy.mp4",
        muxer="mp4",
        expected_seconds=48,
        what="Copying",
        progress=lambda fraction, message: told.append((fraction, message)),
    )

    assert told[-1] == (pytest.approx(1.0, abs=0.01), "Copying")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.mp4"]


def test_halt_kills_the_whole_group_and_leaves_nothing(sample, tmp_path):
    halt = threading.Event()
    seen: list[int] = []

    def stop_soon(*_: object) -> None:
        seen.extend(running_with(str(tmp_path)))
        halt.set()

    with pytest.raises(HaltedError):
        ffmpeg.run(
            inputs=[ffmpeg.Input(path=sample)],
            options=SLOW,
            output=tmp_path / "slow.mp4",
            muxer="mp4",
            expected_seconds=48,
            progress=stop_soon,
            halt=halt,
        )

    assert seen
    assert gone(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_nothing_starts_when_it_is_halted_before(sample, tmp_path):
    halt = threading.Event()
    halt.set()
    with pytest.raises(HaltedError):
        ffmpeg.run(inputs=[ffmpeg.Input(path=sample)], options=SLOW, output=tmp_path / "a.mp4", muxer="mp4", halt=halt)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_callers_progress_stops_the_work(sample, tmp_path):
    def fail(*_: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        ffmpeg.run(
            inputs=[ffmpeg.Input(path=sample)],
            options=SLOW,
            output=tmp_path / "a.mp4",
            muxer="mp4",
            expected_seconds=48,
            progress=fail,
        )
    assert gone(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", ["", "off"])
def test_ffmpeg_dies_with_a_worker_that_is_killed(sample, tmp_path, room):
    program = f"""
        from pathlib import Path
        from media_library.media import ffmpeg
        ffmpeg.run(inputs=[ffmpeg.Input(path=Path({str(sample)!r}))], options={SLOW!r}, output=Path({str(tmp_path / "slow.mp4")!r}),
                   muxer="mp4", expected_seconds=48, progress=lambda *_: print("working", flush=True))
    """
    environment = {**os.environ, "MEDIA_SANDBOX": room}
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env=environment,
    )
    with worker:
        assert worker.stdout.readline() == b"working\n"
        assert running_with(str(tmp_path))
        worker.send_signal(signal.SIGKILL)

    assert gone(str(tmp_path))


def test_work_that_takes_too_long_is_stopped(sample, tmp_path):
    with pytest.raises(RenderError, match="longer than it may"):
        ffmpeg.run(
            inputs=[ffmpeg.Input(path=sample)],
            options=SLOW,
            output=tmp_path / "a.mp4",
            muxer="mp4",
            limits=ProcessLimits(wall=0.5),
        )
    assert list(tmp_path.iterdir()) == []


def test_work_that_computes_too_much_is_stopped(sample, tmp_path):
    with pytest.raises(RenderError, match="more computing"):
        ffmpeg.run(
            inputs=[ffmpeg.Input(path=sample)],
            options=SLOW,
            output=tmp_path / "a.mp4",
            muxer="mp4",
            limits=ProcessLimits(cpu=1),
        )
    assert list(tmp_path.iterdir()) == []


def test_an_output_beyond_its_cap_is_not_kept(sample, tmp_path):
    with pytest.raises(TooLargeError):
        ffmpeg.run(
            inputs=[ffmpeg.Input(path=sample)],
            options=["-c", "copy"],
            output=tmp_path / "a.mkv",
            muxer="matroska",
            limits=ProcessLimits(output=100_000),
        )
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_as_such(sample, tmp_path, without_sandbox):
    (tmp_path / "a.part.mkv").symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match="space"):
        ffmpeg.run(
            inputs=[ffmpeg.Input(path=sample)], options=["-c", "copy"], output=tmp_path / "a.mkv", muxer="matroska"
        )
    assert list(tmp_path.iterdir()) == []


def test_what_ffmpeg_said_is_for_the_operator_only(sample, tmp_path):
    with pytest.raises(RenderError) as failure:
        ffmpeg.run(
            inputs=[ffmpeg.Input(path=sample)],
            options=["-c:v", "no-such-encoder"],
            output=tmp_path / "a.mp4",
            muxer="mp4",
        )
    assert "no-such-encoder" in failure.value.log
    assert "no-such-encoder" not in failure.value.message


def test_a_script_never_becomes_an_input(sample, tmp_path):
    (tmp_path / "canary.mp4").symlink_to(sample)
    script = tmp_path / "evil.mp4"
    script.write_text("ffconcat version 1.0\nfile canary.mp4\n")
    with pytest.raises(NotMediaError):
        ffmpeg.run(inputs=[ffmpeg.Input(path=script)], options=["-c", "copy"], output=tmp_path / "out.mp4", muxer="mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_ffmpeg_sees_neither_our_environment_nor_our_limits(tmp_path, monkeypatch, without_sandbox, sample):
    """A program in ffmpeg's place writes down what it was given."""
    monkeypatch.setenv("SECRET_KEY", "canary")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nenv >&2; ulimit -c >&2; ulimit -n >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    ffmpeg.program.cache_clear()
    try:
        with pytest.raises(RenderError) as failure:
            ffmpeg.run(inputs=[ffmpeg.Input(path=sample)], options=[], output=None)
    finally:
        ffmpeg.program.cache_clear()

    said = failure.value.log.split()
    assert {line.partition("=")[0] for line in said if "=" in line} <= {"PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}
    assert said[-2:] == ["0", "256"]


def test_in_the_sandbox_other_files_do_not_exist(sample, tmp_path):
    """Where bubblewrap works; elsewhere the command is left as it is."""
    neighbour = tmp_path / "neighbour.txt"
    neighbour.write_text("canary")
    command = sandbox.sandboxed(["/bin/cat", str(neighbour)], readable=[sample], writable=[])

    done = subprocess.run(command, capture_output=True, check=False)

    assert (done.stdout == b"canary") == (sandbox.bubblewrap() is None)
