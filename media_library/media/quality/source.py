"""Rules against the source language: what is not translated, and the words a client has settled."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from media_library.media.languages import grammar
from media_library.media.quality.track import Finding, Term, Track
from media_library.media.webvtt.cuetext import plain_text

_TOKEN = re.compile(r"\w+")
# Below this many words a text may well be the same in both languages.
_COPIED = 3
# Plurals of words, where a language forms them so that nothing else is caught.
_PLURAL = {"en": "(?:e?s|['’]s)?", "es": "(?:e?s)?", "fr": "[sx]?", "pt": "(?:e?s)?"}


def against_source(track: Track) -> Iterator[Finding]:
    if not track.sources:
        return
    counts = track.letters.words.tolist()
    for index, (source, text, count) in enumerate(zip(track.sources, track.plain, counts, strict=False)):
        given = (plain_text(source) if "<" in source or "&" in source else source).strip()
        if not count:
            if given:
                yield Finding("missing_target", index, "The cue is not translated.")
        elif count > _COPIED and _alike(given, text.strip()):
            yield Finding("same_as_source", index, "The text is the same as in the source language.")


def _alike(given: str, text: str) -> bool:
    """But for white space. Most texts differ in their first or last character, and need no closer look."""
    return given[:1] == text[:1] and given[-1:] == text[-1:] and given.split() == text.split()


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
        self.joined = "\0".join(self.texts).casefold()
        self.index: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(self.texts):
            for word in set(_TOKEN.findall(text.casefold())):
                self.index[word].append(number)

    def holding(self, term: str, *, case_sensitive: bool) -> list[int]:
        wanted = " ".join(term.split())
        if wanted.casefold() not in self.joined:
            return []
        pattern = _pattern(wanted, self.language, case_sensitive)
        return [number for number in self._candidates(wanted) if pattern.search(self.texts[number])]

    def _candidates(self, term: str) -> Sequence[int]:
        tokens = _TOKEN.findall(term.casefold())
        # The last word may have an ending, and a script without spaces has no words to look up.
        if len(tokens) < 2 or not grammar(self.language).spaced:
            stem = tokens[0] if tokens else ""
            if not stem or not grammar(self.language).spaced:
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
