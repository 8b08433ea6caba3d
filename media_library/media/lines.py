"""Caption text on the screen: how wide it is, where it may break, and how it falls into lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from media_library.media.languages import Grammar, grammar
from media_library.media.profiles import HOUSE, Profile
from media_library.media.webvtt.cuetext import escape, plain_text
from media_library.media.webvtt.model import Cue

# A tag with spaces inside, such as <v Mary Ann>, is one piece with the word it touches.
_PIECE = re.compile(r"(?:<[^>]*>|[^\s<])+")
_TAG = re.compile(r"<[^>]*>")
_SENTENCE_END = ".?!…。？！"
_CLAUSE_END = ",;:—–、，；：،؛"
_CLOSING = "\"'”’»)]}』」）】"
_DASHES = ("-", "–", "—")
# Kinsoku: what may not begin a line, what may not end one.
_NOT_FIRST = set("、。，．！？；：）」』】〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥!?,.:;)]}%")
_NOT_LAST = set("（「『【〈《([{$¥")

# The price of a break between two pieces: what the line or cue before it ends with decides. Only their order and rough distance matter.
SENTENCE, CLAUSE, BEFORE_CONJUNCTION, BEFORE_PREPOSITION, ANYWHERE, INSIDE_NAME, CLINGING = (
    0.0,
    1.0,
    2.0,
    3.0,
    5.0,
    12.0,
    20.0,
)


def pieces(text: str, *, language: str) -> list[str]:
    """The units between which a line may break: words, or single characters with the marks that cling to them where there are no spaces."""
    found: list[str] = _PIECE.findall(text)
    if grammar(language).spaced:
        return found
    units: list[str] = []
    for piece in found:
        units.extend(_characters(piece))
    return units


def _characters(piece: str) -> list[str]:
    """Runs of letters that are not wide (names, numbers) stay whole."""
    units: list[str] = []
    for character in re.findall(r"<[^>]*>|[ -~À-ɏ]+|.", piece, re.DOTALL):
        clings = units and (
            character[0] in _NOT_FIRST
            or units[-1][-1] in _NOT_LAST
            or unicodedata.combining(character[0])
            or units[-1].endswith(">")
        )
        if clings or (units and character.startswith("</")):
            units[-1] += character
        else:
            units.append(character)
    return units


def glue(language: str) -> str:
    return " " if grammar(language).spaced else ""


def width(text: str, *, language: str) -> float:
    """Characters as style guides count them on a line: no tags, combining marks free; in wide scripts a half-width one counts half."""
    return _width(plain_text(text), wide=grammar(language).wide)


@lru_cache(maxsize=16_384)
def _width(text: str, *, wide: bool) -> float:
    if not wide:
        return len(text) if text.isascii() else sum(not unicodedata.combining(character) for character in text)
    return sum(
        1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.5
        for character in text
        if not unicodedata.combining(character)
    )


def reading_length(text: str, *, language: str) -> float:
    """Characters for reading speed (product.md §4.2): letters, punctuation and spaces; tags and line breaks are not read."""
    return _width(plain_text(text).replace("\n", ""), wide=grammar(language).wide)


@lru_cache(maxsize=65_536)
def break_price(left: str, right: str, language: str) -> float:
    """What it costs the reader when a line or cue ends after `left` and the next begins with `right`."""
    rules = grammar(language)
    if "<" in left or "<" in right:
        left, right = _TAG.sub("", left), _TAG.sub("", right)
    bare = left.rstrip(_CLOSING).lower()
    if not bare:
        return ANYWHERE
    if bare in rules.titles:
        return CLINGING
    if bare[-1] in _SENTENCE_END:
        return SENTENCE
    if bare[-1] in _CLAUSE_END:
        return CLAUSE
    return _price_inside_clause(left, bare, right, rules)


def _price_inside_clause(left: str, bare: str, right: str, rules: Grammar) -> float:
    next_word = right.strip("\"'“‘«([{¿¡").rstrip(_CLOSING + _SENTENCE_END + _CLAUSE_END).lower()
    if rules.belongs_to_next(bare.lstrip("\"'“‘«([{¿¡-–")):
        return CLINGING
    if bare.isdigit():
        return INSIDE_NAME
    if next_word in rules.conjunctions and next_word not in rules.clings:
        return BEFORE_CONJUNCTION
    if next_word in rules.prepositions:
        return BEFORE_PREPOSITION
    # Two capitalised words are nearly always a name, but where nouns are capitalised (German) that says nothing.
    if rules.clings and "herr" not in rules.titles and left[:1].isupper() and right[:1].isupper():
        return INSIDE_NAME
    return ANYWHERE


def best_split(
    widths: Sequence[float], prices: Sequence[float], *, limit: float, lines: int, space: float
) -> tuple[float, list[int]] | None:
    """Where to break pieces of the given widths into at most `lines` lines of `limit`; None when they do not fit.

    `prices[i]` is the price of a break after piece i. Costs: the prices of the breaks taken, plus how uneven the lines are (a tenth of a
    point per character; a longer first line costs half as much again, as an upper line that is shorter hides less of the picture).
    Returns the cost and the index of the first piece of each further line.
    """
    total = sum(widths) + space * (len(widths) - 1)
    if total <= limit:
        return 0.0, []
    if lines < 2:
        return None
    best: tuple[float, list[int]] | None = None
    first = 0.0
    for index in range(1, len(widths)):
        first += widths[index - 1] + (space if index > 1 else 0.0)
        if first > limit:
            break
        rest = total - first - space
        if rest > limit * (lines - 1):
            continue
        if rest <= limit:
            cost, further = 0.0, list[int]()
            lean = first - rest
        else:
            below = best_split(widths[index:], prices[index:], limit=limit, lines=lines - 1, space=space)
            if below is None:
                continue
            cost, further = below[0], [index + place for place in below[1]]
            lean = first - rest / (len(further) + 1)
        cost += prices[index - 1] + (0.15 * lean if lean > 0 else -0.1 * lean)
        if best is None or cost < best[0]:
            best = cost, [index, *further]
    return best


def balance(text: str, *, language: str, profile: Profile = HOUSE) -> list[str]:
    """`text` as lines by `profile`: one line when it fits, else broken where the reader expects it, then evenly.

    Text that fits no way keeps the number of lines and exceeds their length as little as may be; the quality check reports it.
    Two lines that begin with a dash are two speakers and stay as they are.
    """
    given = [line.strip() for line in text.splitlines() if line.strip()]
    if len(given) > 1 and all(line.startswith(_DASHES) for line in given):
        return given
    units = pieces(text, language=language)
    if not units:
        return []
    widths = [width(unit, language=language) for unit in units]
    prices = [break_price(left, right, language) for left, right in pairwise(units)]
    joint = glue(language)
    limit = float(profile.line_limit(language))
    total = sum(widths) + len(joint) * (len(widths) - 1)
    split = best_split(widths, prices, limit=limit, lines=profile.lines, space=len(joint))
    while split is None:
        limit = max(limit + 1, total / profile.lines)
        split = best_split(widths, prices, limit=limit, lines=profile.lines, space=len(joint))
    edges = [0, *split[1], len(units)]
    return [joint.join(units[start:end]) for start, end in pairwise(edges)]


def fit_translation(
    source: Sequence[Cue], texts: Sequence[str], *, language: str, profile: Profile = HOUSE
) -> list[Cue]:
    """The source's cues with (plain) texts of another language: times, ids and settings stay, lines are balanced anew."""
    if len(source) != len(texts):
        raise ValueError(f"{len(source)} cues cannot take {len(texts)} texts.")
    return [
        Cue(
            cue.start_ms,
            cue.end_ms,
            "\n".join(balance(escape(text), language=language, profile=profile)),
            cue.id,
            cue.settings,
        )
        for cue, text in zip(source, texts, strict=True)
    ]
