"""Rules of the text: lines, punctuation, numbers, characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from media_library.media.languages import grammar
from media_library.media.lines import CLINGING, break_price, width
from media_library.media.profiles import primary
from media_library.media.quality.track import Finding, Track


def line_len(track: Track) -> Iterator[Finding]:
    limit = track.profile.line_limit(track.language)
    for line in track.lines:
        longest = max((width(text, language=track.language) for text in line.cue.text.split("\n")), default=0)
        if longest > limit:
            yield Finding(
                "line_len",
                line.index,
                f"A line has {longest:g} characters, {limit} fit.",
                measured=longest,
                limit=limit,
            )


def lines_max(track: Track) -> Iterator[Finding]:
    limit = track.profile.lines
    for line in track.lines:
        if len(line.lines) > limit:
            yield Finding(
                "lines_max",
                line.index,
                f"The cue has {len(line.lines)} lines, {limit} fit.",
                measured=len(line.lines),
                limit=limit,
            )


def line_break(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        for upper, lower in pairwise(line.lines):
            left, right = upper.split(), lower.split()
            if (
                left
                and right
                and not lower.startswith("-")
                and break_price(left[-1], right[0], track.language) >= CLINGING
            ):
                yield Finding(
                    "line_break",
                    line.index,
                    f"The line ends with “{left[-1]}”, which belongs to what follows.",
                    "warning",
                )


def one_line_possible(track: Track) -> Iterator[Finding]:
    limit = track.profile.line_limit(track.language)
    joint = " " if grammar(track.language).spaced else ""
    for line in track.lines:
        if len(line.lines) > 1 and not any(text.startswith("-") for text in line.lines):
            whole = width(joint.join(line.lines), language=track.language)
            if whole <= limit:
                yield Finding(
                    "one_line_possible",
                    line.index,
                    f"The text fits in one line ({whole:g} of {limit}).",
                    "warning",
                    whole,
                    limit,
                )


def ellipsis(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        if re.search(r"\.\s?\.\s?\.|…\.|\.…", line.plain):
            yield Finding("ellipsis", line.index, "Write an ellipsis as one character (…).")


def spaces(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        if any("  " in text for text in line.lines):
            yield Finding("double_space", line.index, "There are two spaces in a row.")
        if any(text != text.strip() for text in line.lines):
            yield Finding("leading_space", line.index, "A line begins or ends with a space.")


def dialog_dash(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        dashed = [text for text in line.lines if text.startswith(("-", "–", "—"))]
        if len(line.lines) > 1 and dashed and _mixed(line.lines, dashed):
            yield Finding(
                "dialog_dash",
                line.index,
                "Two speakers: begin both lines with the same dash, both with or both without a space.",
            )


def _mixed(lines: Sequence[str], dashed: Sequence[str]) -> bool:
    kinds = {(text[0], text[1:2] == " ") for text in dashed}
    return len(kinds) > 1 or (len(dashed) == 1 and not lines[0].startswith(dashed[0][0]))


def hi_brackets(track: Track) -> Iterator[Finding]:
    if not track.profile.brackets_for_sounds:
        return
    for line in track.lines:
        if any(re.fullmatch(r"-?\s*\(.*\)", text) for text in line.lines):
            yield Finding("hi_brackets", line.index, "Write sounds and speakers in square brackets.")


def number_spell(track: Track) -> Iterator[Finding]:
    if primary(track.language) != "en":
        return
    for line in track.lines:
        text = " ".join(line.lines)
        if re.search(r"(?<![\d.,:$£€/-])\b(?:[1-9]|10)\b(?![\d.,:%/-]*\d|%)", text):
            yield Finding("number_spell", line.index, "Spell out numbers from one to ten.", "warning")
        elif re.search(r"(?:^|[.?!]\s)\d", text):
            yield Finding("number_spell", line.index, "Spell out a number that begins a sentence.", "warning")


def glyph(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        wrong = {character for character in line.plain if not _can_be_shown(character)}
        if wrong:
            names = ", ".join(sorted(f"U+{ord(character):04X}" for character in wrong))
            yield Finding("glyph", line.index, f"Characters that cannot be shown: {names}.")


def _can_be_shown(character: str) -> bool:
    return character == "\n" or (character != "\ufffd" and unicodedata.category(character) not in {"Cc", "Co", "Cn"})
