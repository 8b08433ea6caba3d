"""Moving pictures from a still and words: one clip a call."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent


@dataclass(frozen=True)
class VideoRequest:
    """`image` is the first frame. `image_url` is a link to it that the provider can fetch, where one is public; otherwise the
    bytes are sent."""

    prompt: str
    image: Path
    seconds: float
    aspect_ratio: str
    seed: int = 0
    image_url: str = ""


@dataclass(frozen=True)
class Clip:
    """Measured from the file. `source` is an IPTC digital source type."""

    path: Path
    seconds: float
    width: int
    height: int
    fps: float
    source: str


class GenerateVideo(Protocol):
    engine: Engine

    def generate(self, request: VideoRequest, into: Path, *, progress: Progress = silent) -> tuple[Clip, Usage]:
        """Writes `into`, an MP4. Models sell certain lengths only: the clip is never shorter than asked for, unless none is as long."""
