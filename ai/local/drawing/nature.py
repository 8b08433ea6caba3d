"""What lives, grows, burns or hangs in the sky."""

from __future__ import annotations

import math
import random

from ai.local.drawing.board import Board, mixed
from ai.local.drawing.canvas import Canvas, Point
from ai.local.drawing.shapes import WHITE, placed, shadow

_HORSE = [
    (0.0, 0.62),
    (0.06, 0.66),
    (0.3, 0.63),
    (0.5, 0.66),
    (0.6, 0.78),
    (0.68, 0.98),
    (0.72, 1.0),
    (0.73, 0.94),
    (0.86, 0.8),
    (0.84, 0.74),
    (0.74, 0.78),
    (0.68, 0.62),
    (0.64, 0.46),
    (0.7, 0.26),
    (0.66, 0.02),
    (0.61, 0.0),
    (0.62, 0.24),
    (0.54, 0.42),
    (0.22, 0.42),
    (0.2, 0.26),
    (0.14, 0.02),
    (0.09, 0.0),
    (0.12, 0.26),
    (0.06, 0.44),
    (0.0, 0.52),
    (-0.08, 0.3),
    (-0.05, 0.56),
]
_DOG = [
    (0.0, 0.62),
    (0.5, 0.66),
    (0.6, 0.8),
    (0.62, 1.0),
    (0.69, 0.88),
    (0.9, 0.78),
    (0.9, 0.7),
    (0.74, 0.66),
    (0.66, 0.4),
    (0.65, 0.0),
    (0.57, 0.0),
    (0.56, 0.34),
    (0.16, 0.36),
    (0.14, 0.0),
    (0.05, 0.0),
    (0.06, 0.36),
    (-0.02, 0.5),
    (-0.22, 0.78),
    (-0.2, 0.84),
]


def horse(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    side = chance.choice((-1, 1))
    shadow(canvas, at, tall * 0.45, board)
    start = at[0] - canvas.x(0.38 * tall) * side, at[1]
    canvas.polygon(
        placed(canvas, start, tall, _HORSE, side=side),
        mixed(board.palette.ink, (90, 50, 30), 0.3),
        board.palette.ink,
        rounds=2,
    )


def dog(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    side, small = chance.choice((-1, 1)), tall * 0.55
    shadow(canvas, at, small * 0.5, board)
    start = at[0] - canvas.x(0.36 * small) * side, at[1]
    canvas.polygon(
        placed(canvas, start, small, _DOG, side=side),
        mixed(board.palette.ink, (150, 104, 60), 0.45),
        board.palette.ink,
        rounds=2,
    )


def bird(canvas: Canvas, at: Point, _tall: float, board: Board, chance: random.Random) -> None:
    for _ in range(11):
        x, y, wide = at[0] + chance.uniform(-0.3, 0.3), 0.14 + chance.random() * 0.24, chance.uniform(0.012, 0.034)
        lift = chance.uniform(0.3, 0.7)
        wing = [
            (-1, lift),
            (-0.5, lift * 1.1),
            (0, 0),
            (0.5, lift * 1.1),
            (1, lift),
            (0.45, lift * 0.75),
            (0, -0.22),
            (-0.45, lift * 0.75),
        ]
        canvas.polygon(
            placed(canvas, (x, y), wide, wing), mixed(board.palette.ink, board.palette.sky[0], 0.25), rounds=1
        )


def tree(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours = board.palette.ink, board.palette
    tall *= 1.6
    shadow(canvas, at, tall * 0.3, board)
    canvas.polygon(
        placed(
            canvas, at, tall, [(-0.05, 0), (-0.025, 0.3), (-0.1, 0.55), (0, 0.45), (0.1, 0.58), (0.03, 0.3), (0.05, 0)]
        ),
        mixed(ink, (80, 52, 36), 0.4),
    )
    leaf = mixed(mixed((70, 110, 64), colours.far, 0.4), ink, 0.25)
    for number in range(34):
        part = number / 33
        turn, away = chance.uniform(0, 2 * math.pi), chance.random() ** 0.5
        place = (
            at[0] + canvas.x(math.cos(turn) * away * 0.3 * tall),
            at[1] - canvas.y((0.68 + math.sin(turn) * away * 0.24) * tall),
        )
        size = chance.uniform(0.06, 0.11) * tall
        bright = 0.45 * part if (place[0] - at[0]) * (board.lamp - at[0]) > 0 else 0.12 * part
        canvas.ellipse(place, (size, size * 0.85), mixed(mixed(leaf, ink, 0.4 * (1 - part)), colours.light, bright))


def palm(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink = mixed(board.palette.ink, (30, 60, 40), 0.3)
    for number in range(2):
        high, lean = tall * (2.1 - 0.55 * number), chance.uniform(0.1, 0.26) * (1 if at[0] < 0.5 else -1)
        foot = at[0] + canvas.x(0.16 * tall * number), at[1]
        trunk = [(lean * part * part, part) for part in (0, 0.25, 0.5, 0.75, 1)]
        edge = [(x - 0.018 + 0.008 * y, y) for x, y in trunk] + [(x + 0.018 - 0.008 * y, y) for x, y in reversed(trunk)]
        canvas.polygon(placed(canvas, foot, high, edge), ink)
        top = foot[0] + canvas.x(lean * high), foot[1] - canvas.y(high)
        for turn in range(9):
            way = math.pi * (turn / 8 * 1.3 - 0.15) + chance.uniform(-0.1, 0.1)
            reach = 0.34 * chance.uniform(0.85, 1.1)
            bow = [
                (math.cos(way) * reach * part, math.sin(way) * reach * part * 0.75 - 0.2 * part * part * reach * 2.2)
                for part in (0, 0.35, 0.7, 1)
            ]
            leaf = [
                (x, y + 0.022 * math.sin(math.pi * min(1, number / 3 + 0.12))) for number, (x, y) in enumerate(bow)
            ] + [
                (x, y - 0.05 * math.sin(math.pi * min(0.94, number / 3 + 0.06)))
                for number, (x, y) in reversed(list(enumerate(bow)))
            ]
            canvas.polygon(placed(canvas, top, high, leaf), ink, rounds=2)


def fire(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    small = tall * 0.5
    canvas.glow(at, tall * 1.5, (255, 140, 50), 0.9)
    for lean in (-1, 1):
        canvas.line(
            placed(canvas, at, small, [(-0.45 * lean, 0.0), (0.4 * lean, 0.14)]), board.palette.ink, small * 0.1
        )
    for wide, high, tone in ((0.34, 1.0, (236, 84, 32)), (0.23, 0.72, (252, 160, 44)), (0.12, 0.42, (255, 236, 160))):
        flame = [
            (-wide, 0.08),
            (-wide * 1.05, high * 0.35),
            (-wide * 0.35, high * 0.62),
            (chance.uniform(-0.1, 0.1), high),
            (wide * 0.55, high * 0.55),
            (wide, high * 0.3),
            (wide * 0.9, 0.08),
        ]
        canvas.polygon(placed(canvas, at, small, flame), tone, rounds=2)


def planet(canvas: Canvas, at: Point, _tall: float, board: Board, chance: random.Random) -> None:
    colours, place, size = board.palette, (0.72 if at[0] < 0.5 else 0.28, 0.3), 0.17
    tone = mixed(chance.choice(((214, 150, 96), (120, 160, 200), (190, 110, 130))), colours.light, 0.15)
    canvas.glow(place, size * 1.7, tone, 0.4)
    canvas.ellipse(place, (size, size), tone, mixed(tone, colours.ink, 0.75))
    for _ in range(5):
        y = chance.uniform(-0.7, 0.7)
        canvas.ellipse(
            (place[0], place[1] + canvas.y(y * size)),
            (size * math.sqrt(1 - y * y) * 0.98, size * 0.045),
            mixed(tone, WHITE, 0.3),
            alpha=0.3,
        )
    ring = [
        (
            math.cos(turn / 30 * math.pi) * 1.75,
            math.sin(turn / 30 * math.pi) * -0.28 + math.cos(turn / 30 * math.pi) * 0.3,
        )
        for turn in range(31)
    ]
    canvas.line(placed(canvas, place, size, ring), mixed(tone, WHITE, 0.45), 0.006)
