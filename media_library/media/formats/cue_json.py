"""JSON for programs: cues with plain text, markup, speaker, and words with their times where the track knows them.

What speech engines write (`segments` with `text` and `words`) is read as well.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from media_library.media.formats.characters import one_line, showable
from media_library.media.formats.errors import InvalidCaptions, Notices
from media_library.media.formats.runs import MAX_NAME, Run, cue_text_of, text_of
from media_library.media.formats.track import MAX_TEXT, Track, captions
from media_library.media.webvtt.cuetext import Node, Span, Text, Timestamp, parse_text, sanitise
from media_library.media.webvtt.model import Document
from media_library.media.webvtt.timestamps import TABLE_ENDS_MS, format_timestamp

FORMAT = "captions"
VERSION = 1


@dataclass(frozen=True, slots=True)
class TimedText:
    text: str
    start_ms: int
    end_ms: int
    speaker: str


def write(document: Document, *, language: str, title: str) -> bytes:
    cues = []
    for caption in captions(document):
        cue = caption.cue
        cues.append(
            {
                "id": one_line(cue.id),
                "start": caption.start_ms / 1000,
                "end": caption.end_ms / 1000,
                "text": caption.text,
                "markup": sanitise(showable(cue.text)),
                "settings": one_line(cue.settings),
                "speaker": ", ".join(caption.voices),
                "words": [
                    {
                        "text": word.text,
                        "start": word.start_ms / 1000,
                        "end": word.end_ms / 1000,
                        "speaker": word.speaker,
                    }
                    for word in timed_texts(cue.text, caption.start_ms, caption.end_ms)
                ],
            }
        )
    answer = {"format": FORMAT, "version": VERSION, "language": language, "title": one_line(title), "cues": cues}
    # Without the three signs that could end a script element when a page carries the JSON.
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return showable(text).encode() + b"\n"


def timed_texts(cue_text: str, start_ms: int, end_ms: int) -> list[TimedText]:
    """Only where the text itself says when: each timestamp times the words up to the next one."""
    moments: list[tuple[int, list[Run]]] = [(start_ms, [])]
    _timed(parse_text(showable(cue_text)), "", moments)
    if len(moments) == 1:
        return []
    ends = [*(start for start, _ in moments[1:]), end_ms]
    words = []
    for (start, runs), end in zip(moments, ends, strict=True):
        text = " ".join(text_of(runs).split())
        if text:
            speaker = next((run.voice for run in runs if run.text.strip()), "")
            words.append(TimedText(text, start, max(start, end), speaker))
    return words


def _timed(nodes: list[Node], voice: str, moments: list[tuple[int, list[Run]]]) -> None:
    for node in nodes:
        if isinstance(node, Text):
            moments[-1][1].append(Run(node.value, voice=voice))
        elif isinstance(node, Timestamp):
            moments.append((node.ms, []))
        elif isinstance(node, Span) and node.tag != "rt":
            _timed(node.children, one_line(node.annotation[:MAX_NAME]) if node.tag == "v" else voice, moments)


def read(text: str, notices: Notices) -> Track:
    try:
        answer = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InvalidCaptions(error.lineno, f"this is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise InvalidCaptions(1, "the JSON is nested too deep") from error
    except ValueError as error:
        raise InvalidCaptions(1, "the JSON holds a number that cannot be read") from error
    items = answer
    if isinstance(answer, dict):
        items = answer.get("cues", answer.get("segments"))
    if not isinstance(items, list):
        raise InvalidCaptions(1, 'a list of cues under "cues" is missing')
    track = Track(notices)
    for number, item in enumerate(items, start=1):
        _read_cue(item, number, track)
    return track


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _read_cue(item: Any, number: int, track: Track) -> None:
    if not isinstance(item, dict):
        track.leave_out(0, f"Cue {number} is not an object and was left out.", "")
        return
    start, end = _ms(item.get("start")), _ms(item.get("end"))
    text = _text(item.get("text")).strip()
    if start is None or end is None:
        track.leave_out(0, f"Cue {number} has no times that can be read and was left out.", text)
        return
    markup, words = item.get("markup"), item.get("words")
    if (
        max(len(text), len(markup) if isinstance(markup, str) else 0, 8 * len(words) if isinstance(words, list) else 0)
        > MAX_TEXT
    ):
        track.too_long(0, text)
        return
    speaker = one_line(_text(item.get("speaker"))[:MAX_NAME])
    if isinstance(markup, str):
        cue_text = "\n".join(line for line in sanitise(showable(markup)).split("\n") if line.strip())
    else:
        runs = _runs_of_words(words, speaker, start, end) or [Run(text, voice=speaker)]
        cue_text = _with_stamps(runs)
    settings = " ".join(_text(item.get("settings")).replace("-->", "").split())
    track.add_cue_text(
        0, start, end, cue_text, settings=settings, cue_id=one_line(_text(item.get("id"))).replace("-->", "->")
    )


def _runs_of_words(words: Any, speaker: str, start: int, end: int) -> list[tuple[int, Run]] | list[Run]:
    """The words as runs, each with the moment at which it begins; nothing unless every word is in time and in order."""
    found: list[tuple[int, Run]] = []
    for word in words if isinstance(words, list) else []:
        at = _ms(word.get("start")) if isinstance(word, dict) else None
        said = _text(word.get("text", word.get("word"))).strip() if isinstance(word, dict) else ""
        if at is None or not said or not start <= at < end or (found and at < found[-1][0]):
            return []
        found.append((at, Run(said, voice=one_line(_text(word.get("speaker"))[:MAX_NAME]) or speaker)))
    return found


def _with_stamps(runs: list[tuple[int, Run]] | list[Run]) -> str:
    parts: list[str] = []
    for run in runs:
        if isinstance(run, Run):
            return cue_text_of([run])
        at, word = run
        said = cue_text_of([replace(word, text=" ".join(word.text.split()))])
        parts.append(f"<{format_timestamp(at)}>{said}" if parts else said)
    return " ".join(parts)


def _ms(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        ms = value * 1000
        return round(ms) if math.isfinite(ms) and abs(ms) < TABLE_ENDS_MS * 10 else None
    except OverflowError:
        return None


def _text(value: Any) -> str:
    return showable(value) if isinstance(value, str) else str(value) if isinstance(value, int) else ""
