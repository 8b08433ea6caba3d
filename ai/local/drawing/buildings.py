"""What people built."""

from __future__ import annotations

import math
import random

from ai.local.drawing.board import Board, mixed
from ai.local.drawing.canvas import Canvas, Point
from ai.local.drawing.shapes import WARM, WHITE, box, placed, shadow


def house(canvas: Canvas, at: Point, tall: float, board: Board, _chance: random.Random) -> None:
    colours, ink = board.palette, board.palette.ink
    wall = mixed(mixed((206, 186, 160), colours.sky[2], 0.3), ink, 0.45 if board.time in {"night", "neon"} else 0.15)
    shadow(canvas, at, tall * 0.85, board)
    canvas.polygon(box(canvas, at, tall, -0.62, 0, 0.62, 0.52), wall, mixed(wall, ink, 0.3))
    canvas.polygon(box(canvas, at, tall, 0.3, 0.6, 0.44, 1.02), mixed(wall, ink, 0.4))
    canvas.polygon(
        placed(canvas, at, tall, [(-0.74, 0.5), (-0.5, 0.92), (0.5, 0.92), (0.74, 0.5)]),
        mixed(ink, (130, 60, 44), 0.45),
        mixed(ink, (130, 60, 44), 0.2),
    )
    for x in (-0.42, 0.22):
        pane = box(canvas, at, tall, x, 0.2, x + 0.2, 0.4)
        canvas.polygon(pane, WARM)
        canvas.glow(pane[0], tall * 0.4, WARM, 0.5)
    canvas.polygon(box(canvas, at, tall, -0.1, 0, 0.07, 0.33), mixed(ink, (90, 50, 34), 0.5))


def lighthouse(canvas: Canvas, at: Point, tall: float, board: Board, _chance: random.Random) -> None:
    colours, ink, tall = board.palette, board.palette.ink, tall * 1.5
    rock = [(-0.34, 0), (-0.26, 0.09), (-0.1, 0.13), (0.12, 0.12), (0.3, 0.07), (0.42, 0)]
    top = placed(canvas, at, tall, [(0, 0.88)])[0]
    for side in (-1, 1):
        canvas.polygon(
            [top, (top[0] + side * 0.7, top[1] - 0.07), (top[0] + side * 0.7, top[1] + 0.05)], colours.light, alpha=0.28
        )
    canvas.polygon(placed(canvas, at, tall, rock), mixed(ink, colours.near, 0.4), ink, rounds=1)
    for band in range(5):
        low, high = 0.1 + 0.142 * band, 0.1 + 0.142 * (band + 1)
        one, two = 0.1 - 0.045 * band / 5, 0.1 - 0.045 * (band + 1) / 5
        tone = mixed(WHITE, colours.sky[2], 0.25) if band % 2 else mixed((190, 50, 44), ink, 0.2)
        canvas.polygon(placed(canvas, at, tall, [(-one, low), (one, low), (two, high), (-two, high)]), tone)
        canvas.polygon(
            placed(
                canvas,
                at,
                tall,
                [(0.25 * one, low), (one, low), (two, high), (0.25 * two, high)],
                side=-1 if board.lamp > at[0] else 1,
            ),
            ink,
            alpha=0.3,
        )
    canvas.polygon(box(canvas, at, tall, -0.085, 0.8, 0.085, 0.82), ink)
    canvas.polygon(box(canvas, at, tall, -0.05, 0.82, 0.05, 0.93), mixed(WARM, WHITE, 0.5))
    canvas.polygon(placed(canvas, at, tall, [(-0.07, 0.93), (0, 1.02), (0.07, 0.93)]), ink)
    canvas.glow(top, 0.3 * tall, WARM, 1.0)


def bridge(canvas: Canvas, at: Point, tall: float, board: Board, _chance: random.Random) -> None:
    ink, y = mixed(board.palette.ink, board.palette.far, 0.25), at[1] - canvas.y(0.2 * tall)
    canvas.polygon([(0, y), (1, y), (1, y + canvas.y(0.018)), (0, y + canvas.y(0.018))], ink)
    pillars = (0.22, 0.78)
    high = y - canvas.y(0.62 * tall)
    for x in pillars:
        for side in (-1, 1):
            canvas.line(
                [(x + canvas.x(0.014) * side, y + canvas.y(0.2 * tall)), (x + canvas.x(0.011) * side, high)], ink, 0.011
            )
        for step in (0.25, 0.6, 0.95):
            canvas.line(
                [(x - canvas.x(0.014), y + (high - y) * step), (x + canvas.x(0.014), y + (high - y) * step)], ink, 0.006
            )
    cable = [
        (number / 60, high + (y - high) * min(0.96, 1 - abs(math.cos((number / 60 - 0.22) / 0.56 * math.pi)) ** 1.5))
        for number in range(61)
    ]
    canvas.line(cable, ink, 0.005)
    for x, top in cable[::2]:
        canvas.line([(x, top), (x, y)], ink, 0.0016)


def castle(canvas: Canvas, at: Point, tall: float, board: Board, _chance: random.Random) -> None:
    colours, ink, tall = board.palette, board.palette.ink, tall * 1.15
    stone = mixed(mixed((120, 112, 108), colours.far, 0.5), ink, 0.3)
    mound = [(-1.3, -0.05), (-0.9, 0.12), (-0.4, 0.2), (0.4, 0.2), (0.9, 0.12), (1.3, -0.05)]
    canvas.polygon(placed(canvas, at, tall, mound), mixed(ink, colours.near, 0.6), ink, rounds=2)
    for x, wide, high in ((-0.55, 0.11, 0.72), (0.5, 0.12, 0.66), (-0.2, 0.13, 0.95), (0.18, 0.1, 0.84)):
        canvas.polygon(box(canvas, at, tall, x - wide, 0.12, x + wide, high), stone, mixed(stone, ink, 0.35))
        canvas.polygon(
            placed(canvas, at, tall, [(x - wide * 1.2, high), (x, high + wide * 2.3), (x + wide * 1.2, high)]),
            mixed((110, 44, 54), ink, 0.4),
        )
        canvas.polygon(box(canvas, at, tall, x - 0.02, high - 0.18, x + 0.02, high - 0.09), WARM)
    canvas.polygon(box(canvas, at, tall, -0.62, 0.12, 0.6, 0.46), mixed(stone, ink, 0.15), mixed(stone, ink, 0.45))
    for tooth in range(9):
        canvas.polygon(
            box(canvas, at, tall, -0.62 + 0.14 * tooth, 0.45, -0.55 + 0.14 * tooth, 0.51), mixed(stone, ink, 0.15)
        )
    canvas.polygon(placed(canvas, at, tall, [(-0.1, 0.12), (-0.1, 0.28), (0.0, 0.36), (0.1, 0.28), (0.1, 0.12)]), ink)
