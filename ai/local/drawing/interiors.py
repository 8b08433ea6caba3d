"""Rooms and stages."""

from __future__ import annotations

import random

from ai.local.drawing.board import DARK, Board, mixed
from ai.local.drawing.canvas import Canvas
from ai.local.drawing.shapes import WHITE


def room(canvas: Canvas, board: Board, _chance: random.Random, _horizon: float, _back: bool) -> None:
    colours = board.palette
    wall = mixed(mixed((120, 96, 84), colours.far, 0.55), colours.ink, 0.5 if board.time in DARK else 0.12)
    floor = mixed((92, 62, 46), colours.near, 0.5)
    canvas.polygon([(0, 0), (1, 0), (1, 1), (0, 1)], mixed(wall, colours.ink, 0.25), wall)
    base = 0.74
    left = 0.1 if board.lamp < 0.5 else 0.56
    wide, top, low = 0.34, 0.13, 0.56
    for column in range(2):
        for row in range(2):
            x, y = left + wide * column / 2, top + (low - top) * row / 2
            pane = [
                (x + 0.006, y + 0.01),
                (x + wide / 2 - 0.006, y + 0.01),
                (x + wide / 2 - 0.006, y + (low - top) / 2 - 0.01),
                (x + 0.006, y + (low - top) / 2 - 0.01),
            ]
            upper, lower = (colours.sky[0], colours.sky[1]) if row == 0 else (colours.sky[1], colours.sky[2])
            canvas.polygon(pane, upper, lower)
    canvas.glow((left + wide / 2, (top + low) / 2), 0.75, mixed(colours.sky[2], colours.light, 0.5), 0.38)
    canvas.polygon([(0, base), (1, base), (1, 1), (0, 1)], floor, mixed(floor, colours.ink, 0.6))
    canvas.polygon([(0, base - 0.012), (1, base - 0.012), (1, base), (0, base)], mixed(wall, WHITE, 0.12))
    lean = 0.12 if left < 0.4 else -0.12
    canvas.polygon(
        [
            (left + lean, base + 0.02),
            (left + wide + lean, base + 0.02),
            (left + wide + 3 * lean, 1),
            (left + 2.4 * lean, 1),
        ],
        colours.light,
        alpha=0.16,
    )
    other = 0.8 if left < 0.4 else 0.2
    canvas.line([(other, 0), (other, 0.2)], colours.ink, 0.003)
    canvas.polygon(
        [
            (other - canvas.x(0.07), 0.26),
            (other - canvas.x(0.03), 0.19),
            (other + canvas.x(0.03), 0.19),
            (other + canvas.x(0.07), 0.26),
        ],
        mixed(colours.ink, wall, 0.3),
    )
    canvas.glow((other, 0.28), 0.5, (255, 196, 120), 0.55)
    frame = other - canvas.x(0.13)
    canvas.polygon(
        [
            (frame, 0.38),
            (frame + canvas.x(0.26), 0.38),
            (frame + canvas.x(0.26), 0.38 + canvas.y(0.18)),
            (frame, 0.38 + canvas.y(0.18)),
        ],
        mixed(wall, colours.ink, 0.35),
    )
    canvas.polygon(
        [
            (frame + canvas.x(0.012), 0.38 + canvas.y(0.012)),
            (frame + canvas.x(0.248), 0.38 + canvas.y(0.012)),
            (frame + canvas.x(0.248), 0.38 + canvas.y(0.168)),
            (frame + canvas.x(0.012), 0.38 + canvas.y(0.168)),
        ],
        colours.sky[1],
        colours.far,
    )


def stage(canvas: Canvas, board: Board, chance: random.Random, _horizon: float, _back: bool) -> None:
    colours = board.palette
    dark = mixed(colours.ink, (14, 8, 24), 0.6)
    canvas.polygon([(0, 0), (1, 0), (1, 1), (0, 1)], mixed(dark, colours.sky[1], 0.28), dark)
    tones = (colours.light, mixed(colours.sky[2], WHITE, 0.2), mixed(colours.sky[1], WHITE, 0.3))
    for number, x in enumerate((0.16, 0.38, 0.62, 0.84)):
        aim = 0.5 + (x - 0.5) * chance.uniform(-0.2, 0.6)
        tone = tones[number % 3]
        canvas.polygon(
            [(x - 0.008, -0.02), (x + 0.008, -0.02), (aim + canvas.x(0.17), 0.84), (aim - canvas.x(0.17), 0.84)],
            tone,
            tone,
            alpha=0.16,
        )
        canvas.glow((x, 0.0), 0.22, tone, 0.9)
    canvas.polygon([(0, 0.78), (1, 0.78), (1, 1), (0, 1)], mixed(dark, colours.sky[2], 0.3), dark)
    canvas.ellipse((0.5, 0.82), (0.36, 0.035), colours.light, alpha=0.35)
    for side in (0, 1):
        folds = [(abs(side - 0.16 * number / 8), 0.0 if number % 2 else 0.01) for number in range(9)]
        curtain = mixed((120, 16, 30), colours.ink, 0.35)
        canvas.polygon(
            [*folds, (abs(side - 0.1), 0.5), (abs(side - 0.13), 1), (side, 1)],
            curtain,
            mixed(curtain, colours.ink, 0.6),
        )
