"""As much of H.264's packaging as joining needs: parameter sets in the MP4 record, and Annex B turned into MP4's length-prefixed form."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

IDR = 5
_SPS, _PPS = 7, 8
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_HIGHEST_ID = 31


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

    def free_id(self) -> int:
        """A parameter set id that neither kind of set here uses."""
        used = {_exp_golomb(sps[4:]) for sps in self.sps} | {_exp_golomb(pps[1:]) for pps in self.pps}
        return next(number for number in range(1, _HIGHEST_ID + 1) if number not in used)

    def joined(self, headers: bytes) -> Record:
        """With the parameter sets of an encoder's Annex B headers added, so that samples of both need none inside."""
        units = annex_b_units(headers)
        sps = tuple(unit for unit in units if unit[0] & 31 == _SPS)
        pps = tuple(unit for unit in units if unit[0] & 31 == _PPS)
        return replace(
            self, level=max([self.level, *(unit[3] for unit in sps)]), sps=self.sps + sps, pps=self.pps + pps
        )


def annex_b_units(data: bytes) -> list[bytes]:
    """NAL units between start codes."""
    return [unit for unit in _START_CODE.split(data) if unit]


def length_prefixed(data: bytes, *, length_size: int) -> bytes:
    """A sample as MP4 stores it, without parameter sets (they are in the record)."""
    units = [unit for unit in annex_b_units(data) if unit[0] & 31 not in {_SPS, _PPS}]
    return b"".join(len(unit).to_bytes(length_size, "big") + unit for unit in units)


def holds_idr(sample: bytes, *, length_size: int) -> bool:
    """Whether a decoder can start afresh at this sample: other keyframes may still lean on what came before."""
    at = 0
    while at + length_size < len(sample):
        length = int.from_bytes(sample[at : at + length_size], "big")
        if sample[at + length_size] & 31 == IDR:
            return True
        at += length_size + length
    return False


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        (length,) = struct.unpack(">H", data[at : at + 2])
        found.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return tuple(found), at


def _written(sets: Sequence[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(one)) + one for one in sets)


def _exp_golomb(data: bytes) -> int:
    """The first ue(v) of these bits."""
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1], 2) - 1
