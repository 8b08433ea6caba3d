"""Pictures that people bring: what they are, and the two renditions that are shown. Bytes of strangers are decoded in a limited child."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media_library.media.errors import MediaError, RenderError, TooLargeError, TruncatedError, UnsupportedError
from media_library.media.ffmpeg import part_path
from media_library.media.limited_child import OverLimitError, ask
from media_library.media.limits import SOURCE
from media_library.media.sniff import Kind, sniff

# Pillow's names. Nothing else is ever tried, whatever the bytes resemble.
FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
}
PREVIEW_PIXELS = 1600
THUMBNAIL_PIXELS = 480
RENDITION_TYPE = "image/webp"
WALL_SECONDS = 90
LIMITS = {
    "RLIMIT_CPU": 30,
    "RLIMIT_AS": 2 * 2**30,
    "RLIMIT_FSIZE": 32 * 2**20,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_CORE": 0,
}
CHILD = Path(__file__).with_name("image_child.py")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """`width` and `height` as seen, after turning it as its camera asked. `bit_depth` is of one channel."""

    kind: Kind
    width: int
    height: int
    bit_depth: int
    channels: int
    has_alpha: bool
    is_animated: bool
    compression: str

    @property
    def colour_depth(self) -> int:
        """Bits of a pixel."""
        return self.bit_depth * self.channels


def inspect(path: Path) -> Picture:
    """From the header alone. Raises UnsupportedError (also for no picture), TooLargeError, TruncatedError."""
    return _asked(path, renditions=[])


def render(path: Path, *, preview: Path, thumbnail: Path) -> Picture:
    """Write both renditions: WebP, upright, in sRGB, without metadata, never larger than the original; of a film its first frame."""
    parts = {part_path(preview): PREVIEW_PIXELS, part_path(thumbnail): THUMBNAIL_PIXELS}
    try:
        found = _asked(
            path, renditions=[{"path": str(part.absolute()), "longest": longest} for part, longest in parts.items()]
        )
        for part, into in zip(parts, (preview, thumbnail), strict=True):
            part.replace(into)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return found


def _asked(path: Path, *, renditions: list[dict[str, Any]]) -> Picture:
    kind = sniff(path)
    if kind.family != "image":
        raise UnsupportedError(f"This file is {kind.label}, not a picture. Upload a JPEG, PNG or WebP picture.")
    request = {
        "path": str(path.absolute()),
        "format": FORMATS[kind.mime],
        "pixels": SOURCE.image_pixels,
        "renditions": renditions,
    }
    try:
        answer = ask(CHILD, question=json.dumps(request).encode(), limits=LIMITS, wall_seconds=WALL_SECONDS)
    except OverLimitError as error:
        raise TooLargeError(
            "This picture takes more memory or time than a picture may. Export it smaller and try again.", log=error.log
        ) from error
    if refusal := answer.pop("refusal", None):
        raise _REFUSALS[refusal](answer.get("reason", ""), log=answer.get("log", ""))
    return Picture(kind=kind, **answer)


_REFUSALS: dict[str, type[MediaError]] = {
    "too_large": TooLargeError,
    "damaged": TruncatedError,
    "not_written": RenderError,
}
