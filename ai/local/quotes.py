"""Quotes as the composing engine sees them: what in them fits a wish, which sentences say it best, what they have in common."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ai.local.extract import Text, centrality, shortened, tagged, words_of
from core.languages import primary

# Measured on real transcripts and 2,000 real sentences (docs/chat.md): e5's nearest of what is not there at all reaches 0.83 and, for a
# vague wish, 0.87. Words that were asked for and are said weigh more than any of its numbers.
CERTAIN = 0.88
LIKELY = 0.83
# Of what is said in another language no word can be recognised: there meaning alone has to tell.
FOREIGN = 0.8
AKIN = 0.79
HALF = 0.5
LONGEST_RANGE_WORDS = 60
LONGEST_NAME = 60


def folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))


def covered(topic: Sequence[str], text: str) -> float:
    """Which share of the words that were asked for is said, whatever their ending."""
    if not topic:
        return 0.0
    said = [folded(word) for word in words_of(text)]
    return sum(any(_same(folded(word), other) for other in said) for word in topic) / len(topic)


def _same(wanted: str, said: str) -> bool:
    stem = wanted[: max(4, len(wanted) - 2)]
    return said == wanted or (len(wanted) >= 4 and said.startswith(stem) and len(said) <= len(wanted) + 4)


@dataclass(frozen=True)
class Sentence:
    first: int
    last: int
    text: str


@dataclass(frozen=True)
class Quote:
    """One source of the material."""

    data: dict[str, Any]
    topic: tuple[str, ...] = ()
    language: str = "en"
    asked_in: str = "en"

    @property
    def n(self) -> int:
        return int(self.data["n"])

    @property
    def text(self) -> str:
        return str(self.data.get("text", ""))

    @property
    def speaker(self) -> str:
        return str(self.data.get("speaker", ""))

    @property
    def has_name(self) -> bool:
        """Whether people gave the speaker a name: `Speaker 2` is none."""
        return bool(self.speaker) and not re.fullmatch(r"\w+ \d+", self.speaker)

    @property
    def title(self) -> str:
        return str(self.data.get("title", ""))

    @property
    def is_speech(self) -> bool:
        return self.data.get("kind") == "speech"

    @property
    def seconds(self) -> float:
        return max(0.0, float(self.data.get("end") or 0) - float(self.data.get("start") or 0))

    @property
    def rank(self) -> dict[str, Any]:
        return self.data.get("rank") or {}

    @property
    def similarity(self) -> float:
        return float(self.rank.get("similarity") or 0)

    @property
    def place(self) -> tuple[int, float]:
        """For chronology: when its footage came in, and where in it."""
        return int(self.rank.get("order") or 0), float(self.data.get("start") or 0)

    @cached_property
    def coverage(self) -> float:
        return covered(self.topic, f"{self.text} {self.speaker}")

    @property
    def fits(self) -> bool:
        """Whether it is about what was asked for, and not merely the nearest there is."""
        if not self.topic:
            return True
        similarity = self.similarity
        # Whoever names a recording wants it.
        if covered(self.topic, self.title) == 1.0:
            return True
        if self.coverage >= HALF or similarity >= CERTAIN:
            return True
        if primary(self.language) != primary(self.asked_in) and similarity >= FOREIGN:
            return True
        return similarity >= LIKELY and (self.coverage > 0 or bool(self.rank.get("by_words")))

    @cached_property
    def sentences(self) -> list[Sentence]:
        read = []
        for one in self.data.get("sentences") or []:
            first, _, last = str(one["words"]).partition("-")
            read.append(Sentence(int(first), int(last or first), str(one["text"])))
        return read

    def best(self, *, most: int = LONGEST_RANGE_WORDS, topic: Sequence[str] = ()) -> tuple[int, int] | None:
        """The words of the sentences around the one that says most of it; None for all of them."""
        parts = self.sentences
        if not parts or parts[-1].last <= most:
            return None
        wanted = topic or self.topic
        centre = max(range(len(parts)), key=lambda place: (covered(wanted, parts[place].text), -place))
        first = last = centre
        while True:
            size = parts[last].last - parts[first].first + 1
            after = parts[last + 1].last - parts[first].first + 1 if last + 1 < len(parts) else most + 1
            before = parts[last].last - parts[first - 1].first + 1 if first else most + 1
            if after <= most:
                last += 1
            elif before <= most:
                first -= 1
            else:
                break
            if size >= most:
                break
        return parts[first].first, parts[last].last

    def said(self, words: tuple[int, int] | None) -> str:
        if words is None or not self.sentences:
            return self.text
        inside = [one.text for one in self.sentences if words[0] <= one.first and one.last <= words[1]]
        return " ".join(inside) or self.text

    def seconds_of(self, words: tuple[int, int] | None) -> float:
        if words is None or not self.sentences:
            return self.seconds
        return self.seconds * (words[1] - words[0] + 1) / max(1, self.sentences[-1].last)

    def answering(self) -> str:
        """The sentence that says most of it, with the one behind it where it is short."""
        if not self.sentences:
            return shortened(self.text, 300)
        place = max(range(len(self.sentences)), key=lambda at: (covered(self.topic, self.sentences[at].text), -at))
        text = self.sentences[place].text
        if len(text.split()) < 9 and place + 1 < len(self.sentences):
            text = f"{text} {self.sentences[place + 1].text}"
        return shortened(text, 400)

    @property
    def time(self) -> str:
        start = self.data.get("start")
        if start is None:
            return ""
        minutes, seconds = divmod(int(float(start)), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    @property
    def origin(self) -> str:
        return ", ".join(filter(None, (self.speaker, self.title, self.time)))


def common(quotes: Sequence[Quote], *, language: str, most: int = 3) -> list[str]:
    """What the quotes are about: words of the wish that they say, then words that they share, as they are written."""
    spoken = " ".join(quote.text for quote in quotes)
    asked = [word for word in (quotes[0].topic if quotes else ()) if covered([word], spoken) and len(word) > 2]
    text = Text.of([quote.text for quote in quotes], language=language)
    shared = tagged(text, centrality(text, None), None) if text.sentences else []
    named = [word for word in shared if not any(covered([one], word) for one in asked)]
    return [*asked, *named][:most]


def called(quote: Quote) -> str:
    """A title of its own words: how the sentence begins that tells most."""
    return shortened(quote.answering(), LONGEST_NAME).rstrip(" .,;:!") or quote.title


def central(quotes: Sequence[Quote], *, language: str) -> tuple[Quote, str]:
    """The sentence that says most of the wish and has most in common with all others, and whose it is."""
    pairs = [(quote, one.text) for quote in quotes for one in quote.sentences if 5 <= len(one.text.split()) <= 32]
    pairs = pairs or [(quote, shortened(quote.text, 200)) for quote in quotes]
    text = Text.of([line for _, line in pairs], language=language)
    weights = dict(zip(text.sentences, centrality(text, None), strict=True)) if text.sentences else {}
    return max(pairs, key=lambda pair: (1 + 4 * covered(pair[0].topic, pair[1])) * float(weights.get(pair[1], 0.01)))


def distinct(quotes: Sequence[Quote]) -> list[Quote]:
    """In their order, without those that say what one before says already."""
    kept: list[tuple[Quote, set[str]]] = []
    for quote in quotes:
        words = {word for word in words_of(quote.text) if len(word) > 3}
        if all(len(words & other) <= 0.6 * min(len(words), len(other)) for _, other in kept):
            kept.append((quote, words))
    return [quote for quote, _ in kept]
