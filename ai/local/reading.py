"""Text on screen, read by RapidOCR. Its models come with its package."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from ai.errors import EngineMissingError
from ai.local.pictures import Picture, no_wider_than

WIDTH = 1280
SURE = 0.8
SMALLEST = 0.02  # of the picture's height: what is smaller belongs to things in the picture, not to the screen

_lock = threading.Lock()


def read(pictures: list[Picture]) -> list[str]:
    """Lines in reading order, each once, however many of the pictures show it."""
    found: dict[str, str] = {}
    for picture in pictures:
        for line in _lines(no_wider_than(picture, WIDTH)):
            found.setdefault("".join(line.split()).casefold(), line)
    return list(found.values())


def _lines(picture: Picture) -> list[str]:
    with _lock:
        answer, _seconds = _engine()(picture[:, :, ::-1].copy())
    rows = picture.shape[0]
    lines = []
    for corners, text, likelihood in answer or []:
        ups = [point[1] for point in corners]
        height = (max(ups) - min(ups)) / rows
        plain = " ".join(str(text).split())
        if float(likelihood) >= SURE and height >= SMALLEST and sum(map(str.isalnum, plain)) >= 2:
            lines.append((round(min(ups) / rows / 0.03), corners[0][0], plain))
    return [text for _row, _left, text in sorted(lines)]


@cache
def _engine() -> Any:
    try:
        from rapidocr_onnxruntime import RapidOCR

        return RapidOCR(intra_op_num_threads=2)
    except (ImportError, OSError) as error:
        raise EngineMissingError(
            "The package rapidocr-onnxruntime is not installed. Install it with: pip install -r requirements.txt"
        ) from error
