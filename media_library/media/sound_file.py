"""The sound of a recording as a file of its own, in the format and at the rate that somebody asks for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from media_library.media.ffmpeg import Input, Progress, run
from media_library.media.probe import probe

MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


@dataclass(frozen=True, kw_only=True)
class SoundForm:
    """How ffmpeg writes it. `rates` are those that the format knows, all where it names none."""

    content_type: str
    muxer: str
    options: tuple[str, ...]
    rates: tuple[int, ...] = ()

    def rate(self, wanted: int) -> int:
        """The nearest that the format knows and that is no higher; its lowest where all are higher."""
        if not self.rates:
            return wanted
        return max((rate for rate in self.rates if rate <= wanted), default=min(self.rates))


FORMS = {
    "wav": SoundForm(content_type="audio/wav", muxer="wav", options=("-c:a", "pcm_s16le")),
    "mp3": SoundForm(
        content_type="audio/mpeg", muxer="mp3", options=("-c:a", "libmp3lame", "-q:a", "2"), rates=MPEG_RATES
    ),
    "flac": SoundForm(content_type="audio/flac", muxer="flac", options=("-c:a", "flac")),
    "m4a": SoundForm(
        content_type="audio/mp4",
        muxer="ipod",
        options=("-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart"),
        rates=(*MPEG_RATES, 64000, 88200, 96000),
    ),
    "ogg": SoundForm(content_type="audio/ogg", muxer="ogg", options=("-c:a", "libvorbis", "-q:a", "6")),
}


@dataclass(frozen=True, kw_only=True)
class SoundFile:
    """`rate` may be below what was asked for, where the format knows no higher one."""

    duration: float
    rate: int
    channels: int


def extract_sound(
    source: Path,
    into: Path,
    *,
    form: str,
    rate: int,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> SoundFile:
    """The first sound track, whole. NoAudioError where there is none."""
    found = probe(source).require(audio=True)
    chosen = FORMS[form]
    run(
        inputs=[Input(path=source, kind=found.kind)],
        options=["-vn", "-sn", "-map", "0:a:0", "-ar", str(chosen.rate(rate)), *chosen.options],
        output=into,
        muxer=chosen.muxer,
        expected_seconds=found.duration,
        what="Taking out the sound",
        progress=progress,
        halt=halt,
    )
    made = probe(into).require(audio=True).audio
    assert made is not None  # noqa: S101  (required)
    return SoundFile(duration=made.duration, rate=made.rate, channels=made.channels)
