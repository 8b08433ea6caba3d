"""The accessible MP4: the picture with its pauses, the sound tracks, the captions as selectable tracks."""

from __future__ import annotations

import re
import tempfile
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from media_library.media.errors import NoVideoError
from media_library.media.ffmpeg import Input, Progress, run
from media_library.media.freeze import HeldPicture, held_picture
from media_library.media.iso639 import three_letters
from media_library.media.kept import Kept
from media_library.media.pauses import Pause
from media_library.media.probe import probe
from media_library.media.sniff import WEBVTT, Kind
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue

_LONGEST_TITLE = 120
_PICTURE_SHARE = 0.85
# What we write ourselves and no person brings: it is in no list of kinds.
FFMETADATA = Kind("application/x-ffmetadata", "text", "ffmetadata", "a list of chapters")


@dataclass(frozen=True, kw_only=True)
class SoundTrack:
    """The first sound of `path`, AAC, already in output time. `language` is BCP 47; `title` is what a player's menu shows."""

    path: Path
    language: str
    title: str


@dataclass(frozen=True, kw_only=True)
class CaptionTrack:
    """A WebVTT file already in output time."""

    path: Path
    language: str
    title: str
    is_default: bool = False


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """`picture` is None when there was no pause: then every picture is the source's own."""

    duration: float
    frames: int
    picture: HeldPicture | None


def accessible_video(
    source: Path,
    into: Path,
    *,
    pauses: Sequence[Pause],
    sounds: Sequence[SoundTrack],
    captions: Sequence[CaptionTrack] = (),
    chapters: Sequence[Cue] = (),
    identity: str = "",
    kept: Kept | None = None,
    tags: Sequence[str] = (),
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Rendered:
    """Write the MP4. `source` is a mezzanine; `pauses` are those of `on_frames`. The first sound is the one played by default.

    The house puts the mix with descriptions first and the original sound second. `chapters` are in output time. From `kept`, the film
    of before, come the pictures that hold as they did, of the source that `identity` names.

    `tags` are ffmpeg's, for what the file says of itself. Scratch files live beside `into` and are gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="render-", dir=into.parent) as scratch:
        picture = None
        video = source
        if pauses:
            video = Path(scratch) / "picture.mp4"
            picture = held_picture(
                source,
                video,
                pauses=pauses,
                identity=identity,
                kept=kept,
                progress=_scaled(progress, 0.0, _PICTURE_SHARE),
                halt=halt,
            )
        found = probe(video).video
        if found is None:
            raise NoVideoError
        inputs = [Input(path=video), *(Input(path=sound.path) for sound in sounds)]
        inputs += [Input(path=caption.path, kind=WEBVTT) for caption in captions]
        options = [*_options(sounds, captions), *tags]
        if chapters:
            told = Path(scratch) / "chapters.txt"
            told.write_text(_told(chapters), encoding="utf-8")
            inputs.append(Input(path=told, kind=FFMETADATA))
            options += ["-map_chapters", str(len(inputs) - 1)]
        else:
            # The source's own would be carried over in its times.
            options += ["-map_chapters", "-1"]
        run(
            inputs=inputs,
            options=options,
            output=into,
            muxer="mp4",
            chapter_titles=bool(chapters),
            expected_seconds=found.duration,
            what="Putting the tracks together",
            progress=_scaled(progress, _PICTURE_SHARE if pauses else 0.0, 1.0),
            halt=halt,
        )
    return Rendered(
        duration=found.duration,
        frames=round(Fraction(found.duration).limit_denominator(1_000_000) * found.fps),
        picture=picture,
    )


def _told(chapters: Sequence[Cue]) -> str:
    """Chapters as ffmpeg reads them. Signs that mean something there are escaped, and a title is one line."""
    lines = [";FFMETADATA1"]
    for chapter in chapters:
        title = re.sub(r"([=;#\\])", r"\\\1", " ".join(plain_text(chapter.text).split()))
        lines += [
            "[CHAPTER]",
            "TIMEBASE=1/1000",
            f"START={chapter.start_ms}",
            f"END={chapter.end_ms}",
            f"title={title}",
        ]
    return "\n".join([*lines, ""])


def _options(sounds: Sequence[SoundTrack], captions: Sequence[CaptionTrack]) -> list[str]:
    options = ["-map", "0:v:0", "-metadata:s:v:0", "language=und"]
    for number, sound in enumerate(sounds):
        options += ["-map", f"{1 + number}:a:0", *_labels(f"a:{number}", sound.language, sound.title)]
        options += [f"-disposition:a:{number}", "default" if number == 0 else "0"]
    for number, caption in enumerate(captions):
        options += ["-map", f"{1 + len(sounds) + number}:s:0", *_labels(f"s:{number}", caption.language, caption.title)]
        options += [f"-disposition:s:{number}", "default" if caption.is_default else "0"]
    return [*options, "-c", "copy", "-c:s", "mov_text", "-movflags", "+faststart"]


def _labels(stream: str, language: str, title: str) -> list[str]:
    plain = "".join(sign for sign in title if not unicodedata.category(sign).startswith("C")).strip()[:_LONGEST_TITLE]
    # Some players show the title, some the handler's name.
    return [
        *(f"-metadata:s:{stream}", f"language={three_letters(language)}"),
        *(f"-metadata:s:{stream}", f"title={plain}"),
        *(f"-metadata:s:{stream}", f"handler_name={plain}"),
    ]


def _scaled(progress: Progress | None, begin: float, end: float) -> Progress | None:
    if progress is None:
        return None
    return lambda fraction, message: progress(begin + fraction * (end - begin), message)
