"""Places of a shape's points, and the shade under it. `tall` is how many shorter sides its unit is."""

from __future__ import annotations

from collections.abc import Sequence

from ai.local.drawing.board import Board, Colour
from ai.local.drawing.canvas import Canvas, Point

WHITE: Colour = (255, 255, 255)
WARM: Colour = (255, 206, 128)


def placed(canvas: Canvas, at: Point, tall: float, points: Sequence[Point], *, side: int = 1) -> list[Point]:
    return [(at[0] + canvas.x(x * tall) * side, at[1] - canvas.y(y * tall)) for x, y in points]


def box(canvas: Canvas, at: Point, tall: float, left: float, low: float, right: float, high: float) -> list[Point]:
    return placed(canvas, at, tall, [(left, low), (right, low), (right, high), (left, high)])


def shadow(canvas: Canvas, at: Point, wide: float, board: Board) -> None:
    canvas.ellipse(at, (wide, wide * 0.12), board.palette.ink, alpha=0.4)
