"""What flies."""

from __future__ import annotations

import math
import random

from ai.local.drawing.board import Board, mixed
from ai.local.drawing.canvas import Canvas, Point
from ai.local.drawing.shapes import WHITE, box, placed


def plane(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    colours, ink, side, tall = board.palette, board.palette.ink, chance.choice((-1, 1)), tall * 0.75
    sky = at[0], 0.3
    body = mixed(WHITE, colours.far, 0.3)
    trail = placed(canvas, sky, tall, [(-0.9, 0.02), (-3.4, -0.5), (-3.4, -0.42)], side=side)
    canvas.polygon(trail, WHITE, alpha=0.35)
    canvas.polygon(
        placed(canvas, sky, tall, [(-0.9, 0.08), (-1.12, 0.5), (-0.92, 0.5), (-0.6, 0.12)], side=side),
        mixed(colours.far, ink, 0.3),
    )
    canvas.polygon(
        placed(
            canvas,
            sky,
            tall,
            [(-1.0, 0.1), (0.7, 0.2), (1.0, 0.1), (0.98, 0.02), (0.6, -0.06), (-0.8, -0.02)],
            side=side,
        ),
        body,
        mixed(body, ink, 0.5),
        rounds=2,
    )
    canvas.polygon(
        placed(canvas, sky, tall, [(0.2, 0.04), (-0.5, -0.42), (-0.66, -0.42), (-0.24, 0.03)], side=side),
        mixed(body, ink, 0.45),
    )
    for pane in range(9):
        canvas.ellipse(
            placed(canvas, sky, tall, [(-0.5 + 0.12 * pane, 0.1)], side=side)[0],
            (tall * 0.014, tall * 0.018),
            mixed(ink, colours.sky[1], 0.4),
        )


def rocket(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    colours, ink, tall = board.palette, board.palette.ink, tall * 1.55
    in_space = board.grounds[0] == "space"
    foot = (at[0], at[1] - canvas.y(0.12 * tall)) if in_space else at
    canvas.glow((foot[0], foot[1]), tall * (0.9 if not in_space else 0.7), (255, 170, 80), 0.85)
    if not in_space:
        tower = at[0] + canvas.x(0.2 * tall)
        for x in (-0.035, 0.035):
            canvas.line(
                [(tower + canvas.x(x * tall), at[1]), (tower + canvas.x(x * tall), at[1] - canvas.y(0.92 * tall))],
                ink,
                0.004,
            )
        for step in range(10):
            y = at[1] - canvas.y(tall * 0.092 * step)
            canvas.line(
                [(tower - canvas.x(0.035 * tall), y), (tower + canvas.x(0.035 * tall), y - canvas.y(0.092 * tall))],
                ink,
                0.0028,
            )
        for arm in (0.45, 0.75):
            canvas.line(placed(canvas, at, tall, [(0.06, arm), (0.18, arm)]), ink, 0.004)
    else:
        canvas.polygon(
            placed(canvas, foot, tall, [(-0.05, 0.02), (0.0, -0.34), (0.05, 0.02)]),
            (255, 240, 190),
            (255, 120, 50),
            rounds=1,
        )
    hull = mixed(WHITE, colours.far, 0.18)
    for side in (-1, 1):
        canvas.polygon(
            placed(canvas, foot, tall, [(0.055, 0.24), (0.13, 0.02), (0.055, 0.05)], side=side),
            mixed((190, 50, 44), ink, 0.2),
        )
    outline = [(0.068, 0.03), (0.072, 0.62), (0.05, 0.84), (0.0, 1.0)]
    canvas.polygon(
        placed(canvas, foot, tall, [*outline, *((-x, y) for x, y in reversed(outline))]),
        hull,
        mixed(hull, ink, 0.3),
        rounds=1,
    )
    lit = 1 if board.lamp > at[0] else -1
    canvas.polygon(
        placed(
            canvas, foot, tall, [(-0.068, 0.04), (-0.07, 0.62), (-0.045, 0.84), (-0.02, 0.92), (-0.02, 0.04)], side=lit
        ),
        ink,
        alpha=0.35,
    )
    canvas.polygon(box(canvas, foot, tall, -0.069, 0.58, 0.069, 0.62), mixed((190, 50, 44), ink, 0.1))
    canvas.ellipse(
        placed(canvas, foot, tall, [(0, 0.73)])[0], (tall * 0.026, tall * 0.026), mixed(ink, colours.sky[1], 0.6)
    )
    if not in_space:
        for _ in range(26):
            puff = at[0] + canvas.x(chance.gauss(0, 0.2) * tall), at[1] + canvas.y(chance.uniform(-0.05, 0.03) * tall)
            size = chance.uniform(0.03, 0.085) * tall
            canvas.ellipse(
                puff,
                (size, size * 0.7),
                mixed(WHITE, colours.sky[2], chance.uniform(0.3, 0.8)),
                mixed(colours.far, WHITE, 0.2),
                alpha=0.55,
            )


def balloon(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    colours, ink = board.palette, board.palette.ink
    for number in range(3):
        size = tall * (0.34 if number == 0 else chance.uniform(0.12, 0.2))
        place = (at[0], 0.3) if number == 0 else (chance.uniform(0.1, 0.9), chance.uniform(0.14, 0.42))
        tones = [
            mixed(chance.choice(((214, 64, 54), (240, 168, 48), (46, 120, 170), (90, 150, 90))), colours.light, 0.12),
            mixed(WHITE, colours.light, 0.5),
        ]
        for gore in range(7):
            half = size * math.cos(math.pi / 2 * gore / 7)
            canvas.ellipse(place, (half, size), tones[gore % 2], mixed(tones[gore % 2], ink, 0.5))
        canvas.polygon(
            placed(canvas, place, size, [(-0.62, -0.75), (0.62, -0.75), (0.14, -1.3), (-0.14, -1.3)]),
            tones[0],
            mixed(tones[0], ink, 0.5),
        )
        canvas.polygon(
            placed(canvas, place, size, [(-0.14, -1.42), (0.14, -1.42), (0.12, -1.65), (-0.12, -1.65)]),
            mixed(ink, (110, 74, 40), 0.5),
        )
