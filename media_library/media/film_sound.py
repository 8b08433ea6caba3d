"""The sound of a film of clips: each clip's own, joined where its pictures are, music that gives way to speech, all as loud as it is to be.

Everything is streamed in blocks of a second. What was decoded and mixed lies in scratch files meanwhile, so that measuring it first and
writing it then reads no footage twice.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from media_library.media.assemble import Place
from media_library.media.decoding import BLOCK_SAMPLES, CHANNELS, RATE, Samples, blocks
from media_library.media.errors import HaltedError, NoAudioError
from media_library.media.ffmpeg import Progress
from media_library.media.levels import SILENCE, SLICE_SECONDS, Profile, factor, profile
from media_library.media.limiter import limited
from media_library.media.sound import CEILING, DUCK_ATTACK, DUCK_LEAD, DUCK_RELEASE
from media_library.media.writing import written

BIT_RATE = 192_000
# Where clips meet by a plain cut: too short to be heard, long enough for nothing to click.
_EDGE = round(0.005 * RATE)
# Music under speech is so much quieter than where nobody speaks.
DUCKED_DB = 12.0
MUSIC_FADE_SECONDS = 2.0
# What is this far below the programme as a whole is no speech; pauses between words keep the music down.
_BELOW_SPEECH_DB = 18.0
_LONGEST_BREATH_SECONDS = 0.7
_MOST_GAIN_DB = 24.0

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The sound of one clip: from `first` seconds of the file on. None is silence."""

    path: Path | None
    first: Fraction
    place: Place


@dataclass(frozen=True, kw_only=True)
class Music:
    """`level` is how much louder it is than the programme where nobody speaks, in decibels (below 0: quieter).

    `leads` turns it round: it is a narration, as loud as it is but for `level`, and the programme gives way to it. Where neither gives
    way, `ducks` is False. `alone` is how loud it is beside a programme without a sound; None leaves it as loud as it is.
    """

    path: Path
    level: float = -8.0
    loops: bool = True
    leads: bool = False
    ducks: bool = True
    rises: float = 0.0
    falls: float = MUSIC_FADE_SECONDS
    alone: float | None = -20.0


@dataclass(frozen=True, kw_only=True)
class FilmSound:
    """`loudness` is what was measured before it was made as loud as asked for, `gain` by how much it was raised; `ducked` are spans."""

    duration: float
    loudness: float
    gain: float
    ducked: tuple[Span, ...] = ()


def film_sound(
    clips: Sequence[Heard],
    into: Path,
    *,
    fps: Fraction,
    music: Music | None = None,
    loudness: float | None = None,
    speech: Sequence[Span] | None = None,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> FilmSound:
    """Write it as AAC (.m4a), exactly as long as the pictures. `speech` (film seconds) is where music gives way; None: listen for it."""
    frames = max(clip.place.shows + clip.place.frames for clip in clips)
    total = _samples(frames, fps)

    def report(begin: float, end: float) -> Callable[[int], None]:
        def told(samples: int) -> None:
            if halt is not None and halt.is_set():
                raise HaltedError
            if progress:
                progress(begin + min(1.0, samples / total) * (end - begin), "Mixing sound")

        return told

    with tempfile.TemporaryDirectory(prefix="sound-", dir=into.parent) as scratch:
        mix = Path(scratch) / "mix.f32"
        heard = write_down(_programme(clips, fps=fps, total=total, halt=halt), mix, report(0.0, 0.5))
        ducked: Sequence[Span] = ()
        if music is not None:
            own = profile(blocks(music.path, halt=halt))
            ducked = _giving_way(music, own, heard, speech, total=total / RATE)
            both = Path(scratch) / "both.f32"
            added = _music(music, own, heard, total=total, halt=halt)
            sides = (read_back(mix), _give_way(added, ducked))
            if music.leads:
                sides = (_give_way(read_back(mix), ducked), added)
            heard = write_down((a + b for a, b in zip(*sides, strict=True)), both, report(0.5, 0.6))
            mix = both
        measured = heard.loudness([(0.0, total / RATE)])
        gain = 0.0
        if loudness is not None and measured > SILENCE:
            gain = min(loudness - measured, _MOST_GAIN_DB)
        louder = (block * np.float32(factor(gain)) for block in read_back(mix))
        write_m4a(limited(louder, ceiling=CEILING), into, report=report(0.6, 1.0))
    return FilmSound(duration=total / RATE, loudness=measured, gain=gain, ducked=tuple(ducked))


def _samples(frames: int, fps: Fraction) -> int:
    return round(frames / fps * RATE)


class _Reader:
    """One clip's samples in order; what the footage lacks is silence."""

    def __init__(self, source: Iterator[Samples], length: int, *, rises: int, falls: int, smooth: bool) -> None:
        self._source, self._length = source, length
        self._rises, self._falls, self._smooth = max(rises, 1), max(falls, 1), smooth
        self._held = np.zeros((0, CHANNELS), np.float32)
        self._at = 0

    def take(self, samples: int) -> Samples:
        while len(self._held) < samples:
            more = next(self._source, None)
            if more is None:
                lacking = np.zeros((samples - len(self._held), CHANNELS), np.float32)
                self._held = np.concatenate([self._held, lacking])
                break
            self._held = np.concatenate([self._held, more])
        taken, self._held = self._held[:samples], self._held[samples:]
        places = np.arange(self._at, self._at + samples, dtype=np.float32)
        self._at += samples
        level = np.minimum(1.0, np.minimum((places + 1) / self._rises, (self._length - places) / self._falls))
        level = np.clip(level, 0.0, 1.0)
        shaped: Samples = (taken * (np.sqrt(level) if self._smooth else level)[:, None]).astype(np.float32)
        return shaped


def _programme(clips: Sequence[Heard], *, fps: Fraction, total: int, halt: threading.Event | None) -> Iterator[Samples]:
    """Blocks of a second, the clips at the samples where their pictures are."""
    spans = [(_samples(clip.place.shows, fps), _samples(clip.place.shows + clip.place.frames, fps)) for clip in clips]
    readers: dict[int, _Reader] = {}
    for at in range(0, total, BLOCK_SAMPLES):
        block = np.zeros((min(BLOCK_SAMPLES, total - at), CHANNELS), np.float32)
        for number, (begin, end) in enumerate(spans):
            first, last = max(begin, at), min(end, at + len(block))
            if last <= first:
                readers.pop(number, None)
                continue
            if number not in readers:
                readers[number] = _reader(clips[number], end - begin, fps=fps, halt=halt)
            block[first - at : last - at] += readers[number].take(last - first)
        yield block


def _reader(clip: Heard, length: int, *, fps: Fraction, halt: threading.Event | None) -> _Reader:
    place = clip.place
    source: Iterator[Samples] = iter(())
    if clip.path is not None:
        source = _sounding(clip.path, start=round(clip.first * RATE), halt=halt)
    return _Reader(
        source,
        length,
        rises=_samples(max(place.dissolves, place.rises), fps) or _EDGE,
        falls=_samples(max(place.leaves, place.falls), fps) or _EDGE,
        # Two that are heard at once and have nothing in common add up by their power.
        smooth=bool(place.dissolves or place.leaves),
    )


def _sounding(path: Path, *, start: int, halt: threading.Event | None) -> Iterator[Samples]:
    try:
        yield from blocks(path, start=start, halt=halt)
    except NoAudioError:
        return


def write_down(stream: Iterable[Samples], into: Path, report: Callable[[int], None]) -> Profile:
    """Writes it down as it passes; how loud it is."""
    with into.open("wb") as file:

        def passing() -> Iterator[Samples]:
            at = 0
            for block in stream:
                file.write(np.ascontiguousarray(block, np.float32).tobytes())
                at += len(block)
                report(at)
                yield block

        return profile(passing())


def read_back(path: Path) -> Iterator[Samples]:
    with path.open("rb") as file:
        while data := file.read(BLOCK_SAMPLES * CHANNELS * 4):
            yield np.frombuffer(data, np.float32).reshape(-1, CHANNELS)


def _speech(heard: Profile) -> list[Span]:
    """Where the programme is about as loud as it is where it is loud: somebody speaks there, or something else wants to be heard."""
    whole = heard.loudness([(0.0, len(heard.energy) * SLICE_SECONDS)])
    if whole <= SILENCE:
        return []
    levels = -0.691 + 10 * np.log10(np.maximum(heard.energy, 1e-12))
    loud = np.flatnonzero(levels > whole - _BELOW_SPEECH_DB)
    return merged([(float(place) * SLICE_SECONDS, float(place + 1) * SLICE_SECONDS) for place in loud])


def merged(spans: Sequence[Span]) -> list[Span]:
    """In order, with the pauses for breath filled."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] <= _LONGEST_BREATH_SECONDS:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _giving_way(
    music: Music, own: Profile, heard: Profile, speech: Sequence[Span] | None, *, total: float
) -> Sequence[Span]:
    """Where one of the two is lowered for the other."""
    if not music.ducks:
        return ()
    if music.leads:
        return [(start, min(end, total)) for start, end in _speech(own) if start < total]
    return _speech(heard) if speech is None else merged(speech)


def _music(
    music: Music, own: Profile, heard: Profile, *, total: int, halt: threading.Event | None
) -> Iterator[Samples]:
    """Blocks of a second: from its start, again as often as it takes where it `loops`, out at its end or the film's."""
    seconds = len(own.energy) * SLICE_SECONDS
    gain = _gain(music, own.loudness([(0.0, seconds)]), heard.loudness([(0.0, total / RATE)]))
    length = total if music.loops else min(total, round(seconds * RATE))
    reader = _Reader(
        _again(music.path, halt=halt) if music.loops else blocks(music.path, halt=halt),
        length,
        rises=max(_EDGE, min(length, round(music.rises * RATE))),
        falls=max(_EDGE, min(length, round(music.falls * RATE))),
        smooth=False,
    )
    for at in range(0, total, BLOCK_SAMPLES):
        yield reader.take(min(BLOCK_SAMPLES, total - at)) * np.float32(gain)


def _gain(music: Music, loudness: float, programme: float) -> float:
    if loudness <= SILENCE:
        return 0.0
    beside = programme if programme > SILENCE else music.alone
    if music.leads or beside is None:
        return factor(music.level if music.leads else 0.0)
    return factor(min(beside + music.level - loudness, _MOST_GAIN_DB))


def _give_way(stream: Iterable[Samples], ducked: Sequence[Span]) -> Iterator[Samples]:
    at = 0
    for block in stream:
        yield (block * lowered(at / RATE, len(block), ducked)[:, None]).astype(np.float32)
        at += len(block)


def _again(path: Path, *, halt: threading.Event | None) -> Iterator[Samples]:
    for _ in count():
        heard = 0
        for block in blocks(path, halt=halt):
            heard += len(block)
            yield block
        if not heard:
            return


def lowered(begin: float, samples: int, spans: Sequence[Span], *, depth: float = DUCKED_DB) -> Samples:
    """Straight lines in decibels, down before each span and up after it."""
    times = begin + np.arange(samples) / RATE
    level = np.zeros(samples)
    for start, end in spans:
        if start - 1 > times[-1] or end + 1 < times[0]:
            continue
        corners = (start - DUCK_LEAD, start - DUCK_LEAD + DUCK_ATTACK, end, end + DUCK_RELEASE)
        if corners[1] > end:
            corners = (corners[0], end, end, corners[3])
        level = np.minimum(level, np.interp(times, corners, (0.0, -depth, -depth, 0.0)))
    return (10 ** (level / 20)).astype(np.float32)


def write_m4a(stream: Iterable[Samples], into: Path, *, report: Callable[[int], None]) -> None:
    with written(into) as part, av.open(str(part), "w", format="ipod") as container:
        track: AudioStream = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=BIT_RATE)
        at = 0
        for block in stream:
            planes = np.ascontiguousarray(np.clip(block, -1.0, 1.0).T)
            frame = AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, at
            container.mux(track.encode(frame))
            at += len(block)
            report(at)
        container.mux(track.encode(None))
