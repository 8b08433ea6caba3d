"""A film of three clips with words over 13 % of it and music that gives way: ours against one ffmpeg graph and moviepy (bench only).

All three encode what they encode with x264 veryfast at crf 18. What comes out is held against a render without loss. Judged by the
least CPU seconds, which a busy machine disturbs least; what a person waits is told beside it.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench import NO_GOAL, Row, alternate, at_least, cache
from bench.cut_of_ten import counted, mezzanine, tune
from core import fonts
from media_library.media import ffmpeg
from media_library.media.assemble import Source, Wish, lay_out, make_piece, stitch
from media_library.media.film_frames import Shape, film_shape, footage, span_of
from media_library.media.film_sound import Heard, Music, film_sound
from media_library.media.overlays import Overlaid, Overlay, sticker
from media_library.media.render import SoundTrack, accessible_video
from media_library.media.titling import Font

NAME = "compose_partial"
GOAL = at_least(3.5)

# Their ends in the middle of groups of pictures of two seconds.
SECONDS, RATE, STARTS = 20, 30, (3.3, 35.5, 71.1)
TITLES = (
    Overlay(text="The first part: “it’s 100 %”", start=2.0, duration=4.0, size="large"),
    Overlay(text="Another part\nof the same film", start=30.0, duration=4.0, size="large", place="top_left"),
)
LEAST_LIKE = 0.99


def rows(*, quick: bool) -> Iterator[Row]:
    source, sound = mezzanine(), tune()
    into = {name: cache() / f"composed-{name}.mp4" for name in ("ours", "graph", "moviepy", "lossless")}
    titles = _titles(film_shape([(footage(source), SECONDS)]))
    frames = SECONDS * len(STARTS) * RATE
    graph(source, sound, titles, into["lossless"], quality=("-preset", "ultrafast", "-qp", 0))

    def ours() -> int:
        return compose(source, sound, into["ours"])

    mine, theirs = alternate(
        ours, lambda: graph(source, sound, titles, into["graph"]), rounds=2 if quick else 4, warm_up=False
    )
    assert mine.value == counted(into["ours"]) == counted(into["lossless"]) == frames, (mine.value, frames)
    like, graph_like = (likeness(into[name], into["lossless"]) for name in ("ours", "graph"))
    assert like >= LEAST_LIKE, like
    yield Row("compose vs one ffmpeg graph", ours=mine.cpu, peer=theirs.cpu, goal=at_least(3.5))
    yield Row("  what a person waits", ours=mine.wall, peer=theirs.wall, goal=NO_GOAL)
    yield Row("  SSIM to a render without loss", ours=like, peer=graph_like, unit="", goal=NO_GOAL)

    if importlib.util.find_spec("moviepy") is None:
        print("compose_partial: moviepy is not installed (requirements-dev), so it was not measured")
        return
    mine, theirs = alternate(
        ours, lambda: by_moviepy(source, sound, titles, into["moviepy"]), rounds=1 if quick else 2, warm_up=False
    )
    assert abs(counted(into["moviepy"]) - frames) <= 2 * len(STARTS)
    yield Row("compose vs moviepy", ours=mine.cpu, peer=theirs.cpu, goal=at_least(9))
    yield Row("  what a person waits", ours=mine.wall, peer=theirs.wall, goal=NO_GOAL)


def compose(source: Path, sound: Path, into: Path) -> int:
    """As the run of a film does it, one step after the other. How many frames."""
    one = footage(source)
    shape = film_shape([(one, SECONDS)])
    spans = [span_of(one, shape, start=start, end=start + SECONDS) for start in STARTS]
    places = lay_out([Wish(frames=span.frames) for span in spans], transition=0)
    with tempfile.TemporaryDirectory(dir=cache()) as scratch:
        folder, pieces = Path(scratch), []
        for number, (span, place) in enumerate(zip(spans, places, strict=True)):
            over = Overlaid(TITLES, shape, begins=place.begins, fonts=_letters)
            into_piece = folder / f"{number}.mp4"
            found = Source(footage=one, span=span)
            pieces.append(make_piece(found, into_piece, shape, place, drawn=over, touched=over.touched))
        picture = stitch(pieces, folder / "picture.mp4", shape)
        heard = [Heard(path=source, first=span.first, place=place) for span, place in zip(spans, places, strict=True)]
        film_sound(heard, folder / "sound.m4a", fps=shape.fps, music=Music(path=sound))
        tracks = [SoundTrack(path=folder / "sound.m4a", language="en", title="Sound")]
        accessible_video(picture.path, into, pauses=(), sounds=tracks)
    return picture.frames


def graph(
    source: Path,
    sound: Path,
    titles: list[Path],
    into: Path,
    *,
    quality: tuple[object, ...] = ("-preset", "veryfast", "-crf", 18),
) -> None:
    """Everything decoded, joined, drawn over, mixed and encoded by one ffmpeg."""
    inputs: list[object] = []
    for start in STARTS:
        inputs += ["-ss", start, "-t", SECONDS, "-i", source]
    inputs += ["-stream_loop", -1, "-i", sound]
    for title in titles:
        inputs += ["-i", title]
    many = len(STARTS)
    joined = "".join(f"[{at}:v][{at}:a]" for at in range(many))
    chains = [f"{joined}concat=n={many}:v=1:a=1[v0][programme]"]
    for number, overlay in enumerate(TITLES):
        shown = f"enable='gte(t,{overlay.start})*lt(t,{overlay.end})'"
        chains.append(f"[v{number}][{many + 1 + number}:v]overlay=0:0:{shown}[v{number + 1}]")
    chains += [
        "[programme]asplit[heard][key]",
        f"[{many}:a]aformat=sample_rates=48000:channel_layouts=stereo,volume=0.4[music]",
        "[music][key]sidechaincompress=threshold=0.02:ratio=8:attack=150:release=400[under]",
        "[heard][under]amix=inputs=2:duration=first:normalize=0[a]",
    ]
    mapped = ("-map", f"[v{len(TITLES)}]", "-map", "[a]", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "192k")
    _run(*inputs, "-filter_complex", ";".join(chains), *mapped, "-c:v", "libx264", *quality, into)


def by_moviepy(source: Path, sound: Path, titles: list[Path], into: Path) -> None:
    """As its documentation does it; it has no ducking."""
    # A heavy library, of this bench alone.
    from moviepy import (
        AudioFileClip,
        CompositeAudioClip,
        CompositeVideoClip,
        ImageClip,
        VideoFileClip,
        afx,
        concatenate_videoclips,
    )

    film = VideoFileClip(str(source))
    joined = concatenate_videoclips([film.subclipped(start, start + SECONDS) for start in STARTS])
    words: list[Any] = [
        ImageClip(str(path), duration=overlay.duration).with_start(overlay.start)
        for path, overlay in zip(titles, TITLES, strict=True)
    ]
    under = AudioFileClip(str(sound)).with_effects([afx.AudioLoop(duration=joined.duration), afx.MultiplyVolume(0.3)])
    made = CompositeVideoClip([joined, *words]).with_audio(CompositeAudioClip([joined.audio, under]))
    made.write_videofile(
        str(into),
        fps=RATE,
        codec="libx264",
        preset="veryfast",
        audio_codec="aac",
        ffmpeg_params=["-crf", "18"],
        logger=None,
    )
    film.close()


def likeness(made: Path, wanted: Path) -> float:
    """SSIM of all planes, over all frames."""
    command = [
        ffmpeg.program(),
        "-nostdin",
        "-i",
        made,
        "-i",
        wanted,
        "-lavfi",
        "[0:v][1:v]ssim",
        "-an",
        "-f",
        "null",
        "-",
    ]
    done = subprocess.run(list(map(str, command)), check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    found = re.search(r"SSIM .*All:([\d.]+)", done.stderr)
    assert found, done.stderr[-500:]
    return float(found[1])


def _letters(face: str) -> list[Font]:
    return [Font(fonts.FACES[face], fonts.letters(fonts.FACES[face]))]


def _titles(shape: Shape) -> list[Path]:
    """The same letters as pictures of the size of the film."""
    paths = []
    for number, overlay in enumerate(TITLES):
        made = sticker(overlay, shape, fonts=_letters(overlay.font))
        hides = made.hides[0]
        # White letters on what is black: how much of what hides is letters.
        grey = np.clip((made.colours[0] / np.maximum(hides, 1e-6) - 16) / 219, 0, 1) * 255
        words = np.zeros((shape.height, shape.width, 4), np.uint8)
        area = words[made.top : made.top + hides.shape[0], made.left : made.left + hides.shape[1]]
        area[..., :3], area[..., 3] = grey[..., None], hides * 255
        path = cache() / f"composed-title-{number}.png"
        Image.fromarray(words).save(path)
        paths.append(path)
    return paths


def _run(*arguments: object) -> None:
    subprocess.run(
        [ffmpeg.program(), "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL
    )
