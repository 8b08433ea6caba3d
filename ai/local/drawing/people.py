"""People: small figures that stand somewhere, and one near the camera."""

from __future__ import annotations

import random

from ai.local.drawing.board import Board, mixed
from ai.local.drawing.canvas import Canvas, Point
from ai.local.drawing.shapes import WHITE, box, placed, shadow

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


def figure(
    canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random, *, helmet: bool = False
) -> None:
    """Somebody who stands there, dark before the light, with a bright edge toward it."""
    ink, light = board.palette.ink, board.palette.light
    half = chance.choice((_BODY, _COAT)) if not helmet else [(x * 1.35, y) for x, y in _BODY]
    outline = [*half, *((-x, y) for x, y in reversed(half))]
    shadow(canvas, at, tall * 0.2, board)
    lean = 0.006 * (1 if board.lamp > at[0] else -1)
    for shift, tone in ((lean, mixed(light, ink, 0.25)), (0.0, (225, 228, 236) if helmet else ink)):
        body = placed(canvas, (at[0] + canvas.x(shift * tall), at[1]), tall, outline)
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
        canvas.polygon(box(canvas, at, tall, -0.09, 0.55, 0.09, 0.66), mixed(WHITE, ink, 0.25))
    elif half is _COAT:
        canvas.ellipse((at[0], at[1] - canvas.y(tall * 0.905)), (tall * 0.06, tall * 0.078), ink)


def person(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    figure(canvas, at, tall, board, chance)


def astronaut(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    figure(canvas, at, tall, board, chance, helmet=True)


def couple(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    for side in (-1, 1):
        figure(canvas, (at[0] + canvas.x(0.14 * tall) * side, at[1]), tall * (1 if side > 0 else 0.93), board, chance)


def crowd(canvas: Canvas, at: Point, tall: float, board: Board, chance: random.Random) -> None:
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
    skin = mixed(mixed((196, 140, 106), board.palette.sky[1], 0.14), ink, 0.26)
    cloth = mixed(
        mixed(board.palette.far, ink, 0.4),
        chance.choice(((150, 50, 50), (50, 80, 120), (70, 90, 70), (120, 90, 50))),
        0.3,
    )
    shoulders = [(0.1, 0.42), (0.13, 0.3), (0.42, 0.2), (0.52, 0.06), (0.56, -0.2), (0, -0.2)]
    outline = [*shoulders, *((-x, y) for x, y in reversed(shoulders))]
    for shift, tone, foot in ((0.012 * side, light, mixed(light, ink, 0.5)), (0.0, cloth if not turned else ink, ink)):
        canvas.polygon(placed(canvas, (at[0] + canvas.x(shift * tall), at[1]), tall, outline), tone, foot, rounds=3)
    if not turned:
        canvas.polygon(
            placed(canvas, at, tall, [(-0.085, 0.5), (0.085, 0.5), (0.11, 0.27), (0.0, 0.2), (-0.11, 0.27)]),
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
        canvas.polygon(placed(canvas, (at[0] + canvas.x(0.012 * tall) * side, at[1]), tall, _MANE), light, rounds=3)
        canvas.polygon(placed(canvas, at, tall, _MANE), hair, ink, rounds=3)
        if not turned:  # the neck is before it
            throat = [(-0.075, 0.5), (0.075, 0.5), (0.09, 0.25), (0.0, 0.2), (-0.09, 0.25)]
            canvas.polygon(placed(canvas, at, tall, throat), mixed(skin, ink, 0.45), rounds=2)
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
        placed(canvas, at, tall, lit, side=side), mixed(skin, light, 0.5), mixed(skin, light, 0.24), rounds=3
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
    canvas.polygon(placed(canvas, at, tall, fringe, side=side), mixed(hair, light, 0.08), hair, rounds=3)
