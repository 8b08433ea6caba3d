"""Rules against the source language: what is not translated, and the words a client has settled."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from media_library.media.languages import grammar
from media_library.media.quality.track import Finding, Term, Track
from media_library.media.webvtt.cuetext import plain_text

_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"\w+")
# Below this many words a text may well be the same in both languages.
_COPIED = 3
# Plurals of words, where a language forms them so that nothing else is caught.
_PLURAL = {"en": "(?:e?s|['’]s)?", "es": "(?:e?s)?", "fr": "[sx]?", "pt": "(?:e?s)?"}


def against_source(track: Track) -> Iterator[Finding]:
    if not track.sources:
        return
    words = track.letters.words
    for index, (given, text) in enumerate(zip(_read(track.sources), _read(track.plain), strict=False)):
        if given and not words[index]:
            yield Finding("missing_target", index, "The cue is not translated.")
        elif text == given and words[index] > _COPIED:
            yield Finding("same_as_source", index, "The text is the same as in the source language.")


def _read(texts: Sequence[str]) -> list[str]:
    """The texts as they are read, white space as single spaces. One sweep over all of them is far cheaper than one for each."""
    joined = "\0".join(plain_text(text) if "<" in text or "&" in text else text for text in texts)
    if joined.count("\0") != max(0, len(texts) - 1):
        return [" ".join(plain_text(text).split()) for text in texts]
    flat = joined.replace("\n", " ")
    while "  " in flat:
        flat = flat.replace("  ", " ")
    if "\t" in flat or not flat.replace("\0", "").isprintable():
        flat = "\0".join(_SPACES.sub(" ", part) for part in flat.split("\0"))
    return flat.replace("\0 ", "\0").replace(" \0", "\0").strip(" ").split("\0")


def terms(track: Track) -> Iterator[Finding]:
    """A settled word's translation is missing, or a word stands there that the client forbids."""
    if not track.terms:
        return
    target = track.language
    here = _Words(track.plain, language=target)
    there = _Words([plain_text(text) for text in track.sources], language="") if track.sources else None
    settled = {term.source.casefold(): term.target[0] for term in track.terms if term.target and not term.forbidden}
    for term in track.terms:
        found = {index for words in term.target for index in here.holding(words, case_sensitive=term.case_sensitive)}
        if term.forbidden:
            better = settled.get(term.source.casefold(), "")
            for index in sorted(found):
                yield Finding("term_forbidden", index, _may_not(term, track.plain[index], better))
        elif there is not None and term.target:
            for index in there.holding(term.source, case_sensitive=term.case_sensitive):
                if index < len(track.cues) and index not in found:
                    message = f"“{term.source}” is translated as “{term.target[0]}” for this client."
                    yield Finding("term_missing", index, message)


def _may_not(term: Term, text: str, better: str) -> str:
    read = " ".join(text.split()).casefold()
    words = next((words for words in term.target if words.casefold() in read), term.target[0])
    return f"“{words}” may not be used" + (f": write “{better}”." if better else " for this client.")


class _Words:
    """Which texts hold a term. An index of the words keeps a glossary of thousands from being looked for in every text."""

    def __init__(self, texts: Sequence[str], *, language: str) -> None:
        self.texts = [" ".join(text.split()) for text in texts]
        self.language = language
        self.index: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(self.texts):
            for word in set(_TOKEN.findall(text.casefold())):
                self.index[word].append(number)

    def holding(self, term: str, *, case_sensitive: bool) -> list[int]:
        wanted = " ".join(term.split())
        pattern = _pattern(wanted, self.language, case_sensitive)
        return [number for number in self._candidates(wanted) if pattern.search(self.texts[number])]

    def _candidates(self, term: str) -> Sequence[int]:
        tokens = _TOKEN.findall(term.casefold())
        # The last word may have an ending, and a script without spaces has no words to look up.
        if len(tokens) < 2 or not grammar(self.language).spaced:
            stem = tokens[0] if tokens else ""
            if not stem or not stem.isascii() or not grammar(self.language).spaced:
                return range(len(self.texts))
            endings = ("", "s", "es", "x")
            return sorted({number for ending in endings for number in self.index.get(stem + ending, ())})
        return min((self.index.get(token, []) for token in tokens[:-1]), key=len)


@lru_cache(maxsize=16_384)
def _pattern(term: str, language: str, case_sensitive: bool) -> re.Pattern[str]:
    flags = 0 if case_sensitive else re.IGNORECASE
    body = re.escape(term)
    if not grammar(language).spaced or not term:
        return re.compile(body, flags)
    # The source's language is not known here; -s and -es say plural in most of those that are.
    ending = _PLURAL.get(language.partition("-")[0].lower(), "(?:e?s)?" if not language else "")
    before = r"(?<!\w)" if term[:1].isalnum() else ""
    after = f"{ending}(?!\\w)" if term[-1:].isalnum() else ""
    return re.compile(before + body + after, flags)
