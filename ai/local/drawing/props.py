"""What is in the picture: people, animals, vehicles and buildings as simple shapes that stand at a point, so many shorter sides tall."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from ai.local.drawing.board import Board, Colour, mixed
from ai.local.drawing.canvas import Canvas, Point

WHITE: Colour = (255, 255, 255)
WARM: Colour = (255, 206, 128)
# Hair that falls to the shoulders.
_MANE = [
    (-0.19, 0.72),
    (-0.225, 0.42),
    (-0.2, 0.22),
    (-0.07, 0.26),
    (0.07, 0.26),
    (0.2, 0.22),
    (0.225, 0.42),
    (0.19, 0.72),
    (0.12, 0.91),
    (-0.12, 0.91),
]
# Half of somebody who stands, from the neck to the ground.
_BODY = [
    (0.028, 0.87),
    (0.04, 0.845),
    (0.115, 0.815),
    (0.14, 0.76),
    (0.145, 0.62),
    (0.132, 0.46),
    (0.102, 0.45),
    (0.104, 0.62),
    (0.09, 0.7),
    (0.082, 0.6),
    (0.098, 0.48),
    (0.09, 0.25),
    (0.072, 0.03),
    (0.1, 0.0),
    (0.03, 0.0),
    (0.026, 0.25),
    (0.008, 0.45),
]
_COAT = [
    (0.028, 0.87),
    (0.04, 0.845),
    (0.11, 0.815),
    (0.135, 0.76),
    (0.14, 0.6),
    (0.125, 0.47),
    (0.105, 0.5),
    (0.1, 0.62),
    (0.12, 0.42),
    (0.155, 0.22),
    (0.06, 0.2),
    (0.055, 0.0),
    (0.018, 0.0),
    (0.012, 0.2),
]
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


def draw(canvas: Canvas, name: str, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    _DRAWN[name](canvas, at, tall, board, chance)


def _placed(canvas: Canvas, at: Point, tall: float, points: Sequence[Point], *, side: int = 1) -> list[Point]:
    return [(at[0] + canvas.x(x * tall) * side, at[1] - canvas.y(y * tall)) for x, y in points]


def _box(canvas: Canvas, at: Point, tall: float, left: float, low: float, right: float, high: float) -> list[Point]:
    return _placed(canvas, at, tall, [(left, low), (right, low), (right, high), (left, high)])


def _shadow(canvas: Canvas, at: Point, wide: float, board: Board) -> None:
    canvas.ellipse(at, (wide, wide * 0.12), board.palette.ink, alpha=0.4)


def figure(
    canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random, *, helmet: bool = False
) -> None:
    """Somebody who stands there, dark before the light, with a bright edge toward it."""
    ink, light = board.palette.ink, board.palette.light
    half = chance.choice((_BODY, _COAT)) if not helmet else [(x * 1.35, y) for x, y in _BODY]
    outline = [*half, *((-x, y) for x, y in reversed(half))]
    _shadow(canvas, at, tall * 0.2, board)
    lean = 0.006 * (1 if board.lamp > at[0] else -1)
    for shift, tone in ((lean, mixed(light, ink, 0.25)), (0.0, (225, 228, 236) if helmet else ink)):
        body = _placed(canvas, (at[0] + canvas.x(shift * tall), at[1]), tall, outline)
        foot = mixed(tone, ink, 0.6) if helmet else None
        canvas.polygon(body, tone, foot, rounds=2)
        head = at[0] + canvas.x(shift * tall), at[1] - canvas.y(tall * 0.925)
        canvas.ellipse(head, (tall * (0.09 if helmet else 0.056), tall * (0.09 if helmet else 0.072)), tone)
    if helmet:
        canvas.ellipse(
            (at[0], at[1] - canvas.y(tall * 0.925)),
            (tall * 0.066, tall * 0.055),
            mixed(ink, board.palette.sky[1], 0.5),
            light,
        )
        canvas.polygon(_box(canvas, at, tall, -0.09, 0.55, 0.09, 0.66), mixed(WHITE, ink, 0.25))
    elif half is _COAT:
        canvas.ellipse((at[0], at[1] - canvas.y(tall * 0.905)), (tall * 0.06, tall * 0.078), ink)


def _person(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    figure(canvas, at, tall, board, chance)


def _astronaut(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    figure(canvas, at, tall, board, chance, helmet=True)


def _couple(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    for side in (-1, 1):
        figure(canvas, (at[0] + canvas.x(0.14 * tall) * side, at[1]), tall * (1 if side > 0 else 0.93), board, chance)


def _crowd(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    for number in range(9):
        x = at[0] + canvas.x((number - 4) * 0.24 * tall + chance.uniform(-0.06, 0.06) * tall)
        figure(
            canvas,
            (x, at[1] + canvas.y(chance.uniform(-0.03, 0.03) * tall)),
            tall * chance.uniform(0.72, 1.0),
            board,
            chance,
        )


def bust(
    canvas: Canvas,
    at: Point,
    tall: float,
    board: Board,
    chance: random.Random,
    *,
    turned: bool = False,
    helmet: bool = False,
) -> None:
    """Head and shoulders: lit from the side where the lamp is; `turned` shows the back of the head."""
    ink, light = board.palette.ink, board.palette.light
    side = 1 if board.lamp > at[0] else -1
    hair = mixed(ink, chance.choice(((70, 40, 24), (30, 26, 30), (120, 78, 40))), 0.45)
    skin = mixed(mixed((188, 132, 100), board.palette.sky[1], 0.3), ink, 0.4)
    cloth = mixed(
        mixed(board.palette.far, ink, 0.4),
        chance.choice(((150, 50, 50), (50, 80, 120), (70, 90, 70), (120, 90, 50))),
        0.3,
    )
    shoulders = [(0.1, 0.42), (0.13, 0.3), (0.42, 0.2), (0.52, 0.06), (0.56, -0.2), (0, -0.2)]
    outline = [*shoulders, *((-x, y) for x, y in reversed(shoulders))]
    for shift, tone, foot in ((0.012 * side, light, mixed(light, ink, 0.5)), (0.0, cloth if not turned else ink, ink)):
        canvas.polygon(_placed(canvas, (at[0] + canvas.x(shift * tall), at[1]), tall, outline), tone, foot, rounds=3)
    if not turned:
        canvas.polygon(
            _placed(canvas, at, tall, [(-0.085, 0.5), (0.085, 0.5), (0.11, 0.27), (0.0, 0.2), (-0.11, 0.27)]),
            mixed(skin, ink, 0.35),
            rounds=2,
        )
    head = at[0], at[1] - canvas.y(tall * 0.65)
    if helmet:
        canvas.ellipse(head, (tall * 0.3, tall * 0.32), (232, 235, 240), mixed(WHITE, ink, 0.5))
        canvas.ellipse(head, (tall * 0.225, tall * 0.22), mixed(ink, board.palette.sky[1], 0.5), mixed(ink, light, 0.6))
        glint = head[0] + canvas.x(0.08 * tall) * side, head[1] - canvas.y(0.09 * tall)
        canvas.ellipse(glint, (tall * 0.05, tall * 0.03), light, alpha=0.8)
        return
    long = board.long_hair if board.long_hair is not None else chance.random() < 0.4
    if long:
        canvas.polygon(_placed(canvas, (at[0] + canvas.x(0.012 * tall) * side, at[1]), tall, _MANE), light, rounds=3)
        canvas.polygon(_placed(canvas, at, tall, _MANE), hair, ink, rounds=3)
        if not turned:  # the neck is before it
            throat = [(-0.075, 0.5), (0.075, 0.5), (0.09, 0.25), (0.0, 0.2), (-0.09, 0.25)]
            canvas.polygon(_placed(canvas, at, tall, throat), mixed(skin, ink, 0.45), rounds=2)
    canvas.ellipse((head[0] + canvas.x(0.01 * tall) * side, head[1]), (tall * 0.165, tall * 0.225), light)
    if turned:
        canvas.ellipse(head, (tall * 0.165, tall * 0.225), hair, ink)
        return
    # No features: a board says who stands where, and leaves the face to who will play it.
    canvas.ellipse(head, (tall * 0.163, tall * 0.223), mixed(skin, light, 0.1), mixed(skin, ink, 0.4))
    lit = [
        (0.05, 0.84),
        (0.14, 0.76),
        (0.16, 0.65),
        (0.135, 0.53),
        (0.06, 0.445),
        (0.075, 0.54),
        (0.045, 0.6),
        (0.085, 0.64),
        (0.05, 0.72),
    ]
    canvas.polygon(
        _placed(canvas, at, tall, lit, side=side), mixed(skin, light, 0.5), mixed(skin, light, 0.24), rounds=3
    )
    fringe = [
        (-0.18, 0.6),
        (-0.185, 0.78),
        (-0.1, 0.9),
        (0.05, 0.92),
        (0.16, 0.84),
        (0.185, 0.72),
        (0.175, 0.6),
        (0.15, 0.7),
        (0.1, 0.79),
        (-0.03, 0.8),
        (-0.12, 0.75),
        (-0.15, 0.68),
    ]
    canvas.polygon(_placed(canvas, at, tall, fringe, side=side), mixed(hair, light, 0.08), hair, rounds=3)


def _horse(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    side = chance.choice((-1, 1))
    _shadow(canvas, at, tall * 0.45, board)
    start = at[0] - canvas.x(0.38 * tall) * side, at[1]
    canvas.polygon(
        _placed(canvas, start, tall, _HORSE, side=side),
        mixed(board.palette.ink, (90, 50, 30), 0.3),
        board.palette.ink,
        rounds=2,
    )


def _dog(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    side, small = chance.choice((-1, 1)), tall * 0.55
    _shadow(canvas, at, small * 0.5, board)
    start = at[0] - canvas.x(0.36 * small) * side, at[1]
    canvas.polygon(
        _placed(canvas, start, small, _DOG, side=side),
        mixed(board.palette.ink, (150, 104, 60), 0.45),
        board.palette.ink,
        rounds=2,
    )


def _bird(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
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
            _placed(canvas, (x, y), wide, wing), mixed(board.palette.ink, board.palette.sky[0], 0.25), rounds=1
        )


def _tree(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours = board.palette.ink, board.palette
    tall *= 1.6
    _shadow(canvas, at, tall * 0.3, board)
    canvas.polygon(
        _placed(
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


def _palm(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink = mixed(board.palette.ink, (30, 60, 40), 0.3)
    for number in range(2):
        high, lean = tall * (2.1 - 0.55 * number), chance.uniform(0.1, 0.26) * (1 if at[0] < 0.5 else -1)
        foot = at[0] + canvas.x(0.16 * tall * number), at[1]
        trunk = [(lean * part * part, part) for part in (0, 0.25, 0.5, 0.75, 1)]
        edge = [(x - 0.018 + 0.008 * y, y) for x, y in trunk] + [(x + 0.018 - 0.008 * y, y) for x, y in reversed(trunk)]
        canvas.polygon(_placed(canvas, foot, high, edge), ink)
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
            canvas.polygon(_placed(canvas, top, high, leaf), ink, rounds=2)


def _car(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours, side, tall = board.palette.ink, board.palette, chance.choice((-1, 1)), tall * 0.62
    paint = mixed(
        mixed(chance.choice(((190, 40, 40), (40, 90, 150), (210, 160, 50), (200, 200, 205))), colours.sky[1], 0.35),
        ink,
        0.2,
    )
    _shadow(canvas, at, tall * 1.35, board)
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
        _placed(canvas, at, tall, body, side=side), mixed(paint, colours.light, 0.25), mixed(paint, ink, 0.5), rounds=2
    )
    for pane in (
        [(-0.62, 0.64), (-0.4, 0.88), (-0.08, 0.89), (-0.08, 0.64)],
        [(0.0, 0.64), (0.0, 0.89), (0.26, 0.88), (0.5, 0.64)],
    ):
        canvas.polygon(_placed(canvas, at, tall, pane, side=side), colours.sky[2], mixed(colours.sky[1], ink, 0.5))
    for x in (-0.76, 0.78):
        wheel = _placed(canvas, at, tall, [(x, 0.2)], side=side)[0]
        canvas.ellipse(wheel, (tall * 0.235, tall * 0.235), (14, 14, 16))
        canvas.ellipse(wheel, (tall * 0.12, tall * 0.12), mixed((150, 150, 158), ink, 0.3))
    lamp = _placed(canvas, at, tall, [(1.22, 0.44)], side=side)[0]
    canvas.ellipse(lamp, (tall * 0.05, tall * 0.045), WHITE)
    canvas.glow(lamp, tall * 0.9, WARM, 0.75)


def _train(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
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
                _placed(canvas, wagon, tall, nose), mixed(paint, colours.light, 0.2), mixed(paint, ink, 0.4), rounds=1
            )
            canvas.glow(_placed(canvas, wagon, tall, [(0.95, 0.3)])[0], tall * 1.6, WARM, 0.9)
        else:
            canvas.polygon(
                _box(canvas, wagon, tall, -0.94, 0.08, 0.94, 0.98),
                mixed(paint, colours.light, 0.16),
                mixed(paint, ink, 0.4),
            )
        for pane in range(4 if number < 3 else 2):
            canvas.polygon(
                _box(canvas, wagon, tall, -0.8 + 0.42 * pane, 0.5, -0.48 + 0.42 * pane, 0.82),
                mixed(WARM, colours.light, 0.3),
            )
        for wheel in (-0.6, 0.6):
            canvas.ellipse(_placed(canvas, wagon, tall, [(wheel, 0.05)])[0], (tall * 0.12, tall * 0.12), ink)


def _boat(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours, side = board.palette.ink, board.palette, chance.choice((-1, 1))
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.4, 0.0), (0.4, 0.0), (0.25, -0.22), (-0.22, -0.22)]),
        ink,
        mixed(ink, colours.sky[1], 0.6),
        alpha=0.4,
    )
    canvas.polygon(
        _placed(canvas, at, tall, [(0.03, 0.16), (0.03, 1.0), (0.46, 0.2)], side=side),
        mixed(colours.light, WHITE, 0.4),
        mixed(colours.light, colours.sky[1], 0.35),
    )
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.03, 0.16), (-0.02, 0.86), (-0.34, 0.2)], side=side),
        mixed(colours.light, colours.sky[1], 0.2),
        mixed(colours.light, colours.far, 0.5),
    )
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.46, 0.14), (0.56, 0.14), (0.4, -0.02), (-0.34, -0.02)], side=side),
        mixed(ink, (120, 60, 40), 0.4),
        ink,
        rounds=1,
    )
    canvas.line(_placed(canvas, at, tall, [(0.0, 0.1), (0.0, 1.02)]), ink, tall * 0.012)


def _ship(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    ink, colours, side = board.palette.ink, board.palette, chance.choice((-1, 1))
    canvas.polygon(
        _placed(canvas, at, tall, [(-1.3, 0.34), (1.5, 0.4), (1.2, 0.0), (-1.15, 0.0)], side=side),
        mixed(ink, colours.far, 0.3),
        ink,
    )
    for level in range(3):
        canvas.polygon(
            _placed(
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
                _placed(canvas, at, tall, [(-0.85 + 0.15 * level + 0.17 * pane, 0.42 + 0.16 * level)], side=side)[0],
                (tall * 0.022, tall * 0.022),
                WARM,
            )
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.4, 0.8), (-0.36, 1.15), (-0.12, 1.15), (-0.1, 0.8)], side=side),
        mixed((170, 50, 44), ink, 0.3),
    )


def _plane(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    colours, ink, side, tall = board.palette, board.palette.ink, chance.choice((-1, 1)), tall * 0.75
    sky = at[0], 0.3
    body = mixed(WHITE, colours.far, 0.3)
    trail = _placed(canvas, sky, tall, [(-0.9, 0.02), (-3.4, -0.5), (-3.4, -0.42)], side=side)
    canvas.polygon(trail, WHITE, alpha=0.35)
    canvas.polygon(
        _placed(canvas, sky, tall, [(-0.9, 0.08), (-1.12, 0.5), (-0.92, 0.5), (-0.6, 0.12)], side=side),
        mixed(colours.far, ink, 0.3),
    )
    canvas.polygon(
        _placed(
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
        _placed(canvas, sky, tall, [(0.2, 0.04), (-0.5, -0.42), (-0.66, -0.42), (-0.24, 0.03)], side=side),
        mixed(body, ink, 0.45),
    )
    for pane in range(9):
        canvas.ellipse(
            _placed(canvas, sky, tall, [(-0.5 + 0.12 * pane, 0.1)], side=side)[0],
            (tall * 0.014, tall * 0.018),
            mixed(ink, colours.sky[1], 0.4),
        )


def _rocket(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
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
            canvas.line(_placed(canvas, at, tall, [(0.06, arm), (0.18, arm)]), ink, 0.004)
    else:
        canvas.polygon(
            _placed(canvas, foot, tall, [(-0.05, 0.02), (0.0, -0.34), (0.05, 0.02)]),
            (255, 240, 190),
            (255, 120, 50),
            rounds=1,
        )
    hull = mixed(WHITE, colours.far, 0.18)
    for side in (-1, 1):
        canvas.polygon(
            _placed(canvas, foot, tall, [(0.055, 0.24), (0.13, 0.02), (0.055, 0.05)], side=side),
            mixed((190, 50, 44), ink, 0.2),
        )
    outline = [(0.068, 0.03), (0.072, 0.62), (0.05, 0.84), (0.0, 1.0)]
    canvas.polygon(
        _placed(canvas, foot, tall, [*outline, *((-x, y) for x, y in reversed(outline))]),
        hull,
        mixed(hull, ink, 0.3),
        rounds=1,
    )
    lit = 1 if board.lamp > at[0] else -1
    canvas.polygon(
        _placed(
            canvas, foot, tall, [(-0.068, 0.04), (-0.07, 0.62), (-0.045, 0.84), (-0.02, 0.92), (-0.02, 0.04)], side=lit
        ),
        ink,
        alpha=0.35,
    )
    canvas.polygon(_box(canvas, foot, tall, -0.069, 0.58, 0.069, 0.62), mixed((190, 50, 44), ink, 0.1))
    canvas.ellipse(
        _placed(canvas, foot, tall, [(0, 0.73)])[0], (tall * 0.026, tall * 0.026), mixed(ink, colours.sky[1], 0.6)
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


def _balloon(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
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
            _placed(canvas, place, size, [(-0.62, -0.75), (0.62, -0.75), (0.14, -1.3), (-0.14, -1.3)]),
            tones[0],
            mixed(tones[0], ink, 0.5),
        )
        canvas.polygon(
            _placed(canvas, place, size, [(-0.14, -1.42), (0.14, -1.42), (0.12, -1.65), (-0.12, -1.65)]),
            mixed(ink, (110, 74, 40), 0.5),
        )


def _house(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    colours, ink = board.palette, board.palette.ink
    wall = mixed(mixed((206, 186, 160), colours.sky[2], 0.3), ink, 0.45 if board.time in {"night", "neon"} else 0.15)
    _shadow(canvas, at, tall * 0.85, board)
    canvas.polygon(_box(canvas, at, tall, -0.62, 0, 0.62, 0.52), wall, mixed(wall, ink, 0.3))
    canvas.polygon(_box(canvas, at, tall, 0.3, 0.6, 0.44, 1.02), mixed(wall, ink, 0.4))
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.74, 0.5), (-0.5, 0.92), (0.5, 0.92), (0.74, 0.5)]),
        mixed(ink, (130, 60, 44), 0.45),
        mixed(ink, (130, 60, 44), 0.2),
    )
    for x in (-0.42, 0.22):
        pane = _box(canvas, at, tall, x, 0.2, x + 0.2, 0.4)
        canvas.polygon(pane, WARM)
        canvas.glow(pane[0], tall * 0.4, WARM, 0.5)
    canvas.polygon(_box(canvas, at, tall, -0.1, 0, 0.07, 0.33), mixed(ink, (90, 50, 34), 0.5))


def _lighthouse(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    colours, ink, tall = board.palette, board.palette.ink, tall * 1.5
    rock = [(-0.34, 0), (-0.26, 0.09), (-0.1, 0.13), (0.12, 0.12), (0.3, 0.07), (0.42, 0)]
    top = _placed(canvas, at, tall, [(0, 0.88)])[0]
    for side in (-1, 1):
        canvas.polygon(
            [top, (top[0] + side * 0.7, top[1] - 0.07), (top[0] + side * 0.7, top[1] + 0.05)], colours.light, alpha=0.28
        )
    canvas.polygon(_placed(canvas, at, tall, rock), mixed(ink, colours.near, 0.4), ink, rounds=1)
    for band in range(5):
        low, high = 0.1 + 0.142 * band, 0.1 + 0.142 * (band + 1)
        one, two = 0.1 - 0.045 * band / 5, 0.1 - 0.045 * (band + 1) / 5
        tone = mixed(WHITE, colours.sky[2], 0.25) if band % 2 else mixed((190, 50, 44), ink, 0.2)
        canvas.polygon(_placed(canvas, at, tall, [(-one, low), (one, low), (two, high), (-two, high)]), tone)
        canvas.polygon(
            _placed(
                canvas,
                at,
                tall,
                [(0.25 * one, low), (one, low), (two, high), (0.25 * two, high)],
                side=-1 if board.lamp > at[0] else 1,
            ),
            ink,
            alpha=0.3,
        )
    canvas.polygon(_box(canvas, at, tall, -0.085, 0.8, 0.085, 0.82), ink)
    canvas.polygon(_box(canvas, at, tall, -0.05, 0.82, 0.05, 0.93), mixed(WARM, WHITE, 0.5))
    canvas.polygon(_placed(canvas, at, tall, [(-0.07, 0.93), (0, 1.02), (0.07, 0.93)]), ink)
    canvas.glow(top, 0.3 * tall, WARM, 1.0)


def _bridge(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
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


def _castle(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    colours, ink, tall = board.palette, board.palette.ink, tall * 1.15
    stone = mixed(mixed((120, 112, 108), colours.far, 0.5), ink, 0.3)
    mound = [(-1.3, -0.05), (-0.9, 0.12), (-0.4, 0.2), (0.4, 0.2), (0.9, 0.12), (1.3, -0.05)]
    canvas.polygon(_placed(canvas, at, tall, mound), mixed(ink, colours.near, 0.6), ink, rounds=2)
    for x, wide, high in ((-0.55, 0.11, 0.72), (0.5, 0.12, 0.66), (-0.2, 0.13, 0.95), (0.18, 0.1, 0.84)):
        canvas.polygon(_box(canvas, at, tall, x - wide, 0.12, x + wide, high), stone, mixed(stone, ink, 0.35))
        canvas.polygon(
            _placed(canvas, at, tall, [(x - wide * 1.2, high), (x, high + wide * 2.3), (x + wide * 1.2, high)]),
            mixed((110, 44, 54), ink, 0.4),
        )
        canvas.polygon(_box(canvas, at, tall, x - 0.02, high - 0.18, x + 0.02, high - 0.09), WARM)
    canvas.polygon(_box(canvas, at, tall, -0.62, 0.12, 0.6, 0.46), mixed(stone, ink, 0.15), mixed(stone, ink, 0.45))
    for tooth in range(9):
        canvas.polygon(
            _box(canvas, at, tall, -0.62 + 0.14 * tooth, 0.45, -0.55 + 0.14 * tooth, 0.51), mixed(stone, ink, 0.15)
        )
    canvas.polygon(_placed(canvas, at, tall, [(-0.1, 0.12), (-0.1, 0.28), (0.0, 0.36), (0.1, 0.28), (0.1, 0.12)]), ink)


def _fire(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    small = tall * 0.5
    canvas.glow(at, tall * 1.5, (255, 140, 50), 0.9)
    for lean in (-1, 1):
        canvas.line(
            _placed(canvas, at, small, [(-0.45 * lean, 0.0), (0.4 * lean, 0.14)]), board.palette.ink, small * 0.1
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
        canvas.polygon(_placed(canvas, at, small, flame), tone, rounds=2)


def _table(canvas: Canvas, board: Board) -> None:
    wood = mixed((124, 78, 48), board.palette.ink, 0.4)
    canvas.polygon(
        [(0.12, 0.76), (0.88, 0.76), (0.97, 0.86), (0.03, 0.86)], mixed(wood, board.palette.light, 0.15), wood
    )
    canvas.polygon([(0.03, 0.86), (0.97, 0.86), (0.97, 0.885), (0.03, 0.885)], mixed(wood, board.palette.ink, 0.5))


def _on_table(
    shape: Callable[[Canvas, Point, float, Board, random.Random], None],
) -> Callable[[Canvas, Point, float, Board, random.Random], None]:
    def placed(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
        shape(canvas, (at[0], min(at[1], 0.81)), tall, board, chance)

    return placed


def _candle(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    top = _placed(canvas, at, tall, [(0, 0.42)])[0]
    canvas.glow(top, 0.6, (255, 176, 90), 0.95)
    canvas.polygon(_box(canvas, at, tall, -0.05, 0, 0.05, 0.34), (240, 226, 196), (180, 150, 112))
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.03, 0.36), (0, 0.54), (0.03, 0.36), (0, 0.34)]),
        (255, 240, 180),
        (255, 160, 60),
        rounds=1,
    )


def _screen(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    shine = mixed(board.palette.sky[2], (150, 210, 255), 0.6)
    canvas.glow(_placed(canvas, at, tall, [(0, 0.3)])[0], 0.45, shine, 0.6)
    canvas.polygon(_placed(canvas, at, tall, [(-0.34, 0.06), (0.34, 0.06), (0.32, 0.5), (-0.32, 0.5)]), (24, 26, 32))
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.31, 0.09), (0.31, 0.09), (0.295, 0.47), (-0.295, 0.47)]),
        shine,
        mixed(shine, board.palette.sky[0], 0.5),
    )
    for line in range(4):
        canvas.polygon(
            _box(canvas, at, tall, -0.25, 0.38 - 0.075 * line, -0.25 + chance.uniform(0.2, 0.48), 0.405 - 0.075 * line),
            mixed(WHITE, shine, 0.25),
        )
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.34, 0.06), (0.34, 0.06), (0.44, -0.04), (-0.44, -0.04)]), (44, 46, 54)
    )


def _cup(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    china = mixed(WHITE, board.palette.sky[2], 0.25)
    canvas.ellipse(at, (tall * 0.26, tall * 0.05), mixed(china, board.palette.ink, 0.25))
    canvas.polygon(
        _placed(canvas, at, tall, [(-0.2, 0.26), (0.2, 0.26), (0.13, 0.01), (-0.13, 0.01)]),
        china,
        mixed(china, board.palette.ink, 0.45),
        rounds=1,
    )
    canvas.ellipse(_placed(canvas, at, tall, [(0, 0.25)])[0], (tall * 0.185, tall * 0.035), (92, 52, 30))
    for plume in (-0.06, 0.06):
        for step in range(7):
            place = _placed(
                canvas, at, tall, [(plume + 0.04 * math.sin(step * 1.1 + plume * 30), 0.32 + 0.065 * step)]
            )[0]
            canvas.ellipse(place, (tall * 0.028, tall * 0.045), WHITE, alpha=0.16 - 0.018 * step)


def _book(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    paper = mixed((250, 244, 226), board.palette.light, 0.2)
    for side in (-1, 1):
        canvas.polygon(
            _placed(canvas, at, tall, [(0, 0.1), (0.36, 0.15), (0.44, -0.02), (0, -0.06)], side=side),
            paper,
            mixed(paper, board.palette.ink, 0.3),
        )
        for line in range(4):
            canvas.line(
                _placed(canvas, at, tall, [(0.05, 0.075 - 0.03 * line), (0.34, 0.11 - 0.032 * line)], side=side),
                mixed(paper, board.palette.ink, 0.5),
                0.002,
            )


def _planet(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
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
    canvas.line(_placed(canvas, place, size, ring), mixed(tone, WHITE, 0.45), 0.006)


_DRAWN: dict[str, Callable[[Canvas, Point, float, Board, random.Random], None]] = {
    "person": _person,
    "couple": _couple,
    "crowd": _crowd,
    "astronaut": _astronaut,
    "horse": _horse,
    "dog": _dog,
    "bird": _bird,
    "tree": _tree,
    "palm": _palm,
    "car": _car,
    "train": _train,
    "boat": _boat,
    "ship": _ship,
    "plane": _plane,
    "rocket": _rocket,
    "balloon": _balloon,
    "house": _house,
    "lighthouse": _lighthouse,
    "bridge": _bridge,
    "castle": _castle,
    "fire": _fire,
    "candle": _on_table(_candle),
    "screen": _on_table(_screen),
    "cup": _on_table(_cup),
    "book": _on_table(_book),
    "planet": _planet,
}


def table(canvas: Canvas, board: Board) -> None:
    _table(canvas, board)
