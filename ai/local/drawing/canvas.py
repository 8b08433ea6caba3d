"""What is drawn on: shapes with soft edges, in fractions of the picture, and light that is added to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ai.local.drawing.board import Colour

Point = tuple[float, float]
Shape = Callable[[ImageDraw.ImageDraw], None]

# Everything is drawn larger and made small at the end: then no edge has steps.
LARGER = 2


class Canvas:
    """Points are fractions of its width and height; `u` is a length that is the same both ways, the shorter side."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.width, self.height = size[0] * LARGER, size[1] * LARGER
        self.image = Image.new("RGB", (self.width, self.height))
        self.u = min(self.width, self.height)

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def x(self, length: float) -> float:
        """A length in shorter sides, as a fraction of the width."""
        return length * self.u / self.width

    def y(self, length: float) -> float:
        return length * self.u / self.height

    def sky(self, colours: Sequence[Colour], *, down_to: float) -> None:
        rows = np.linspace(0, 1 / max(0.05, down_to), self.height).clip(0, 1) ** 1.15
        places = np.linspace(0, 1, len(colours))
        column = np.stack([np.interp(rows, places, [colour[part] for colour in colours]) for part in range(3)], axis=1)
        # A grain finer than the steps between two shades, so that the sky has no bands.
        grain = np.random.default_rng(5).uniform(-1.2, 1.2, (self.height, 64, 1))
        tile = (column[:, None, :] + grain).clip(0, 255).astype(np.uint8)
        self.image.paste(Image.fromarray(np.tile(tile, (1, self.width // 64 + 1, 1))[:, : self.width]))

    def polygon(
        self,
        points: Sequence[Point],
        colour: Colour,
        foot: Colour | None = None,
        *,
        rounds: int = 0,
        alpha: float = 1.0,
    ) -> None:
        """Filled with one colour, or shaded from `colour` at its top to `foot` at its bottom. `rounds` makes corners round."""
        for _ in range(rounds):
            points = _rounder(points)
        pixels = [(x * self.width, y * self.height) for x, y in points]
        if foot is None and alpha >= 1:
            ImageDraw.Draw(self.image).polygon(pixels, fill=colour)
            return
        self._shaded(lambda draw: draw.polygon(pixels, fill=255), pixels, colour, foot or colour, alpha)

    def ellipse(
        self, at: Point, radius: tuple[float, float], colour: Colour, foot: Colour | None = None, *, alpha: float = 1.0
    ) -> None:
        """`radius` in shorter sides."""
        x, y = at[0] * self.width, at[1] * self.height
        wide, tall = radius[0] * self.u, radius[1] * self.u
        box = (x - wide, y - tall, x + wide, y + tall)
        if foot is None and alpha >= 1:
            ImageDraw.Draw(self.image).ellipse(box, fill=colour)
            return
        self._shaded(lambda draw: draw.ellipse(box, fill=255), [box[:2], box[2:]], colour, foot or colour, alpha)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """`width` in shorter sides."""
        pixels = [(x * self.width, y * self.height) for x, y in points]
        ImageDraw.Draw(self.image).line(pixels, fill=colour, width=max(1, round(width * self.u)), joint="curve")

    def glow(self, at: Point, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Light that falls off to nothing at `radius` shorter sides."""
        reach = round(radius * self.u)
        x, y = round(at[0] * self.width), round(at[1] * self.height)
        box = (max(0, x - reach), max(0, y - reach), min(self.width, x + reach), min(self.height, y + reach))
        if box[0] >= box[2] or box[1] >= box[3]:
            return
        step = 4  # light is soft: a sixteenth of its pixels tells the rest
        columns, rows = np.arange(box[0], box[2], step), np.arange(box[1], box[3], step)
        away = np.hypot((columns - x)[None, :], (rows - y)[:, None]) / max(1, reach)
        fall = np.clip(1 - away, 0, 1) ** 2.4 * strength
        light = (fall[..., None] * np.array(colour)).clip(0, 255).astype(np.uint8)
        lamp = Image.fromarray(light).resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BICUBIC)
        self.image.paste(ImageChops.screen(self.image.crop(box), lamp), box[:2])

    def haze(self, top: float, bottom: float, colour: Colour, strength: float) -> None:
        """A band of mist, thickest at its middle."""
        first, last = round(top * self.height), round(bottom * self.height)
        if last <= first:
            return
        part = np.sin(np.linspace(0, np.pi, last - first)) * 255 * strength
        mask = Image.fromarray(part.astype(np.uint8)[:, None]).resize((self.width, last - first))
        self.image.paste(colour, (0, first, self.width, last), mask)

    def shade(self, top: float, bottom: float, colour: Colour, strength: float) -> None:
        """Darkness that grows downward."""
        first, last = round(top * self.height), round(bottom * self.height)
        part = np.linspace(0, 1, max(1, last - first)) ** 1.5 * 255 * strength
        mask = Image.fromarray(part.astype(np.uint8)[:, None]).resize((self.width, max(1, last - first)))
        self.image.paste(colour, (0, first, self.width, max(first + 1, last)), mask)

    def blur(self, amount: float) -> None:
        """Out of focus by so many shorter sides."""
        small = self.image.resize((self.width // 4, self.height // 4), Image.Resampling.BOX)
        small = small.filter(ImageFilter.GaussianBlur(amount * self.u / 4))
        self.image = small.resize((self.width, self.height), Image.Resampling.BICUBIC)

    def finished(self, *, seed: int) -> Image.Image:
        """In its own size, darker toward the corners, with the grain of paper."""
        small = np.asarray(self.image.resize(self.size, Image.Resampling.BOX), np.float32)
        rows, columns = small.shape[:2]
        x, y = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
        corners = 1 - 0.24 * np.clip(x * x * 0.6 + y * y * 0.5, 0, 1) ** 1.5
        grain = np.random.default_rng(seed % 2**32).normal(0, 1.6, (rows, columns))
        return Image.fromarray((small * corners[..., None] + grain[..., None]).clip(0, 255).astype(np.uint8))

    def _shaded(
        self,
        draw: Callable[[ImageDraw.ImageDraw], None],
        pixels: Sequence[Point],
        top: Colour,
        foot: Colour,
        alpha: float,
    ) -> None:
        left, right = (int(edge(x for x, _ in pixels)) for edge in (min, max))
        upper, lower = (int(edge(y for _, y in pixels)) for edge in (min, max))
        box = max(0, left - 1), max(0, upper - 1), min(self.width, right + 2), min(self.height, lower + 2)
        if box[0] >= box[2] or box[1] >= box[3]:
            return
        mask = Image.new("L", (self.width, self.height))
        draw(ImageDraw.Draw(mask))
        mask = mask.crop(box)
        if alpha < 1:
            mask = mask.point(lambda level: round(level * alpha))
        rows = (np.arange(box[1], box[3]) - upper) / max(1, lower - upper)
        column = np.array(top) + (np.array(foot) - np.array(top)) * rows.clip(0, 1)[:, None]
        fill = Image.fromarray(column.astype(np.uint8)[:, None, :]).resize(mask.size)
        self.image.paste(fill, box[:2], mask)


def _rounder(points: Sequence[Point]) -> list[Point]:
    """Corners cut off (Chaikin)."""
    made = []
    for one, two in zip(points, [*points[1:], points[0]], strict=True):
        made.append((one[0] * 0.75 + two[0] * 0.25, one[1] * 0.75 + two[1] * 0.25))
        made.append((one[0] * 0.25 + two[0] * 0.75, one[1] * 0.25 + two[1] * 0.75))
    return made


def ridge(chance: random.Random, *, steps: int = 8, rough: float = 0.55) -> list[float]:
    """A line of hills between -1 and 1, by halving."""
    line = [chance.uniform(-0.4, 0.4), chance.uniform(-0.2, 1.0), chance.uniform(-0.4, 0.4)]
    height = 0.55
    for _ in range(steps - 1):
        line = [
            value for one, two in pairwise(line) for value in (one, (one + two) / 2 + chance.uniform(-height, height))
        ] + line[-1:]
        height *= rough
    return line
