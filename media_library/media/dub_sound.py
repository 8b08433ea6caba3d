"""The sound of a dub: the original kept under it or between its lines, and each line as loud as the original's speech was.

Streamed in blocks of a second; of the lines only those that are just heard are in memory.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media_library.media.decoding import BLOCK_SAMPLES, CHANNELS, RATE, Samples, blocks, whole
from media_library.media.errors import HaltedError
from media_library.media.ffmpeg import Progress
from media_library.media.film_sound import lowered, merged, read_back, write_down, write_m4a
from media_library.media.levels import SILENCE, clip_loudness, factor
from media_library.media.limiter import limited
from media_library.media.sound import CEILING, LOUDNESS_UNKNOWN, dialogue_loudness, programme_levels

Span = tuple[float, float]

DUCKED, BED, ALONE = "duck", "bed", "none"
# What nobody hears: the original between lines alone.
_GONE_DB = 90.0
_MOST_GAIN_DB = 24.0
_EDGE = round(0.005 * RATE)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A fitted voice and where it begins, in seconds of the film."""

    path: Path
    start: float


@dataclass(frozen=True, kw_only=True)
class DubSound:
    """Loudness in LUFS: of the original's speech, which lines are given, of the whole before it was raised by `gain`."""

    duration: float
    dialogue: float
    loudness: float
    gain: float


def dub_sound(
    original: Path,
    into: Path,
    *,
    lines: Sequence[Line],
    speech: Sequence[Span],
    duration: float,
    background: str = DUCKED,
    duck_db: float = 24.0,
    loudness: float | None = None,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> DubSound:
    """Write it as AAC (.m4a), `duration` seconds. `speech` is where the original's speakers or the dub are heard: there the original gives
    way. Without a `loudness` the whole is as loud as the original was."""
    total = round(duration * RATE)

    def report(begin: float, end: float) -> Callable[[int], None]:
        def told(samples: int) -> None:
            if halt is not None and halt.is_set():
                raise HaltedError
            if progress:
                progress(begin + min(1.0, samples / max(total, 1)) * (end - begin), "Mixing sound")

        return told

    heard = programme_levels(original, halt=halt)
    spoken = dialogue_loudness(heard, speech)
    dialogue = LOUDNESS_UNKNOWN if spoken is None else spoken
    before = heard.loudness([(0.0, duration)])
    depth = {DUCKED: duck_db, BED: _GONE_DB}.get(background, _GONE_DB)
    under = _under(original, merged(speech), total, depth=depth, alone=background == ALONE, halt=halt)
    with tempfile.TemporaryDirectory(prefix="dub-", dir=into.parent) as scratch:
        mix = Path(scratch) / "mix.f32"
        made = write_down(_mixed(under, lines, target=dialogue, halt=halt), mix, report(0.0, 0.6))
        measured = made.loudness([(0.0, duration)])
        wanted = before if loudness is None else loudness
        gain = (
            0.0 if SILENCE in (measured, wanted) else float(np.clip(wanted - measured, -_MOST_GAIN_DB, _MOST_GAIN_DB))
        )
        louder = (block * np.float32(factor(gain)) for block in read_back(mix))
        write_m4a(limited(louder, ceiling=CEILING), into, report=report(0.6, 1.0))
    return DubSound(duration=total / RATE, dialogue=dialogue, loudness=measured, gain=gain)


def _under(
    original: Path, speech: Sequence[Span], total: int, *, depth: float, alone: bool, halt: threading.Event | None
) -> Iterator[Samples]:
    """The original in blocks of a second, as long as the film, lower where somebody speaks."""
    at = 0
    source = iter(()) if alone else blocks(original, halt=halt)
    while at < total:
        length = min(BLOCK_SAMPLES, total - at)
        block = next(source, np.zeros((0, CHANNELS), np.float32))[:length]
        if len(block) < length:
            block = np.concatenate([block, np.zeros((length - len(block), CHANNELS), np.float32)])
        yield (block * lowered(at / RATE, length, speech, depth=depth)[:, None]).astype(np.float32)
        at += length


def _mixed(
    under: Iterator[Samples], lines: Sequence[Line], *, target: float, halt: threading.Event | None
) -> Iterator[Samples]:
    waiting = sorted(lines, key=lambda line: line.start)
    now: list[tuple[int, Samples]] = []
    at = 0
    for bed in under:
        block = bed.copy()
        until = at + len(block)
        while waiting and round(waiting[0].start * RATE) < until:
            line = waiting.pop(0)
            now.append((round(line.start * RATE), _levelled(line.path, target, halt)))
        for begins, voice in now:
            first, last = max(at, begins), min(until, begins + len(voice))
            if last > first:
                block[first - at : last - at] += voice[first - begins : last - begins]
        now = [(begins, voice) for begins, voice in now if begins + len(voice) > until]
        yield block
        at = until


def _levelled(path: Path, target: float, halt: threading.Event | None) -> Samples:
    """As loud as the original's speech, faded in and out so shortly that nothing clicks."""
    voice = whole(path, halt=halt)
    loud = clip_loudness(voice)
    gain = 0.0 if loud <= SILENCE else float(np.clip(target - loud, -_MOST_GAIN_DB, _MOST_GAIN_DB))
    edge = min(_EDGE, len(voice) // 2)
    shape = np.ones(len(voice), np.float32)
    if edge:
        slope = np.linspace(0.0, 1.0, edge, dtype=np.float32)
        shape[:edge], shape[-edge:] = slope, slope[::-1]
    levelled: Samples = voice * (factor(gain) * shape)[:, None].astype(np.float32)
    return levelled
