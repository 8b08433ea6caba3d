"""Clips from stills without a model: a camera that moves over the picture. Nothing in the picture itself moves, and nobody says so."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.generate_video import Clip, VideoRequest
from ai.local import camera_move, camera_words, framing
from core.errors import InvalidFieldError

FPS = Fraction(25)
SHORTEST, LONGEST = 0.5, 60.0
GOP_SECONDS = 2
# A picture that a camera is moved over by a program. What the still itself is, it says of its own.
SOURCE = "algorithmicallyEnhanced"
_TOLD_EVERY = 12
# What moves by less than a pixel a frame is what an encoder likes to leave where it was: then a slow move trembles (bench kenburns:
# 0.07 px with the preset's own choices, 0.03 px with these, for the same time).
STEADY = "mbtree=0:no-fast-pskip=1:no-dct-decimate=1:subme=6"


class Camera:
    engine = Engine("local", "camera")

    def lengths(self) -> tuple[float, ...]:
        return ()

    def generate(self, request: VideoRequest, into: Path, *, progress: Progress = silent) -> tuple[Clip, Usage]:
        """MP4 in the studio's own form, so that films are put together from it by copying: H.264 without B-frames, 25 frames a second,
        closed groups of two seconds. The same still, words and seed make the same clip."""
        if not SHORTEST <= request.seconds <= LONGEST or not math.isfinite(request.seconds):
            raise InvalidFieldError(f"A clip lasts {SHORTEST:g} to {LONGEST:g} seconds.")
        size = framing.size_of(request.aspect_ratio)
        progress(0.0, "Looking at the picture")
        picture = framing.load(request.image)
        looked_at = framing.focus(picture)
        frames = round(request.seconds * FPS)
        move = camera_words.read(request.prompt, seed=request.seed)
        path = camera_move.views(
            move,
            still=(picture.shape[1], picture.shape[0]),
            size=size,
            looked_at=looked_at,
            frames=frames,
            seconds=request.seconds,
            seed=request.seed,
        )
        near = camera_move.nearness(picture, path[len(path) // 2], looked_at, size=size) if move.depth else None
        push = camera_move.push_of(move)
        part = into.with_name(f"{into.name}.part")
        try:
            with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
                stream = container.add_stream("libx264", rate=FPS)
                stream.width, stream.height = size
                stream.pix_fmt = "yuv420p"
                stream.time_base = 1 / FPS
                stream.codec_context.thread_count = 2
                gop = round(FPS * GOP_SECONDS)
                stream.options = {
                    "preset": "veryfast",
                    "crf": "18",
                    "profile": "high",
                    "x264-params": f"bframes=0:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:{STEADY}",
                }
                context = stream.codec_context
                context.colorspace, context.color_range, context.color_primaries, context.color_trc = 1, 1, 1, 1
                for number, frame in enumerate(camera_move.filmed(picture, path, size=size, near=near, push=push)):
                    if number % _TOLD_EVERY == 0:
                        progress(number / frames, f"Filming frame {number + 1} of {frames}")
                    frame.pts, frame.time_base = number, 1 / FPS
                    container.mux(stream.encode(frame))
                container.mux(stream.encode(None))
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)
        progress(1.0, "Filmed")
        seconds = float(frames / FPS)
        clip = Clip(path=into, seconds=seconds, width=size[0], height=size[1], fps=float(FPS), source=SOURCE)
        return clip, Usage(seconds=seconds)
