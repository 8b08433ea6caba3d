"""Pictures as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UnsupportedTypeError

Picture = npt.NDArray[np.uint8]  # height x width x red, green, blue


def load(path: Path) -> Picture:
    import cv2

    data = np.frombuffer(path.read_bytes(), np.uint8)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if decoded is None:
        raise UnsupportedTypeError(f"{path.name} is not a picture that can be read.")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def resized(picture: Picture, width: int, height: int) -> Picture:
    import cv2

    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def no_wider_than(picture: Picture, width: int) -> Picture:
    rows, columns = picture.shape[:2]
    return picture if columns <= width else resized(picture, width, max(1, round(rows * width / columns)))
