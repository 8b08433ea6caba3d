"""All texts of a track as one row of characters, so that a rule looks once at thousands of cues.

A loop over characters, or even over cues, costs more than reading the file did. Whatever needs a closer look (a digit, a dash, a dot)
is found here in one sweep; the rule then reads those few cues.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from media_library.media.languages import grammar

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.unsignedinteger[Any]]

_SPACE, _COMBINING, _WIDE, _UNSHOWABLE, _NON_ASCII_TOP = 1, 2, 4, 8, 0x10000
_END = "\0"


def _traits(character: str) -> int:
    found = _SPACE if character.isspace() or character == _END else 0
    found |= _COMBINING if unicodedata.combining(character) else 0
    found |= _WIDE if unicodedata.east_asian_width(character) in "WFA" else 0
    hidden = character == "\ufffd" or unicodedata.category(character) in {"Cc", "Co", "Cn"}
    return found | (_UNSHOWABLE if hidden and character not in f"\n{_END}" else 0)


@lru_cache(maxsize=1)
def _ascii() -> Bytes:
    return np.array([_traits(chr(code)) for code in range(128)], dtype=np.uint8)


@lru_cache(maxsize=1)
def _plane() -> Bytes:
    return np.array([_traits(chr(code)) for code in range(_NON_ASCII_TOP)], dtype=np.uint8)


class Letters:
    """`starts[i]` is where text i begins in the row; one end mark follows each text."""

    def __init__(self, texts: Sequence[str], *, language: str) -> None:
        joined = _END.join(texts) + _END if texts else ""
        if joined.count(_END) != len(texts):
            joined = _END.join(text.replace(_END, "\ufffd") for text in texts) + _END
        self.joined = joined
        self.language = language
        self.ascii = joined.isascii()
        encoded = joined.encode("ascii") if self.ascii else joined.encode("utf-32-le", "surrogatepass")
        self.codes: Codes = np.frombuffer(encoded, dtype=np.uint8 if self.ascii else np.dtype("<u4"))
        self._ends: Ints = np.flatnonzero(self.codes == 0)
        self.starts: Ints = np.concatenate(([0], self._ends[:-1] + 1)) if len(texts) else np.empty(0, np.int64)

    def cues_at(self, positions: Ints) -> Ints:
        """The texts that hold these places, each once."""
        return np.unique(np.searchsorted(self.starts, positions, side="right") - 1)

    def cues_with(self, characters: str) -> Ints:
        """The texts that hold any of these characters."""
        there = [character for character in characters if character in self.joined]
        if not there:
            return np.empty(0, np.int64)
        mask = self.codes == ord(there[0])
        for character in there[1:]:
            mask |= self.codes == ord(character)
        return self.cues_at(np.flatnonzero(mask))

    def sums(self, values: npt.NDArray[np.generic], *, kind: type = np.int64) -> npt.NDArray[np.generic]:
        """The sum of `values` over each text."""
        if not len(self.starts):
            return np.empty(0, kind)
        return np.add.reduceat(values, self.starts, dtype=kind)

    @cached_property
    def traits(self) -> Bytes:
        if self.ascii:
            found: Bytes = _ascii()[self.codes]
            return found
        traits: Bytes = _plane()[np.minimum(self.codes, _NON_ASCII_TOP - 1)]
        beyond = self.codes >= _NON_ASCII_TOP
        for code in np.unique(self.codes[beyond]).tolist():
            traits[self.codes == code] = _traits(chr(code))
        return traits

    @cached_property
    def spaces(self) -> Bools:
        return (self.traits & _SPACE).astype(bool)

    @cached_property
    def unshowable(self) -> Ints:
        """Where characters stand that no screen shows."""
        return np.flatnonzero(self.traits & _UNSHOWABLE)

    # Lines

    @cached_property
    def line_ends(self) -> Ints:
        return np.flatnonzero((self.codes == 0) | (self.codes == 10))

    @cached_property
    def line_starts(self) -> Ints:
        return np.concatenate(([0], self.line_ends[:-1] + 1)) if len(self.line_ends) else np.empty(0, np.int64)

    @cached_property
    def first_lines(self) -> Ints:
        """The number of each text's first line."""
        return np.searchsorted(self.line_starts, self.starts)

    @cached_property
    def line_counts(self) -> Ints:
        return np.diff(np.append(self.first_lines, len(self.line_starts)))

    @cached_property
    def cue_of_line(self) -> Ints:
        return np.repeat(np.arange(len(self.starts)), self.line_counts)

    def sums_of_lines(self, values: Bools) -> Ints:
        """How many lines of each text."""
        if not len(self.starts):
            return np.empty(0, np.int64)
        return np.add.reduceat(values, self.first_lines, dtype=np.int64)

    # Measures

    @cached_property
    def _weights(self) -> Floats | None:
        """What each character counts; None where each counts one."""
        if grammar(self.language).wide:
            weights = np.where(self.traits & _WIDE, 1.0, 0.5)
        elif self.ascii or not (self.traits & _COMBINING).any():
            return None
        else:
            weights = np.ones(len(self.codes))
        weights[(self.traits & _COMBINING).astype(bool)] = 0
        weights[self.line_ends] = 0
        return weights

    @cached_property
    def line_widths(self) -> Floats:
        if self._weights is None:
            return (self.line_ends - self.line_starts).astype(float)
        so_far = np.concatenate(([0.0], np.cumsum(self._weights)))
        return so_far[self.line_ends] - so_far[self.line_starts]

    @cached_property
    def widest(self) -> Floats:
        """The width of each text's longest line."""
        return np.maximum.reduceat(self.line_widths, self.first_lines) if len(self.starts) else np.empty(0)

    @cached_property
    def lengths(self) -> Floats:
        """Characters to read (product.md §4.2): letters, punctuation and spaces, not line breaks."""
        return np.add.reduceat(self.line_widths, self.first_lines) if len(self.starts) else np.empty(0)

    @cached_property
    def words(self) -> Ints:
        before = np.concatenate(([True], self.spaces[:-1])) if len(self.codes) else self.spaces
        return self.sums(~self.spaces & before).astype(np.int64)

    def begins_line(self, characters: str) -> Bools:
        """Which lines begin with one of these characters. An empty line begins with its end."""
        first = self.codes[self.line_starts]
        return np.isin(first, [ord(character) for character in characters])
