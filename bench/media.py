"""Reading media in-process against the ffmpeg and ffprobe programs, on the sample repeated to ten minutes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from bench import NO_GOAL, Measured, Row, alternate, at_least, at_most, cache, rounds_for
from media_library.media import ffmpeg, thumbnails, waveform
from media_library.media.probe import Probe, probe

NAME = "media"
GOAL = at_least(6)

SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "sample.mp4"
REPEATS = 12
TILES = 100
# The clock of processes ticks in hundredths of a second: a probe or a thumbnail is done often enough to be seen.
PROBES_A_ROUND = 10
SECONDS = (3.0, 7.5, 12.0, 16.5, 21.0, 25.5, 30.0, 34.5, 39.0, 44.0)


def rows(*, quick: bool) -> Iterator[Row]:
    movie = _movie()
    many = rounds_for(quick=quick)
    yield from _probe(movie, many)
    yield from _thumbnail(movie, many)
    yield from _sprite(movie, many)
    yield from _waveform(movie, many)


def _movie() -> Path:
    path = cache() / "sample-repeated.mp4"
    if not path.exists():
        _run("-stream_loop", REPEATS - 1, "-i", SAMPLE, "-c", "copy", "-movflags", "+faststart", path)
    return path


def _run(*arguments: Any) -> None:
    subprocess.run(
        [ffmpeg.program(), "-nostdin", "-v", "error", "-y", *map(str, arguments)],
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
    )


def _probe(movie: Path, many: int) -> Iterator[Row]:
    program = shutil.which("ffprobe")
    if program is None:
        print("probe: ffprobe is not installed here (Debian package ffmpeg), so there is no peer to measure against")
        return

    def ours() -> Probe:
        return [probe(movie) for _ in range(PROBES_A_ROUND)][-1]

    def peer() -> dict[str, Any]:
        command = [program, "-v", "error", "-show_format", "-show_streams", "-of", "json", str(movie)]
        return [
            json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
            for _ in range(PROBES_A_ROUND)
        ][-1]

    mine, theirs = alternate(ours, peer, rounds=many)
    found, said = mine.value, theirs.value
    picture = next(stream for stream in said["streams"] if stream["codec_type"] == "video")
    assert abs(found.duration - float(said["format"]["duration"])) < 0.25
    assert (found.video.codec, found.video.width, found.video.height) == (
        picture["codec_name"],
        picture["width"],
        picture["height"],
    )
    yield Row("probe vs ffprobe", ours=mine.cpu / PROBES_A_ROUND, peer=theirs.cpu / PROBES_A_ROUND, goal=at_least(6))


def _thumbnail(movie: Path, many: int) -> Iterator[Row]:
    ours_into, peer_into = cache() / "thumbnail-ours.jpg", cache() / "thumbnail-peer.jpg"

    def ours() -> None:
        for at in SECONDS:
            thumbnails.frame_at(movie, at, width=320, exact=False).save(ours_into, "JPEG")

    def peer() -> None:
        for at in SECONDS:
            _run("-ss", at, "-i", movie, "-frames:v", 1, "-vf", "scale=320:-2", peer_into)

    mine, theirs = alternate(ours, peer, rounds=many)
    assert _difference(ours_into, peer_into) < 12
    yield Row(
        "thumbnail vs ffmpeg -ss", ours=mine.cpu / len(SECONDS), peer=theirs.cpu / len(SECONDS), goal=at_least(10)
    )
    yield _floor("  its decoding alone", movie, SECONDS, peer=theirs.cpu, many=many)


def _sprite(movie: Path, many: int) -> Iterator[Row]:
    ours_into, peer_into = cache() / "sprite-ours.jpg", cache() / "sprite-peer.jpg"
    found = probe(movie)
    every = found.duration / TILES

    def ours() -> thumbnails.Sprite:
        return thumbnails.sprite(movie, ours_into, count=TILES, width=160)

    def peer() -> None:
        grid = f"fps=1/{every}:start_time=0:round=near,scale=160:-2,tile=10x10"
        _run("-skip_frame", "nokey", "-i", movie, "-an", "-vf", grid, "-frames:v", 1, peer_into)

    mine, theirs = alternate(ours, peer, rounds=many)
    assert mine.value.columns == 10
    assert (
        _difference(ours_into, peer_into) < 40
    )  # which keyframe stands for a place differs by half a tile here and there
    yield Row("sprite of 100 vs ffmpeg nokey tile", ours=mine.cpu, peer=theirs.cpu, goal=at_least(4))
    yield _floor(
        "  its decoding alone", movie, [mine.value.time(at) for at in range(TILES)], peer=theirs.cpu, many=many
    )


def _floor(name: str, movie: Path, seconds: Sequence[float], *, peer: float, many: int) -> Row:
    """What no way of making these pictures can save: one keyframe of 100 kB each, through the decoder that both use.

    The peer decodes all keyframes of the video for a sprite, and up to two seconds of pictures for a thumbnail.
    """
    decoding = Measured()
    with av.open(str(movie)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count, stream.codec_context.options = 1, {"skip_loop_filter": "all"}
        packets = [_keyframe(container, stream, at) for at in seconds]

        def decode() -> None:
            for packet in packets:
                assert [*stream.codec_context.decode(packet), *stream.codec_context.decode(None)]
                stream.codec_context.flush_buffers()

        for _ in range(many):
            decoding.take(decode)
    each = len(seconds) if len(seconds) == len(SECONDS) else 1
    return Row(name, ours=decoding.cpu / each, peer=peer / each, goal=NO_GOAL)


def _keyframe(container: InputContainer, stream: VideoStream, at: float) -> av.Packet[VideoStream]:
    container.seek(int(at / (stream.time_base or 1)), stream=stream, backward=True)
    return next(packet for packet in container.demux(stream) if packet.is_keyframe and packet.size)


def _waveform(movie: Path, many: int) -> Iterator[Row]:
    def ours() -> waveform.Waveform:
        return waveform.waveform(movie)

    def peer() -> None:
        _run("-i", movie, "-vn", "-f", "null", "-")

    mine, theirs = alternate(ours, peer, rounds=many)
    assert abs(len(mine.value.low) - mine.value.duration * waveform.PEAKS_PER_SECOND) <= 1
    assert max(mine.value.high) > 20
    yield Row("waveform vs ffmpeg decode to null", ours=mine.cpu, peer=theirs.cpu, goal=at_most(1.5))


def _difference(one: Path, other: Path) -> float:
    with Image.open(one) as first, Image.open(other) as second:
        size = (160, 90)
        return float(
            np.abs(
                np.asarray(first.convert("L").resize(size), np.int16)
                - np.asarray(second.convert("L").resize(size), np.int16)
            ).mean()
        )
