"""What a recording is about, in its own words: its most central sentences and phrases. Nothing is understood, nothing is made up."""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ai.capabilities.base import Engine, Usage
from ai.capabilities.summarize import LONGEST_TAG, Summary
from ai.errors import EngineMissingError
from ai.local.e5 import E5
from core.languages import primary

Matrix = npt.NDArray[np.float32]

# The meaning of so many sentences takes about two seconds; longer recordings are read in even parts.
MOST_SENTENCES = 160
MOST_PHRASES = 30
SENTENCES = 3
TAGS = 8
TITLE_CHARACTERS = 80
DESCRIPTION_CHARACTERS = 600
DAMPING = 0.85
SAME = 0.75  # share of words that two sentences may have in common

SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])")
CLAUSE_END = re.compile(r"[,;:–—()\[\]\"“”«»]|\s-\s|[.!?…。！？]")
WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+")
# Scripts that put no space between words. In Chinese and Japanese runs of Han or of Katakana are as good as words.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
RUN = re.compile(r"[\u3400-\u9fff]{2,6}|[\u30a1-\u30ff]{2,}|[a-z]{3,}")


class Extract:
    """Named as what it is. Sentences are ranked as in TextRank, by shared words and, with the local E5, by meaning."""

    engine = Engine("local", "extract")

    def summarize(self, lines: list[str], *, language: str) -> tuple[Summary, Usage]:
        text = Text.of(lines, language=language)
        usage = Usage(characters=sum(map(len, lines)))
        if not text.sentences:
            return Summary("", "", [], measured=True), usage
        vectors = meaning(text.sentences)
        weights = centrality(text, vectors)
        described = chosen(text, weights)
        return (
            Summary(
                title=titled(text, weights, vectors),
                description=described,
                tags=tagged(text, weights, vectors),
                measured=True,
            ),
            usage,
        )


@dataclass(frozen=True)
class Text:
    """Sentences, and the telling words of each, lower case."""

    language: str
    sentences: list[str]
    words: list[list[str]]
    stops: frozenset[str]

    @classmethod
    def of(cls, lines: Sequence[str], *, language: str) -> Text:
        sentences = evenly(list(dict.fromkeys(sentences_of(lines))), MOST_SENTENCES)
        stops = stop_words(language, sentences)
        words = [[word for word in words_of(one) if is_telling(word, stops)] for one in sentences]
        return cls(primary(language), sentences, words, stops)

    def joined(self, sentences: Iterable[str]) -> str:
        return gap_of(self.sentences).join(sentences)


def sentences_of(lines: Iterable[str]) -> list[str]:
    """Across lines, because captions and segments part sentences. Where nobody writes full stops a line is one."""
    clean = [" ".join(line.split()) for line in lines]
    clean = [line for line in clean if line]
    stopped = sum(line[-1] in ".!?…。！？" for line in clean)
    if stopped * 6 < len(clean):
        return clean
    return [part.strip() for part in SENTENCE_END.split(gap_of(clean).join(clean)) if WORD.search(part)]


def gap_of(texts: Sequence[str]) -> str:
    return "" if sum(bool(UNSPACED.search(text)) for text in texts) * 2 > len(texts) else " "


def evenly(items: list[str], most: int) -> list[str]:
    if len(items) <= most:
        return items
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def words_of(text: str) -> list[str]:
    found = RUN.findall(text.casefold()) if UNSPACED.search(text) else []
    return found or [word.casefold() for word in WORD.findall(text)]


def is_telling(word: str, stops: frozenset[str]) -> bool:
    return word not in stops and not word.isdigit() and (len(word) > 2 or bool(UNSPACED.search(word)))


@cache
def lists() -> dict[str, frozenset[str]]:
    with Path(__file__).with_name("stopwords.toml").open("rb") as file:
        return {code: frozenset(words.split()) for code, words in tomllib.load(file).items()}


def stop_words(language: str, sentences: Sequence[str]) -> frozenset[str]:
    """The language's list; without one, the short words that stand in many sentences of this very text."""
    code = primary(language)
    known = lists().get({"nb": "no", "nn": "no"}.get(code, code))
    if known is not None:
        return known | {part for word in known for part in re.split(r"['’]", word) if len(part) > 1}
    often = Counter(word for one in sentences for word in set(words_of(one)))
    limit = max(2, len(sentences) * 0.15)
    return frozenset(word for word, count in often.items() if count > limit and len(word) < 6)


def meaning(texts: Sequence[str]) -> Matrix | None:
    """Unit vectors, or none where the engine is not installed: then words alone are compared."""
    try:
        vectors, _ = E5().passages(list(texts))
    except EngineMissingError:
        return None
    return vectors


def centrality(text: Text, vectors: Matrix | None) -> Matrix:
    """How much a sentence has in common with all others, which count by how much they have (PageRank)."""
    count = len(text.sentences)
    alike = word_likeness(text)
    if vectors is not None and count > 1:
        # Any two texts of this engine are rather alike: what counts is how much more than usual.
        close = vectors @ vectors.T
        usual = float(np.median(close))
        alike = alike + np.clip((close - usual) / max(1e-6, 1.0 - usual), 0.0, None)
    np.fill_diagonal(alike, 0.0)
    total = alike.sum(axis=1, keepdims=True)
    moves = np.where(total > 0, alike / np.maximum(total, 1e-9), 1.0 / count)
    weights = np.full(count, 1.0 / count, np.float32)
    for _ in range(50):
        weights = (1 - DAMPING) / count + DAMPING * (weights @ moves)
    # What says little, or rambles on, is no summary of anything; what comes early often says what will come.
    lengths = np.array([len(one) for one in text.words])
    fitting = np.clip(lengths / 6, 0.1, 1.0) * np.clip(28 / np.maximum(lengths, 1), 0.3, 1.0)
    early = 1.0 + 0.25 * np.exp(-np.arange(count) / max(3.0, count * 0.05))
    result: Matrix = (weights * fitting * early).astype(np.float32)
    return result


def word_likeness(text: Text) -> Matrix:
    """Cosine of the telling words, rare ones counting more."""
    spread = Counter(word for one in text.words for word in set(one))
    places = {word: place for place, word in enumerate(spread)}
    count = len(text.sentences)
    table = np.zeros((count, max(1, len(places))), np.float32)
    for row, words in enumerate(text.words):
        for word, times in Counter(words).items():
            table[row, places[word]] = times * math.log(1 + count / spread[word])
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    alike: Matrix = table @ table.T
    return alike


def chosen(text: Text, weights: Matrix) -> str:
    """The best sentences that do not say the same, in their order."""
    picked: list[int] = []
    size = 0
    for place in np.argsort(-weights, kind="stable"):
        words, sentence = set(text.words[place]), text.sentences[place]
        repeats = any(
            len(words & set(text.words[one])) > SAME * min(len(words), len(text.words[one]) or 1) for one in picked
        )
        if repeats or (picked and size + len(sentence) > DESCRIPTION_CHARACTERS):
            continue
        picked.append(int(place))
        size += len(sentence) + 1
        if len(picked) == SENTENCES:
            break
    return shortened(text.joined(text.sentences[place] for place in sorted(picked)), DESCRIPTION_CHARACTERS)


def titled(text: Text, weights: Matrix, vectors: Matrix | None) -> str:
    """The most telling clause of the central sentences, as it was said."""
    strength = word_strength(text, weights)
    best, most = "", -1.0
    centre = None if vectors is None else weights @ vectors
    candidates = []
    for place in np.argsort(-weights, kind="stable")[:8]:
        for clause in CLAUSE_END.split(text.sentences[place]):
            trimmed = trim(clause, text.stops)
            words = [word for word in words_of(trimmed) if is_telling(word, text.stops)]
            if words and len(trimmed) <= TITLE_CHARACTERS and (len(words) > 1 or UNSPACED.search(trimmed)):
                density = sum(strength.get(word, 0.0) for word in set(words)) / math.sqrt(len(words_of(trimmed)) + 2)
                candidates.append((trimmed, density))
    close = likeness([clause for clause, _ in candidates], centre)
    for (clause, density), near in zip(candidates, close, strict=True):
        if density * near > most:
            best, most = clause, density * near
    title = best or shortened(text.sentences[int(np.argmax(weights))], TITLE_CHARACTERS)
    return title[:1].upper() + title[1:]


def trim(clause: str, stops: frozenset[str]) -> str:
    """Without what only connects it to what came before or after."""
    words = clause.split()
    while words and (not WORD.search(words[0]) or words_of(words[0])[0] in stops):
        words.pop(0)
    while words and (not WORD.search(words[-1]) or words_of(words[-1])[-1] in stops):
        words.pop()
    return " ".join(words).strip(" .,;:!?…-–—'\"“”«»")


def word_strength(text: Text, weights: Matrix) -> dict[str, float]:
    """How central the sentences are that hold the word. One that is said once is no topic."""
    strength: dict[str, float] = defaultdict(float)
    counts = Counter(word for words in text.words for word in words)
    for words, weight in zip(text.words, weights, strict=True):
        for word in set(words):
            strength[word] += float(weight)
    alone = len(text.sentences) < 6
    return {word: value * (1.0 if counts[word] > 1 or alone else 0.4) for word, value in strength.items()}


def tagged(text: Text, weights: Matrix, vectors: Matrix | None) -> list[str]:
    """Words and pairs of words that stand next to each other, the most central first, none inside another."""
    strength = word_strength(text, weights)
    spelling = spellings(text)
    found: Counter[str] = Counter()
    for sentence in text.sentences:
        for clause in CLAUSE_END.split(sentence):
            run: list[str] = []
            for word in [*words_of(clause), ""]:
                if word and is_telling(word, text.stops):
                    run.append(word)
                    continue
                found.update(run)
                found.update(" ".join(pair) for pair in pairwise(run))
                run = []
    scores = {}
    for phrase, count in found.items():
        words = phrase.split()
        if len(phrase) > LONGEST_TAG or (len(words) > 1 and count < 2):
            continue
        # Names are written with a capital letter, and in German all things are.
        capital = spelling.get(words[-1], words[-1])[:1].isupper()
        if text.language == "de" and not capital:
            continue
        named = 1.4 if capital else 1.0
        length = min(1.0, 0.5 + len(phrase) / 16)
        scores[phrase] = sum(strength.get(word, 0.0) for word in words) / len(words) ** 0.5 * named * length
    best = sorted(scores, key=lambda phrase: (-scores[phrase], phrase))[:MOST_PHRASES]
    centre = None if vectors is None else weights @ vectors
    near = dict(zip(best, likeness(best, centre), strict=True))
    tags: list[str] = []
    for phrase in sorted(best, key=lambda phrase: (-scores[phrase] * near[phrase], phrase)):
        parts = set(phrase.split())
        if any(parts & set(tag.casefold().split()) for tag in tags):
            continue
        tags.append(" ".join(spelling.get(word, word) for word in phrase.split()))
        if len(tags) == TAGS:
            break
    return tags


def spellings(text: Text) -> dict[str, str]:
    """As a word is written inside of sentences: names keep their capital letter."""
    written: dict[str, Counter[str]] = {}
    for sentence in text.sentences:
        for word in WORD.findall(sentence)[1:]:
            written.setdefault(word.casefold(), Counter())[word] += 1
    return {word: forms.most_common(1)[0][0] for word, forms in written.items()}


def likeness(phrases: Sequence[str], centre: Matrix | None) -> list[float]:
    """How near each is to what the whole is about: 1 for the nearest, less for others."""
    vectors = meaning(phrases) if centre is not None and phrases else None
    if vectors is None or centre is None:
        return [1.0] * len(phrases)
    close = vectors @ (centre / max(float(np.linalg.norm(centre)), 1e-9))
    low, high = float(close.min()), float(close.max())
    return [0.3 + 0.7 * float((one - low) / max(high - low, 1e-6)) for one in close]


def shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rpartition(' ')[0] or text[: most - 1]}…"
