"""A film of ten clips with two titles and music that gives way: ours against one ffmpeg graph, and against moviepy (bench only).

All three encode what they encode with x264 veryfast at crf 18, and their sound as AAC. Judged by the least CPU seconds, which a busy
machine disturbs least; what a person waits is told beside it.
"""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from PIL import Image

from bench import NO_GOAL, Row, alternate, at_least, cache
from media_library.media import ffmpeg
from media_library.media.assemble import Source, Wish, lay_out, make_piece, stitch
from media_library.media.film_frames import film_shape, footage, parts_of_picture, span_of
from media_library.media.film_sound import Heard, Music, film_sound
from media_library.media.render import SoundTrack, accessible_video
from media_library.media.titling import Font, title_card
from media_library.media.webvtt.model import Cue

NAME = "cut_of_ten"
GOAL = at_least(3.5)

# Both ends of each in the middle of a group of pictures of two seconds.
SECONDS, CLIPS = 6.0, [(3.3 + 10.7 * number, 3.3 + 10.7 * number + 6.0) for number in range(10)]
TITLED, TITLE_SECONDS, RATE = (0, 5), 3, 30
_FONT = Path(__file__).parents[1] / "chat" / "exporting" / "fonts" / "DejaVuSans.ttf"
_LETTERS = [Font(_FONT, frozenset(range(32, 256)))]


def rows(*, quick: bool) -> Iterator[Row]:
    source, music = mezzanine(), tune()
    into = {name: cache() / f"ten-{name}.mp4" for name in ("ours", "graph", "moviepy")}
    titles = _titles(source)
    frames = round((SECONDS * len(CLIPS) + TITLE_SECONDS * len(TITLED)) * RATE)

    def ours() -> int:
        return render(source, music, into["ours"])

    mine, theirs = alternate(
        ours, lambda: graph(source, music, titles, into["graph"]), rounds=2 if quick else 4, warm_up=False
    )
    assert mine.value == counted(into["ours"]) == frames, (mine.value, frames)
    assert abs(counted(into["graph"]) - frames) <= len(CLIPS)
    yield Row("cut of ten vs one ffmpeg graph", ours=mine.cpu, peer=theirs.cpu, goal=at_least(3.5))
    yield Row("  what a person waits", ours=mine.wall, peer=theirs.wall, goal=NO_GOAL)

    if importlib.util.find_spec("moviepy") is None:
        print("cut_of_ten: moviepy is not installed (requirements-dev), so it was not measured")
        return
    mine, theirs = alternate(
        ours, lambda: by_moviepy(source, music, titles, into["moviepy"]), rounds=1 if quick else 2, warm_up=False
    )
    assert abs(counted(into["moviepy"]) - frames) <= 2 * len(CLIPS)
    yield Row("cut of ten vs moviepy", ours=mine.cpu, peer=theirs.cpu, goal=at_least(8))
    yield Row("  what a person waits", ours=mine.wall, peer=theirs.wall, goal=NO_GOAL)


def render(source: Path, music: Path, into: Path) -> int:
    """As the run of a film does it, one step after the other. How many frames."""
    one = footage(source)
    shape = film_shape([(one, SECONDS)])
    spans = [span_of(one, shape, start=start, end=end) for start, end in CLIPS]
    card = TITLE_SECONDS * RATE
    places = lay_out(
        [Wish(frames=span.frames, card=card if n in TITLED else 0) for n, span in enumerate(spans)], transition=0
    )
    with tempfile.TemporaryDirectory(dir=cache()) as scratch:
        folder = Path(scratch)
        pieces = [
            make_piece(
                Source(footage=one, span=span),
                folder / f"{number}.mp4",
                shape,
                place,
                card=title_card(f"Part {number}", shape, fonts=_LETTERS) if place.card else None,
            )
            for number, (span, place) in enumerate(zip(spans, places, strict=True))
        ]
        picture = stitch(pieces, folder / "picture.mp4", shape)
        sound = folder / "sound.m4a"
        heard = [Heard(path=source, first=span.first, place=place) for span, place in zip(spans, places, strict=True)]
        film_sound(heard, sound, fps=shape.fps, music=Music(path=music))
        chapters = [
            Cue.at(float(place.begins / shape.fps), float(place.ends / shape.fps), f"Part {number}")
            for number, place in enumerate(places)
        ]
        tracks = [SoundTrack(path=sound, language="en", title="Sound")]
        accessible_video(picture.path, into, pauses=(), sounds=tracks, chapters=chapters)
    return picture.frames


def graph(source: Path, music: Path, titles: list[Path], into: Path) -> None:
    """Everything decoded, joined, mixed and encoded by one ffmpeg."""
    inputs: list[object] = []
    order, chains = [], []
    for number, (start, end) in enumerate(CLIPS):
        if number in TITLED:
            at = len(order)
            inputs += ["-loop", 1, "-framerate", RATE, "-t", TITLE_SECONDS, "-i", titles[TITLED.index(number)]]
            chains += [
                f"[{at}:v]format=yuv420p,setsar=1[v{at}]",
                f"anullsrc=r=48000:cl=stereo:d={TITLE_SECONDS}[a{at}]",
            ]
            order.append(at)
        at = len(order)
        inputs += ["-ss", start, "-t", end - start, "-i", source]
        chains += [
            f"[{at}:v]setsar=1,format=yuv420p[v{at}]",
            f"[{at}:a]aformat=sample_rates=48000:channel_layouts=stereo[a{at}]",
        ]
        order.append(at)
    inputs += ["-stream_loop", -1, "-i", music]
    joined = "".join(f"[v{at}][a{at}]" for at in order)
    chains += [
        f"{joined}concat=n={len(order)}:v=1:a=1[v][programme]",
        "[programme]asplit[heard][key]",
        f"[{len(order)}:a]aformat=sample_rates=48000:channel_layouts=stereo,volume=0.4[music]",
        "[music][key]sidechaincompress=threshold=0.02:ratio=8:attack=150:release=400[under]",
        "[heard][under]amix=inputs=2:duration=first:normalize=0[a]",
    ]
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", 18, "-c:a", "aac", "-b:a", "192k")
    _run(
        *inputs,
        "-filter_complex",
        ";".join(chains),
        "-map",
        "[v]",
        "-map",
        "[a]",
        *coded,
        "-movflags",
        "+faststart",
        into,
    )


def by_moviepy(source: Path, music: Path, titles: list[Path], into: Path) -> None:
    """As its documentation does it; it has no ducking."""
    # A heavy library, of this bench alone.
    from moviepy import (
        AudioFileClip,
        CompositeAudioClip,
        ImageClip,
        VideoFileClip,
        afx,
        concatenate_videoclips,
    )

    film = VideoFileClip(str(source))
    parts: list[Any] = []
    for number, (start, end) in enumerate(CLIPS):
        if number in TITLED:
            parts.append(ImageClip(str(titles[TITLED.index(number)]), duration=TITLE_SECONDS))
        parts.append(film.subclipped(start, end))
    joined = concatenate_videoclips(parts)
    under = AudioFileClip(str(music)).with_effects([afx.AudioLoop(duration=joined.duration), afx.MultiplyVolume(0.3)])
    made = joined.with_audio(CompositeAudioClip([joined.audio, under]))
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


def mezzanine() -> Path:
    """As the studio prepares what comes in: 720p, 30 frames a second without a gap, groups of two seconds; two minutes."""
    path, part, sound = (cache() / f"ten-{name}" for name in ("source.mp4", "part.mp4", "sound.m4a"))
    if not path.exists():
        x264 = (
            "-preset",
            "veryfast",
            "-crf",
            18,
            "-g",
            60,
            "-keyint_min",
            60,
            "-sc_threshold",
            0,
            "-pix_fmt",
            "yuv420p",
        )
        picture = f"testsrc2=s=1280x720:r={RATE}:d=20,noise=alls=5:allf=t"
        _run("-f", "lavfi", "-i", picture, "-c:v", "libx264", *x264, "-an", part)
        _run("-f", "lavfi", "-i", "anoisesrc=r=48000:c=pink:seed=7:a=0.3:d=120", "-ac", 2, "-c:a", "aac", sound)
        _run(
            "-stream_loop",
            5,
            "-i",
            part,
            "-i",
            sound,
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-c",
            "copy",
            "-movflags",
            "+faststart",
            path,
        )
        part.unlink()
        sound.unlink()
    return path


def _titles(source: Path) -> list[Path]:
    shape = film_shape([(footage(source), SECONDS)])
    paths = []
    for number in TITLED:
        path = cache() / f"ten-title-{number}.png"
        planes = title_card(f"Part {number}", shape, fonts=_LETTERS)
        Image.fromarray(parts_of_picture(planes, shape.width, shape.height)[0]).convert("RGB").save(path)
        paths.append(path)
    return paths


def tune() -> Path:
    path = cache() / "ten-music.m4a"
    if not path.exists():
        _run("-f", "lavfi", "-i", "sine=f=330:r=48000:d=30", "-ac", 2, "-c:a", "aac", path)
    return path


def counted(path: Path) -> int:
    with av.open(str(path)) as container:
        times = [packet.pts for packet in container.demux(container.streams.video[0]) if packet.size]
    assert len(set(times)) == len(times)
    return len(times)


def _run(*arguments: object) -> None:
    subprocess.run(
        [ffmpeg.program(), "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL
    )
