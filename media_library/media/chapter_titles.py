"""What a part of a recording is about, in its own words: a phrase that it repeats and the others do not, else how it begins."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from media_library.media.languages import Grammar, grammar
from media_library.media.profiles import primary

LONGEST_TITLE = 60
LONGEST_WIDE_TITLE = 24
_LONGEST_PHRASE = 3
# Each further word makes a phrase more telling.
_WORD_BONUS = 0.6
_NAME_BONUS = 1.5
_SHORTEST_WORD = 3
# In so many of its places a phrase must begin where nouns begin, after an article say; and in so many end where they may end: "the
# efficient" always goes on, while verbs follow nouns.
_NOUN_SHARE, _END_SHARE = 0.4, 0.3
_SHORTEST_WIDE_CLAUSE = 8
# Words of a language that we keep no list of count as empty when this share of all segments has them.
_EMPTY_SHARE = 0.15

_ELIDING = frozenset({"fr", "it"})
_ELISION = re.compile(r"([^\W\d_]{1,5})['’](?=\w)")
_OPENERS = frozenset(".!?…:")
# Marks that a title neither begins nor ends with. A question keeps its own.
_MARKS = " ,;:.–—-…\"'“”«»„‘’()[]、。，；"

_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|[^\w\s]")
_CLAUSE = re.compile(r"(?<=[,;:–—.!?…。、，！？；])\s*")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’»)\]]*\s*")
Segment = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class _Token:
    """`opens`: the first word of a sentence, whose capital says nothing."""

    text: str
    key: str
    opens: bool

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()

    @property
    def is_name(self) -> bool:
        return self.text[0].isupper() and not self.opens


@dataclass(slots=True)
class _Phrase:
    count: int = 0
    names: int = 0
    nouns: int = 0
    ends: int = 0
    written: Counter[str] = field(default_factory=Counter)


def content_words(text: str, language: str) -> list[str]:
    """Lower-case words that carry meaning, cut so that forms of one word meet; of scripts without spaces, pairs of characters."""
    words = grammar(language)
    if not words.spaced:
        letters = [letter for letter in text if letter.isalnum()]
        return ["".join(pair) for pair in pairwise(letters)]
    keys = (token.key for token in _tokens(text, language) if token.is_word)
    return [key[:6] for key in keys if len(key) >= _SHORTEST_WORD and not words.belongs_to_next(key)]


def titles(parts: Sequence[Sequence[Segment]], language: str) -> list[str]:
    """One for each part, no two alike where their words allow it. Empty only where nothing was said."""
    words = grammar(language)
    texts = [[text for _, _, text in part] for part in parts]
    if not words.spaced:
        return [_beginning(said, words, longest=LONGEST_WIDE_TITLE) for said in texts]
    tokens = [list(_tokens(" ".join(said), language)) for said in texts]
    empty = _usual_words(texts, language) if not words.prepositions else frozenset()
    phrases = [_phrases(said, words, empty) for said in tokens]
    spread = Counter(key for found in phrases for key in found)
    chosen: list[str] = []
    for said, found in zip(texts, phrases, strict=True):
        title = _most_telling(found, spread, len(parts))
        chosen.append(title if title and title not in chosen else _beginning(said, words, longest=LONGEST_TITLE))
    return chosen


def _tokens(text: str, language: str) -> Iterator[_Token]:
    opens = True
    elided = primary(language) in _ELIDING
    for found in _TOKEN.finditer(text):
        pieces = [found[0]]
        if elided and (short := _ELISION.match(found[0])):  # l'eau, dell'acqua
            pieces = [short[1], found[0][short.end() :]]
        for piece in pieces:
            yield _Token(piece, piece.casefold().replace("’", "'"), opens)
            opens = piece in _OPENERS or (opens and not piece[0].isalnum())


def _usual_words(texts: Sequence[Sequence[str]], language: str) -> frozenset[str]:
    said = [text for part in texts for text in part]
    spread = Counter(key for text in said for key in {token.key for token in _tokens(text, language)})
    return frozenset(key for key, count in spread.items() if count > _EMPTY_SHARE * len(said))


def _phrases(tokens: Sequence[_Token], words: Grammar, empty: frozenset[str]) -> dict[tuple[str, ...], _Phrase]:
    """Runs of up to three words that carry meaning."""
    full = [
        token.is_word and len(token.key) > 1 and not words.belongs_to_next(token.key) and token.key not in empty
        for token in tokens
    ]
    found: dict[tuple[str, ...], _Phrase] = defaultdict(_Phrase)
    for first, token in enumerate(tokens):
        before = tokens[first - 1].key if first else ""
        for last in range(first, min(first + _LONGEST_PHRASE, len(tokens))):
            if not full[last]:
                break
            run = tokens[first : last + 1]
            phrase = found[tuple(piece.key for piece in run)]
            phrase.count += 1
            phrase.names += all(piece.is_name for piece in run)
            phrase.ends += last + 1 == len(tokens) or not full[last + 1]
            phrase.nouns += before in words.determiners or token.is_name
            phrase.written[" ".join(piece.text for piece in run)] += 1
    return found


def _most_telling(found: dict[tuple[str, ...], _Phrase], spread: Counter[tuple[str, ...]], parts: int) -> str:
    def weight(key: tuple[str, ...]) -> float:
        phrase = found[key]
        is_name = phrase.names * 2 > phrase.count
        rarity = math.log((parts + 1) / spread[key])
        return phrase.count * rarity * (1 + _WORD_BONUS * (len(key) - 1)) * (_NAME_BONUS if is_name else 1.0)

    candidates = [
        key
        for key, phrase in found.items()
        if phrase.count > 1
        and _is_noun(phrase)
        and sum(map(str.isalpha, "".join(key))) > _SHORTEST_WORD
        and spread[key] < parts
    ]
    if not candidates:
        return ""
    best = max(candidates, key=lambda key: (weight(key), key))
    return _with_capital(found[best].written.most_common(1)[0][0])


def _is_noun(phrase: _Phrase) -> bool:
    ends = phrase.ends >= _END_SHARE * phrase.count or phrase.names * 2 > phrase.count
    return ends and phrase.nouns >= _NOUN_SHARE * phrase.count


def _beginning(texts: Sequence[str], words: Grammar, *, longest: int) -> str:
    """The first sentence that begins here, cut at a clause."""
    said = " ".join(" ".join(texts).split())
    sentences = [sentence for sentence in _SENTENCE.split(said) if any(map(str.isalnum, sentence))]
    if len(sentences) > 1 and said[0].islower():  # the end of a sentence that began before
        sentences = sentences[1:]
    if not sentences:
        return ""
    spoken = sentences[0].split(" ")
    while (
        len(spoken) > 4
        and not spoken[-1].endswith(("?", "？"))
        and spoken[0].strip(_MARKS).casefold() in words.conjunctions
    ):
        spoken = spoken[1:]
    title = ""
    for clause in _CLAUSE.split(" ".join(spoken)):
        # "Well," alone says nothing.
        says_something = len(title.split()) > 2 or (not words.spaced and len(title) >= _SHORTEST_WIDE_CLAUSE)
        if says_something:
            break
        title = f"{title} {clause}".strip() if words.spaced else title + clause
    title = title.strip(_MARKS)
    if len(title) > longest:
        cut = title[: longest - 1]
        title = (cut.rpartition(" ")[0] if words.spaced and " " in cut else cut).rstrip(_MARKS) + "…"
    return _with_capital(title)


def _with_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
