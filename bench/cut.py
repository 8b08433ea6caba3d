"""Frame-exact cuts against smartcut (PyPI) and against ffmpeg's stream copy, which is quick and wrong at both ends. Warm, wall time.

smartcut is no dependency of ours (it asks for another PyAV): it is measured where SMARTCUT_PYTHON names a Python that has it.
It runs warm as well, in a process that answers one cut after the other.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av

from bench import Row, alternate, at_least, at_most, cache, rounds_for
from media_library.media import ffmpeg
from media_library.media.cut import Cut, cut

NAME = "cut"
GOAL = at_least(4)

# Both points in the middle of a group of pictures of two seconds; the clip lasts 50 seconds.
START, END = 35.4, 85.4
_PART_SECONDS, _PARTS = 20, 6
_PEER = """
import sys
from fractions import Fraction
from smartcut.cut_video import VideoSettings, VideoExportMode, VideoExportQuality, smart_cut
from smartcut.media_container import MediaContainer
from smartcut.misc_data import AudioExportInfo, AudioExportSettings
for line in sys.stdin:
    source, target, start, end = line.rstrip("\\n").split("\\t")
    media = MediaContainer(source)
    sound = AudioExportInfo(output_tracks=[AudioExportSettings(codec="passthru")] * len(media.audio_tracks))
    settings = VideoSettings(VideoExportMode.SMARTCUT, VideoExportQuality.NORMAL)
    failed = smart_cut(media, [(Fraction(start), Fraction(end))], target, audio_export_info=sound, video_settings=settings)
    media.close()
    print(failed or "done", flush=True)
"""


def rows(*, quick: bool) -> Iterator[Row]:
    many = rounds_for(quick=quick)
    source = movie()
    ours_into, copy_into, peer_into = (cache() / f"cut-{name}.mp4" for name in ("ours", "copy", "smartcut"))

    def ours() -> Cut:
        return cut(source, ours_into, start=START, end=END)

    def copy() -> None:
        _run("-ss", START, "-i", source, "-t", END - START, "-c", "copy", copy_into)

    frames = sum(START - 0.001 <= at < END - 0.001 for at in _times(source))
    mine, theirs = alternate(ours, copy, rounds=many)
    assert mine.value.method == "smart", mine.value.reason
    assert mine.value.frames == len(_times(ours_into)) == frames
    yield Row("cut vs stream copy", ours=mine.wall, peer=theirs.wall, goal=at_most(3.5))

    python = os.environ.get("SMARTCUT_PYTHON", "")
    if not python:
        print("cut: smartcut is not installed (SMARTCUT_PYTHON names no Python that has it), so it was not measured")
        return
    with _smartcut(python) as ask:
        mine, theirs = alternate(ours, lambda: ask(source, peer_into), rounds=many)
    print(f"cut: {frames} frames asked for; ours holds {mine.value.frames}, smartcut's {len(_times(peer_into))}")
    yield Row("cut vs smartcut", ours=mine.wall, peer=theirs.wall)


def movie() -> Path:
    """720p, 30 frames a second, two B-frames, groups of two seconds, moving noise: two minutes."""
    path, part = cache() / "cut-movie.mp4", cache() / "cut-part.mp4"
    if not path.exists():
        picture = f"testsrc2=s=1280x720:r=30:d={_PART_SECONDS},noise=alls=5:allf=t"
        sound = f"anoisesrc=r=48000:c=pink:seed=7:a=0.3:d={_PART_SECONDS}"
        x264 = ("-preset", "veryfast", "-bf", 2, "-g", 60, "-keyint_min", 60, "-sc_threshold", 0, "-pix_fmt", "yuv420p")
        _run("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-c:v", "libx264", *x264, "-c:a", "aac", part)
        _run("-stream_loop", _PARTS - 1, "-i", part, "-c", "copy", "-movflags", "+faststart", path)
        part.unlink()
    return path


def _times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = stream.time_base or Fraction(1)
        return [packet.pts * base for packet in container.demux(stream) if packet.size and packet.pts is not None]


@contextmanager
def _smartcut(python: str) -> Iterator[Callable[[Path, Path], None]]:
    with subprocess.Popen([python, "-c", _PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None

        def ask(source: Path, target: Path) -> None:
            print(source, target, START, END, sep="\t", file=asked, flush=True)
            assert answered.readline() == "done\n"

        yield ask
        asked.close()


def _run(*arguments: object) -> None:
    # Without a timeout: waiting with one looks every 50 ms, which is as long as the copy takes.
    subprocess.run(
        [ffmpeg.program(), "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL
    )
