"""A clip from a still: the studio's camera against moviepy's resized(lambda) (bench only), CPU time; and how much a slow move trembles.

The tremble is measured on the finished file: a dot is tracked in every frame and compared with where the move should carry it. Given is
the root mean square of the error from one frame to the next, in pixels of the clip; what is the same in all frames is no tremble.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from bench import Row, alternate, at_least, at_most, cache

NAME = "kenburns"
GOAL = at_least(6)

SIZE, STILL = (1280, 720), (1920, 1080)
ZOOM, PAN = "steady zoom in", "steady pan right"
# Where the dot is in the still: away from the middle, so that a zoom moves it both ways.
DOT = (1200.0, 470.0)
_SPREAD = 7.0
Points = npt.NDArray[np.float64]


def rows(*, quick: bool) -> Iterator[Row]:
    seconds = 2.4 if quick else 7.2
    still, rounds = _still(), 2 if quick else 3
    into = {name: cache() / f"kenburns-{name}.mp4" for name in ("zoom", "pan", "moviepy")}

    def ours() -> int:
        return _filmed(still, ZOOM, seconds, into["zoom"])

    if importlib.util.find_spec("moviepy") is None:
        print("kenburns: moviepy is not installed (requirements-dev), so it was not measured")
        ours()
    else:
        mine, theirs = alternate(
            ours, lambda: _by_moviepy(still, seconds, into["moviepy"]), rounds=rounds, warm_up=False
        )
        assert mine.value == theirs.value == round(seconds * 25), (mine.value, theirs.value)
        yield Row("kenburns vs moviepy", ours=mine.cpu, peer=theirs.cpu)
        print(f"kenburns: moviepy's zoom trembles by {_tremble(into['moviepy'], _of_moviepy(seconds)):.3f} px")
    _filmed(still, PAN, seconds, into["pan"])
    for name, prompt in (("zoom", ZOOM), ("pan", PAN)):
        found = _tremble(into[name], _of_ours(still, prompt, seconds))
        yield Row(f"kenburns tremble, {name}", ours=found, unit="px", goal=at_most(0.05, "px"))


def _still() -> Path:
    path = cache() / "kenburns-still.png"
    if not path.exists():
        x, y = np.meshgrid(np.arange(STILL[0]) + 0.5 - DOT[0], np.arange(STILL[1]) + 0.5 - DOT[1])
        levels = 90 + 0.02 * x + 150 * np.exp(-(x * x + y * y) / (2 * _SPREAD**2))
        Image.fromarray(levels.clip(0, 255).astype(np.uint8)).convert("RGB").save(path)
    return path


def _filmed(still: Path, prompt: str, seconds: float, into: Path) -> int:
    from ai.capabilities.generate_video import VideoRequest
    from ai.local.camera import Camera

    clip, _ = Camera().generate(VideoRequest(prompt, still, seconds, "16:9", seed=1), into)
    return round(clip.seconds * clip.fps)


def _by_moviepy(still: Path, seconds: float, into: Path) -> int:
    from moviepy import CompositeVideoClip, ImageClip

    scale = SIZE[0] / STILL[0]
    moving = ImageClip(str(still), duration=seconds).resized(lambda at: scale * (1 + 0.2 * at / seconds))
    film = CompositeVideoClip([moving.with_position("center")], size=SIZE)
    film.write_videofile(
        str(into),
        fps=25,
        codec="libx264",
        preset="veryfast",
        ffmpeg_params=["-crf", "18"],
        audio=False,
        threads=2,
        logger=None,
    )
    film.close()
    with av.open(str(into)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def _of_moviepy(seconds: float) -> Points:
    count = round(seconds * 25)
    zoom = SIZE[0] / STILL[0] * (1 + 0.2 * (np.arange(count) / 25) / seconds)
    return np.stack(
        [(dot - whole / 2) * zoom + side / 2 for dot, whole, side in zip(DOT, STILL, SIZE, strict=True)], axis=1
    )


def _of_ours(still: Path, prompt: str, seconds: float) -> Points:
    """Where the views of the move show the dot."""
    from ai.local import camera_move, camera_words, framing

    picture = framing.load(still)
    path = camera_move.views(
        camera_words.read(prompt, seed=1),
        still=STILL,
        size=SIZE,
        looked_at=framing.focus(picture),
        frames=round(seconds * 25),
        seconds=seconds,
        seed=1,
    )
    assert all(view.turned == 0 for view in path)
    return np.array(
        [
            [
                (DOT[0] - view.across) / view.width * SIZE[0] + SIZE[0] / 2,
                (DOT[1] - view.down) / view.width * SIZE[0] + SIZE[1] / 2,
            ]
            for view in path
        ]
    )


def _tremble(path: Path, ideal: Points) -> float:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="gray").astype(np.float64) for frame in container.decode(video=0)]
    assert len(frames) == len(ideal)
    off = np.array([_dot(frame, about) for frame, about in zip(frames, ideal, strict=True)]) - ideal
    assert np.abs(off).max() < 3, "the dot is not where the move carries it"
    return _rms(np.diff(off, axis=0).ravel())


def _dot(frame: Points, about: Points) -> Points:
    """The middle of what is bright near that place."""
    reach = 24
    left, top = round(about[0]) - reach, round(about[1]) - reach
    part = frame[top : top + 2 * reach, left : left + 2 * reach]
    bright = np.clip(part - np.percentile(part, 50) - 25, 0, None)
    x, y = np.meshgrid(np.arange(part.shape[1]) + left + 0.5, np.arange(part.shape[0]) + top + 0.5)
    return np.array([(bright * x).sum(), (bright * y).sum()]) / bright.sum()


def _rms(values: Points) -> float:
    return math.sqrt(float(np.mean(values**2)))
