"""Loudness of a finished file by ffmpeg's EBU R 128 meter."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

from media_library.media.errors import RenderError
from media_library.media.ffmpeg import Input, Progress, run

_VALUE = {
    "integrated": re.compile(r"^\s*I:\s*(-?[\d.]+|-inf|nan) LUFS", re.MULTILINE),
    "span": re.compile(r"^\s*LRA:\s*(-?[\d.]+|-inf|nan) LU", re.MULTILINE),
    "true_peak": re.compile(r"^\s*Peak:\s*(-?[\d.]+|-inf|nan) dBFS", re.MULTILINE),
}


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """`integrated` in LUFS (-70: silence), `span` in LU, `true_peak` in dBTP (-inf: digital silence)."""

    integrated: float
    span: float
    true_peak: float


def measure(
    path: Path,
    *,
    track: int = 0,
    expected_seconds: float = 0.0,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Loudness:
    log = run(
        inputs=[Input(path=path)],
        options=["-map", f"0:a:{track}", "-filter:a", "ebur128=peak=true:framelog=quiet"],
        output=None,
        expected_seconds=expected_seconds,
        what="Measuring loudness",
        progress=progress,
        halt=halt,
        verbosity="info",
    )
    found = {name: pattern.findall(log) for name, pattern in _VALUE.items()}
    if not all(found.values()):
        raise RenderError("The loudness of this file could not be measured. Try again.", log=log)
    return Loudness(**{name: float(values[-1]) for name, values in found.items()})
