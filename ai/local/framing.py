"""Pictures brought into the form of a frame: which sizes there are, where one looks in a picture, and what of it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from ai.local import faces
from ai.local.pictures import Picture, no_wider_than
from core.errors import InvalidFieldError, UnsupportedTypeError

Levels = npt.NDArray[np.float32]

SIZES = {
    "16:9": (1280, 720),
    "9:16": (720, 1280),
    "1:1": (1024, 1024),
    "4:3": (1024, 768),
    "3:4": (768, 1024),
    "21:9": (1680, 720),
}
MOST_PIXELS = 36_000_000
LEAST_SIDE = 8
FORMATS = ("PNG", "JPEG", "WEBP")
# What is behind a picture that one sees through.
PAPER = (18, 18, 20)
_LOOKED_AT = 320
_RESIDUE = 64  # the side at which spectral residue tells objects from texture


@dataclass(frozen=True)
class Focus:
    """Where one looks, as fractions of the picture from the left and the top. `reach` is how wide it is; `sure` 0 to 1."""

    across: float
    down: float
    reach: float
    sure: float
    is_face: bool = False


def size_of(aspect_ratio: str) -> tuple[int, int]:
    size = SIZES.get(aspect_ratio.strip() or "16:9")
    if size is None:
        raise InvalidFieldError(f"The aspect ratio must be one of: {', '.join(SIZES)}.")
    return size


def load(path: Path) -> Picture:
    """Upright, on dark paper where it is transparent. Raises UnsupportedTypeError."""
    refusal = "This picture cannot be read. Choose another one, or export it again as PNG or JPEG."
    try:
        with Image.open(path, formats=FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise UnsupportedTypeError(
                    "This picture is too large: at most 36 million pixels are accepted. Make it smaller."
                )
            if min(found.size) < LEAST_SIDE:
                raise UnsupportedTypeError(
                    f"This picture is {found.width} \u00d7 {found.height} pixels, which is too small to be filmed."
                )
            # An EXIF block that is damaged turns nothing.
            upright = ImageOps.exif_transpose(found) or found
            if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
                clear = upright.convert("RGBA")
                upright = Image.new("RGB", clear.size, PAPER)
                upright.paste(clear, mask=clear.getchannel("A"))
            return np.asarray(upright.convert("RGB"), np.uint8)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnsupportedTypeError(refusal) from error


def focus(picture: Picture) -> Focus:
    """The largest face, else what stands out, else the middle."""
    found = faces.find(picture)
    if found:
        face = max(found, key=lambda one: one.height)
        return Focus(face.across, face.down, face.height, 1.0, is_face=True)
    levels = salience(picture)
    rows, columns = levels.shape
    strong = np.where(levels >= 0.6 * levels.max(), levels, 0)
    total = float(strong.sum())
    if total <= 0:
        return Focus(0.5, 0.5, 1.0, 0.0)
    across = float((strong.sum(axis=0) * (np.arange(columns) + 0.5)).sum() / total / columns)
    down = float((strong.sum(axis=1) * (np.arange(rows) + 0.5)).sum() / total / rows)
    x, y = np.meshgrid((np.arange(columns) + 0.5) / columns - across, (np.arange(rows) + 0.5) / rows - down)
    reach = 2 * float(np.sqrt((strong * (x * x + y * y)).sum() / total))
    return Focus(across, down, min(1.0, reach), max(0.0, min(1.0, 1.4 - 2.2 * reach)))


def salience(picture: Picture) -> Levels:
    """How much each place stands out, 0 to 1 (spectral residue, Hou and Zhang 2007), a little more in the middle. Small."""
    import cv2

    small = no_wider_than(picture, _LOOKED_AT)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    square = cv2.resize(grey, (_RESIDUE, _RESIDUE), interpolation=cv2.INTER_AREA).astype(np.float32)
    spectrum = np.fft.fft2(square)
    loudness = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residue = loudness - cv2.blur(loudness, (3, 3))
    back = np.abs(np.fft.ifft2(np.exp(residue + 1j * np.angle(spectrum)))).astype(np.float32) ** 2
    blurred = cv2.GaussianBlur(back, (0, 0), 2.5)
    wide = np.asarray(cv2.resize(blurred, small.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    rows, columns = wide.shape
    x, y = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    wide *= np.exp(-(x * x + y * y) / 1.6).astype(np.float32)
    if float(square.std()) < 1.0:  # one colour: nothing stands out
        return np.zeros_like(wide)
    return wide / max(1e-9, float(wide.max()))


def window(
    size: tuple[int, int], aspect: float, looked_at: Focus, *, tighter: float = 1.0
) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown of a picture, so that it fills the frame and holds where one looks.
    A face comes to stand on the upper third."""
    width, height = size
    wide = min(width, height * aspect) / tighter
    tall = wide / aspect
    sight = 0.4 if looked_at.is_face else 0.5
    left = min(max(0.0, looked_at.across * width - wide / 2), width - wide)
    top = min(max(0.0, looked_at.down * height - tall * sight), height - tall)
    return left, top, wide, tall


def framed(picture: Picture, size: tuple[int, int], looked_at: Focus, *, tighter: float = 1.0) -> Picture:
    """The picture in a frame of that size, nothing of it stretched."""
    import cv2

    rows, columns = picture.shape[:2]
    left, top, wide, tall = window((columns, rows), size[0] / size[1], looked_at, tighter=tighter)
    x, y = round(left), round(top)
    part = picture[y : y + max(1, round(tall)), x : x + max(1, round(wide))]
    way = cv2.INTER_AREA if part.shape[1] > size[0] else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(part, size, interpolation=way), np.uint8)
