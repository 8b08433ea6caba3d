"""What a provider made: fetched within limits, and looked at before it is accepted. What it calls itself counts for nothing."""

from __future__ import annotations

import base64
import binascii
import io
import math
from fractions import Fraction
from pathlib import Path

import av
import av.error
from django.conf import settings
from PIL import Image, ImageOps

from ai.capabilities.base import Progress
from ai.capabilities.generate_image import BY_MODEL, Picture
from ai.capabilities.generate_video import Clip
from ai.errors import InvalidAnswerError, ProviderBusyError
from ai.providers.http import PICTURE_BYTES
from core import outbound
from core.errors import AnswerTooLargeError, FetchFailedError, UnsafeUrlError

FORMATS = ("PNG", "JPEG", "WEBP")
SHORTEST_SIDE, LONGEST_SIDE = 64, 8192
LONGEST_CLIP_SECONDS = 120.0
# How far a picture's proportions may be from those asked for before its edges are cut.
PROPORTION_TOLERANCE = 0.02
STILL_QUALITY = 90


def fetch(url: object, into: Path, *, provider: str, limit: int, progress: Progress) -> None:
    """Through the guard of outgoing requests: an answer may name any address."""
    if not isinstance(url, str):
        raise InvalidAnswerError(f"{provider}'s answer does not say where its result is.")

    def arrived(size: int, announced: int | None) -> None:
        progress(min(size / (announced or limit), 1.0), "Fetching")

    try:
        with into.open("wb") as file:
            answer = outbound.download(
                url, into=file, max_bytes=limit, seconds=settings.AI_TOTAL_SECONDS, arrived=arrived
            )
    except UnsafeUrlError as error:
        raise InvalidAnswerError(f"{provider} named an address that may not be fetched.", raw=url) from error
    except AnswerTooLargeError as error:
        raise InvalidAnswerError(f"{provider}'s result is larger than it can be.") from error
    except FetchFailedError as error:
        raise ProviderBusyError(
            f"{provider}'s result could not be fetched. The studio tries again by itself."
        ) from error
    if answer.status in {408, 429} or answer.status >= 500:
        raise ProviderBusyError(f"{provider}'s result could not be fetched. The studio tries again by itself.")
    if answer.status != 200:
        raise InvalidAnswerError(f"{provider}'s result is not there (status {answer.status}).", raw=_head(into))


def decode(encoded: object, into: Path, *, provider: str) -> None:
    """A picture that came inside an answer."""
    if not isinstance(encoded, str) or len(encoded) > PICTURE_BYTES * 4 // 3 + 4:
        raise InvalidAnswerError(f"{provider}'s answer holds no picture.")
    try:
        into.write_bytes(base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise InvalidAnswerError(f"{provider}'s answer holds no picture.", raw=encoded[:200]) from error


def picture(path: Path, *, provider: str, aspect_ratio: str, seed: int) -> Picture:
    """Reads every pixel; cuts the edges where the model makes other proportions than were asked for."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            if not all(SHORTEST_SIDE <= side <= LONGEST_SIDE for side in image.size):
                raise InvalidAnswerError(f"{provider}'s picture has an impossible size.")
            image.load()
            width, height = image.size
            wanted = float(Fraction(*map(int, aspect_ratio.split(":"))))
            if abs(width / height / wanted - 1) > PROPORTION_TOLERANCE:
                width, height = _inside(width, height, wanted)
                ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS).save(path, "PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidAnswerError(f"{provider}'s result is no picture that can be read.", raw=_head(path)) from error
    return Picture(path=path, width=width, height=height, source=BY_MODEL, seed=seed)


def clip(path: Path, *, provider: str) -> Clip:
    """Decodes every frame, because a cut file opens well and ends early."""
    with path.open("rb") as file:
        if file.read(12)[4:8] != b"ftyp":
            raise InvalidAnswerError(f"{provider}'s result is no MP4 video.", raw=_head(path))
    try:
        with av.open(str(path), format="mov") as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            fps = float(stream.average_rate or 0)
            width, height, stated = stream.width, stream.height, stream.frames
            frames = 0
            for _ in container.decode(stream):
                frames += 1
                if fps and frames > LONGEST_CLIP_SECONDS * fps:
                    raise InvalidAnswerError(f"{provider}'s video is longer than it can be.")
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise InvalidAnswerError(f"{provider}'s video cannot be read to its end.", raw=_head(path)) from error
    sound = math.isfinite(fps) and 1 <= fps <= 240 and frames >= stated and frames > 1
    if not sound or not all(SHORTEST_SIDE <= side <= LONGEST_SIDE for side in (width, height)):
        raise InvalidAnswerError(f"{provider}'s video is not complete.")
    return Clip(path=path, seconds=frames / fps, width=width, height=height, fps=fps, source=BY_MODEL)


def still(path: Path, *, width: int, height: int) -> bytes:
    """The first frame of a clip as a JPEG of exactly the clip's size."""
    with Image.open(path) as image:
        made = io.BytesIO()
        ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS).save(
            made, "JPEG", quality=STILL_QUALITY
        )
        return made.getvalue()


def _inside(width: int, height: int, wanted: float) -> tuple[int, int]:
    """The largest rectangle of these proportions, with even sides."""
    if width / height > wanted:
        width = round(height * wanted)
    else:
        height = round(width / wanted)
    return width // 2 * 2, height // 2 * 2


def _head(path: Path) -> str:
    """How a file begins, if that is something to read."""
    with path.open("rb") as file:
        head = file.read(2000)
    return "" if b"\x00" in head else head.decode("utf-8", "replace")
