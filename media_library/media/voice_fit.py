"""A spoken line made to fit: the silence around and long pauses inside it go, and it is played faster or slower at the same pitch."""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_library.media.errors import RenderError
from media_library.media.ffmpeg import Input, run
from media_library.media.fitting import BLOCKS, NEAR_SECONDS, Fit, Slot, fit, placed

# Quieter than this beside the loudest, nobody speaks.
QUIET_DB = 40.0
EDGE_SECONDS = 0.03
# A pause inside a line that is longer is cut down to it.
LONGEST_PAUSE = 0.35
# A pause that can be made longer without a word being torn, and by how much.
SHORTEST_PAUSE, MOST_ADDED = 0.08, 0.5
# Less than this nobody hears, and every stretching costs a little quality.
_SAME = 0.005
_WINDOW = 0.01
_JOIN = 0.004

# An engine is asked to say it faster or slower where that is more than this; where it misses by more than that, its own pace is stretched.
WORTH_ASKING, MOST_STRETCH = 0.03, 1.2
SLOWEST_SPEED, FASTEST_SPEED = 0.5, 2.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Trimmed:
    """`cut` is how many seconds of silence went, from the ends and from inside."""

    seconds: float
    cut: float


@dataclass(frozen=True)
class Fitted:
    """`natural` is how long the voice takes by itself, `rate` how much faster it is heard; `start` and `end` are seconds of the film."""

    path: Path
    natural: float
    rate: float
    start: float
    end: float
    fit: Fit


def fitted(
    say: Callable[[float], Path],
    folder: Path,
    slot: Slot,
    *,
    speed: float = 1.0,
    fastest: float = BLOCKS,
    asks_again: Callable[[], bool] = lambda: True,
    halt: threading.Event | None = None,
) -> Fitted:
    """`say` speaks at a speed. It is asked a second time for the pace that fits, where `asks_again` allows; what is left is stretched."""
    natural = trim(say(speed), folder / "natural.wav").seconds
    wanted = fit(natural, slot, fastest=fastest)
    voice, seconds = folder / "natural.wav", natural
    if abs(wanted.rate - 1.0) > WORTH_ASKING and asks_again():
        pace = min(max(speed * wanted.rate, SLOWEST_SPEED), FASTEST_SPEED)
        paced = trim(say(round(pace, 3)), folder / "paced.wav").seconds
        if 1 / MOST_STRETCH <= paced / wanted.seconds <= MOST_STRETCH:
            voice, seconds = folder / "paced.wav", paced
    path = folder / "line.wav"
    heard = stretch(voice, path, rate=seconds / wanted.seconds, halt=halt)
    rate = natural / heard if heard else 1.0
    if slot.seconds - heard > NEAR_SECONDS / 3:
        path = folder / "spread.wav"
        heard = spread(folder / "line.wav", path, add=slot.seconds - heard)
    start, end = placed(heard, slot)
    return Fitted(path, natural, rate, start, end, wanted)


def trim(sound: Path, into: Path, *, longest_pause: float = LONGEST_PAUSE) -> Trimmed:
    """Writes the voice without what is silent around it, and with no pause longer than `longest_pause` inside. Mono, 16 bit."""
    samples, rate = _read(sound)
    quiet = _quiet(samples, rate)
    loud = np.flatnonzero(~quiet)
    if not len(loud):
        _write(into, samples, rate)
        return Trimmed(len(samples) / rate, 0.0)
    step = round(_WINDOW * rate)
    edge = round(EDGE_SECONDS * rate)
    first, last = max(0, int(loud[0]) * step - edge), min(len(samples), (int(loud[-1]) + 1) * step + edge)
    parts: list[Floats] = []
    at = first
    for start, end in _silences(quiet, int(loud[0]), int(loud[-1])):
        begin, finish = start * step, end * step
        if (finish - begin) / rate > longest_pause:
            half = round(longest_pause * rate / 2)
            parts.append(samples[at : begin + half])
            at = finish - half
    parts.append(samples[at:last])
    joined = _spliced(parts, round(_JOIN * rate))
    _write(into, joined, rate)
    return Trimmed(len(joined) / rate, (len(samples) - len(joined)) / rate)


def stretch(sound: Path, into: Path, *, rate: float, halt: threading.Event | None = None) -> float:
    """Plays it `rate` times as fast at the same pitch. Answers with the seconds that it takes now."""
    if abs(rate - 1.0) < _SAME:
        samples, own = _read(sound)
        _write(into, samples, own)
        return len(samples) / own
    try:
        _played(sound, into, f"rubberband=tempo={rate:.6f}:pitchq=quality", halt)
    except RenderError:
        # Not every ffmpeg has the better of the two.
        _played(sound, into, f"atempo={rate:.6f}", halt)
    return seconds_of(into)


def _played(sound: Path, into: Path, tempo: str, halt: threading.Event | None) -> None:
    run(
        inputs=[Input(path=sound)],
        options=["-filter:a", tempo, "-ac", "1", "-c:a", "pcm_s16le"],
        output=into,
        muxer="wav",
        what="Fitting the voice",
        halt=halt,
    )


def spread(sound: Path, into: Path, *, add: float) -> float:
    """Longer pauses where the voice pauses already, `add` seconds in all if that many fit. Answers with the seconds that it takes now."""
    samples, rate = _read(sound)
    quiet = _quiet(samples, rate)
    loud = np.flatnonzero(~quiet)
    pauses = [
        (start, end)
        for start, end in (_silences(quiet, int(loud[0]), int(loud[-1])) if len(loud) else [])
        if (end - start) * _WINDOW >= SHORTEST_PAUSE
    ]
    each = min(MOST_ADDED, add / len(pauses)) if pauses else 0.0
    parts, at, step = list[Floats](), 0, round(_WINDOW * rate)
    for start, end in pauses:
        middle = (start + end) * step // 2
        parts += [samples[at:middle], np.zeros(round(each * rate), np.float32)]
        at = middle
    parts.append(samples[at:])
    longer = np.concatenate(parts)
    _write(into, longer, rate)
    return len(longer) / rate


def seconds_of(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def _read(path: Path) -> tuple[Floats, int]:
    """As engines write it: 16 bit. Several channels become one."""
    with wave.open(str(path), "rb") as file:
        channels, rate = file.getnchannels(), file.getframerate()
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    samples: Floats = (data.reshape(-1, channels).mean(axis=1) / 32768.0).astype(np.float32)
    return samples, rate


def _write(path: Path, samples: Floats, rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())


def _quiet(samples: Floats, rate: int) -> npt.NDArray[np.bool_]:
    """Of each hundredth of a second, whether nobody speaks in it."""
    step = round(_WINDOW * rate)
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    if not len(frames):
        return np.zeros(0, np.bool_)
    level = np.sqrt((frames**2).mean(axis=1))
    quiet: npt.NDArray[np.bool_] = level < max(float(level.max()) * 10 ** (-QUIET_DB / 20), 1e-4)
    return quiet


def _silences(quiet: npt.NDArray[np.bool_], first: int, last: int) -> list[tuple[int, int]]:
    """Runs of quiet windows between the first and the last that is not."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet[first : last + 1], [False]]).astype(np.int8)))
    return [(int(begin) + first, int(end) + first) for begin, end in edges.reshape(-1, 2)]


def _spliced(parts: list[Floats], fade: int) -> Floats:
    """One after the other, faded where they meet so that nothing clicks."""
    joined = parts[0]
    for part in parts[1:]:
        over = min(fade, len(joined), len(part))
        if over:
            slope = np.linspace(0.0, 1.0, over, dtype=np.float32)
            both = joined[-over:] * (1 - slope) + part[:over] * slope
            joined = np.concatenate([joined[:-over], both, part[over:]])
        else:
            joined = np.concatenate([joined, part])
    return joined
