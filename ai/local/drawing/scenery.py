"""Where it is: skies, grounds and rooms, from the back to the front."""

from __future__ import annotations

import random
from collections.abc import Callable

from ai.local.drawing import interiors
from ai.local.drawing.board import DARK, Board, Colour, mixed
from ai.local.drawing.canvas import Canvas, ridge
from ai.local.drawing.shapes import WHITE


def sky(canvas: Canvas, board: Board, chance: random.Random, *, horizon: float) -> None:
    colours = board.palette
    canvas.sky(colours.sky, down_to=horizon)
    if board.time in DARK:
        for _ in range(170 if board.time != "neon" else 50):
            size = chance.choice((0.0006, 0.0009, 0.0009, 0.0016))
            at = chance.random(), chance.random() ** 1.3 * horizon
            canvas.ellipse(at, (size, size), mixed(colours.sky[1], WHITE, chance.uniform(0.35, 1.0)))
    if board.time == "space":
        for _ in range(7):
            at = chance.random(), chance.random() * 0.8
            canvas.glow(at, chance.uniform(0.3, 0.7), mixed(colours.sky[2], colours.light, chance.random() * 0.3), 0.5)
        return
    lamp = (
        board.lamp,
        horizon - chance.uniform(0.16, 0.3) if board.time in {"day", "night", "winter"} else horizon - 0.09,
    )
    if board.time == "storm":
        canvas.glow((board.lamp, 0.1), 0.9, colours.light, 0.35)
    elif board.time == "night":
        canvas.glow(lamp, 0.6, mixed(colours.sky[2], colours.light, 0.4), 0.5)
        canvas.ellipse(lamp, (0.055, 0.055), colours.light, mixed(colours.light, colours.sky[2], 0.35))
    elif board.time != "neon":
        canvas.glow(lamp, 1.1, mixed(colours.sky[2], colours.light, 0.6), 0.75)
        canvas.glow(lamp, 0.3, colours.light, 0.9)
        canvas.ellipse(lamp, (0.06, 0.06), mixed(colours.light, WHITE, 0.5))
    if board.time not in DARK:
        _clouds(canvas, board, chance, horizon)


def _clouds(canvas: Canvas, board: Board, chance: random.Random, horizon: float) -> None:
    colours = board.palette
    heavy = board.time == "storm"
    for _ in range(12 if heavy else 5):
        x, y = chance.uniform(-0.1, 1.1), chance.uniform(0.05, horizon * (0.55 if heavy else 0.7))
        wide = chance.uniform(0.16, 0.42)
        tone = mixed(colours.sky[1], colours.sky[0] if heavy else colours.light, chance.uniform(0.25, 0.6))
        for _puff in range(6):
            at = x + canvas.x(chance.uniform(-wide, wide) * 0.7), y - canvas.y(chance.uniform(0, 0.012))
            tall = chance.uniform(0.007, 0.02) * (2.2 if heavy else 1)
            canvas.ellipse(at, (wide * chance.uniform(0.3, 0.7), tall), tone, alpha=0.3)


def ground(
    canvas: Canvas, name: str, board: Board, chance: random.Random, *, horizon: float, back: bool = False
) -> None:
    """`back` draws only what stands at the horizon, because another ground is in front of it."""
    _GROUNDS[name](canvas, board, chance, horizon, back)


def _hills(
    canvas: Canvas, at: float, tall: float, colour: Colour, foot: Colour, chance: random.Random, *, rough: float = 0.5
) -> None:
    line = ridge(chance, rough=rough)
    last = len(line) - 1
    points = [(number / last, at - value * canvas.y(tall)) for number, value in enumerate(line)]
    canvas.polygon([*points, (1, 1), (0, 1)], colour, foot)


def _mountains(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    for layer in range(3):
        share = layer / 2
        tone = mixed(mixed(colours.sky[2], colours.far, 0.55), colours.near, share * 0.75)
        line = ridge(chance, rough=0.5)
        lift = 0.1 - 0.075 * layer
        tall = 0.2 - 0.045 * layer
        last = len(line) - 1
        points = [
            (number / last, horizon - canvas.y(lift + max(-0.5, value) * tall)) for number, value in enumerate(line)
        ]
        canvas.polygon([*points, (1, 1), (0, 1)], tone, mixed(tone, colours.sky[2], 0.25))
        if layer == 0:  # what lies high is lit and white
            top = min(y for _, y in points)
            snow = [(x, max(y, top)) for x, y in points]
            cut = [
                (
                    x,
                    min(
                        horizon,
                        y
                        + canvas.y(
                            0.012 + 0.045 * max(0.0, (horizon - y) / canvas.y(0.3) - 0.35) * chance.uniform(0.6, 1.4)
                        ),
                    ),
                )
                for x, y in points
            ]
            canvas.polygon([*snow, *reversed(cut)], mixed(colours.light, WHITE, 0.3), alpha=0.55)
        canvas.haze(horizon - canvas.y(0.07), horizon + canvas.y(0.06), colours.sky[2], 0.45 - 0.12 * layer)
    if not back:
        _field(canvas, board, chance, horizon + 0.04, back)


def _field(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    steps = 2 if back else 4
    for layer in range(steps):
        share = layer / max(1, steps - 1)
        tone = mixed(mixed(colours.far, colours.sky[2], 0.25), colours.near, share)
        at = horizon + (1 - horizon) * share * 0.55
        _hills(canvas, at, 0.03 + 0.015 * layer, tone, mixed(tone, colours.ink, 0.35), chance, rough=0.36)
        if 0 < layer < steps - 1:
            for _ in range(7):
                x, size = chance.random(), chance.uniform(0.012, 0.022) * (1 + layer)
                canvas.ellipse((x, at - canvas.y(size * 0.3)), (size, size * 0.8), mixed(tone, colours.ink, 0.35))
        if layer == 0:
            canvas.haze(horizon - canvas.y(0.03), horizon + canvas.y(0.08), colours.sky[2], 0.35)


def _forest(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    for layer in range(1 if back else 4):
        share = layer / 3
        tone = mixed(mixed(colours.far, colours.sky[2], 0.35), colours.ink, share * 0.9)
        base, tall = horizon + 0.03 + 0.09 * layer, 0.13 + 0.085 * layer
        x = -0.02
        while x < 1.02:
            pine(canvas, (x, base + canvas.y(chance.uniform(0, 0.02))), tall * chance.uniform(0.7, 1.15), tone)
            x += canvas.x(tall * chance.uniform(0.16, 0.34))
        canvas.polygon([(0, base), (1, base), (1, 1), (0, 1)], tone, mixed(tone, colours.ink, 0.5))
        canvas.haze(base - canvas.y(0.09), base + canvas.y(0.03), colours.sky[2], 0.42 - 0.13 * layer)


def pine(canvas: Canvas, at: tuple[float, float], tall: float, colour: Colour) -> None:
    x, y = at
    for step in range(4):
        low, high = y - canvas.y(tall * (0.1 + 0.2 * step)), y - canvas.y(tall * (0.48 + 0.175 * step))
        wide = canvas.x(tall * (0.2 - 0.04 * step))
        canvas.polygon([(x - wide, low), (x, high), (x + wide, low)], colour)
    canvas.polygon(
        [(x - canvas.x(tall * 0.02), y), (x, y - canvas.y(tall * 0.3)), (x + canvas.x(tall * 0.02), y)], colour
    )


def _sea(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    water = mixed(mixed(colours.sky[1], colours.near, 0.45), (20, 70, 110), 0.25)
    canvas.polygon(
        [(0, horizon), (1, horizon), (1, 1), (0, 1)],
        mixed(water, colours.sky[2], 0.55),
        mixed(water, colours.ink, 0.55),
    )
    for _ in range(110):  # the lamp on the water, broken by it
        part = chance.random() ** 1.6
        y = horizon + (1 - horizon) * (0.01 + 0.9 * part)
        x = board.lamp + canvas.x(chance.gauss(0, 0.03 + 0.12 * part))
        canvas.ellipse(
            (x, y), (0.008 + 0.05 * part * chance.random(), 0.0012 + 0.0035 * part), colours.light, alpha=0.55
        )
    for _ in range(70):
        part = chance.random() ** 1.4
        y = horizon + (1 - horizon) * part
        tone = mixed(water, chance.choice((colours.light, colours.ink)), 0.3)
        canvas.ellipse(
            (chance.random(), y), (0.03 + 0.14 * part * chance.random(), 0.001 + 0.003 * part), tone, alpha=0.4
        )
    if back:
        return
    sand = mixed(mixed((226, 196, 148), colours.near, 0.3), colours.ink, 0.55 if board.time in DARK else 0.1)
    rise, side = 0.17, chance.choice((0, 1))
    shore = [
        (number / 22 - 0.05, 1 - rise * (0.5 + 0.8 * abs(side - number / 24) ** 1.5) + 0.008 * chance.random())
        for number in range(25)
    ]
    canvas.polygon(
        [*((x, y - canvas.y(0.013)) for x, y in shore), (1.05, 1.05), (-0.05, 1.05)],
        mixed(colours.light, WHITE, 0.4),
        alpha=0.5,
        rounds=1,
    )
    canvas.polygon([*shore, (1.05, 1.05), (-0.05, 1.05)], sand, mixed(sand, colours.ink, 0.45), rounds=1)


def _lake(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    _hills(
        canvas, horizon - canvas.y(0.02), 0.07, mixed(colours.far, colours.sky[2], 0.3), colours.far, chance, rough=0.45
    )
    _sea(canvas, board, chance, horizon + 0.02, back=True)
    if not back:
        near = mixed(colours.near, colours.ink, 0.4)
        _hills(canvas, 0.93, 0.02, near, colours.ink, chance, rough=0.4)
        for _ in range(60):
            x, tall = chance.choice((chance.random() * 0.25, 1 - chance.random() * 0.25)), chance.uniform(0.04, 0.13)
            canvas.line([(x, 0.96), (x + canvas.x(chance.uniform(-0.02, 0.02)), 0.96 - canvas.y(tall))], near, 0.0025)


def _desert(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    sand = mixed((214, 158, 98), colours.far, 0.35)
    if board.time in DARK:
        sand = mixed(sand, colours.ink, 0.55)
    for layer in range(2 if back else 4):
        at = horizon + 0.02 + (1 - horizon) * layer * 0.2
        tone = mixed(mixed(sand, colours.sky[2], 0.5 - 0.16 * layer), colours.ink, 0.12 * layer)
        top, phase = chance.uniform(0.25, 0.75), chance.uniform(0.06, 0.1)
        crest = [
            (number / 40, at - canvas.y(phase * max(0.0, 1 - abs(number / 40 - top) / 0.5) ** 1.4) + 0.004 * layer)
            for number in range(41)
        ]
        canvas.polygon([*crest, (1, 1), (0, 1)], tone, mixed(tone, colours.ink, 0.2))
        side = 1 if board.lamp < top else -1
        peak = min(crest, key=lambda point: point[1])
        shaded = [point for point in crest if (point[0] - peak[0]) * side >= 0]
        foot = peak[0] - side * 0.16, min(1.0, peak[1] + 0.26)
        canvas.polygon(
            [*shaded, (0.5 + side, 1), foot] if side > 0 else [*shaded, foot, (0.5 + side, 1)],
            mixed(tone, colours.ink, 0.3),
            alpha=0.5,
        )


def _city(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    lit = board.time in {*DARK, "sunset", "storm", "dawn"}
    for layer in range(2 if back else 3):
        share = layer / 2
        tone = mixed(mixed(colours.far, colours.sky[2], 0.4), colours.ink, share * 0.85)
        base, x = horizon + 0.02 + 0.06 * layer, -0.03
        while x < 1.0:
            wide, tall = (
                canvas.x(chance.uniform(0.05, 0.12) * (1 + 0.45 * layer)),
                canvas.y(chance.uniform(0.1, 0.34) * (1 - 0.1 * layer)),
            )
            _tower(canvas, (x, base), wide, tall, tone, board, chance, lit=lit and layer > 0)
            x += wide * chance.uniform(0.92, 1.2)
        canvas.polygon([(0, base), (1, base), (1, 1), (0, 1)], tone, colours.ink)
        canvas.haze(base - canvas.y(0.12), base + canvas.y(0.04), colours.sky[2], 0.4 - 0.15 * layer)
    if back:
        return
    top, asphalt = horizon + 0.14, mixed(colours.ink, colours.near, 0.4)
    canvas.polygon([(0.47, top), (0.53, top), (0.95, 1), (0.05, 1)], asphalt, colours.ink)
    for number in range(7):
        one, two = top + (1 - top) * (number / 7) ** 1.7, top + (1 - top) * ((number + 0.45) / 7) ** 1.7
        canvas.polygon([(0.498, one), (0.502, one), (0.506, two), (0.494, two)], mixed(colours.light, asphalt, 0.3))
    if lit:
        for _ in range(26):
            part = chance.random() ** 1.5
            y, side = top + (1 - top) * part * 0.8, chance.choice((-1, 1))
            at = 0.5 + side * (0.02 + part * 0.2), y
            tone = (255, 214, 150) if side < 0 else (255, 84, 66)
            canvas.ellipse(at, (0.002 + 0.006 * part, 0.002 + 0.005 * part), tone)
            canvas.glow(at, 0.025 + 0.06 * part, tone, 0.55)


def _tower(
    canvas: Canvas,
    at: tuple[float, float],
    wide: float,
    tall: float,
    tone: Colour,
    board: Board,
    chance: random.Random,
    *,
    lit: bool,
) -> None:
    (x, base), top = at, at[1] - tall
    canvas.polygon([(x, base), (x, top), (x + wide, top), (x + wide, base)], tone)
    if chance.random() < 0.35:
        canvas.polygon(
            [
                (x + wide * 0.3, top),
                (x + wide * 0.3, top - tall * 0.12),
                (x + wide * 0.7, top - tall * 0.12),
                (x + wide * 0.7, top),
            ],
            tone,
        )
    if chance.random() < 0.3:
        canvas.line([(x + wide / 2, top), (x + wide / 2, top - tall * 0.3)], tone, 0.003)
    columns, rows = max(2, round(wide / canvas.x(0.017))), max(3, round(tall / canvas.y(0.022)))
    glass = (255, 214, 140) if board.time != "neon" else board.palette.light
    for column in range(columns):
        for row in range(rows):
            if chance.random() < (0.42 if lit else 0.5):
                left, upper = x + wide * (column + 0.25) / columns, top + tall * (row + 0.3) / rows
                shade = (
                    mixed(tone, glass, chance.uniform(0.35, 0.95)) if lit else mixed(tone, board.palette.sky[2], 0.16)
                )
                canvas.polygon(
                    [
                        (left, upper),
                        (left + wide * 0.5 / columns, upper),
                        (left + wide * 0.5 / columns, upper + tall * 0.45 / rows),
                        (left, upper + tall * 0.45 / rows),
                    ],
                    shade,
                )


def _road(canvas: Canvas, board: Board, chance: random.Random, horizon: float, back: bool) -> None:
    colours = board.palette
    _mountains(canvas, board, chance, horizon, back=True)
    _field(canvas, board, chance, horizon + 0.02, back)
    if back:
        return
    end, asphalt = chance.uniform(0.42, 0.58), mixed(colours.ink, (90, 90, 98), 0.35)
    top = horizon + 0.045
    canvas.polygon(
        [(end - 0.006, top), (end + 0.006, top), (0.98, 1), (0.02, 1)], mixed(asphalt, colours.sky[2], 0.3), asphalt
    )
    for number in range(8):
        one, two = (top + (1 - top) * ((number + part) / 8) ** 1.8 for part in (0.0, 0.5))
        shift = [(end + (0.5 - end) * (y - top) / (1 - top), 0.009 * (y - top) / (1 - top)) for y in (one, two)]
        canvas.polygon(
            [
                (shift[0][0] - shift[0][1], one),
                (shift[0][0] + shift[0][1], one),
                (shift[1][0] + shift[1][1], two),
                (shift[1][0] - shift[1][1], two),
            ],
            mixed(WHITE, asphalt, 0.15),
        )


def _space(canvas: Canvas, board: Board, chance: random.Random, _horizon: float, back: bool) -> None:
    colours = board.palette
    if back:
        return
    at, size = (chance.choice((0.2, 0.8)), 1.0), chance.uniform(0.55, 0.7)
    canvas.glow(at, size * 1.35, mixed(colours.sky[2], (90, 160, 255), 0.5), 0.8)
    canvas.ellipse(at, (size, size), mixed(colours.far, (110, 170, 230), 0.45), colours.ink)
    for _ in range(9):
        way = at[0] + canvas.x(chance.uniform(-0.6, 0.6) * size), at[1] - canvas.y(chance.uniform(0.05, 0.8) * size)
        canvas.ellipse(way, (size * chance.uniform(0.1, 0.3), size * 0.025), mixed(colours.far, WHITE, 0.5), alpha=0.25)


_GROUNDS: dict[str, Callable[[Canvas, Board, random.Random, float, bool], None]] = {
    "mountains": _mountains,
    "field": _field,
    "forest": _forest,
    "sea": _sea,
    "lake": _lake,
    "desert": _desert,
    "city": _city,
    "road": _road,
    "space": _space,
    "room": interiors.room,
    "stage": interiors.stage,
}
