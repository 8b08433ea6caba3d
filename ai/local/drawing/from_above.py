"""The ground seen from straight above."""

from __future__ import annotations

import random

from ai.local.drawing.board import DARK, Board, Colour, mixed
from ai.local.drawing.canvas import Canvas, Point, ridge
from ai.local.drawing.shapes import WHITE

_COLUMNS, _ROWS = 7, 5
_LEAN = 0.06
_ALL = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
_CROPS: tuple[Colour, ...] = ((110, 140, 70), (178, 160, 88), (80, 110, 70), (150, 120, 80))
_BARE: dict[str, Colour] = {"desert": (196, 150, 100), "mountains": (110, 110, 116)}


def aerial(canvas: Canvas, board: Board, chance: random.Random) -> None:
    if board.grounds[0] in {"sea", "lake"}:
        _coast(canvas, board, chance)
    else:
        _land(canvas, board, chance)
    canvas.glow((board.lamp, 0.0), 1.3, board.palette.light, 0.3)


def _coast(canvas: Canvas, board: Board, chance: random.Random) -> None:
    colours = board.palette
    water = mixed(mixed(colours.sky[1], (20, 90, 130), 0.45), colours.near, 0.2)
    canvas.polygon(_ALL, mixed(water, colours.ink, 0.15), mixed(water, colours.ink, 0.45))
    line = ridge(chance, rough=0.5)
    for width, tone in (
        (0.1, mixed(water, (120, 220, 220), 0.35)),
        (0.05, mixed(water, (190, 240, 235), 0.6)),
        (0.02, mixed(WHITE, colours.light, 0.3)),
        (0.0, mixed((228, 200, 150), colours.ink, 0.3 if board.time in DARK else 0.0)),
        (-0.09, mixed((66, 104, 62), colours.near, 0.4)),
    ):
        last = len(line) - 1
        edge = [
            (0.58 + 0.12 * (value + number / last) - width, 1.2 * number / last - 0.1)
            for number, value in enumerate(line)
        ]
        canvas.polygon([*edge, (1.1, 1.1), (1.1, -0.1)], tone, rounds=1)
    for _ in range(120):
        at = chance.uniform(0, 0.55), chance.random()
        canvas.ellipse(at, (chance.uniform(0.01, 0.05), 0.0016), mixed(water, colours.light, 0.5), alpha=0.4)


def _land(canvas: Canvas, board: Board, chance: random.Random) -> None:
    """Fields or blocks in rows, and a river or a road across them."""
    colours, name = board.palette, board.grounds[0]
    base = mixed(colours.near, colours.far, 0.5)
    between = mixed(mixed(base, colours.ink, 0.55), (40, 64, 40), 0.0 if name == "city" else 0.3)
    canvas.polygon(_ALL, between)
    gap = 0.016 if name == "city" else 0.004
    for row in range(-1, _ROWS + 1):
        for column in range(-1, _COLUMNS + 1):
            x, y = column / _COLUMNS + _LEAN * row / _ROWS, row / _ROWS
            right, below = x + 1 / _COLUMNS, y + 1 / _ROWS
            foot = _LEAN / _ROWS
            tone = _tone(board, base, chance)
            block = [
                (x + gap, y + gap),
                (right - gap, y + 2 * gap),
                (right + foot - gap, below - gap),
                (x + foot + gap, below - 2 * gap),
            ]
            canvas.polygon(block, tone, mixed(tone, colours.ink, 0.18))
            if name == "city":
                _roofs(canvas, (x, y), tone, board, chance)
            elif name in {"forest", "field", "road"}:
                _trees(canvas, (x, y), base, board, chance, many=26 if name == "forest" else 5)
    if name != "city":
        _way(canvas, board, chance)


def _tone(board: Board, base: Colour, chance: random.Random) -> Colour:
    colours, name = board.palette, board.grounds[0]
    if name == "city":
        return mixed(mixed(colours.ink, colours.far, 0.45), colours.sky[2], chance.uniform(0, 0.2))
    if name in _BARE:
        return mixed(mixed(_BARE[name], base, 0.4), colours.light, chance.uniform(0, 0.15))
    return mixed(mixed(base, chance.choice(_CROPS), 0.5), colours.sky[2], chance.uniform(0, 0.25))


def _roofs(canvas: Canvas, at: Point, tone: Colour, board: Board, chance: random.Random) -> None:
    colours = board.palette
    for _ in range(6):
        left, top = at[0] + chance.uniform(0.02, 0.085), at[1] + chance.uniform(0.02, 0.11)
        size = chance.uniform(0.02, 0.045)
        roof = mixed(tone, chance.choice((colours.light, colours.ink)), chance.uniform(0.08, 0.42))
        for away, colour, alpha in ((0.01, colours.ink, 0.5), (0.0, roof, 1.0)):
            x, y, right, low = left + away, top + away, left + away + size, top + away + size * canvas.aspect
            canvas.polygon([(x, y), (right, y), (right, low), (x, low)], colour, alpha=alpha)


def _trees(canvas: Canvas, at: Point, base: Colour, board: Board, chance: random.Random, *, many: int) -> None:
    colours = board.palette
    for _ in range(many):
        x, y = at[0] + chance.random() / _COLUMNS, at[1] + chance.random() / _ROWS
        size = chance.uniform(0.008, 0.02)
        canvas.ellipse((x + canvas.x(size * 0.4), y + canvas.y(size * 0.5)), (size, size), colours.ink, alpha=0.4)
        leaf = mixed(mixed((52, 92, 56), base, 0.4), colours.light, chance.uniform(0, 0.2))
        canvas.ellipse((x, y), (size, size), leaf)


def _way(canvas: Canvas, board: Board, chance: random.Random) -> None:
    colours = board.palette
    line = [0.5 + 0.3 * value for value in ridge(chance, steps=5, rough=0.35)]
    points = [(1.1 * number / (len(line) - 1) - 0.05, y) for number, y in enumerate(line)]
    river = mixed(mixed(colours.sky[1], colours.sky[0], 0.5), (70, 140, 180), 0.65)
    tone = mixed(colours.ink, WHITE, 0.3) if board.grounds[0] == "road" else river
    for width, shade in ((0.055, mixed(tone, colours.ink, 0.25)), (0.045, tone)):
        high, low = ([(x, y + canvas.y(width) * side) for x, y in points] for side in (-1, 1))
        canvas.polygon([*high, *reversed(low)], shade, rounds=2)
