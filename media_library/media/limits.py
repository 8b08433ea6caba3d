"""What a source may be, and what a program working on it may use up (handbook of threats: bombs)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SourceLimits:
    """Refused beyond these. Seconds, pixels, frames a second."""

    duration: float = 4 * 3600
    width: int = 4096
    height: int = 2304
    fps: float = 120
    streams: int = 16
    image_pixels: int = 36_000_000

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, kw_only=True)
class ProcessLimits:
    """Of one ffmpeg process. `wall` and `cpu` in seconds, `memory` and `output` in bytes."""

    wall: float = 2 * 3600
    cpu: int = 4 * 3600
    memory: int = 6 * 1024**3
    output: int = 64 * 1024**3
    open_files: int = 256


SOURCE = SourceLimits()
PROCESS = ProcessLimits()
