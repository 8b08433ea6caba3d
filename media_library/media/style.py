"""How a picture feels and what it is good for, by rules on what was measured of it. Says nothing that the numbers do not.

Light, contrast and saturation go from 0 to 1, warmth from -1 (cold hues only) to 1 (warm hues only).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

DARK, BRIGHT = 0.25, 0.72
FLAT, STRONG = 0.12, 0.28
GREY, MUTED, VIVID = 0.07, 0.2, 0.45
TINTED = 0.15
WIDE, TALL = 1.5, 0.8
LARGE_PIXELS = 1920 * 1080


class Measured(Protocol):
    @property
    def light(self) -> float: ...
    @property
    def contrast(self) -> float: ...
    @property
    def saturation(self) -> float: ...
    @property
    def warmth(self) -> float: ...


@dataclass(frozen=True)
class Style:
    mood: str
    lighting: str
    tone: str


def style_of(measured: Measured) -> Style:
    return Style(mood=mood(measured), lighting=lighting(measured), tone=tone(measured))


def lighting(measured: Measured) -> str:
    """As photographers say it."""
    if measured.light < DARK:
        return "low-key, high contrast" if measured.contrast > STRONG else "low-key"
    if measured.light > BRIGHT:
        return "high-key"
    if measured.contrast > STRONG:
        return "high contrast"
    return "flat" if measured.contrast < FLAT else "even"


def tone(measured: Measured) -> str:
    if measured.saturation < GREY:
        return "monochrome"
    temperature = "warm" if measured.warmth > TINTED else "cool" if measured.warmth < -TINTED else "neutral"
    strength = "muted " if measured.saturation < MUTED else "vivid " if measured.saturation > VIVID else ""
    return strength + temperature


def mood(measured: Measured) -> str:
    """What such light and colours are used for. What happens in the picture may say otherwise."""
    warm, cool = measured.warmth > TINTED, measured.warmth < -TINTED
    coloured = measured.saturation >= GREY
    if measured.light < DARK:
        if measured.contrast > STRONG:
            return "dramatic"
        return "intimate" if warm and coloured else "sombre"
    if measured.light > BRIGHT:
        return "cheerful" if warm and measured.saturation >= MUTED else "airy"
    if measured.saturation > VIVID:
        return "lively"
    return "quiet" if cool or not coloured else "calm"


def suitability(measured: Measured, *, width: int, height: int, faces: int) -> list[str]:
    """What a picture of such a shape and such light can be used for."""
    shape = width / max(height, 1)
    uses = ["widescreen" if shape >= WIDE else "vertical" if shape <= TALL else "square"]
    if faces or measured.contrast >= FLAT:
        uses.append("thumbnail")
    if not faces and measured.contrast < STRONG:
        uses.append("background for text")
    if width * height >= LARGE_PIXELS:
        uses.append("full screen")
    return uses
