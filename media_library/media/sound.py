"""The sound of the accessible version: programme re-timed around its pauses and lowered under descriptions as loud as its dialogue.

Everything is streamed in blocks of a second; of the descriptions only the one being spoken is in memory.
Numbers: W3C F113, AES (Torcoli 2019), EBU R 128 as collected in the product handbook.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from media_library.media.decoding import BLOCK_SAMPLES, CHANNELS, RATE, Samples, blocks, whole
from media_library.media.errors import HaltedError, RenderError
from media_library.media.ffmpeg import Progress
from media_library.media.kept import Kept, Part, key_of
from media_library.media.levels import SILENCE, Profile, clip_loudness, factor, profile
from media_library.media.limiter import limited
from media_library.media.pauses import Pause, source_time
from media_library.media.spliced import CUT, Piece, holds_of, pieces, splice
from media_library.media.writing import written

LOUDNESS_UNKNOWN = -16.0  # LUFS, common practice on the web, when no dialogue can be measured
QUIETEST_DIALOGUE, LOUDEST_DIALOGUE = -40.0, -10.0
MARGIN_OVER_MUSIC, MARGIN_OVER_AMBIENCE = 10.0, 15.0
LEAST_ATTENUATION, MOST_ATTENUATION = 6.0, 18.0  # dB
DUCK_LEAD, DUCK_ATTACK, DUCK_RELEASE = 0.150, 0.200, 0.400  # seconds
PAUSE_FADE = 0.050
# The promise is -1 dBTP; a lossy codec adds up to about a decibel to the peaks it is given.
CEILING = factor(-2.5)
_FADE_SAMPLES = round(PAUSE_FADE * RATE)
_TOLERANCE_SECONDS = 0.05
_MIX_BIT_RATE, _SPEECH_BIT_RATE = 160_000, 96_000


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One spoken description. `start` is OUTPUT time in seconds; speed is applied already."""

    path: Path
    start: float


@dataclass(frozen=True, kw_only=True)
class PlacedClip:
    """What was done with a clip: dB of gain, dB the programme was lowered by, loudness (LUFS) of the programme under it before that."""

    start: float
    end: float
    gain: float
    attenuation: float
    programme_lufs: float


@dataclass(frozen=True, kw_only=True)
class MixReport:
    dialogue_lufs: float | None
    target_lufs: float
    duration: float
    clips: tuple[PlacedClip, ...]
    parts: tuple[Part, ...] = ()


def description_mix(
    programme: Path | None,
    into: Path,
    *,
    clips: Sequence[Clip],
    pauses: Sequence[Pause],
    duration: float,
    speech: Sequence[tuple[float, float]] = (),
    heard: Profile | None = None,
    identity: str = "",
    kept: Kept | None = None,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> MixReport:
    """Write programme and descriptions as one AAC file (.m4a). `duration` and `speech` are source time in seconds.

    `pauses` must be those of `on_frames`. A programme without sound (None) is silence. `heard` is its profile where that is known;
    from `kept`, the mix of before, comes what did not change of the programme that `identity` names.
    """
    if heard is None:
        heard = programme_levels(programme, halt=halt)
    dialogue = _dialogue(heard, speech)
    target = LOUDNESS_UNKNOWN if dialogue is None else dialogue
    total = _output_samples(duration, pauses)
    placed = [_place(clip, heard=heard, pauses=pauses, target=target, total=total, halt=halt) for clip in clips]
    spoken = [
        _Spoken(clip, where, round(clip.start * RATE), round(where.end * RATE), _digest(clip.path))
        for clip, where in zip(clips, placed, strict=True)
    ]
    parts = _spliced(
        programme,
        into,
        pauses=pauses,
        total=total,
        spoken=spoken,
        # Hundredths of a decibel are heard by nobody; sums of floats differ by less.
        made_of=[identity, round(target, 2)],
        kept=kept,
        report=_reporter(progress, total, "Mixing sound"),
        halt=halt,
    )
    return MixReport(
        dialogue_lufs=dialogue, target_lufs=target, duration=total / RATE, clips=tuple(placed), parts=parts
    )


def programme_levels(programme: Path | None, *, halt: threading.Event | None = None) -> Profile:
    """How loud the programme is, everywhere: read once, however often it is mixed."""
    return profile(blocks(programme, halt=halt)) if programme else Profile(np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class _Spoken:
    """A clip in samples of the output, and what its file holds."""

    clip: Clip
    placed: PlacedClip
    begins: int
    ends: int
    digest: str


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _spliced(
    programme: Path | None,
    into: Path,
    *,
    pauses: Sequence[Pause],
    total: int,
    spoken: Sequence[_Spoken],
    made_of: Sequence[Any],
    kept: Kept | None,
    report: Callable[[int], None],
    halt: threading.Event | None,
) -> tuple[Part, ...]:
    found = pieces(holds_of(pauses), busy=[(one.begins, one.ends) for one in spoken], total=total)

    def inside(piece: Piece) -> list[_Spoken]:
        return [one for one in spoken if piece.begins <= one.begins < piece.ends]

    def samples(piece: Piece) -> Iterator[Samples]:
        mine = inside(piece)
        shift = piece.begins / RATE
        moved = [Clip(path=one.clip.path, start=one.clip.start - shift) for one in mine]
        placed = [replace(one.placed, start=one.placed.start - shift, end=one.placed.end - shift) for one in mine]
        return limited(
            _mixed(_programme(programme, piece, halt=halt), clips=moved, placed=placed, halt=halt), ceiling=CEILING
        )

    keys = [
        key_of(
            "sound",
            _MIX_BIT_RATE,
            *made_of,
            (piece.source, piece.source_ends, piece.opening, piece.begins == 0),
            # The end of the last piece is the end of the film.
            total - piece.begins if piece.source_ends is None else None,
            [(hold.at, hold.length) for hold in piece.holds],
            [(one.digest, one.begins - piece.begins) for one in inside(piece)],
        )
        for piece in found
    ]
    return splice(
        found,
        into,
        total=total,
        bit_rate=_MIX_BIT_RATE,
        keys=keys,
        samples=samples,
        kept=kept,
        report=report,
        halt=halt,
    )


def _programme(programme: Path | None, piece: Piece, *, halt: threading.Event | None) -> Iterator[Samples]:
    """Blocks of one second of the piece: what is left of its opening hold, the programme with the holds inside, the closing one's begin."""
    source = blocks(programme, start=piece.source, halt=halt) if programme else iter(())
    points = [(hold.at - piece.source, hold.length) for hold in piece.holds]
    if piece.opening:
        points.insert(0, (0, piece.opening))
    if piece.source_ends is not None:
        length = piece.source_ends - piece.source
        source = _up_to(source, length)
        points.append((length, CUT))
    return _reblocked(_held(source, points), piece.ends - piece.begins)


def _up_to(source: Iterable[Samples], length: int) -> Iterator[Samples]:
    given = 0
    for block in source:
        yield block[: length - given]
        given += len(block)
        if given >= length:
            return


def description_track(
    into: Path,
    *,
    clips: Sequence[Clip],
    duration: float,
    loudness: float = LOUDNESS_UNKNOWN,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> None:
    """Write the descriptions alone as an MP3 as long as the output (`duration`: output seconds), at `loudness` LUFS."""
    total = round(duration * RATE)
    silent = Profile(np.zeros(0), np.zeros(0))
    placed = [_place(clip, heard=silent, pauses=(), target=loudness, total=total, halt=halt) for clip in clips]
    mixed = _mixed(_silent(total), clips=clips, placed=placed, halt=halt)
    report = _reporter(progress, total, "Writing the description track")
    _as_mp3(limited(mixed, ceiling=CEILING), into, report=report)


def retimed_programme(
    programme: Path | None,
    into: Path,
    *,
    pauses: Sequence[Pause],
    duration: float,
    identity: str = "",
    kept: Kept | None = None,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> tuple[Part, ...]:
    """Write the programme's own sound with its pauses and nothing else (.m4a)."""
    total = _output_samples(duration, pauses)
    return _spliced(
        programme,
        into,
        pauses=pauses,
        total=total,
        spoken=(),
        made_of=[identity],
        kept=kept,
        report=_reporter(progress, total, "Re-timing the original sound"),
        halt=halt,
    )


def dialogue_loudness(heard: Profile, speech: Sequence[tuple[float, float]]) -> float | None:
    """LUFS of the programme where somebody speaks (source seconds); None when that cannot be told."""
    return _dialogue(heard, speech)


def _dialogue(heard: Profile, speech: Sequence[tuple[float, float]]) -> float | None:
    loudness = heard.loudness(speech) if speech else SILENCE
    return loudness if QUIETEST_DIALOGUE <= loudness <= LOUDEST_DIALOGUE else None


def _output_samples(duration: float, pauses: Sequence[Pause]) -> int:
    return round((duration + sum(pause.seconds for pause in pauses)) * RATE)


def _place(
    clip: Clip, *, heard: Profile, pauses: Sequence[Pause], target: float, total: int, halt: threading.Event | None
) -> PlacedClip:
    samples = whole(clip.path, halt=halt)
    end = clip.start + len(samples) / RATE
    if clip.start < 0 or end > total / RATE + _TOLERANCE_SECONDS:
        raise RenderError(
            f"A description at {clip.start:.1f} s would last beyond the end of the video. Shorten it or move it earlier."
        )
    loudness = clip_loudness(samples)
    gain = target - loudness if loudness > SILENCE else 0.0
    # Only what plays under it counts: during a pause the programme is silent.
    under = (source_time(clip.start, pauses), source_time(end, pauses))
    local = heard.loudness([under]) if under[1] > under[0] else SILENCE
    margin = MARGIN_OVER_AMBIENCE if heard.is_ambience(*under) else MARGIN_OVER_MUSIC
    attenuation = min(max(local - (target - margin), LEAST_ATTENUATION), MOST_ATTENUATION)
    return PlacedClip(start=clip.start, end=end, gain=gain, attenuation=attenuation, programme_lufs=local)


def _silent(total: int) -> Iterator[Samples]:
    """Blocks of one second."""
    return _reblocked(iter(()), total)


def _held(source: Iterable[Samples], points: Sequence[tuple[int, int]]) -> Iterator[Samples]:
    """The sound with silence at `points`, in samples: where, and how long. Soft edges around it."""
    waiting = list(points)
    at = 0
    for block in source:
        faded = _faded(block, at, [point for point, _ in points])
        begun = 0
        while waiting and waiting[0][0] <= at + len(block):
            point, silence = waiting.pop(0)
            yield faded[begun : point - at]
            begun = point - at
            yield from _silence(silence)
        yield faded[begun:]
        at += len(block)
    for point, silence in waiting:  # the sound ended before the picture
        yield from _silence(max(0, point - at) + silence)
        at = max(at, point)


def _faded(block: Samples, at: int, points: Sequence[int]) -> Samples:
    near = [point for point in points if at - _FADE_SAMPLES < point < at + len(block) + _FADE_SAMPLES]
    if not near:
        return block
    positions = np.arange(at, at + len(block))
    gain = np.ones(len(block), np.float32)
    for point in near:
        gain = np.minimum(gain, np.abs(positions - point) / _FADE_SAMPLES)
    return (block * gain[:, None]).astype(np.float32)


def _silence(samples: int) -> Iterator[Samples]:
    while samples > 0:
        yield np.zeros((min(samples, BLOCK_SAMPLES), CHANNELS), np.float32)
        samples -= BLOCK_SAMPLES


def _reblocked(pieces: Iterable[Samples], total: int) -> Iterator[Samples]:
    """Blocks of one second, cut or filled with silence to `total` samples."""
    held: list[Samples] = []
    have = given = 0
    for piece in pieces:
        held.append(piece)
        have += len(piece)
        while have >= BLOCK_SAMPLES and given < total:
            joined = np.concatenate(held)
            block = joined[: min(BLOCK_SAMPLES, total - given)]
            yield block
            given += len(block)
            held, have = [joined[len(block) :]], have - len(block)
        if given >= total:
            return
    yield from _reblocked_end(
        np.concatenate(held)[: total - given] if held else np.zeros((0, CHANNELS), np.float32), total - given
    )


def _reblocked_end(rest: Samples, missing: int) -> Iterator[Samples]:
    if len(rest):
        block = np.concatenate([rest, np.zeros((min(missing, BLOCK_SAMPLES) - len(rest), CHANNELS), np.float32)])
        yield block
        missing -= len(block)
    yield from _silence(missing)


def _mixed(
    programme: Iterable[Samples], *, clips: Sequence[Clip], placed: Sequence[PlacedClip], halt: threading.Event | None
) -> Iterator[Samples]:
    loaded: dict[int, Samples] = {}
    at = 0
    for block in programme:
        if halt is not None and halt.is_set():
            raise HaltedError
        begin, end = at / RATE, (at + len(block)) / RATE
        near = [index for index, clip in enumerate(placed) if clip.start - 1 < end and clip.end + 1 > begin]
        out = block * _duck(begin, len(block), [placed[index] for index in near])[:, None] if near else block.copy()
        for index in near:
            if index not in loaded:
                loaded[index] = whole(clips[index].path, halt=halt) * np.float32(factor(placed[index].gain))
            _add(out, loaded[index], round(clips[index].start * RATE) - at)
        for index in [index for index in loaded if index not in near]:
            del loaded[index]
        yield out
        at += len(block)


def _add(block: Samples, clip: Samples, offset: int) -> None:
    """Add `clip`, whose first sample comes `offset` samples after the block's (negative: it has begun already)."""
    first, last = max(0, offset), min(len(block), offset + len(clip))
    if last > first:
        block[first:last] += clip[first - offset : last - offset]


def _duck(begin: float, samples: int, clips: Sequence[PlacedClip]) -> Samples:
    """Gain of the programme: straight lines in decibels, the lowest where clips follow closely."""
    times = begin + np.arange(samples) / RATE
    lowered = np.zeros(samples)
    for clip in clips:
        corner = (clip.start - DUCK_LEAD, clip.start - DUCK_LEAD + DUCK_ATTACK, clip.end, clip.end + DUCK_RELEASE)
        lowered = np.minimum(lowered, np.interp(times, corner, (0.0, -clip.attenuation, -clip.attenuation, 0.0)))
    return (10 ** (lowered / 20)).astype(np.float32)


def _reporter(progress: Progress | None, total: int, what: str) -> Callable[[int], None]:
    def report(samples: int) -> None:
        if progress:
            progress(min(1.0, samples / max(1, total)), what)

    return report


def _as_mp3(stream: Iterable[Samples], into: Path, *, report: Callable[[int], None]) -> None:
    with written(into) as part, av.open(str(part), "w", format="mp3") as container:
        track: AudioStream = container.add_stream("libmp3lame", rate=RATE, layout="stereo", bit_rate=_SPEECH_BIT_RATE)
        at = 0
        for block in stream:
            frame = AudioFrame.from_ndarray(
                np.ascontiguousarray(np.clip(block, -1.0, 1.0).T), format="fltp", layout="stereo"
            )
            frame.sample_rate, frame.pts = RATE, at
            container.mux(track.encode(frame))
            at += len(block)
            if not math.floor(at / RATE) % 10:
                report(at)
        container.mux(track.encode(None))
        report(at)
