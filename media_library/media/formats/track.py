"""What every reader hands its captions to, and what every writer takes them from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from media_library.media import webvtt
from media_library.media.formats.characters import is_right_to_left
from media_library.media.formats.errors import CaptionsTooLarge, Notices
from media_library.media.formats.placement import BELOW, place_of, settings_of
from media_library.media.formats.runs import Run, cue_text_of, runs_of, text_of
from media_library.media.webvtt.model import Cue, Document
from media_library.media.webvtt.settings import parse_cue_settings
from media_library.media.webvtt.timestamps import TABLE_ENDS_MS

_LATE_MS = 3_600_000
_LOST = 2000
# A caption longer than this (with its markup) is a book in the wrong place.
MAX_TEXT = 20_000


@dataclass(slots=True)
class Track:
    """The cues of a file as they are read: times that cannot be are left out and told, the order made that of time."""

    notices: Notices
    cues: list[tuple[Cue, int]] = field(default_factory=list)

    def add(
        self, line: int, start_ms: int, end_ms: int, runs: Iterable[Run], *, place: int = BELOW, cue_id: str = ""
    ) -> None:
        self.add_cue_text(line, start_ms, end_ms, cue_text_of(runs), settings=settings_of(place), cue_id=cue_id)

    def add_cue_text(
        self, line: int, start_ms: int, end_ms: int, text: str, *, settings: str = "", cue_id: str = ""
    ) -> None:
        """`text` is safe WebVTT cue text."""
        if len(self.cues) >= webvtt.MAX_CUES:
            raise CaptionsTooLarge(line, f"the file has more than {webvtt.MAX_CUES:,} captions")
        if end_ms <= start_ms:
            self.leave_out(line, "A caption that ends before it begins was left out.", webvtt.plain_text(text))
        elif end_ms <= 0:
            self.leave_out(line, "A caption before the start of the film was left out.", webvtt.plain_text(text))
        elif end_ms >= TABLE_ENDS_MS:
            self.leave_out(line, "A caption later than 100 hours was left out.", webvtt.plain_text(text))
        else:
            if start_ms < 0:
                self.notices.add(line, "A caption that begins before the start of the film now begins at 0.")
            self.cues.append((Cue(max(0, start_ms), end_ms, text, cue_id, settings), line))

    def too_long(self, line: int, text: str) -> None:
        self.leave_out(line, f"A caption of more than {MAX_TEXT:,} characters was left out.", text)

    def leave_out(self, line: int, message: str, text: str) -> None:
        self.notices.add(line, message, lost=text[:_LOST] or "(no text)")

    def document(self) -> Document:
        in_time = sorted(self.cues, key=lambda item: item[0].start_ms)
        if in_time != self.cues:
            self.notices.add(0, "The captions were not in order of time; they are now.")
        latest = 0
        for cue, line in in_time:
            if cue.start_ms < latest:
                self.notices.add(line, "This caption begins before the one before it ends.")
            latest = max(latest, cue.end_ms)
        if in_time and in_time[0][0].start_ms >= _LATE_MS:
            self.notices.add(
                in_time[0][1],
                "The first caption comes after an hour. If the file counts from the start of a tape, shift it to the film.",
            )
        document = Document([cue for cue, _ in in_time])
        if len(document.write().encode()) > webvtt.MAX_BYTES:
            raise CaptionsTooLarge(0, "there is more text than the studio accepts for one track")
        return document


@dataclass(frozen=True, slots=True)
class Caption:
    """A cue as writers need it."""

    cue: Cue
    start_ms: int
    end_ms: int
    runs: list[Run]
    place: int

    @property
    def text(self) -> str:
        return text_of(self.runs)

    @property
    def voices(self) -> list[str]:
        return list(dict.fromkeys(run.voice for run in self.runs if run.voice))


def captions(document: Document) -> Iterator[Caption]:
    """Every cue in the document's order, with times no format chokes on."""
    regions = {region.settings.id: region.settings.viewport_anchor[1] for region in document.regions}
    names = list(regions)
    for cue in document.cues:
        runs = runs_of("\n".join(line for line in cue.text.split("\n") if line))
        place = BELOW
        if cue.settings:
            settings = parse_cue_settings(cue.settings, regions=names)
            place = place_of(settings, regions=regions, right_to_left=is_right_to_left(text_of(runs)))
        start = max(0, cue.start_ms)
        yield Caption(cue, start, max(start, cue.end_ms), runs, place)
