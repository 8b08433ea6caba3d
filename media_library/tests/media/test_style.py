"""How a picture feels, by rules on what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from media_library.media.style import Style, style_of, suitability


@dataclass(frozen=True)
class Measured:
    light: float = 0.5
    contrast: float = 0.2
    saturation: float = 0.3
    warmth: float = 0.0


@pytest.mark.parametrize(
    ("measured", "style"),
    [
        (Measured(), Style("calm", "even", "neutral")),
        (Measured(light=0.1, contrast=0.1, warmth=-0.5), Style("sombre", "low-key", "cool")),
        (Measured(light=0.2, contrast=0.3, warmth=-0.5), Style("dramatic", "low-key, high contrast", "cool")),
        (Measured(light=0.2, contrast=0.1, warmth=0.5), Style("intimate", "low-key", "warm")),
        (Measured(light=0.8, warmth=0.5), Style("cheerful", "high-key", "warm")),
        (Measured(light=0.8, saturation=0.1, warmth=-0.5), Style("airy", "high-key", "muted cool")),
        (Measured(contrast=0.05, saturation=0.02), Style("quiet", "flat", "monochrome")),
        (Measured(contrast=0.4, saturation=0.6, warmth=0.4), Style("lively", "high contrast", "vivid warm")),
    ],
)
def test_light_and_colours_decide(measured: Measured, style: Style) -> None:
    assert style_of(measured) == style


def test_shape_size_and_faces_decide_what_a_picture_is_good_for() -> None:
    assert suitability(Measured(), width=1920, height=1080, faces=0) == [
        "widescreen",
        "thumbnail",
        "background for text",
        "full screen",
    ]
    assert suitability(Measured(contrast=0.35), width=600, height=900, faces=1) == ["vertical", "thumbnail"]
    assert suitability(Measured(contrast=0.05), width=500, height=500, faces=0) == ["square", "background for text"]
