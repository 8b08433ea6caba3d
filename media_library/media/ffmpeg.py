"""The one way ffmpeg is run: closed lists of formats and protocols, limits, no environment, its own process group, progress, halt.

Arguments are lists and paths are ours; words that people wrote reach ffmpeg only inside files (subtitles), never in a filter string.
"""

from __future__ import annotations

import functools
import os
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from media_library.media.errors import (
    DiskFullError,
    HaltedError,
    MediaError,
    RenderError,
    TooLargeError,
    UnsupportedError,
)
from media_library.media.limited_exec import limited
from media_library.media.limits import PROCESS, ProcessLimits
from media_library.media.opening import address, reading_options
from media_library.media.sandbox import sandboxed
from media_library.media.sniff import Kind, sniff

Progress = Callable[[float, str], None]

_LARGEST_ALLOCATION = 512 * 1024**2
_THREADS = 2
_POLL_SECONDS = 0.2
_LOG_BYTES = 16_000
_GRACE_SECONDS = 2.0
_DISK_FULL = ("No space left on device", "Disk quota exceeded")


@dataclass(frozen=True, kw_only=True)
class Input:
    """`options` are ffmpeg's for this input (such as -ss); the demuxer and the whitelists are added by kind."""

    path: Path
    kind: Kind | None = None
    options: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        kind = self.kind or sniff(self.path)
        allowed: list[str] = []
        for name, value in reading_options(kind).items():
            allowed += [f"-{name}", value]
        return ["-threads", str(_THREADS), *allowed, *self.options, "-f", kind.demuxer, "-i", address(self.path)]


@functools.cache
def program() -> str:
    """The binary that comes with imageio-ffmpeg, or what IMAGEIO_FFMPEG_EXE names."""
    return str(Path(imageio_ffmpeg.get_ffmpeg_exe()).resolve())


def part_path(output: Path) -> Path:
    """Where an output grows before it gets its name: `movie.mp4` as `movie.part.mp4`."""
    return output.with_name(f"{output.stem}.part{output.suffix}")


def run(
    *,
    inputs: Sequence[Input],
    options: Sequence[str],
    output: Path | None,
    muxer: str = "null",
    expected_seconds: float = 0.0,
    what: str = "Working",
    progress: Progress | None = None,
    halt: threading.Event | None = None,
    limits: ProcessLimits = PROCESS,
    verbosity: str = "error",
    chapter_titles: bool = False,
) -> str:
    """Make `output` from `inputs`, whole or not at all. Returns what ffmpeg said. `output=None` only measures.

    Raises HaltedError within two seconds of `halt`, DiskFullError, TooLargeError (output cap), RenderError (log in `.log`).
    """
    part = part_path(output) if output else None
    command = [
        program(),
        "-nostdin",
        "-hide_banner",
        "-nostats",
        "-v",
        verbosity,
        "-max_alloc",
        str(_LARGEST_ALLOCATION),
        "-y",
    ]
    for source in inputs:
        command += source.arguments()
    # What a file says of itself is never carried over. To ffmpeg the plain -1 means the titles of chapters too.
    untold = ["-map_metadata:g", "-1", "-map_metadata:s", "-1"] if chapter_titles else ["-map_metadata", "-1"]
    command += [*options, "-dn", *untold, "-threads", str(_THREADS), "-progress", "pipe:1"]
    command += ["-fs", str(limits.output), "-f", muxer, address(part)] if part else ["-f", "null", "-"]
    try:
        if part:
            part.touch()  # the sandbox binds a file that exists
        log = _watch(
            sandboxed(command, readable=[source.path for source in inputs], writable=[part] if part else []),
            expected_seconds=expected_seconds,
            report=lambda fraction: progress(fraction, what) if progress else None,
            halt=halt,
            limits=limits,
        )
        if part and output:
            if part.stat().st_size >= limits.output * 0.99:
                raise TooLargeError(
                    "The result would be larger than the studio may write. Use a shorter video and try again.", log=log
                )
            part.replace(output)
    finally:
        if part:
            part.unlink(missing_ok=True)
    return log


def _start(command: Sequence[str], limits: ProcessLimits) -> subprocess.Popen[bytes]:
    bounds = {
        "RLIMIT_CPU": limits.cpu,
        "RLIMIT_AS": limits.memory,
        # Above the cap that ffmpeg is told, so that the cap is met first and said plainly.
        "RLIMIT_FSIZE": limits.output + 1024**2,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
    }
    return subprocess.Popen(
        limited(command, bounds),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )


def _watch(
    command: Sequence[str],
    *,
    expected_seconds: float,
    report: Callable[[float], None],
    halt: threading.Event | None,
    limits: ProcessLimits,
) -> str:
    if halt is not None and halt.is_set():
        raise HaltedError
    process = _start(command, limits)
    said: deque[bytes] = deque()
    try:
        _pump(
            process,
            said,
            expected_seconds=expected_seconds,
            report=report,
            halt=halt,
            deadline=time.monotonic() + limits.wall,
        )
    finally:
        # Also when the caller's progress function raised: nothing may work on behind our back.
        _kill_group(process)
    log = b"".join(said).decode("utf-8", errors="replace")
    if process.returncode != 0:
        raise _failure(process.returncode, log)
    if any(words in log for words in _DISK_FULL):
        raise DiskFullError(log=log)
    return log


def _pump(
    process: subprocess.Popen[bytes],
    said: deque[bytes],
    *,
    expected_seconds: float,
    report: Callable[[float], None],
    halt: threading.Event | None,
    deadline: float,
) -> None:
    """Read both pipes until they end and the process is gone; look at the halt event and the clock in between."""
    out, err = process.stdout, process.stderr
    if out is None or err is None:
        raise RenderError
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        selector.register(err, selectors.EVENT_READ)
        while selector.get_map():
            if halt is not None and halt.is_set():
                raise HaltedError
            if time.monotonic() > deadline:
                raise RenderError(
                    "This took longer than it may and was stopped. Use a shorter or smaller video and try again.",
                    log=_text(said),
                )
            for key, _ in selector.select(_POLL_SECONDS):
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is err:
                    _keep_tail(said, data)
                else:
                    *lines, pending = (pending + data).split(b"\n")
                    _report(lines, expected_seconds, report)
    process.wait(timeout=30)


def _report(lines: list[bytes], expected_seconds: float, report: Callable[[float], None]) -> None:
    done = [line.partition(b"=")[2] for line in lines if line.startswith(b"out_time_us=")]
    if done and expected_seconds > 0:
        with suppress(ValueError):  # "N/A" before the first frame
            report(min(1.0, max(0.0, int(done[-1]) / 1e6 / expected_seconds)))


def _keep_tail(said: deque[bytes], data: bytes) -> None:
    said.append(data)
    while len(said) > 1 and sum(map(len, said)) > _LOG_BYTES:
        said.popleft()


def _text(said: deque[bytes]) -> str:
    return b"".join(said).decode("utf-8", errors="replace")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """After this nothing of the group runs: whoever still held our pipes is gone."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            _read_to_end(pipe, within=_GRACE_SECONDS)
            pipe.close()


def _read_to_end(pipe: IO[bytes], *, within: float) -> None:
    """The sandbox's inner process is killed by the kernel a moment after the outer one; its end of the pipe closes with it."""
    deadline = time.monotonic() + within
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if selector.select(_POLL_SECONDS) and not os.read(pipe.fileno(), 65536):
                return


def _failure(code: int, log: str) -> MediaError:
    # Bubblewrap passes a signal on as 128 + its number.
    killed_by = -code if code < 0 else code - 128 if code > 128 else 0
    if any(words in log for words in _DISK_FULL):
        return DiskFullError(log=log)
    if killed_by == signal.SIGXFSZ or "File too large" in log:
        return TooLargeError(
            "The result would be larger than the studio may write. Use a shorter video and try again.", log=log
        )
    if killed_by in {signal.SIGXCPU, signal.SIGKILL}:
        return RenderError(
            "This took more computing than it may and was stopped. Use a shorter or smaller video and try again.",
            log=log,
        )
    if "not found" in log and ("Decoder" in log or "decoder" in log):
        return UnsupportedError(log=log)
    return RenderError(log=log)
