"""As much of H.264's packaging as joining needs: parameter sets in the MP4 record, and Annex B turned into MP4's length-prefixed form."""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

IDR = 5
_SPS, _PPS = 7, 8
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_HIGHEST_ID = 31
_BASELINE, _MAIN = 66, 77
_PROFILES_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


@dataclass(frozen=True)
class Record:
    """An AVCDecoderConfigurationRecord (ISO 14496-15). `tail` is what High profiles append about chroma and depth."""

    profile: int
    compatibility: int
    level: int
    length_size: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    tail: bytes = b""

    @classmethod
    def read(cls, data: bytes) -> Record:
        """Raises ValueError for anything but such a record (Annex B headers, for one)."""
        if len(data) < 7 or data[0] != 1:
            raise ValueError("not an AVC configuration record")
        at = 6
        sps, at = _sets(data, at, data[5] & 31)
        pps, at = _sets(data, at + 1, data[at])
        return cls(data[1], data[2], data[3], (data[4] & 3) + 1, sps, pps, data[at:])

    def write(self) -> bytes:
        head = bytes(
            [1, self.profile, self.compatibility, self.level, 0xFC | (self.length_size - 1), 0xE0 | len(self.sps)]
        )
        return head + _written(self.sps) + bytes([len(self.pps)]) + _written(self.pps) + self.tail

    def free_id(self, *, beside: Collection[int] = ()) -> int:
        """A parameter set id that neither kind of set here uses, nor anybody `beside`."""
        used = {set_id(unit) for unit in (*self.sps, *self.pps)} | set(beside)
        return next(number for number in range(1, _HIGHEST_ID + 1) if number not in used)

    def with_sets_of(self, other: Record) -> Record:
        """With those sets of `other` that it lacks. Raises ValueError where one number would mean two sets."""
        kept = {(is_sequence_set(unit), set_id(unit)): unit for unit in (*self.sps, *self.pps)}
        told = [*map(self._told_alike, other.sps), *other.pps]
        new = [unit for unit in told if unit not in kept.values()]
        if self.length_size != other.length_size or any((is_sequence_set(unit), set_id(unit)) in kept for unit in new):
            raise ValueError("parameter sets of one number differ")
        return replace(
            self,
            level=max(self.level, other.level),
            sps=self.sps + tuple(unit for unit in new if is_sequence_set(unit)),
            pps=self.pps + tuple(unit for unit in new if not is_sequence_set(unit)),
        )

    def held_pictures(self) -> int:
        """How many pictures a decoder has to have room for; 0 where the sets are too unusual to tell."""
        try:
            return max((Picture.read(unit).reference_frames for unit in self.sps), default=0)
        except (ValueError, IndexError):
            return 0

    def joined(self, headers: bytes) -> Record:
        """With the parameter sets of an encoder's Annex B headers added, so that samples of both need none inside."""
        units = annex_b_units(headers)
        sps = tuple(self._told_alike(unit) for unit in units if unit[0] & 31 == _SPS)
        pps = tuple(unit for unit in units if unit[0] & 31 == _PPS)
        return replace(
            self, level=max([self.level, *(unit[3] for unit in sps)]), sps=self.sps + sps, pps=self.pps + pps
        )

    def _told_alike(self, sps: bytes) -> bytes:
        """Quick presets make Baseline, which is Main, too, as it leaves out what only Baseline has; so it is called that beside others.

        OpenH264 shows pictures of Baseline at once, before those that it still holds of what came earlier.
        """
        return sps[:1] + bytes([_MAIN]) + sps[2:] if sps[1] == _BASELINE != self.profile else sps


def annex_b_units(data: bytes) -> list[bytes]:
    """NAL units between start codes."""
    return [unit for unit in _START_CODE.split(data) if unit]


def length_prefixed(data: bytes, *, length_size: int) -> bytes:
    """A sample as MP4 stores it, without parameter sets (they are in the record)."""
    units = [unit for unit in annex_b_units(data) if unit[0] & 31 not in {_SPS, _PPS}]
    return b"".join(len(unit).to_bytes(length_size, "big") + unit for unit in units)


def holds_idr(sample: bytes | memoryview, *, length_size: int) -> bool:
    """Whether a decoder can start afresh at this sample: other keyframes may still lean on what came before."""
    return any(unit[0] & 31 == IDR for unit in _units(sample, length_size))


def set_id(unit: bytes) -> int:
    """The number of a parameter set among those of its kind."""
    return _Bits(unit[4:12] if unit[0] & 31 == _SPS else unit[1:9]).number()


def is_sequence_set(unit: bytes) -> bool:
    return unit[0] & 31 == _SPS


def parameter_sets(sample: bytes | memoryview, *, length_size: int) -> set[bytes]:
    """Those the sample brings itself, beside the ones of the record."""
    return {bytes(unit) for unit in _units(sample, length_size) if unit[0] & 31 in {_SPS, _PPS}}


def is_reference(sample: bytes | memoryview, *, length_size: int) -> bool:
    """Whether other pictures may lean on this one; a decoder can leave the others out."""
    return any(unit[0] & 31 <= IDR and unit[0] & 0x60 for unit in _units(sample, length_size))


@dataclass(frozen=True)
class Picture:
    """What a sequence parameter set says about the kind of pixels, sizes in macroblocks (H.264, 7.3.2.1.1)."""

    chroma_format: int
    bit_depth: int
    width: int
    height: int
    progressive: bool
    reference_frames: int

    @classmethod
    def read(cls, sps: bytes) -> Picture:
        """Raises ValueError for sets with scaling matrices or that end too early: they are rare, and long to read."""
        bits = _Bits(sps[1:].replace(b"\0\0\x03", b"\0\0"))
        profile = bits.take(8)
        bits.take(16)
        bits.number()  # id
        chroma, depth = 1, 8
        if profile in _PROFILES_WITH_CHROMA:
            chroma = bits.number()
            if chroma == 3:
                bits.take(1)
            depth = 8 + max(bits.number(), bits.number())
            bits.take(1)
            if bits.take(1):
                raise ValueError("scaling matrices")
        bits.number()  # frame numbers
        order = bits.number()
        if order == 0:
            bits.number()
        elif order == 1:
            raise ValueError("a rare order of pictures")
        held = bits.number()
        bits.take(1)
        return cls(chroma, depth, bits.number() + 1, bits.number() + 1, bool(bits.take(1)), held)


class _Bits:
    """Bits from the left. Raises ValueError at the end."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def take(self, count: int) -> int:
        taken = self._bits[self._at : self._at + count]
        self._at += count
        return int(taken, 2)

    def number(self) -> int:
        """The next ue(v)."""
        zeros = self._bits.index("1", self._at) - self._at
        self._at += zeros
        return self.take(zeros + 1) - 1


def _units(sample: bytes | memoryview, length_size: int) -> Iterator[bytes | memoryview]:
    at = 0
    while at + length_size < len(sample):
        start = at + length_size
        at = start + int.from_bytes(sample[at:start], "big")
        yield sample[start : max(at, start + 1)]


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        (length,) = struct.unpack(">H", data[at : at + 2])
        found.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return tuple(found), at


def _written(sets: Sequence[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(one)) + one for one in sets)
