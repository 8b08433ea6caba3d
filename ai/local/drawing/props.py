"""What is in the picture besides the place: each a shape that stands at a point, so many shorter sides tall."""

from __future__ import annotations

import random
from collections.abc import Callable

from ai.local.drawing import aircraft, buildings, nature, people, tabletop, vehicles
from ai.local.drawing.board import Board
from ai.local.drawing.canvas import Canvas, Point

_ON_TABLE = 0.81
Shape = Callable[[Canvas, Point, float, Board, random.Random], None]


def draw(canvas: Canvas, name: str, at: Point, tall: float, board: Board, chance: random.Random) -> None:
    if _DRAWN[name].__module__ == tabletop.__name__:
        at = at[0], min(at[1], _ON_TABLE)
    _DRAWN[name](canvas, at, tall, board, chance)


_DRAWN: dict[str, Shape] = {
    "person": people.person,
    "couple": people.couple,
    "crowd": people.crowd,
    "astronaut": people.astronaut,
    "horse": nature.horse,
    "dog": nature.dog,
    "bird": nature.bird,
    "tree": nature.tree,
    "palm": nature.palm,
    "car": vehicles.car,
    "train": vehicles.train,
    "boat": vehicles.boat,
    "ship": vehicles.ship,
    "plane": aircraft.plane,
    "rocket": aircraft.rocket,
    "balloon": aircraft.balloon,
    "house": buildings.house,
    "lighthouse": buildings.lighthouse,
    "bridge": buildings.bridge,
    "castle": buildings.castle,
    "fire": nature.fire,
    "candle": tabletop.candle,
    "screen": tabletop.screen,
    "cup": tabletop.cup,
    "book": tabletop.book,
    "planet": nature.planet,
}
