"""Faces from the front, found by OpenCV's Haar cascade. Only how many and where: nothing about who or what kind of person."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ai.local.pictures import Picture, no_wider_than

WIDTH = 640
SMALLEST = 0.07  # of the picture's width; smaller finds are mostly mistakes
NEIGHBOURS = 8  # overlapping finds that make one face; OpenCV's usual 3 finds faces in leaves and clouds

_lock = threading.Lock()


@dataclass(frozen=True)
class Face:
    """Fractions of the picture: the middle of the face from the left and from the top, and its height."""

    across: float
    height: float
    down: float

    @property
    def place(self) -> str:
        return "left" if self.across < 0.36 else "right" if self.across > 0.64 else "middle"


def find(picture: Picture) -> list[Face]:
    """From left to right."""
    import cv2

    grey = cv2.cvtColor(no_wider_than(picture, WIDTH), cv2.COLOR_RGB2GRAY)
    rows, columns = grey.shape
    least = max(24, int(SMALLEST * columns))
    with _lock:  # one cascade must not be used by two threads at once
        boxes = _cascade().detectMultiScale(grey, scaleFactor=1.1, minNeighbors=NEIGHBOURS, minSize=(least, least))
    return sorted(
        (Face((x + width / 2) / columns, height / rows, (y + height / 2) / rows) for x, y, width, height in boxes),
        key=lambda face: face.across,
    )


@cache
def _cascade() -> Any:
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_default.xml"))
