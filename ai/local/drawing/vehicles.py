"""What drives and what swims."""

from __future__ import annotations

import random

from ai.local.drawing.board import Board, mixed
from ai.local.drawing.canvas import Canvas, Point
from ai.local.drawing.shapes import WARM, WHITE, box, placed, shadow


def car(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours, side, tall = board.palette.ink, board.palette, chance.choice((-1, 1)), tall * 0.62
    paint = board.tint or chance.choice(((190, 40, 40), (40, 90, 150), (210, 160, 50), (200, 200, 205)))
    paint = mixed(mixed(paint, colours.sky[1], 0.2), ink, 0.2)
    shadow(canvas, at, tall * 1.35, board)
    body = [
        (-1.25, 0.2),
        (-1.28, 0.46),
        (-1.1, 0.58),
        (-0.75, 0.62),
        (-0.45, 0.95),
        (0.3, 0.97),
        (0.68, 0.62),
        (1.12, 0.54),
        (1.28, 0.4),
        (1.27, 0.2),
    ]
    canvas.polygon(
        placed(canvas, at, tall, body, side=side), mixed(paint, colours.light, 0.25), mixed(paint, ink, 0.5), rounds=2
    )
    for pane in (
        [(-0.62, 0.64), (-0.4, 0.88), (-0.08, 0.89), (-0.08, 0.64)],
        [(0.0, 0.64), (0.0, 0.89), (0.26, 0.88), (0.5, 0.64)],
    ):
        canvas.polygon(placed(canvas, at, tall, pane, side=side), colours.sky[2], mixed(colours.sky[1], ink, 0.5))
    for x in (-0.76, 0.78):
        wheel = placed(canvas, at, tall, [(x, 0.2)], side=side)[0]
        canvas.ellipse(wheel, (tall * 0.235, tall * 0.235), (14, 14, 16))
        canvas.ellipse(wheel, (tall * 0.12, tall * 0.12), mixed((150, 150, 158), ink, 0.3))
    lamp = placed(canvas, at, tall, [(1.22, 0.44)], side=side)[0]
    canvas.ellipse(lamp, (tall * 0.05, tall * 0.045), WHITE)
    canvas.glow(lamp, tall * 0.9, WARM, 0.75)


def train(canvas: Canvas, at: Point, tall: float, board: Board, _chance: random.Random) -> None:
    colours, ink, tall = board.palette, board.palette.ink, tall * 0.5
    paint = mixed(mixed((160, 50, 44), colours.far, 0.4), ink, 0.15)
    canvas.polygon(
        [
            (0, at[1] + canvas.y(0.012)),
            (1, at[1] + canvas.y(0.012)),
            (1, at[1] + canvas.y(0.03)),
            (0, at[1] + canvas.y(0.03)),
        ],
        ink,
    )
    for number in range(-4, 4):
        wagon = at[0] + canvas.x(number * 1.95 * tall), at[1]
        if number == 3:
            nose = [(-0.95, 0.08), (-0.95, 0.98), (0.35, 0.98), (0.85, 0.6), (1.0, 0.2), (0.95, 0.08)]
            canvas.polygon(
                placed(canvas, wagon, tall, nose), mixed(paint, colours.light, 0.2), mixed(paint, ink, 0.4), rounds=1
            )
            canvas.glow(placed(canvas, wagon, tall, [(0.95, 0.3)])[0], tall * 1.6, WARM, 0.9)
        else:
            canvas.polygon(
                box(canvas, wagon, tall, -0.94, 0.08, 0.94, 0.98),
                mixed(paint, colours.light, 0.16),
                mixed(paint, ink, 0.4),
            )
        for pane in range(4 if number < 3 else 2):
            canvas.polygon(
                box(canvas, wagon, tall, -0.8 + 0.42 * pane, 0.5, -0.48 + 0.42 * pane, 0.82),
                mixed(WARM, colours.light, 0.3),
            )
        for wheel in (-0.6, 0.6):
            canvas.ellipse(placed(canvas, wagon, tall, [(wheel, 0.05)])[0], (tall * 0.12, tall * 0.12), ink)


def boat(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours, side = board.palette.ink, board.palette, chance.choice((-1, 1))
    canvas.polygon(
        placed(canvas, at, tall, [(-0.4, 0.0), (0.4, 0.0), (0.25, -0.22), (-0.22, -0.22)]),
        ink,
        mixed(ink, colours.sky[1], 0.6),
        alpha=0.4,
    )
    canvas.polygon(
        placed(canvas, at, tall, [(0.03, 0.16), (0.03, 1.0), (0.46, 0.2)], side=side),
        mixed(colours.light, WHITE, 0.4),
        mixed(colours.light, colours.sky[1], 0.35),
    )
    canvas.polygon(
        placed(canvas, at, tall, [(-0.03, 0.16), (-0.02, 0.86), (-0.34, 0.2)], side=side),
        mixed(colours.light, colours.sky[1], 0.2),
        mixed(colours.light, colours.far, 0.5),
    )
    canvas.polygon(
        placed(canvas, at, tall, [(-0.46, 0.14), (0.56, 0.14), (0.4, -0.02), (-0.34, -0.02)], side=side),
        mixed(ink, (120, 60, 40), 0.4),
        ink,
        rounds=1,
    )
    canvas.line(placed(canvas, at, tall, [(0.0, 0.1), (0.0, 1.02)]), ink, tall * 0.012)


def ship(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours, side = board.palette.ink, board.palette, chance.choice((-1, 1))
    canvas.polygon(
        placed(canvas, at, tall, [(-1.3, 0.34), (1.5, 0.4), (1.2, 0.0), (-1.15, 0.0)], side=side),
        mixed(ink, colours.far, 0.3),
        ink,
    )
    for level in range(3):
        canvas.polygon(
            placed(
                canvas,
                at,
                tall,
                [
                    (-1.0 + 0.15 * level, 0.34 + 0.16 * level),
                    (0.8 - 0.2 * level, 0.34 + 0.16 * level),
                    (0.76 - 0.2 * level, 0.5 + 0.16 * level),
                    (-0.98 + 0.15 * level, 0.5 + 0.16 * level),
                ],
                side=side,
            ),
            mixed(WHITE, colours.far, 0.35 + 0.1 * level),
        )
        for pane in range(9 - 2 * level):
            canvas.ellipse(
                placed(canvas, at, tall, [(-0.85 + 0.15 * level + 0.17 * pane, 0.42 + 0.16 * level)], side=side)[0],
                (tall * 0.022, tall * 0.022),
                WARM,
            )
    canvas.polygon(
        placed(canvas, at, tall, [(-0.4, 0.8), (-0.36, 1.15), (-0.12, 1.15), (-0.1, 0.8)], side=side),
        mixed((170, 50, 44), ink, 0.3),
    )
