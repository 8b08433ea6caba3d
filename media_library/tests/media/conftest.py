"""Media made on the spot with the ffmpeg program, small enough to be made in a blink."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from media_library.media import ffmpeg

DATA = Path(__file__).parents[3] / "tests" / "data"

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def sample() -> Path:
    return DATA / "sample.mp4"


@pytest.fixture(scope="session")
def speech() -> list[Path]:
    return sorted((DATA / "speech").glob("*.wav"))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """make("a.mp4", "-c:v", "libx264", seconds=2): colour bars and a tone, encoded as told."""

    def build(
        name: str,
        *options: str,
        seconds: float = 2,
        size: str = "320x180",
        rate: str = "25",
        sound: str = "sine=f=440:r=48000",
    ) -> Path:
        path = tmp_path / name
        command = [ffmpeg.program(), "-nostdin", "-v", "error", "-y"]
        command += [
            "-f",
            "lavfi",
            "-i",
            f"testsrc2=s={size}:r={rate}:d={seconds}",
            "-f",
            "lavfi",
            "-i",
            f"{sound}:d={seconds}",
        ]
        subprocess.run([*command, *options, f"file:{path}"], check=True, timeout=120)
        return path

    return build


@pytest.fixture
def without_sandbox(monkeypatch: pytest.MonkeyPatch):
    from media_library.media import sandbox

    monkeypatch.setenv("MEDIA_SANDBOX", "off")
    sandbox.bubblewrap.cache_clear()
    yield
    sandbox.bubblewrap.cache_clear()


def running_with(word: str) -> list[int]:
    """Processes whose command line contains this."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:  # gone in the meantime
                continue
            if word.encode() in command:
                found.append(int(entry.name))
    return found
