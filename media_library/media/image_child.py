"""Decodes a picture. Run as a program of its own, under limits: what is in the file is a stranger's.

A request comes as JSON on standard input: `path`, `format` (Pillow's name), `pixels` (most of them) and `renditions`, each of them
`path` and `longest` (pixels). One JSON object goes to standard output: what the picture is, or `refusal` and `reason`.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from typing import Any

from PIL import Image, ImageCms

QUALITY = 82
_DAMAGED = "This picture is damaged or incomplete. Upload it again."
_DEPTHS = {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 16, "F": 32}
# Tags of TIFF and EXIF.
_TIFF_BITS, _ORIENTATION = 258, 274
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def main() -> None:
    request = json.load(sys.stdin)
    json.dump(_answer(request), sys.stdout)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    # We count the pixels ourselves, and say it in our words.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    try:
        image = Image.open(request["path"], formats=(request["format"],))
    except (OSError, SyntaxError, ValueError) as error:
        return {"refusal": "damaged", "reason": _DAMAGED, "log": str(error)}
    width, height = image.size
    if width * height > request["pixels"]:
        most = request["pixels"] // 1_000_000
        reason = f"This picture is {width} × {height}; at most {most} million pixels are accepted. Make it smaller."
        return {"refusal": "too_large", "reason": reason}
    found = _described(image, request["path"])
    if request["renditions"]:
        try:
            whole = _plain(image, longest=max(one["longest"] for one in request["renditions"]))
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            return {"refusal": "damaged", "reason": _DAMAGED, "log": str(error)}
        try:
            for one in request["renditions"]:
                small = whole.copy()
                small.thumbnail((one["longest"], one["longest"]), Image.Resampling.LANCZOS)
                small.save(one["path"], "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=b"")
        except OSError as error:
            return {"refusal": "not_written", "log": str(error)}
    return found


def _described(image: Image.Image, path: str) -> dict[str, Any]:
    width, height = image.size
    if _orientation(image) >= 5:  # the four that lie on their side
        width, height = height, width
    bands = image.getbands()
    has_alpha = "A" in bands or "transparency" in image.info
    channels = 3 + has_alpha if image.mode == "P" else len(bands)
    return {
        "width": width,
        "height": height,
        "bit_depth": _depth(image, path),
        "channels": channels,
        "has_alpha": has_alpha,
        "is_animated": bool(getattr(image, "is_animated", False)),
        "compression": _compression(image, path),
    }


def _orientation(image: Image.Image) -> int:
    """As EXIF numbers it: 1 is upright."""
    if image.format == "TIFF":  # Pillow turns these itself
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, SyntaxError, ValueError, TypeError):  # damaged metadata turns nothing
        return 1


def _depth(image: Image.Image, path: str) -> int:
    if image.format == "PNG":
        with open(path, "rb") as file:  # noqa: PTH123 -- pathlib would double the start-up of this program
            return file.read(25)[24]
    if image.format == "TIFF":
        bits = image.tag_v2.get(_TIFF_BITS, (8,))  # type: ignore[attr-defined]
        return int(bits[0] if isinstance(bits, tuple) else bits)
    return _DEPTHS.get(image.mode, 8)


def _compression(image: Image.Image, path: str) -> str:
    if image.format == "TIFF":
        return str(image.info.get("compression", "raw"))
    if image.format == "WEBP":
        with open(path, "rb") as file:  # noqa: PTH123  (the child keeps its imports few)
            return "VP8 lossless" if b"VP8L" in file.read(4096) else "VP8"
    if image.format == "JPEG":
        return "progressive JPEG" if image.info.get("progressive") else "JPEG"
    return {"PNG": "Deflate", "GIF": "LZW", "AVIF": "AV1"}[str(image.format)]


def _plain(image: Image.Image, *, longest: int) -> Image.Image:
    """The first frame, small, upright, eight bits of sRGB a channel, with its transparency."""
    turn = _TURNS.get(_orientation(image))
    image.draft("RGB", (longest, longest))  # JPEG is then decoded smaller already
    image.load()
    image = _eight_bits(image)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image if turn is None else image.transpose(turn)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:
        import numpy as np  # noqa: PLC0415 -- heavy, and hardly any picture needs it

        values = np.asarray(image).astype(np.float32)
        # Sixteen bits are told by the mode; the range of wider numbers only by what is there.
        least, most = (0.0, 65535.0) if image.mode.startswith("I;16") else (float(values.min()), float(values.max()))
        levels = (values - least) * (255 / max(1e-9, most - least))
        return Image.fromarray(levels.round().astype(np.uint8)).convert("RGB")
    alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    return _in_srgb(image, "RGBA" if alpha else "RGB")


def _in_srgb(image: Image.Image, mode: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            converted = ImageCms.profileToProfile(
                image.convert("RGB") if image.mode == "RGBA" else image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
            if converted is not None:
                if image.mode == "RGBA":
                    converted.putalpha(image.getchannel("A"))
                return converted
    return image.convert(mode)


if __name__ == "__main__":
    main()
