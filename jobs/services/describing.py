"""Does a description fit into the silences of a film? What is recommended, and what each line needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.storage import for_page, store
from jobs.models import Job, LanguageOutput
from jobs.services.pausing import TimedLine, TimedTable, pause_points, quiet_gaps, timetable
from media_library.media import webvtt
from media_library.media.description import FREEZE_PADDING, LEAD_IN, MOST_EARLY, MOST_LATE
from media_library.media.gaps import WORDS_PER_SECOND, Gap
from media_library.models import TrackVersion

# Less silence than this, or more, is told from the sound alone; between the two a person looks.
STANDARD_FROM, EXTENDED_BELOW = 0.85, 0.5
LEAST_SILENCE, ENOUGH_SILENCE = 0.08, 0.3

ADVICE = {
    "standard": ("Standard", "What is to be said fits into the silences."),
    "extended": ("Extended", "The silences are too short: the picture has to wait for most lines."),
    "uncertain": ("Uncertain", "Some of it fits, some does not: a person decides."),
}


@dataclass(frozen=True)
class Line:
    """A described cue against its gap. `inline` says whether it fits without a hold: measured where it was spoken, else by its words."""

    index: int
    text: str
    start: float
    words: int
    budget: int
    gap: Gap | None
    inline: bool
    seconds: float | None = None

    @property
    def mode(self) -> str:
        return "inline" if self.inline else "extended"

    @property
    def milliseconds(self) -> float:
        return self.start * 1000

    @property
    def percent(self) -> int:
        """How full the gap is, at most 100."""
        return 100 if not self.budget else min(100, round(100 * self.words / self.budget))


@dataclass(frozen=True)
class Fit:
    recommendation: str
    gaps: Sequence[Gap]
    lines: Sequence[Line]

    @property
    def inline(self) -> int:
        return sum(line.inline for line in self.lines)


def fit(job: Job, output: LanguageOutput | None = None) -> Fit:
    """Of one language, or of the source's, which is described first."""
    found = output or next((one for one in job.outputs.all() if one.is_source), None)
    duration = job.source.duration if job.source else None
    if found is None or not duration:
        return Fit("uncertain", [], [])
    found.job = job
    silences = quiet_gaps(job, duration=duration)
    table = timetable(found)
    lines = _spoken(table, silences) if table and (table.lines or table.unheld) else _written(found, silences)
    return Fit(_recommended(lines, silences, duration), silences, lines)


def _spoken(table: TimedTable, silences: Sequence[Gap]) -> list[Line]:
    lines = sorted([*table.lines, *table.unheld], key=lambda line: (line.start, line.index))
    found = []
    for line in lines:
        gap = _gap_near(line.start, silences)
        budget = gap.words if gap else 0
        words = len(line.text.split())
        found.append(Line(line.index, line.text, line.start, words, budget, gap, not line.held, line.seconds))
    return found


def _written(output: LanguageOutput, silences: Sequence[Gap]) -> list[Line]:
    version: TrackVersion | None = output.description.versions.first() if output.description else None
    found = []
    for index, cue in enumerate(webvtt.parse(version.content).cues if version else []):
        text = " ".join(webvtt.plain_text(cue.text).split())
        if text:
            gap = _gap_near(cue.start, silences)
            budget = gap.words if gap else 0
            found.append(Line(index, text, cue.start, len(text.split()), budget, gap, len(text.split()) <= budget))
    return found


def _gap_near(at: float, silences: Sequence[Gap]) -> Gap | None:
    """The roomiest gap in which a description of this moment may begin."""
    near = [gap for gap in silences if gap.start - MOST_LATE <= at <= gap.end + MOST_EARLY]
    return max(near, key=lambda gap: gap.words, default=None)


def _recommended(lines: Sequence[Line], silences: Sequence[Gap], duration: float) -> str:
    """standard: what is to be said fits into the gaps. extended: it does not. uncertain: a person decides."""
    if lines:
        share = sum(line.inline for line in lines) / len(lines)
        return "standard" if share >= STANDARD_FROM else "extended" if share < EXTENDED_BELOW else "uncertain"
    silent = sum(gap.words for gap in silences) / WORDS_PER_SECOND / duration
    return "standard" if silent >= ENOUGH_SILENCE else "extended" if silent < LEAST_SILENCE else "uncertain"


def spoken_lines(output: LanguageOutput, *, expires_in: int) -> dict[str, Any]:
    """What a player needs to speak the description over the source: times of the source, and a signed link to the sound of each line.

    Before a line was spoken it has no sound, and its length is that of a person who reads it.
    """
    table = timetable(output)
    if table is None:
        lines = [_unspoken(line) for line in fit(output.job, output).lines]
    else:
        # Where people want them, rendered or not.
        held = {point.line.index: point for point in pause_points(output, table)}
        lines = []
        for line in sorted([*table.lines, *table.unheld], key=lambda line: (line.start, line.index)):
            point = held.get(line.index)
            lines.append(
                {
                    "index": line.index,
                    "start": round(point.at if point else line.start, 3),
                    "text": line.text,
                    "mode": line.mode,
                    "url": _sound_url(line, expires_in=expires_in),
                    "seconds": round(line.seconds, 3),
                    "speed": line.speed,
                    "pause": round(point.seconds if point else line.pause_seconds, 3),
                }
            )
    return {
        "language": output.language,
        "voiced": any(line["url"] for line in lines),
        "lines": sorted(lines, key=lambda line: (line["start"], line["index"])),
    }


def _unspoken(line: Line) -> dict[str, Any]:
    seconds = line.words / WORDS_PER_SECOND
    return {
        "index": line.index,
        "start": round(line.start, 3),
        "text": line.text,
        "mode": line.mode,
        "url": None,
        "seconds": round(seconds, 3),
        "speed": 1.0,
        "pause": 0.0 if line.inline else round(seconds + LEAD_IN + FREEZE_PADDING, 3),
    }


def _sound_url(line: TimedLine, *, expires_in: int) -> str | None:
    key = line.sound.get("key")
    if not key:
        return None
    name = f"line-{line.index + 1}.wav"
    return for_page(store().url(str(key), filename=name, content_type="audio/wav", inline=True, expires_in=expires_in))
