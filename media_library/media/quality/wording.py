"""Rules of the text: lines, punctuation, numbers, characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from media_library.media.languages import grammar
from media_library.media.lines import CLINGING, break_price
from media_library.media.profiles import primary
from media_library.media.quality.track import Finding, Track, where

DASHES = "-–—"
# What clings to the next word is short.
LONGEST_WORD = 40
DOTS = re.compile(r"\.\s?\.\s?\.|…\.|\.…")
ROUND_BRACKETS = re.compile(r"-?\s*\(.*\)")
_SMALL_NUMBER = re.compile(r"(?<![\d.,:$£€/-])\b(?:[1-9]|10)\b(?![\d.,:%/-]*\d|%)")
_OPENING_NUMBER = re.compile(r"(?:^|[.?!]\s)\d")


def line_len(track: Track) -> Iterator[Finding]:
    limit = track.profile.line_limit(track.language)
    widest = track.letters.widest
    for index in where(widest > limit):
        longest = float(widest[index])
        yield Finding("line_len", index, f"A line has {longest:g} characters, {limit} fit.", "error", longest, limit)


def lines_max(track: Track) -> Iterator[Finding]:
    limit, counts = track.profile.lines, track.letters.line_counts
    for index in where(counts > limit):
        count = int(counts[index])
        yield Finding("lines_max", index, f"The cue has {count} lines, {limit} fit.", "error", count, limit)


def line_break(track: Track) -> Iterator[Finding]:
    language, plain = track.language, track.plain
    for index in where(track.letters.line_counts > 1):
        upper, _, below = plain[index].partition("\n")
        # Nearly every cue has two lines; going through a list of them would cost more than the rest of the rule.
        pairs = pairwise(plain[index].split("\n")) if "\n" in below else ((upper, below),)
        for line, following in pairs:
            last = line[line.rfind(" ") + 1 :] or line.rstrip().rpartition(" ")[2]
            if len(last) <= LONGEST_WORD and clings(last, language) and _goes_on(following):
                message = f"The line ends with “{last}”, which belongs to what follows."
                yield Finding("line_break", index, message, "warning")
                break


def _goes_on(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("-")


@lru_cache(maxsize=65_536)
def clings(word: str, language: str) -> bool:
    """Whether no line may end with this word; what comes after it has no say in that."""
    return break_price(word, "x", language) >= CLINGING


def one_line_possible(track: Track) -> Iterator[Finding]:
    limit = track.profile.line_limit(track.language)
    letters = track.letters
    joint = 1 if grammar(track.language).spaced else 0
    wholes = letters.lengths + joint * (letters.line_counts - 1)
    dashed = letters.sums_of_lines(letters.begins_line("-"))
    for index in where((letters.line_counts > 1) & (wholes <= limit) & (dashed == 0)):
        whole = float(wholes[index])
        message = f"The text fits in one line ({whole:g} of {limit})."
        yield Finding("one_line_possible", index, message, "warning", whole, limit)


def ellipsis(track: Track) -> Iterator[Finding]:
    letters = track.letters
    dots = np.flatnonzero(letters.codes == ord("."))
    close = letters.cues_at(dots[1:][np.diff(dots) <= 2])
    for index in np.union1d(close, letters.cues_with("…")).tolist():
        if DOTS.search(track.plain[index]):
            yield Finding("ellipsis", index, "Write an ellipsis as one character (…).")


def spaces(track: Track) -> Iterator[Finding]:
    letters = track.letters
    if "  " in letters.joined:
        blank = letters.codes == 32
        for index in letters.cues_at(np.flatnonzero(blank[:-1] & blank[1:])).tolist():
            yield Finding("double_space", index, "There are two spaces in a row.")
    filled = letters.line_ends > letters.line_starts
    first, last = letters.line_starts[filled], letters.line_ends[filled] - 1
    ragged = letters.spaces[first] | letters.spaces[last]
    for index in np.unique(letters.cue_of_line[filled][ragged]).tolist():
        yield Finding("leading_space", index, "A line begins or ends with a space.")


def dialog_dash(track: Track) -> Iterator[Finding]:
    letters = track.letters
    dashed = letters.sums_of_lines(letters.begins_line(DASHES))
    for index in where((dashed > 0) & (letters.line_counts > 1)):
        lines = track.lines(index)
        if mixed_dashes(lines):
            message = "Two speakers: begin both lines with the same dash, both with or both without a space."
            yield Finding("dialog_dash", index, message)


def mixed_dashes(lines: Sequence[str]) -> bool:
    dashed = [text for text in lines if text.startswith(tuple(DASHES))]
    kinds = {(text[0], text[1:2] == " ") for text in dashed}
    return len(kinds) > 1 or (len(dashed) == 1 and not lines[0].startswith(dashed[0][0]))


def hi_brackets(track: Track) -> Iterator[Finding]:
    if not track.profile.brackets_for_sounds:
        return
    for index in track.letters.cues_with("(").tolist():
        if any(ROUND_BRACKETS.fullmatch(text) for text in track.lines(index)):
            yield Finding("hi_brackets", index, "Write sounds and speakers in square brackets.")


def italics(track: Track) -> Iterator[Finding]:
    """Scripts that have no slanted letters."""
    if primary(track.language) not in track.profile.upright:
        return
    for index, text in enumerate(track.texts):
        if "<i" in text:
            yield Finding("italics", index, "This language is written without italics.", "warning")


def number_spell(track: Track) -> Iterator[Finding]:
    if primary(track.language) != "en":
        return
    codes = track.letters.codes
    for index in track.letters.cues_at(np.flatnonzero((codes >= 48) & (codes <= 57))).tolist():
        text = track.plain[index].replace("\n", " ")
        if _SMALL_NUMBER.search(text):
            yield Finding("number_spell", index, "Spell out numbers from one to ten.", "warning")
        elif _OPENING_NUMBER.search(text):
            yield Finding("number_spell", index, "Spell out a number that begins a sentence.", "warning")


def glyph(track: Track) -> Iterator[Finding]:
    letters = track.letters
    if not len(letters.unshowable):
        return
    for index in letters.cues_at(letters.unshowable).tolist():
        begin = letters.starts[index]
        first, last = np.searchsorted(letters.unshowable, (begin, begin + len(track.plain[index])))
        within = letters.unshowable[first:last]
        names = ", ".join(sorted({f"U+{code:04X}" for code in letters.codes[within].tolist()}))
        yield Finding("glyph", index, f"Characters that cannot be shown: {names}.")
