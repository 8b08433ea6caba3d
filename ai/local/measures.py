"""Light and colour of a picture, measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ai.local.pictures import Picture, no_wider_than

COLOURS = 5
SAMPLE_WIDTH = 160
WEIGHT_WORTH_NAMING = 0.2  # share of the picture, up to three times as much for the strongest colour
FEW_COLOURS = 0.07  # mean saturation under which a picture counts as grey
# Upper ends of the hues, in degrees, red going round through 0.
HUES = (
    (13, "red"),
    (41, "orange"),
    (66, "yellow"),
    (165, "green"),
    (195, "turquoise"),
    (255, "blue"),
    (290, "purple"),
    (344, "pink"),
    (361, "red"),
)


@dataclass(frozen=True)
class Measures:
    light: float  # mean luminance, 0 to 1
    contrast: float  # its standard deviation
    saturation: float  # mean, weighted by brightness
    warmth: float  # -1 (all cold hues) to 1 (all warm hues)
    palette: list[str]  # #rrggbb, most frequent first
    colours: list[str]  # one or two keys of names of colours, most frequent first
    points: int  # small bright spots


def measure(picture: Picture) -> Measures:
    small = no_wider_than(picture, SAMPLE_WIDTH).astype(np.float32) / 255.0
    luminance = small @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    top, bottom = small.max(axis=2), small.min(axis=2)
    chroma = top - bottom
    palette = _palette(small.reshape(-1, 3))
    return Measures(
        light=float(luminance.mean()),
        contrast=float(luminance.std()),
        saturation=float(chroma.mean()),
        warmth=float(((small[..., 0] - small[..., 2]).sum()) / max(1e-6, float(chroma.sum()))),
        palette=["#" + "".join(f"{round(part * 255):02x}" for part in colour) for _share, colour in palette],
        colours=_named(palette),
        points=_points(picture),
    )


def _palette(pixels: npt.NDArray[np.float32]) -> list[tuple[float, tuple[float, ...]]]:
    """Share and colour of up to COLOURS groups of similar pixels."""
    import cv2

    cv2.setRNGSeed(1)
    groups = min(COLOURS, len(np.unique(pixels.round(2), axis=0)))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.005)
    _error, labels, centres = cv2.kmeans(
        np.ascontiguousarray(pixels), groups, np.zeros(len(pixels), np.int32), criteria, 2, cv2.KMEANS_PP_CENTERS
    )
    shares = np.bincount(labels.ravel(), minlength=groups) / len(pixels)
    return [(float(shares[i]), tuple(float(part) for part in centres[i])) for i in np.argsort(-shares)]


def _named(palette: list[tuple[float, tuple[float, ...]]]) -> list[str]:
    """Names of the colours worth naming. A strong colour is noticed before a larger area of black, white or grey."""
    shares: dict[str, float] = {}
    strength: dict[str, float] = {}
    for share, colour in palette:
        key = colour_key(*colour)
        shares[key] = shares.get(key, 0.0) + share
        strength[key] = max(strength.get(key, 0.0), max(colour) - min(colour))
    weight = {key: share * (1 + 2 * strength[key]) for key, share in shares.items()}
    worth = [key for key in weight if weight[key] >= WEIGHT_WORTH_NAMING] or [max(weight, key=lambda key: weight[key])]
    return sorted(worth, key=lambda key: -weight[key])[:2]


def colour_key(red: float, green: float, blue: float) -> str:
    """The name of a colour as a key: a shade (dark_, light_ or none) and a hue, or a step of grey."""
    top, bottom = max(red, green, blue), min(red, green, blue)
    chroma = top - bottom
    if top < 0.16:
        return "black"
    if chroma < 0.08 or chroma / top < 0.15:
        return next(
            name
            for limit, name in ((0.4, "dark_grey"), (0.65, "grey"), (0.86, "light_grey"), (1.1, "white"))
            if top < limit
        )
    if top == red:
        hue = 60.0 * ((green - blue) / chroma % 6)
    elif top == green:
        hue = 60.0 * ((blue - red) / chroma + 2)
    else:
        hue = 60.0 * ((red - green) / chroma + 4)
    name = next(name for limit, name in HUES if hue < limit)
    # Orange turns to brown in a light in which other colours keep their names.
    if top < (0.75 if name == "orange" else 0.5):
        return f"dark_{name}"
    return f"light_{name}" if chroma / top < 0.42 and top > 0.6 else name


def _points(picture: Picture) -> int:
    """How many small bright spots there are, as in a sky at night; none where bright areas are large."""
    import cv2

    grey = cv2.cvtColor(no_wider_than(picture, 640), cv2.COLOR_RGB2GRAY)
    bright = (grey > 110).astype(np.uint8)
    if bright.mean() > 0.08:
        return 0
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(bright)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return int(((areas >= 2) & (areas < 0.002 * bright.size)).sum())
