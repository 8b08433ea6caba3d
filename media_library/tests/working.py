"""A worker in the test's own process, and small real films and recordings."""

from __future__ import annotations

import subprocess
from pathlib import Path

from core.runs.models import Run
from core.testing.patience import work_off
from media_library.media import ffmpeg
from media_library.tests.media.films import NOISE, NUMBERED, SIZE


def work(run: Run | None) -> Run:
    assert run is not None
    return work_off(run.pk)


def numbered_film(path: Path, *options: str, seconds: float = 4) -> Path:
    """25 frames a second that each carry their number, groups of a second with B-frames, and noise to hear."""
    command = [ffmpeg.program(), "-nostdin", "-v", "error", "-y"]
    command += ["-f", "lavfi", "-i", f"testsrc2=s={SIZE}:r=25:d={seconds},{NUMBERED}"]
    command += ["-f", "lavfi", "-i", f"{NOISE}:d={seconds}"]
    options = options or (
        *("-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p", "-g", "25", "-keyint_min", "25"),
        *("-sc_threshold", "0", "-bf", "3", "-c:a", "aac", "-ac", "2", "-movflags", "+faststart"),
    )
    subprocess.run([*command, *options, f"file:{path}"], check=True, timeout=120)
    return path


def recording(path: Path, *, seconds: float = 4) -> Path:
    command = [ffmpeg.program(), "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", f"{NOISE}:d={seconds}"]
    subprocess.run([*command, f"file:{path}"], check=True, timeout=120)
    return path
