"""An answer put together from what was found, and named as that: quotes are chosen, ordered and headed; no sentence of theirs is made up.

It works from `ChatRequest.material` and writes the grammar that every engine here writes (chat/services/grammar.py): `[3]` cites,
`[[clip 3 "title" 12-40]] — why` proposes words of a source, `[[gap: …]]` marks narration that a person has to write.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatRequest
from ai.errors import ProviderRefusedError
from ai.local import quotes
from ai.local.extract import sentences_of, shortened
from ai.local.quotes import Quote
from ai.local.recutting import recut, wished_seconds
from core.languages import primary

SCRIPT_SECONDS = 90.0
FEWEST, MOST_CLIPS = 3, 12
MOST_FOUND, MOST_ANSWERS, MOST_DRAFT, MOST_NEAREST = 8, 3, 5, 2
LONGEST_TITLE = 60
UNFIT = "The studio's own engine puts found quotes together; it does not write. Choose a model that does."

Phrases = dict[str, Any]


class ComposedStream:
    """One line at a time, as it is composed."""

    def __init__(self, lines: Iterator[str], *, read: int) -> None:
        self._lines = lines
        self.usage = Usage(characters=read)

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(self._lines):
            yield f"\n{line}" if number else line

    def close(self) -> None:
        """Nothing is open."""


class Compose:
    engine = Engine("local", "compose")

    def stream(self, request: ChatRequest) -> ComposedStream:
        material = request.material
        if material is None or material.get("task") not in TASKS:
            raise ProviderRefusedError(UNFIT)
        return ComposedStream(TASKS[material["task"]](material), read=len(json.dumps(material, ensure_ascii=False)))

    def complete(self, request: ChatRequest) -> tuple[str, Usage]:
        stream = self.stream(request)
        return "".join(stream), stream.usage


@cache
def _table() -> dict[str, Phrases]:
    with Path(__file__).with_name("composing.toml").open("rb") as file:
        return tomllib.load(file)


def phrases(material: dict[str, Any]) -> Phrases:
    return _table().get(primary(str(material.get("language") or "en")), _table()["en"])


def read(material: dict[str, Any]) -> list[Quote]:
    topic, language = tuple(material.get("topic") or ()), str(material.get("language") or "en")
    return [
        Quote(data, topic, str(data.get("language") or language), language) for data in material.get("sources") or []
    ]


def script(material: dict[str, Any]) -> Iterator[str]:
    say, found = phrases(material), read(material)
    fitting = [quote for quote in found if quote.fits]
    spoken = _with_kin([quote for quote in fitting if quote.is_speech], found)
    yield f"> {say['about']}"
    if not spoken:
        yield from missing(found, say)
        return
    chosen = _selected(spoken, seconds=wished_seconds(str(material["ask"]), say) or SCRIPT_SECONDS)
    parts = _arranged(chosen, say)
    ordered = [quote for _, part in parts for quote in part]
    language = str(material.get("language") or "en")
    words = quotes.common(ordered, language=_spoken_in(ordered, language))
    yield ""
    yield f"# {_entitled(material, words) or quotes.called(ordered[0])}"
    yield ""
    yield _through(ordered, words, say, language)
    if beside := [quote for quote in fitting if not quote.is_speech][:4]:
        yield ""
        yield f"{say['beside']} " + ", ".join(f"{quote.title} [{quote.n}]" for quote in beside)
    headings: list[str] = []
    last = ordered[0]
    for name, part in parts:
        own = [word for word in quotes.common(part, language=_spoken_in(part, language)) if word not in headings]
        yield ""
        yield f"## {say[name]}: {own[0]}" if own else f"## {say[name]}"
        yield ""
        if name == "opening":
            speaker = part[0].speaker
            yield f"[[gap: {say['gap_open'].format(speaker=speaker) if speaker else say['gap_open_nobody']}]]"
        elif headings and own and part[0].title != last.title:
            yield f"[[gap: {say['gap_bridge'].format(first=headings[-1], second=own[0])}]]"
        for quote in part:
            yield _clip(quote)
        headings += own[:1]
        last = part[-1]
    if not _closes(ordered[-1], say):
        yield f"[[gap: {say['gap_close']}]]"


def find(material: dict[str, Any]) -> Iterator[str]:
    say, found = phrases(material), read(material)
    fitting = [quote for quote in found if quote.fits][:MOST_FOUND]
    yield f"> {say['about']}"
    if not fitting:
        yield from missing(found, say)
        return
    yield ""
    yield say["found_one"] if len(fitting) == 1 else say["found"].format(count=len(fitting))
    yield ""
    for quote in fitting:
        yield _clip(quote) if quote.is_speech else f"- {_cited(quote)}"


def question(material: dict[str, Any]) -> Iterator[str]:
    say, found = phrases(material), read(material)
    fitting = sorted((quote for quote in found if quote.fits), key=lambda quote: -quote.coverage)
    # Who says half as much as the best says something else.
    fitting = [
        quote
        for quote in fitting
        if quote.coverage >= 0.75 * fitting[0].coverage or quote.similarity > fitting[0].similarity + 0.01
    ]
    yield f"> {say['about']}"
    if not fitting:
        yield from missing(found, say)
        return
    yield ""
    yield say["answer"]
    yield ""
    for quote in quotes.distinct(fitting)[:MOST_ANSWERS]:
        yield f"- {_cited(quote)}"


def copy(material: dict[str, Any]) -> Iterator[str]:
    say, found = phrases(material), read(material)
    fitting = quotes.distinct([quote for quote in found if quote.fits])[:MOST_DRAFT]
    yield f"> {say['about']}"
    if not fitting:
        yield from missing(found, say)
        return
    yield ""
    yield say["copy"]
    yield ""
    if title := _entitled(material, quotes.common(fitting, language=str(material.get("language") or "en"))):
        yield f"**{title}**"
        yield ""
    for quote in fitting:
        yield f"- {_cited(quote)}"


def edit(material: dict[str, Any]) -> Iterator[str]:
    say, found = phrases(material), read(material)
    yield f"> {say['about']}"
    yield ""
    held = {int(one["n"]) for one in material.get("cut") or []}
    cut = [quote for quote in found if quote.n in held]
    if not cut:
        yield say["empty_cut"]
        return
    change = recut(str(material["ask"]), cut, [quote for quote in found if quote.n not in held], say)
    if change is None:
        yield say["unclear"]
        return
    yield " ".join(change.told)
    seconds = round(sum(quote.seconds_of(words) for quote, words in change.clips))
    yield say["cut_now"].format(count=len(change.clips), seconds=seconds)
    yield ""
    for quote, words in change.clips:
        yield _line(quote, quotes.called(quote), words)


def title(material: dict[str, Any]) -> Iterator[str]:
    """The words of the wish that tell what it is about, as they were written."""
    ask = " ".join(str(material.get("ask", "")).split())
    yield _entitled(material, []) or shortened(ask, LONGEST_TITLE)


def clip(material: dict[str, Any]) -> Iterator[str]:
    """The next best place, shorter or longer where that was wished for."""
    say = phrases(material)
    wished = str(material.get("feedback") or "").casefold()
    spoken = [quote for quote in read(material) if quote.is_speech]
    fitting = [quote for quote in spoken if quote.fits] or spoken
    answer: dict[str, Any] = {"n": 0, "first": 1, "last": 1, "title": "", "description": ""}
    if fitting:
        best = fitting[0]
        if re.search(say["shorter"], wished):
            best = min(fitting[:4], key=lambda quote: quote.seconds_of(quote.best(most=25)))
        words = best.best(most=25 if re.search(say["shorter"], wished) else quotes.LONGEST_RANGE_WORDS)
        first, last = words or (1, best.sentences[-1].last if best.sentences else 1)
        name = quotes.called(best)
        answer = {"n": best.n, "first": first, "last": last, "title": name, "description": best.origin}
    yield json.dumps(answer, ensure_ascii=False)


def section(material: dict[str, Any]) -> Iterator[str]:
    """The section with less of itself, or with what the footage says instead."""
    say, now = phrases(material), material.get("section") or {}
    wished = str(material.get("feedback") or "").casefold()
    said = sentences_of([str(now.get("content") or "")])
    if re.search(say["shorter"], wished) and len(said) > 1:
        yield " ".join(said[: max(1, len(said) // 2)])
        return
    fitting = quotes.distinct([quote for quote in read(material) if quote.is_speech and quote.fits])[:2]
    spoken = [
        f"{quote.speaker}: “{quote.answering()}”" if quote.speaker else f"“{quote.answering()}”" for quote in fitting
    ]
    if re.search(say["longer"], wished) and said:
        spoken = [*said, *spoken[:1]]
    yield " ".join(spoken or said) or say["nothing"]


TASKS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "script": script,
    "find": find,
    "question": question,
    "copy": copy,
    "edit": edit,
    "title": title,
    "clip": clip,
    "section": section,
}


def missing(found: Sequence[Quote], say: Phrases) -> Iterator[str]:
    """Says plainly that it is not there, and what is."""
    yield ""
    if not found:
        yield say["nothing_at_all"]
        return
    yield say["nothing"]
    yield ""
    yield say["nearest"]
    yield ""
    for quote in found[:MOST_NEAREST]:
        yield f"- {_cited(quote)}"
    yield ""
    yield say["help"]


def _with_kin(spoken: list[Quote], found: Sequence[Quote]) -> list[Quote]:
    """A story needs more than what names its subject: what else is near to it in the same footage comes behind."""
    films = {quote.title for quote in spoken}
    return spoken + [
        quote
        for quote in found
        if quote.is_speech and quote not in spoken and quote.title in films and quote.similarity >= quotes.AKIN
    ]


def _selected(spoken: Sequence[Quote], *, seconds: float) -> list[Quote]:
    chosen: list[Quote] = []
    total = 0.0
    for quote in quotes.distinct(spoken):
        length = quote.seconds_of(quote.best())
        if len(chosen) >= FEWEST and total + length > seconds * 1.1:
            continue
        chosen.append(quote)
        total += length
        if len(chosen) >= MOST_CLIPS or (len(chosen) >= FEWEST and total >= seconds * 0.9):
            break
    return chosen


def _arranged(chosen: Sequence[Quote], say: Phrases) -> list[tuple[str, list[Quote]]]:
    """What tells how it began opens, what looks ahead closes, and between them footage keeps its own order."""
    if len(chosen) < FEWEST:
        return [("opening", sorted(chosen, key=lambda quote: quote.place))]
    opens = max(chosen, key=lambda quote: (_cues(quote, say["opening_cues"]), -quote.place[0], -quote.place[1]))
    rest = [quote for quote in chosen if quote is not opens]
    closes = max(rest, key=lambda quote: (_cues(quote, say["closing"]), quote.place))
    middle = sorted((quote for quote in rest if quote is not closes), key=lambda quote: quote.place)
    parts = [("opening", [opens])]
    half = (len(middle) + 1) // 2
    parts += [("middle", part) for part in ((middle[:half], middle[half:]) if len(middle) > 4 else (middle,)) if part]
    return [*parts, ("close", [closes])]


def _cues(quote: Quote, cues: str) -> float:
    wanted = set(map(quotes.folded, cues.split()))
    said = [quotes.folded(word) for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", quote.text)]
    return sum(word in wanted for word in said) / (len(said) + 8)


def _closes(quote: Quote, say: Phrases) -> bool:
    return _cues(quote, say["closing"]) > 0


def _through(ordered: Sequence[Quote], words: Sequence[str], say: Phrases, language: str) -> str:
    quote, sentence = quotes.central(ordered, language=_spoken_in(ordered, language))
    named = ", ".join(words[:-1]) + f" {say['conjunction']} {words[-1]}" if len(words) > 1 else "".join(words)
    pattern = say["through"] if quote.speaker else say["through_nobody"]
    return str(
        pattern.format(words=named or quote.title, speaker=quote.speaker, sentence=sentence.rstrip(" ."), n=quote.n)
    )


def _spoken_in(ordered: Sequence[Quote], language: str) -> str:
    spoken = [quote.language for quote in ordered if quote.language]
    return max(set(spoken), key=spoken.count) if spoken else language


def _entitled(material: dict[str, Any], words: Sequence[str]) -> str:
    """From the first to the last word of the wish that says what it is about; else what the quotes share."""
    ask, topic = " ".join(str(material.get("ask", "")).split()), list(material.get("topic") or ())
    name = ""
    if topic:
        first, last = ask.find(topic[0]), ask.rfind(topic[-1])
        if 0 <= first <= last:
            name = ask[first : last + len(topic[-1])]
        if not name or len(name) > LONGEST_TITLE or re.search(r"[.!?]\s", name):
            name = ", ".join(topic[:4])
    name = name or ", ".join(words[:3])
    name = re.sub(r'["\[\]#*`<>]', "", name).strip(" ,.;:-")
    return shortened(name[:1].upper() + name[1:], LONGEST_TITLE)


def _clip(quote: Quote) -> str:
    return _line(quote, quotes.called(quote), quote.best())


def _line(quote: Quote, name: str, words: tuple[int, int] | None) -> str:
    name = re.sub(r'["“”\[\]]+', "", name)
    part = f" {words[0]}-{words[1]}" if words else ""
    return f'[[clip {quote.n} "{name}"{part}]] — {_safe(quote.origin)}'


def _cited(quote: Quote) -> str:
    if not quote.is_speech:
        return f"{_safe(quote.title)}: {_safe(shortened(quote.text, 240))} [{quote.n}]"
    return f"“{_safe(quote.answering())}” — {_safe(quote.origin)} [{quote.n}]"


def _safe(text: str) -> str:
    """Text that was found cannot end a tag, begin one, or cite."""
    return re.sub(r"\s+", " ", text.replace("[", "(").replace("]", ")"))
