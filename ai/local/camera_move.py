"""A camera that moves over a still: where the view is at every frame, and the frames themselves.

Views lie between pixels: each plane of the picture is resampled at fractions of a pixel, so that a slow move does not tremble. This
stands here and not with the studio's media functions because engines know nothing of the library above them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from ai.local.camera_words import Move
from ai.local.framing import Focus, window
from ai.local.pictures import Picture

Planes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

# Of the width of the view, each second, at the usual speed; and at most in all, however long it lasts.
ZOOM_A_SECOND, MOST_ZOOM = 0.03, 0.45
TRAVEL_A_SECOND, MOST_TRAVEL = 0.035, 0.4
LEAST = 0.02
ROLL = math.radians(2.2)
SHAKE, SHAKE_ROLL = 0.007, math.radians(0.35)
DEPTH = 0.022
# Room around the view for a hand that shakes and for a view that turns.
_MARGIN = 1.05
_LONGEST_SIDE = 8192


@dataclass(frozen=True)
class View:
    """What a frame shows, in pixels of the still: its middle, its width, how it is turned, and how far along the move it is (-1 to 1)."""

    across: float
    down: float
    width: float
    turned: float
    along: float


# Where the view is.


def views(
    move: Move,
    *,
    still: tuple[int, int],
    size: tuple[int, int],
    looked_at: Focus,
    frames: int,
    seconds: float,
    seed: int = 0,
) -> list[View]:
    """One for each frame, all of them inside the still."""
    aspect = size[0] / size[1]
    widest = min(still[0], still[1] * aspect)
    zoom = _amount(abs(move.nearer) * ZOOM_A_SECOND * move.speed * seconds, MOST_ZOOM) if move.nearer else 0.0
    travel = _travel(move, seconds)
    loose = _MARGIN if move.shake or move.roll or move.depth else 1.0
    # As much of the still as leaves the view room to go.
    room = [widest / loose]
    room += [still[0] / (abs(travel[0]) + loose)] if travel[0] else []
    room += [still[1] * aspect / (abs(travel[1]) + loose)] if travel[1] else []
    large = min(room)
    small = large * (1 - zoom)
    first, last = (large, small) if move.nearer >= 0 else (small, large)
    left, top, _, _ = window(still, aspect, looked_at, tighter=widest / min(first, last))
    aim = left + min(first, last) / 2, top + min(first, last) / aspect / 2
    rest = window(still, aspect, looked_at, tighter=widest / max(first, last))
    whole = rest[0] + rest[2] / 2, rest[1] + rest[3] / 2
    begin, end = (whole, aim) if move.nearer > 0 else (aim, whole)
    hand = _Hand(seed, seconds)
    made = []
    for number in range(frames):
        # The first frame stands at the start, the last one at the end.
        part = _eased(number / max(1, frames - 1), move.easing)
        # Zooming at an even pace multiplies: each frame is so many per cent of the one before.
        width = first * (last / first) ** part
        share = part if abs(last - first) < 1e-9 else (width - first) / (last - first)
        across, down = begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share
        across += travel[0] * large * (part - 0.5)
        down += travel[1] * large / aspect * (part - 0.5)
        sway, lift, lean = hand.at(number / max(1, frames - 1)) if move.shake else (0.0, 0.0, 0.0)
        turned = move.roll * ROLL * (part - 0.5) * min(1.0, seconds / 4) + lean * move.shake
        across, down = across + sway * move.shake * width, down + lift * move.shake * width
        made.append((across, down, width, turned, 2 * part - 1))
    shift = _kept_inside(made, still, aspect)
    return [
        View(*_clamped((x + shift[0], y + shift[1], w, turned, along), still, aspect))
        for x, y, w, turned, along in made
    ]


def _travel(move: Move, seconds: float) -> tuple[float, float]:
    """How far the view goes over the clip, in its own width and height."""
    one, two = (
        math.copysign(_amount(abs(part) * TRAVEL_A_SECOND * move.speed * seconds, MOST_TRAVEL), part) if part else 0.0
        for part in (move.across, move.down)
    )
    return one, two


def _amount(wished: float, most: float) -> float:
    """Never more than `most`, coming close to it softly, so that long clips are not all the same."""
    return max(LEAST, most * math.tanh(wished / most))


def _eased(at: float, easing: str) -> float:
    if easing == "even":
        return at
    if easing == "begins":
        return at * at * (1.6 - 0.6 * at)
    if easing == "ends":
        return 1 - (1 - at) ** 2 * (1.6 - 0.6 * (1 - at))
    # Half even and half soft: a clip that is cut into never stands still.
    return 0.45 * at + 0.55 * at * at * (3 - 2 * at)


class _Hand:
    """Slow waves that never fit each other, as a hand sways."""

    def __init__(self, seed: int, seconds: float) -> None:
        chance = random.Random(f"hand {seed}")  # noqa: S311  (a look, not a secret)
        self.waves = [
            [
                (chance.uniform(0.12, 0.3) * seconds, chance.random(), 0.6),
                (chance.uniform(0.4, 0.7) * seconds, chance.random(), 0.3),
                (chance.uniform(0.9, 1.4) * seconds, chance.random(), 0.1),
            ]
            for _ in range(3)
        ]

    def at(self, part: float) -> tuple[float, float, float]:
        sway, lift, lean = (
            sum(weight * math.sin(2 * math.pi * (turns * part + phase)) for turns, phase, weight in waves)
            for waves in self.waves
        )
        return sway * SHAKE, lift * SHAKE, lean * SHAKE_ROLL


def _reach(width: float, turned: float, aspect: float) -> tuple[float, float]:
    """Half of what a turned view covers."""
    tall = width / aspect
    cos, sin = abs(math.cos(turned)), abs(math.sin(turned))
    return (width * cos + tall * sin) / 2, (width * sin + tall * cos) / 2


def _kept_inside(made: Sequence[tuple[float, ...]], still: tuple[int, int], aspect: float) -> tuple[float, float]:
    """How the whole path is moved so that none of it leaves the still."""
    shift = []
    for axis in (0, 1):
        low = max(_reach(one[2], one[3], aspect)[axis] - one[axis] for one in made)
        high = min(still[axis] - _reach(one[2], one[3], aspect)[axis] - one[axis] for one in made)
        shift.append((low + high) / 2 if low > high else min(max(0.0, low), high))
    return shift[0], shift[1]


def _clamped(
    view: tuple[float, ...], still: tuple[int, int], aspect: float
) -> tuple[float, float, float, float, float]:
    across, down, width, turned, along = view
    half = _reach(width, turned, aspect)
    across = min(max(across, half[0]), still[0] - half[0]) if 2 * half[0] <= still[0] else still[0] / 2
    down = min(max(down, half[1]), still[1] - half[1]) if 2 * half[1] <= still[1] else still[1] / 2
    return across, down, width, turned, along


# What is seen.


def filmed(
    picture: Picture,
    path: list[View],
    *,
    size: tuple[int, int],
    near: Floats | None = None,
    push: tuple[float, float] = (0.0, 0.0),
) -> Iterator[VideoFrame]:
    """A frame for each view. `near` tells how near each place of the frame is, 0 to 1: it moves by up to `push` of the width more."""
    import cv2

    planes, scale, corner = _planes(picture, path, size)
    halves = (1, 2, 2)
    depths = None if near is None else [_resized(near, size[0] // half, size[1] // half) for half in halves]
    grids = (
        None
        if near is None
        else [
            np.meshgrid(np.arange(size[0] // half, dtype=np.float32), np.arange(size[1] // half, dtype=np.float32))
            for half in halves
        ]
    )
    same: tuple[View, VideoFrame] | None = None
    for view in path:
        if same is not None and same[0] == replace(view, along=same[0].along) and near is None:
            yield _copied(same[1])
            continue
        made = np.empty((size[1] * 3 // 2, size[0]), np.uint8)
        outs = _parts(made, size)
        for number, (plane, half) in enumerate(zip(planes, halves, strict=True)):
            matrix = _matrix(view, size, scale=scale, corner=corner, half=half)
            target = (size[0] // half, size[1] // half)
            if depths is None or grids is None:
                outs[number][:] = cv2.warpAffine(
                    plane,
                    matrix,
                    target,
                    flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                    borderMode=cv2.BORDER_REPLICATE,
                )
                continue
            x, y = grids[number]
            farther = depths[number] * (view.along * target[0] * matrix[0, 0])
            across = (x * matrix[0, 0] + y * matrix[0, 1] + matrix[0, 2] + farther * push[0]).astype(np.float32)
            down = (x * matrix[1, 0] + y * matrix[1, 1] + matrix[1, 2] + farther * push[1]).astype(np.float32)
            outs[number][:] = cv2.remap(plane, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        frame = VideoFrame.from_ndarray(made, format="yuv420p")
        frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = 1, 1, 1, 1  # ITU-R BT.709
        same = view, frame
        yield frame


def nearness(picture: Picture, view: View, looked_at: Focus, *, size: tuple[int, int]) -> Floats | None:
    """Which places of the frame are near, as a slope without an edge, so that nothing tears. None where that cannot be told."""
    import cv2

    if looked_at.sure < 0.45:
        return None
    rows, columns = picture.shape[:2]
    small = (max(2, size[0] // 8), max(2, size[1] // 8))
    tall = view.width * size[1] / size[0]
    x = ((np.arange(small[0]) + 0.5) / small[0] - 0.5) * view.width + view.across - looked_at.across * columns
    y = ((np.arange(small[1]) + 0.5) / small[1] - 0.5) * tall + view.down - looked_at.down * rows
    across, down = np.meshgrid(x, y)
    if looked_at.is_face:
        # A head, and shoulders below it.
        head = looked_at.reach * rows
        body = (down > 0.4 * head) & (np.abs(across) < head * (0.5 + 0.5 * np.clip(down / head, 0, 2.2)))
        shape = (((across / (0.55 * head)) ** 2 + (down / (0.75 * head)) ** 2) < 1) | body
    else:
        reach = max(0.12, looked_at.reach) * columns * 0.6
        shape = (across / reach) ** 2 + (down / reach) ** 2 < 1
    levels = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), small[0] * 0.07)
    # The ground comes nearer toward the lower edge.
    levels = np.maximum(levels, 0.55 * np.linspace(0, 1, small[1], dtype=np.float32)[:, None] ** 2)
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), small[0] * 0.03), np.float32)


def _planes(
    picture: Picture, path: list[View], size: tuple[int, int]
) -> tuple[tuple[Planes, ...], tuple[float, float], tuple[float, float]]:
    """The part of the still that is seen at all, in the size in which the nearest view meets the frame pixel by pixel: made small once
    and well, it does not shimmer. With how much of a pixel of the still it has, and where it begins."""
    import cv2

    aspect, (rows, columns) = size[0] / size[1], picture.shape[:2]
    reach = [_reach(view.width, view.turned, aspect) for view in path]
    around = 0.02 * max(view.width for view in path) + 2
    left = max(0, math.floor(min(view.across - half[0] for view, half in zip(path, reach, strict=True)) - around))
    top = max(0, math.floor(min(view.down - half[1] for view, half in zip(path, reach, strict=True)) - around))
    right = min(columns, math.ceil(max(view.across + half[0] for view, half in zip(path, reach, strict=True)) + around))
    bottom = min(rows, math.ceil(max(view.down + half[1] for view, half in zip(path, reach, strict=True)) + around))
    part = picture[top:bottom, left:right]
    scale = size[0] / min(view.width for view in path)
    scale = min(scale, _LONGEST_SIDE / max(part.shape[:2]))
    wide, tall = (max(2, round(side * scale / 2) * 2) for side in (part.shape[1], part.shape[0]))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    ready = np.ascontiguousarray(cv2.resize(part, (wide, tall), interpolation=way), np.uint8)
    frame = VideoFrame.from_ndarray(ready, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, interpolation="BICUBIC"
    )
    planes = tuple(np.ascontiguousarray(one) for one in _parts(np.asarray(frame.to_ndarray(), np.uint8), (wide, tall)))
    return planes, (wide / part.shape[1], tall / part.shape[0]), (left, top)


def _matrix(
    view: View, size: tuple[int, int], *, scale: tuple[float, float], corner: tuple[float, float], half: int
) -> npt.NDArray[np.float64]:
    """From a pixel of the frame to one of the still as it was made ready. Middles of pixels lie at halves."""
    zoom = view.width / size[0] * half
    cos, sin = math.cos(view.turned) * zoom, math.sin(view.turned) * zoom
    middle = size[0] / half / 2, size[1] / half / 2
    rows = []
    for axis, (one, two, at) in enumerate(((cos, -sin, view.across), (sin, cos, view.down))):
        per = scale[axis] / half
        begin = (at - corner[axis] + one * (0.5 - middle[0]) + two * (0.5 - middle[1])) * per - 0.5
        rows.append((one * per, two * per, begin))
    return np.array(rows, np.float64)


def _parts(planes: Planes, size: tuple[int, int]) -> tuple[Planes, Planes, Planes]:
    flat, area, half = planes.reshape(-1), size[0] * size[1], (size[1] // 2, size[0] // 2)
    return (
        flat[:area].reshape(size[1], size[0]),
        flat[area : area + area // 4].reshape(half),
        flat[area + area // 4 :].reshape(half),
    )


def _resized(levels: Floats, width: int, height: int) -> Floats:
    import cv2

    return np.asarray(cv2.resize(levels, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _copied(frame: VideoFrame) -> VideoFrame:
    made = VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
    made.colorspace, made.color_range, made.color_primaries, made.color_trc = 1, 1, 1, 1
    return made


def push_of(move: Move) -> tuple[float, float]:
    """Which way near things go beyond the far ones over half of the move, as parts of the frame's width. A push in spreads them evenly,
    which is no shift: then they lift a little."""
    across = move.depth * DEPTH * (math.copysign(1, move.across) if move.across else 0.0)
    down = move.depth * DEPTH * (math.copysign(1, move.down) if move.down else 0.0)
    return (across, down) if across or down else (0.0, -move.depth * DEPTH * 0.4)
