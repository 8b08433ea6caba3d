"""A table, and what lies on it."""

from __future__ import annotations

import math
import random

from ai.local.drawing.board import Board, mixed
from ai.local.drawing.canvas import Canvas, Point
from ai.local.drawing.shapes import WHITE, box, placed


def table(canvas: Canvas, board: Board) -> None:
    wood = mixed((124, 78, 48), board.palette.ink, 0.4)
    canvas.polygon(
        [(0.12, 0.76), (0.88, 0.76), (0.97, 0.86), (0.03, 0.86)], mixed(wood, board.palette.light, 0.15), wood
    )
    canvas.polygon([(0.03, 0.86), (0.97, 0.86), (0.97, 0.885), (0.03, 0.885)], mixed(wood, board.palette.ink, 0.5))


def candle(canvas: Canvas, at: Point, tall: float, _board: Board, _chance: random.Random) -> None:
    top = placed(canvas, at, tall, [(0, 0.42)])[0]
    canvas.glow(top, 0.6, (255, 176, 90), 0.95)
    canvas.polygon(box(canvas, at, tall, -0.05, 0, 0.05, 0.34), (240, 226, 196), (180, 150, 112))
    canvas.polygon(
        placed(canvas, at, tall, [(-0.03, 0.36), (0, 0.54), (0.03, 0.36), (0, 0.34)]),
        (255, 240, 180),
        (255, 160, 60),
        rounds=1,
    )


def screen(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    shine = mixed(board.palette.sky[2], (150, 210, 255), 0.6)
    canvas.glow(placed(canvas, at, tall, [(0, 0.3)])[0], 0.45, shine, 0.6)
    canvas.polygon(placed(canvas, at, tall, [(-0.34, 0.06), (0.34, 0.06), (0.32, 0.5), (-0.32, 0.5)]), (24, 26, 32))
    canvas.polygon(
        placed(canvas, at, tall, [(-0.31, 0.09), (0.31, 0.09), (0.295, 0.47), (-0.295, 0.47)]),
        shine,
        mixed(shine, board.palette.sky[0], 0.5),
    )
    for line in range(4):
        canvas.polygon(
            box(canvas, at, tall, -0.25, 0.38 - 0.075 * line, -0.25 + chance.uniform(0.2, 0.48), 0.405 - 0.075 * line),
            mixed(WHITE, shine, 0.25),
        )
    canvas.polygon(placed(canvas, at, tall, [(-0.34, 0.06), (0.34, 0.06), (0.44, -0.04), (-0.44, -0.04)]), (44, 46, 54))


def cup(canvas: Canvas, at: Point, tall: float, board: Board, _chance: random.Random) -> None:
    china = mixed(WHITE, board.palette.sky[2], 0.25)
    canvas.ellipse(at, (tall * 0.26, tall * 0.05), mixed(china, board.palette.ink, 0.25))
    canvas.polygon(
        placed(canvas, at, tall, [(-0.2, 0.26), (0.2, 0.26), (0.13, 0.01), (-0.13, 0.01)]),
        china,
        mixed(china, board.palette.ink, 0.45),
        rounds=1,
    )
    canvas.ellipse(placed(canvas, at, tall, [(0, 0.25)])[0], (tall * 0.185, tall * 0.035), (92, 52, 30))
    for plume in (-0.06, 0.06):
        for step in range(7):
            place = placed(canvas, at, tall, [(plume + 0.04 * math.sin(step * 1.1 + plume * 30), 0.32 + 0.065 * step)])[
                0
            ]
            canvas.ellipse(place, (tall * 0.028, tall * 0.045), WHITE, alpha=0.09 - 0.01 * step)


def book(canvas: Canvas, at: Point, tall: float, board: Board, _chance: random.Random) -> None:
    paper = mixed((250, 244, 226), board.palette.light, 0.2)
    for side in (-1, 1):
        canvas.polygon(
            placed(canvas, at, tall, [(0, 0.1), (0.36, 0.15), (0.44, -0.02), (0, -0.06)], side=side),
            paper,
            mixed(paper, board.palette.ink, 0.3),
        )
        for line in range(4):
            canvas.line(
                placed(canvas, at, tall, [(0.05, 0.075 - 0.03 * line), (0.34, 0.11 - 0.032 * line)], side=side),
                mixed(paper, board.palette.ink, 0.5),
                0.002,
            )
