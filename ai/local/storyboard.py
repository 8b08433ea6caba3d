"""Pictures without a model: one of the library where the prompt's meaning found one, else a storyboard card drawn by rule.

Neither is made to look like more than it is. A card says in the picture that it is one; a picture of the library is that picture, framed.
"""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.generate_image import BY_PROGRAM, ImageRequest, Picture
from ai.local import framing
from ai.local.drawing import from_above, people, props, scenery, slate, tabletop
from ai.local.drawing.board import Board, mixed, read
from ai.local.drawing.canvas import Canvas
from core.errors import UnsupportedTypeError

# Below this what was found is only the nearest, and a drawing says more.
LEAST_SCORE = 0.5
# A picture of somebody's own, cut to the frame.
REFRAMED = "algorithmicallyEnhanced"
LIBRARY = "library"
HORIZONS = {"wide": 0.6, "low": 0.76, "medium": 0.58, "close": 0.56, "over_shoulder": 0.58}
SHOTS = {
    "wide": "Wide",
    "low": "Low angle",
    "medium": "Medium",
    "close": "Close-up",
    "over_shoulder": "Over the shoulder",
    "aerial": "Aerial",
}
_PEOPLE = ("person", "couple", "crowd", "astronaut")
_HIGH = ("balloon", "plane", "bird", "planet")
_BIG = ("castle", "bridge", "lighthouse", "house", "tree", "palm", "rocket", "ship", "train")
_SMALL = ("candle", "screen", "cup", "book")


class Storyboard:
    engine = Engine("local", "storyboard")

    def generate(self, request: ImageRequest, into: Path, *, progress: Progress = silent) -> tuple[Picture, Usage]:
        """The first of `found` that is good enough and can be read, as a JPEG; else a card, as a PNG. The same prompt and seed draw the
        same card."""
        size = framing.size_of(request.aspect_ratio)
        for found in request.found:
            if found.score < LEAST_SCORE:
                continue
            progress(0.2, "Framing a picture of the library")
            try:
                taken = framing.load(found.path)
            except UnsupportedTypeError:
                continue
            framed = framing.framed(taken, size, framing.focus(taken))
            _kept(Image.fromarray(framed), into, "JPEG", quality=93, subsampling=0)
            made = Picture(into, *size, REFRAMED, made_from=found.asset_id, seed=request.seed, by=LIBRARY)
            return made, Usage(images=1)
        progress(0.1, "Drawing a storyboard card")
        _kept(card(request.prompt, size, seed=request.seed), into, "PNG", compress_level=4)
        return Picture(into, *size, BY_PROGRAM, seed=request.seed, by=self.engine.model), Usage(images=1)


def card(prompt: str, size: tuple[int, int], *, seed: int = 0) -> Image.Image:
    board = read(prompt, seed=seed)
    chance = random.Random(f"card {seed} {prompt}")  # noqa: S311  (a look, not a secret)
    canvas = Canvas(size)
    if board.shot == "aerial" and not board.is_inside and board.grounds[0] != "space":
        from_above.aerial(canvas, board, chance)
    else:
        _scene(canvas, board, chance)
    picture = canvas.finished(seed=seed)
    slate.lettered(picture, prompt, facts=f"{SHOTS[board.shot]} \u00b7 {board.time.capitalize()} \u00b7 No. {seed}")
    return picture


def _scene(canvas: Canvas, board: Board, chance: random.Random) -> None:
    horizon = HORIZONS.get(board.shot, 0.6) + chance.uniform(-0.03, 0.03)
    near = board.shot in {"close", "over_shoulder"}
    if not board.is_inside:
        scenery.sky(canvas, board, chance, horizon=horizon)
    if len(board.grounds) > 1 and not board.is_inside:
        scenery.ground(canvas, board.grounds[1], board, chance, horizon=horizon, back=True)
    scenery.ground(canvas, board.grounds[0], board, chance, horizon=horizon)
    _things(canvas, board, chance, list(board.motifs), horizon, near=near)
    if near:
        _near(canvas, board, chance)
    _weather(canvas, board, chance)


def _things(
    canvas: Canvas, board: Board, chance: random.Random, motifs: list[str], horizon: float, *, near: bool
) -> None:
    """In front of each other: what is large and far first, people last. The first named stands on a third."""
    if near:
        motifs = [one for one in motifs if one not in _PEOPLE]
    inside = board.is_inside
    thirds = [0.64, 0.34] if board.lamp < 0.5 else [0.36, 0.66]
    spots = iter([*thirds, 0.5, 0.82, 0.18])
    placed = [(one, next(spots)) for one in motifs]
    order = sorted(
        placed, key=lambda one: (one[0] not in _HIGH, one[0] not in _BIG, one[0] in _PEOPLE, one[0] in _SMALL)
    )
    if inside and board.grounds[0] == "room":
        folk = [one for one in order if one[0] in _PEOPLE]
        for name, x in folk:
            for side in (-0.13, 0.13) if name == "couple" else (-0.26, 0.0, 0.26) if name == "crowd" else (0.0,):
                people.bust(canvas, (x * 0.4 + 0.3 + side, 0.74), 0.5, board, chance, helmet=name == "astronaut")
        tabletop.table(canvas, board)
        order = [one for one in order if one[0] in _SMALL]
    for name, third in order:
        tall, foot = _size(name, board, horizon)
        x = 0.5 if board.grounds[0] == "stage" and name in _PEOPLE else third
        if name == "train" and "bridge" in motifs:  # over it, not beside it
            tall, foot = 0.2, horizon + 0.1 - canvas.y(0.07)
        props.draw(canvas, name, (x, foot), tall, board, chance)


def _size(name: str, board: Board, horizon: float) -> tuple[float, float]:
    """How tall in shorter sides, and where it stands."""
    scale = {"wide": 1.0, "low": 1.5, "medium": 1.7, "close": 1.2, "over_shoulder": 1.0}.get(board.shot, 1.0)
    water = board.grounds[0] in {"sea", "lake"}
    if board.grounds[0] == "room":
        return 0.3, 0.8
    if name in _PEOPLE:
        foot = 0.82 if board.grounds[0] != "stage" else 0.81
        return min(
            0.62, 0.22 * scale * (1.5 if board.grounds[0] in {"stage", "space"} else 1)
        ), foot if not water else 0.88
    if name in {"boat", "ship"}:
        return 0.24 * scale, horizon + (0.08 if water else 0.12)
    if name in {"lighthouse", "bridge"}:
        return 0.3 * min(scale, 1.3), horizon + (0.1 if name == "bridge" else 0.03 if water else 0.1)
    if name in {"castle", "house"}:
        return (0.3 if name == "castle" else 0.26) * min(scale, 1.4), horizon + 0.1
    if name == "rocket":
        return 0.32 * min(scale, 1.25), 0.78
    if name in {"palm", "tree"}:
        return 0.24 * min(scale, 1.3), 0.84
    return 0.24 * min(scale, 1.5), 0.88 if water else 0.8


def _near(canvas: Canvas, board: Board, chance: random.Random) -> None:
    """Somebody or something before a background out of focus."""
    canvas.blur(0.012)
    helmet = "astronaut" in board.motifs
    folk = [one for one in board.motifs if one in _PEOPLE]
    things = [one for one in board.motifs if one in _SMALL]
    tall = 0.98 if canvas.aspect >= 1 else 0.86
    if board.shot == "over_shoulder":
        across = 0.64 if board.lamp > 0.5 else 0.36
        people.bust(canvas, (across, 0.86), tall * 0.62, board, chance, helmet=helmet)
        canvas_side = 0.1 if across > 0.5 else 0.9
        people.bust(canvas, (canvas_side, 1.02), tall * 1.15, board, chance, turned=True)
        return
    if folk or not things:
        across = 0.5 + (0.07 if board.lamp < 0.5 else -0.07)
        people.bust(canvas, (across, 0.88), tall, board, chance, helmet=helmet)
        return
    tabletop.table(canvas, board)
    for number, name in enumerate(things[:2]):
        props.draw(canvas, name, (0.5 + (number - 0.5 * (len(things[:2]) - 1)) * 0.34, 0.81), 0.7, board, chance)


def _weather(canvas: Canvas, board: Board, chance: random.Random) -> None:
    if board.is_inside:
        return
    wet = mixed(board.palette.light, board.palette.ink, 0.3)
    if board.weather == "rain":
        for _ in range(240):
            x, y, long = chance.uniform(-0.05, 1.05), chance.uniform(-0.05, 0.95), chance.uniform(0.02, 0.055)
            canvas.line([(x, y), (x - canvas.x(long * 0.25), y + canvas.y(long))], wet, 0.0011)
    elif board.weather == "snow":
        for _ in range(260):
            size = chance.choice((0.0015, 0.002, 0.003, 0.005))
            canvas.ellipse((chance.random(), chance.random()), (size, size), (255, 255, 255), alpha=0.8)
    elif board.weather == "fog":
        for _ in range(4):
            at = chance.uniform(0.4, 0.75)
            canvas.haze(at - 0.14, at + 0.14, board.palette.sky[2], 0.45)


def _kept(picture: Image.Image, into: Path, kind: str, **options: int) -> None:
    part = into.with_name(f"{into.name}.part")
    try:
        picture.save(part, kind, **options)
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
