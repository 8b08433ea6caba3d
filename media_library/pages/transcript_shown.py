"""A transcript as its reader shows it: turns with words that know their times."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import policies
from accounts.models import User
from media_library.media.retime import words_of
from media_library.media.turns import word_places
from media_library.models import Segment, Speaker, Transcript
from media_library.queries import transcripts as queries
from media_library.services import history
from media_library.services.transcript_files import EXPORTS

# Below this an engine was not sure of a word, and a person should look.
UNSURE = 0.5
EXPORT_NAMES = {
    "txt": "Text",
    "docx": "Word document",
    "srt": "Captions, SRT",
    "vtt": "Captions, WebVTT",
    "ttml": "Captions, TTML",
    "json": "Data, JSON",
}


@dataclass(frozen=True)
class Turn:
    """One segment. `opens` when somebody else begins to speak; milliseconds throughout."""

    id: uuid.UUID
    start: int
    end: int
    seconds: float
    speaker: Speaker | None
    colour: int
    opens: bool
    words: SafeString
    text: str


@dataclass(frozen=True)
class Reader:
    """What partials/transcript.html needs."""

    transcript: Transcript
    turns: list[Turn]
    speakers: list[Speaker]
    unsure: int
    may_change: bool
    may_undo: bool
    exports: list[tuple[str, str, str]]

    @property
    def nameless(self) -> bool:
        return any(not speaker.name for speaker in self.speakers)


def reader_of(transcript: Transcript, user: User) -> Reader:
    may_change = bool(policies.can(user, "media_library.transcript.change", transcript))
    speakers = queries.speakers_of(transcript)
    colours = {speaker.pk: number % 8 + 1 for number, speaker in enumerate(speakers)}
    rows = list(queries.segments_of(transcript))
    address = reverse("media_library_api:transcript_export", args=[transcript.pk])
    return Reader(
        transcript=transcript,
        turns=list(turns_of(rows, colours, language=transcript.language)),
        speakers=speakers,
        unsure=sum(1 for row in rows for word in row.words if is_unsure(word)),
        may_change=may_change,
        may_undo=may_change and transcript.revision > 0 and history.last_edit(transcript) is not None,
        exports=[(kind, EXPORT_NAMES[kind], f"{address}?format={kind}") for kind in EXPORTS],
    )


def turns_of(rows: Iterable[Segment], colours: dict[Any, int], *, language: str) -> Iterator[Turn]:
    before: Any = object()
    for row in rows:
        yield Turn(
            id=row.pk,
            start=round(row.start * 1000),
            end=round(row.end * 1000),
            seconds=round(row.start, 3),
            speaker=row.speaker,
            colour=colours.get(row.speaker_id, 1),
            opens=row.speaker_id != before,
            words=marked(row.text, row.words, row.start, row.end, language=language),
            text=row.text,
        )
        before = row.speaker_id


def marked(text: str, words: list[dict[str, Any]], start: float, end: float, *, language: str) -> SafeString:
    """The text, each word in an element with its times."""
    places = word_places(text, words)
    if places is None:
        words = words_of(text, start, end, language=language)
        places = word_places(text, words) or []
    ends = [*places[1:], len(text)]
    return format_html_join(
        "",
        '<span class="w{}" data-t="{}-{}">{}</span>{}',
        (
            (
                " w--unsure" if is_unsure(word) else "",
                round(word["start"] * 1000),
                round(word["end"] * 1000),
                word["word"],
                text[place + len(word["word"]) : after],
            )
            for word, place, after in zip(words, places, ends, strict=False)
        ),
    ) or format_html("{}", text)


def is_unsure(word: dict[str, Any]) -> bool:
    confidence = word.get("confidence")
    return isinstance(confidence, int | float) and confidence < UNSURE
