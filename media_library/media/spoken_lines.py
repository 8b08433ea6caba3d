"""A transcript's lines as captions and text to read, and captions as lines again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from media_library.media.formats.cue_json import timed_texts
from media_library.media.formats.runs import MAX_NAME, text_of
from media_library.media.formats.track import captions
from media_library.media.retime import words_of
from media_library.media.segmentation import segment
from media_library.media.webvtt.cuetext import escape, plain_text
from media_library.media.webvtt.model import Cue, Document
from media_library.media.words import Word

# A longer silence begins a new paragraph, and so does a paragraph of this length at a sentence's end.
PAUSE_SECONDS = 2.0
LONG_PARAGRAPH = 600


@dataclass(frozen=True)
class Line:
    """What one person says from `start` to `end`. `words` are `{word, start, end, confidence}`."""

    start: float
    end: float
    text: str
    speaker: str = ""
    words: list[dict[str, Any]] = field(default_factory=list)


def captions_of(
    lines: Iterable[Line],
    *,
    language: str,
    names: bool = True,
    fps: float | None = None,
    shots: Sequence[float] = (),
    duration: float | None = None,
) -> Document:
    """Cues that can be read: cut and timed by the house profile, never two speakers in one. `names` writes who speaks."""
    words = [
        Word(str(word["word"]), float(word["start"]), float(word["end"]), line.speaker)
        for line in lines
        for word in line.words or words_of(line.text, line.start, line.end, language=language)
    ]
    cues = segment(words, fps=fps, language=language, shots=shots, duration=duration)
    if names:
        _name(cues, words)
    return Document(blocks=list(cues))


def _name(cues: Sequence[Cue], words: Iterable[Word]) -> None:
    """Who speaks, as a voice tag. Cutting changes no letter and keeps the order, so letters are counted."""
    letters = _letters(words)
    for cue in cues:
        count = len("".join(plain_text(cue).split()))
        speakers = [next(letters, "") for _ in range(count)]
        if speakers and speakers[0]:
            cue.text = _voiced(speakers[0], cue.text)


def _letters(words: Iterable[Word]) -> Iterator[str]:
    """The speaker of each letter."""
    for word in sorted(words, key=lambda word: word.start):
        for _ in "".join(word.text.split()):
            yield word.speaker


def _voiced(speaker: str, text: str) -> str:
    return f"<v {escape(' '.join(speaker.split())[:MAX_NAME])}>{text}</v>"


def document_of(lines: Iterable[Line], *, names: bool = True) -> Document:
    """Each line as one cue, for files that people read rather than watch."""
    return Document(
        blocks=[
            Cue.at(
                line.start,
                line.end,
                _voiced(line.speaker, escape(line.text)) if names and line.speaker else escape(line.text),
            )
            for line in lines
            if line.text
        ]
    )


def plain_of(lines: Iterable[Line], *, times: bool = True, names: bool = True) -> str:
    """Paragraphs: one for each turn of a speaker, new ones after a silence and where it gets long."""
    paragraphs = []
    for paragraph in _paragraphs([line for line in lines if line.text]):
        head = f"[{_clock(paragraph[0].start)}]" if times else ""
        name = f"{paragraph[0].speaker}:" if names and paragraph[0].speaker else ""
        paragraphs.append(" ".join(filter(None, (head, name, *(line.text for line in paragraph)))))
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs).removesuffix("\n")


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    for _, turn in groupby(lines, key=lambda line: line.speaker):
        paragraph: list[Line] = []
        length = 0
        for line in turn:
            ended = length > LONG_PARAGRAPH and paragraph[-1].text.endswith((".", "!", "?", "…", "。"))
            if paragraph and (line.start - paragraph[-1].end > PAUSE_SECONDS or ended):
                yield paragraph
                paragraph, length = [], 0
            paragraph.append(line)
            length += len(line.text)
        yield paragraph


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def lines_of(document: Document, *, language: str) -> list[Line]:
    """The captions as lines in order of time, one for each voice; words by the marks inside the text, else spread by length."""
    found: list[Line] = []
    for caption in captions(document):
        start, end = caption.start_ms / 1000, caption.end_ms / 1000
        marked = timed_texts(caption.cue.text, caption.start_ms, caption.end_ms)
        if marked:
            found += _by_marks(
                [(one.text, one.speaker, one.start_ms / 1000, one.end_ms / 1000) for one in marked], language
            )
            continue
        said = [(voice, text_of(runs)) for voice, runs in groupby(caption.runs, key=lambda run: run.voice)]
        texts = [(voice, " ".join(text.split())) for voice, text in said]
        texts = [(voice, text) for voice, text in texts if text]
        whole = sum(len(text) for _, text in texts)
        at = start
        for voice, text in texts:
            until = round(at + (end - start) * len(text) / whole, 3)
            found.append(Line(at, until, text, voice, words_of(text, at, until, language=language)))
            at = until
    return sorted(found, key=lambda line: (line.start, line.end))


def _by_marks(marked: Sequence[tuple[str, str, float, float]], language: str) -> Iterator[Line]:
    for voice, group in groupby(marked, key=lambda one: one[1]):
        parts = list(group)
        words = [word for text, _, start, end in parts for word in words_of(text, start, end, language=language)]
        yield Line(parts[0][2], parts[-1][3], " ".join(text for text, *_ in parts), voice, words)
