"""One hold of a described film moved: making the film again against making it anew. Sound and picture, muxed; the same file comes out."""

from __future__ import annotations

import math
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import Row, alternate, at_least, cache
from media_library.media import ffmpeg
from media_library.media.freeze import frame_count
from media_library.media.kept import Kept, Part
from media_library.media.levels import Profile
from media_library.media.pauses import Pause, on_frames
from media_library.media.render import SoundTrack, accessible_video
from media_library.media.sound import Clip, description_mix, programme_levels, retimed_programme
from media_library.media.timemap import TimeMap

NAME = "repause"
GOAL = at_least(5)

_SECONDS, _HOLDS, _MOVED = 360, 18, 7
_VOICE_SECONDS = 4


@dataclass(frozen=True)
class Film:
    path: Path
    mix: Path
    plain: Path
    mix_parts: tuple[Part, ...]
    plain_parts: tuple[Part, ...]
    picture_parts: tuple[Part, ...]
    encoded: int
    levels: Profile


def rows(*, quick: bool) -> Iterator[Row]:
    source, voice = _source(), _voice()
    before = _film("before", source, voice, moved_by=0.0)

    def again() -> Film:
        return _film("again", source, voice, moved_by=1.8, before=before)

    def anew() -> Film:
        return _film("anew", source, voice, moved_by=1.8)

    mine, theirs = alternate(again, anew, rounds=1 if quick else 3, warm_up=False)
    assert mine.value.path.read_bytes() == theirs.value.path.read_bytes()
    print(f"repause: {mine.value.encoded} pictures encoded for the moved hold, {theirs.value.encoded} for all")
    yield Row("repause vs rendering anew", ours=mine.wall, peer=theirs.wall)
    yield Row("repause vs rendering anew, CPU", ours=mine.cpu, peer=theirs.cpu)


def _film(name: str, source: Path, voice: Path, *, moved_by: float, before: Film | None = None) -> Film:
    fps, frames = frame_count(source)
    apart = _SECONDS / _HOLDS
    # A hold that moves is of another length too, and moves all that follows.
    wished = [
        Pause(apart * (n + 0.55) + (moved_by if n == _MOVED else 0), 4.75 + (moved_by * 0.3 if n == _MOVED else 0))
        for n in range(_HOLDS)
    ]
    pauses = on_frames(wished, fps=fps, frames=frames)
    times, seconds = TimeMap(pauses), float(frames / fps)
    path, mix, plain = (cache() / f"repause-{name}{end}" for end in (".mp4", "-mix.m4a", "-plain.m4a"))
    levels = before.levels if before else programme_levels(source)
    mixed = description_mix(
        source,
        mix,
        clips=[Clip(path=voice, start=times.out_before(pause.at) + 0.25) for pause in pauses],
        pauses=pauses,
        duration=seconds,
        heard=levels,
        identity="film",
        kept=Kept(path=before.mix, parts=before.mix_parts) if before else None,
    )
    parts = retimed_programme(
        source,
        plain,
        pauses=pauses,
        duration=seconds,
        identity="film",
        kept=Kept(path=before.plain, parts=before.plain_parts) if before else None,
    )
    made = accessible_video(
        source,
        path,
        pauses=pauses,
        sounds=[
            SoundTrack(path=mix, language="en", title="Described"),
            SoundTrack(path=plain, language="en", title="Original"),
        ],
        identity="film",
        kept=Kept(path=before.path, parts=before.picture_parts) if before else None,
    )
    assert made.picture is not None
    assert not made.picture.reason, made.picture.reason
    return Film(path, mix, plain, mixed.parts, parts, made.picture.parts, made.picture.encoded_frames, levels)


def _source() -> Path:
    """Six minutes, 360p, groups of two seconds, moving noise: small, so that the sound weighs as much as the picture."""
    path = cache() / "repause-source.mp4"
    if not path.exists():
        picture = f"testsrc2=s=640x360:r=25:d={_SECONDS},noise=alls=3:allf=t"
        sound = f"anoisesrc=r=48000:c=pink:seed=7:a=0.2:d={_SECONDS}"
        x264 = ("-preset", "ultrafast", "-crf", 28, "-g", 50, "-keyint_min", 50, "-sc_threshold", 0)
        options = ("-c:v", "libx264", *x264, "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart")
        inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
        subprocess.run(
            [ffmpeg.program(), "-nostdin", "-v", "error", "-y", *map(str, (*inputs, *options, path))], check=True
        )
    return path


def _voice() -> Path:
    path = cache() / "repause-voice.wav"
    if not path.exists():
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(24_000)
            tone = (round(9000 * math.sin(at * 0.08)) for at in range(24_000 * _VOICE_SECONDS))
            file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in tone))
    return path
