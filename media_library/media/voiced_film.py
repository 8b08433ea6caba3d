"""A film with another sound: its own picture, and a recording in place of what was heard.

Neither is cut short. A recording that is longer holds the last picture; one that is shorter is followed by silence.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from media_library.media import disclosure
from media_library.media.ffmpeg import Input, Progress, run
from media_library.media.iso639 import three_letters
from media_library.media.probe import VideoInfo, probe

# What ears and eyes take for the same length.
_SAME_SECONDS = 0.1
# The most lines of a picture, by quality; `high` keeps what there is.
_LINES = {"low": 480, "medium": 720}
_CRF = {"low": 28, "medium": 23, "high": 18}
_VP9_CRF = {"low": 40, "medium": 34, "high": 28}


@dataclass(frozen=True, kw_only=True)
class FilmForm:
    """`copied` are the codecs that the container takes as they are."""

    content_type: str
    muxer: str
    copied: frozenset[str]
    sound: tuple[str, ...] = ("-c:a", "aac", "-b:a", "192k")
    options: tuple[str, ...] = ()


_H264 = frozenset({"h264"})
FORMS = {
    "mp4": FilmForm(content_type="video/mp4", muxer="mp4", copied=_H264, options=("-movflags", "+faststart")),
    "mov": FilmForm(content_type="video/quicktime", muxer="mov", copied=_H264, options=("-movflags", "+faststart")),
    "mkv": FilmForm(content_type="video/x-matroska", muxer="matroska", copied=frozenset({"h264", "hevc", "vp9"})),
    "webm": FilmForm(
        content_type="video/webm",
        muxer="webm",
        copied=frozenset({"vp8", "vp9", "av1"}),
        sound=("-c:a", "libopus", "-b:a", "128k"),
    ),
}
QUALITIES = tuple(_CRF)


@dataclass(frozen=True, kw_only=True)
class VoicedFilm:
    """`held` seconds of the last picture, or `silent` seconds at the end; `copied` pictures are the source's own, bit for bit."""

    duration: float
    width: int
    height: int
    held: float
    silent: float
    copied: bool

    @property
    def note(self) -> str:
        """What was done where the two differ in length, for the person; empty where they do not."""
        if self.held:
            return f"The new sound is {self.held:.1f} s longer than the video: the last picture stays until it ends."
        if self.silent:
            return f"The new sound is {self.silent:.1f} s shorter than the video: the rest is silent."
        return ""


def voiced_film(
    picture: Path,
    sound: Path,
    into: Path,
    *,
    form: str,
    quality: str,
    language: str = "",
    spoken_by: str = "",
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> VoicedFilm:
    """Writes the film. `spoken_by` names the machine that spoke, which the file then says. NoVideoError, NoAudioError."""
    chosen = FORMS[form]
    film = probe(picture).require(video=True)
    heard = probe(sound).require(audio=True)
    video, audio = film.video, heard.audio
    assert video is not None  # noqa: S101  (required)
    assert audio is not None  # noqa: S101  (required)
    longer = audio.duration - video.duration
    held = longer if longer > _SAME_SECONDS else 0.0
    silent = -longer if longer < -_SAME_SECONDS else 0.0
    total = video.duration + held
    copied = quality == "high" and not held and video.codec in chosen.copied
    width, height = (video.width, video.height) if copied else _size(video, quality)
    run(
        inputs=[Input(path=picture, kind=film.kind), Input(path=sound, kind=heard.kind)],
        options=[
            *("-map", "0:v:0", "-map", "1:a:0", "-sn", "-map_chapters", "-1"),
            *(("-c:v", "copy") if copied else _encoded(form, quality, width, height, held)),
            *("-filter:a", "apad", "-t", f"{total:.3f}", "-ar", "48000", *chosen.sound),
            *("-metadata:s:a:0", f"language={three_letters(language or 'und')}"),
            *(disclosure.tags(spoken_by) if spoken_by else ()),
            *chosen.options,
        ],
        output=into,
        muxer=chosen.muxer,
        expected_seconds=total,
        what="Putting the new sound to the picture",
        progress=progress,
        halt=halt,
    )
    made = probe(into).require(video=True, audio=True)
    return VoicedFilm(
        duration=made.duration, width=width, height=height, held=round(held, 3), silent=round(silent, 3), copied=copied
    )


def _size(video: VideoInfo, quality: str) -> tuple[int, int]:
    """As the viewer sees it, no larger than the quality asks for, in even numbers."""
    width, height = video.display_size
    most = _LINES.get(quality)
    share = min(1.0, most / min(width, height)) if most else 1.0
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def _encoded(form: str, quality: str, width: int, height: int, held: float) -> list[str]:
    filters = [f"scale={width}:{height}", "setsar=1", "format=yuv420p"]
    if held:
        filters.insert(0, f"tpad=stop_mode=clone:stop_duration={held:.3f}")
    if form == "webm":
        codec = ["libvpx-vp9", "-crf", str(_VP9_CRF[quality]), "-b:v", "0", "-deadline", "realtime", "-cpu-used", "6"]
    else:
        codec = ["libx264", "-preset", "veryfast", "-crf", str(_CRF[quality])]
    return ["-filter:v", ",".join(filters), "-c:v", *codec]
