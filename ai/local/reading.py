"""Text on screen, read by RapidOCR. Its models come with its package."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass
class _Piece:
    """One box of text. Fractions of the picture's height, both ways."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def goes_on_from(self, other: _Piece) -> bool:
        """Whether it stands in the same line, no more than a wide space further."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared > 0.5 * min(self.height, other.height) and -0.5 < (self.left - other.right) / self.height < 1.2


def _lines(picture: Picture) -> list[str]:
    """The words are found in boxes, often one a word; boxes of one line belong together."""
    with _lock:
        answer, _seconds = _engine()(picture[:, :, ::-1].copy())
    lines: list[_Piece] = []
    for piece in sorted(_pieces(answer or [], rows=picture.shape[0]), key=lambda piece: (piece.left, piece.top)):
        before = next((line for line in lines if piece.goes_on_from(line)), None)
        if before is None:
            lines.append(piece)
        else:
            before.text, before.right = f"{before.text} {piece.text}", piece.right
    lines.sort(key=lambda line: (line.top, line.left))
    return [line.text for line in lines if sum(map(str.isalnum, line.text)) >= 2]


def _pieces(answer: list[Any], *, rows: int) -> Iterator[_Piece]:
    for corners, text, likelihood in answer:
        across, down = [point[0] / rows for point in corners], [point[1] / rows for point in corners]
        piece = _Piece(" ".join(str(text).split()), min(across), max(across), min(down), max(down))
        if float(likelihood) >= SURE and piece.height >= SMALLEST and piece.text:
            yield piece


@cache
def _engine() -> Any:
    try:
        from rapidocr_onnxruntime import RapidOCR

        return RapidOCR(intra_op_num_threads=2)
    except (ImportError, OSError) as error:
        raise EngineMissingError(
            "The package rapidocr-onnxruntime is not installed. Install it with: pip install -r requirements.txt"
        ) from error
