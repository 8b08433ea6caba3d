"""What an engine said, held against what it was given. Nothing of it is believed: a number that was not given, a range that is not there,
an id, markup or a picture from elsewhere is left out and counted."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chat.services import grammar
from chat.services.grammar import ClipLine, Gap, Heading, Paragraph
from chat.services.retrieving import joined
from chat.services.sources import SPEECH, Source

MOST_CLIPS = 40
MOST_SECTIONS = 120
LONGEST_CLIP_SECONDS = 600.0
SHORTEST_CLIP_SECONDS = 0.2
# Around the first and the last word, where the neighbours leave room.
LEAD, TAIL = 0.12, 0.2

_ID = re.compile(r"\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b", re.IGNORECASE)
_MARKUP = re.compile(
    r"<!--.{0,5000}?-->|<(script|style|iframe|svg|object)\b.{0,5000}?</\1\s*>|</?[a-z!][^<>]{0,2000}>",
    re.IGNORECASE | re.DOTALL,
)
_PICTURE = re.compile(r"!\[([^\]]{0,300})\](?:\([^)]{0,2000}\)|\[[^\]]{0,300}\])")
_LINK = re.compile(r"(?<!!)\[([^\]]{0,300})\]\(\s*([^)]{0,2000})\)")
_HARMLESS = re.compile(r"^(https?://|mailto:)", re.IGNORECASE)


@dataclass(frozen=True)
class VerifiedClip:
    source: Source
    title: str
    description: str
    start: float
    end: float
    text: str
    # Whether the range is a part of the source rather than all of it.
    is_part: bool


@dataclass(frozen=True)
class Section:
    """One piece of a script in its order: narration, a clip, or a gap. The heading stands on the first of its section."""

    heading: str
    text: str = ""
    clip: VerifiedClip | None = None
    is_gap: bool = False


@dataclass
class Verified:
    text: str
    title: str = ""
    cited: list[Source] = field(default_factory=list)
    clips: list[VerifiedClip] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    has_headings: bool = False
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def rejections(self) -> list[dict[str, Any]]:
        return [{"what": what, "count": count} for what, count in sorted(self.rejected.items())]


def verify(text: str, sources: Sequence[Source]) -> Verified:
    clean, rejected = cleaned(text)
    found = Verified(text=clean, rejected=rejected)
    by_number = {source.n: source for source in sources}
    cited: dict[int, Source] = {}
    pending = ""
    begun = False
    for block in grammar.parse(clean):
        match block:
            case Heading(level=1):
                found.title = found.title or grammar.without_citations(block.text)
            case Heading():
                pending = grammar.without_citations(block.text)[:255]
                begun = found.has_headings = True
            case Gap():
                found.sections.append(Section(pending, block.text, is_gap=True))
                pending = ""
            case Paragraph():
                _cite(block.text, by_number, cited, found.rejected)
                if narration := plain_words(block.text):
                    # What stands before the first section is the through-line, not narration.
                    found.sections.append(Section(pending if begun else "", narration))
                    pending = ""
            case ClipLine():
                _cite(block.description, by_number, cited, found.rejected)
                clip = _clip(block, by_number, found.rejected)
                if clip is None:
                    continue
                if len(found.clips) >= MOST_CLIPS:
                    found.rejected["too_many_clips"] += 1
                    continue
                cited.setdefault(clip.source.n, clip.source)
                found.clips.append(clip)
                found.sections.append(Section(pending, clip.text, clip=clip))
                pending = ""
    if len(found.sections) > MOST_SECTIONS:
        found.rejected["too_many_sections"] += len(found.sections) - MOST_SECTIONS
        del found.sections[MOST_SECTIONS:]
    if found.has_headings:
        found.sections = _from_first_heading(found.sections)
    found.cited = list(cited.values())
    return found


def cleaned(text: str) -> tuple[str, Counter[str]]:
    """Without control characters, ids, markup and what would be fetched from elsewhere. Says how much of each went."""
    rejected: Counter[str] = Counter()
    if len(text) > grammar.MOST_CHARACTERS:
        rejected["too_long"] += 1
        text = text[: grammar.MOST_CHARACTERS]
    text = "".join(
        one for one in text.replace("\r\n", "\n") if one in _KEPT or unicodedata.category(one) not in _UNSEEN
    )
    for name, pattern, instead in (
        ("markup", _MARKUP, ""),
        ("picture", _PICTURE, r"\1"),
        ("id", _ID, "…"),
    ):
        text, times = pattern.subn(instead, text)
        rejected[name] += times
    text = _LINK.sub(lambda match: _link(match, rejected), text)
    return text.strip(), +rejected


# Control, format (which turn text around or hide it), surrogates, private use.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})
# Joiners make letters and emoji what they are.
_KEPT = "\n\t\u200c\u200d"


def spoken(text: str) -> str:
    """Narration as it is spoken: without Markdown's marks."""
    lines = [re.sub(r"^\s*(?:>|[-*+]\s|\d+[.)]\s)\s*", "", line) for line in text.splitlines()]
    return re.sub(
        r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", r"\2", " ".join(line for line in lines if line.strip())
    ).strip()


def plain_words(text: str) -> str:
    """Without marks and without numbers of sources."""
    return grammar.without_citations(spoken(text))


def cut(source: Source, first: int, last: int) -> tuple[float, float, str]:
    """The range of words `first` to `last`, counted from 1, with the transcript's own words and times and a little air around them."""
    words = list(source.words[first - 1 : last])
    # Where words have no times of their own a segment cannot be divided.
    undivided = {word.segment_id for word in words if _is_untimed(word, source)}
    if undivided:
        places = [at for at, word in enumerate(source.words) if word in words or word.segment_id in undivided]
        first, last = places[0] + 1, places[-1] + 1
        words = list(source.words[first - 1 : last])
    start, end = min(word.start for word in words), max(word.end for word in words)
    before = source.words[first - 2].end if first > 1 else source.free_from
    after = source.words[last].start if last < len(source.words) else source.free_until
    if before is not None:
        start = max(0.0, start - LEAD, min(before, start))
    if after is not None:
        end = min(end + TAIL, max(after, end))
    return round(start, 3), round(end, 3), joined(words)


def _is_untimed(word: Any, source: Source) -> bool:
    same = [one for one in source.words if one.segment_id == word.segment_id]
    return len(same) > 1 and all((one.start, one.end) == (word.start, word.end) for one in same)


def _clip(line: ClipLine, by_number: dict[int, Source], rejected: Counter[str]) -> VerifiedClip | None:
    source = by_number.get(line.number) if line.number is not None else None
    if source is None:
        rejected["unknown_source"] += 1
        return None
    if source.kind != SPEECH or source.start is None or source.end is None or (not source.words and not source.clip_id):
        rejected["not_footage"] += 1
        return None
    title = plain_words(line.title) or _first_words(source.text)
    if line.first is None or line.last is None:
        if source.clip_id or not source.words:
            start, end, text = source.start, source.end, source.text
        else:
            start, end, text = cut(source, 1, len(source.words))
    elif not 1 <= line.first <= line.last or line.first > len(source.words):
        rejected["absurd_range"] += 1
        return None
    else:
        start, end, text = cut(source, line.first, min(line.last, len(source.words)))
    if not SHORTEST_CLIP_SECONDS <= end - start <= LONGEST_CLIP_SECONDS:
        rejected["absurd_range"] += 1
        return None
    is_part = line.first is not None and (line.first > 1 or (line.last or 0) < len(source.words))
    return VerifiedClip(source, title[:255], plain_words(line.description), start, end, text, is_part)


def _cite(text: str, by_number: dict[int, Source], cited: dict[int, Source], rejected: Counter[str]) -> None:
    for number in grammar.citations_in(text):
        if number in by_number:
            cited.setdefault(number, by_number[number])
        else:
            rejected["unknown_source"] += 1


def _link(match: re.Match[str], rejected: Counter[str]) -> str:
    if _HARMLESS.match(match[2].strip()):
        return match[0]
    rejected["link"] += 1
    return match[1]


def _from_first_heading(sections: list[Section]) -> list[Section]:
    first = next((place for place, section in enumerate(sections) if section.heading), len(sections))
    return [section for place, section in enumerate(sections) if place >= first or section.clip is not None]


def _first_words(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rpartition(' ')[0] or text[: most - 1]}…"
