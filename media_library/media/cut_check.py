"""Is a joined file what was planned? Read back sample by sample and held against the source, without decoding."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from av.container import InputContainer
from av.stream import Stream

from media_library.media.cut_plan import NotJoinableError
from media_library.media.opening import open_media, picture_stream
from media_library.media.smart_cut import Joined, Sample
from media_library.media.sniff import Kind
from media_library.media.structure import media_bytes

_MOST_WARMING_PACKETS = 2


def check(made: Path, joined: Joined, *, source: Path, kind: Kind) -> None:
    """Raises NotJoinableError with what is wrong."""
    if sorted(joined.wanted) != sorted(sample.pts for sample in joined.pictures):
        raise NotJoinableError("frames of the source are missing in the result")
    if not joined.wanted or min(joined.wanted) != 0:
        raise NotJoinableError("the result does not begin at its first frame")
    if joined.sounds and joined.sound_base is not None:
        _check_sound(joined.sounds)
    with source.open("rb") as file:
        original = file.fileno()
        with open_media(made, kind=kind, headers_only=True) as container:
            pictures = picture_stream(container)
            total = _compare(container, pictures, joined.pictures, base=joined.picture_base, original=original)
        if joined.sounds and joined.sound_base is not None:
            with open_media(made, kind=kind, headers_only=True) as container:
                sounds = container.streams.audio[0]
                total += _compare(container, sounds, joined.sounds, base=joined.sound_base, original=original)
    if media_bytes(made) != total:
        raise NotJoinableError("the result holds more than the range")


def _check_sound(sounds: Sequence[Sample]) -> None:
    if any(later.pts <= earlier.pts for earlier, later in pairwise(sounds)):
        raise NotJoinableError("the clock of the sound does not rise")
    if sum(sample.pts < 0 for sample in sounds) > _MOST_WARMING_PACKETS:
        raise NotJoinableError("the result holds sound from before the in point")


def _compare(
    container: InputContainer, stream: Stream, expected: Sequence[Sample], *, base: Fraction, original: int
) -> int:
    """Samples in file order: as many, at their times, decoding times rising, copied ones equal to the source. Returns their bytes."""
    place = total = 0
    before: int | None = None
    scale = base / (stream.time_base or Fraction(1))
    # Writers multiply the clock; where they do not, rounding by one tick is allowed.
    up, down = scale.numerator, scale.denominator
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if place == len(expected):
            raise NotJoinableError("the result has more samples than planned")
        sample = expected[place]
        if packet.pts is None or packet.dts is None or packet.pts < packet.dts:
            raise NotJoinableError("a sample of the result is shown before it is decoded")
        if before is not None and packet.dts <= before:
            raise NotJoinableError("decoding times of the result do not rise")
        if abs(packet.pts * down - sample.pts * up) > down or packet.size != sample.size:
            raise NotJoinableError("a sample of the result is not where it was planned")
        if sample.at is not None and bytes(packet) != os.pread(original, sample.size, sample.at):
            raise NotJoinableError("a copied sample differs from the source")
        before = packet.dts
        place += 1
        total += packet.size
    if place != len(expected):
        raise NotJoinableError(f"the result has {place} samples, not {len(expected)}")
    return total
