"""Where each spoken line is heard: in a gap, or over a held picture; as a person wants it, where one has said so."""

from __future__ import annotations

from dataclasses import asdict, replace
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from core.runs.context import StepContext
from core.storage import store
from jobs import services
from jobs.models import LanguageOutput
from jobs.services import pausing
from jobs.steps.base import JobStep
from jobs.steps.ingest import Surveyed
from jobs.steps.speak import Line, Spoken, unspoken
from media_library.media.description import Candidate, Placed, check_description, held_elsewhere, place
from media_library.media.freeze import frame_count
from media_library.media.gaps import gaps, speech_intervals
from media_library.media.pauses import Pause, on_frames
from media_library.media.timemap import TimeMap
from media_library.queries.speech import spoken_words
from media_library.steps.base import Stored, media_work
from media_library.steps.intake import Conformed
from media_library.steps.listen import Transcribed

Mode = LanguageOutput.DescriptionMode


class PlacedLine(BaseModel):
    """`start` is source time; `output_start` is when the voice begins in the version with pauses. `planned` is where it would start
    if nobody had moved it."""

    index: int
    text: str
    mode: str
    start: float
    speed: float
    seconds: float
    pause_seconds: float
    gap_start: float | None
    gap_end: float | None
    output_start: float
    sound: Stored
    planned: float | None = None


class Timetable(BaseModel):
    """`pauses` are [at, seconds], on whole frames, in source time. `left_out` are lines that only a held picture could carry, `unheld`
    the same with their places, for a player that holds the picture itself."""

    lines: list[PlacedLine]
    unheld: list[PlacedLine] = []
    pauses: list[tuple[float, float]]
    findings: list[dict[str, Any]]
    left_out: list[str]
    duration: float

    @property
    def held(self) -> list[Pause]:
        return [Pause(at, seconds) for at, seconds in self.pauses]

    @property
    def source_seconds(self) -> float:
        return self.duration - sum(seconds for _, seconds in self.pauses)


class Place(JobStep[Timetable]):
    """Where each line is heard, and where the picture is held for it. Measured lengths, not planned ones."""

    Result = Timetable

    def skip(self, ctx: StepContext) -> str:
        return unspoken(ctx)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        spoken = ctx.result("speak", Spoken, item=ctx.item)
        return {
            "lines": [(line.start, line.end, line.text, line.seconds, line.sound.sha256) for line in spoken.lines],
            "words": ctx.result("transcribe", Transcribed).digest,
            "shots": ctx.result("survey", Surveyed).shots,
            "mode": pausing.mode_of(self.output(ctx)),
            "moved": sorted(self._moved(ctx, spoken).items()),
            "video": ctx.result("conform", Conformed).key,
        }

    def _moved(self, ctx: StepContext, spoken: Spoken) -> dict[int, float]:
        return pausing.moved_points(self.output(ctx), {line.index: line.text for line in spoken.lines})

    def run(self, ctx: StepContext) -> Timetable:
        spoken, video = ctx.result("speak", Spoken, item=ctx.item), ctx.result("conform", Conformed)
        cuts = ctx.result("survey", Surveyed).shots
        words = spoken_words(self.source(ctx))
        heard = [(word.start, word.end) for word in words]
        silences = gaps(speech_intervals(words), duration=video.duration)
        # In order of time, as they are placed: the placement numbers them so.
        lines = sorted(spoken.lines, key=lambda line: (line.start, line.index))
        wishes = [
            Candidate(line.text, line.start, line.seconds, seen_until=_seen_until(line.start, cuts, video.duration))
            for line in lines
        ]
        planned = place(wishes, words=heard, gaps=silences, duration=video.duration, shots=cuts).placed
        holds = pausing.mode_of(self.output(ctx)) != Mode.STANDARD
        moved = self._moved(ctx, spoken)
        points = {number: moved[line.index] for number, line in enumerate(lines) if line.index in moved}
        arranged = held_elsewhere(planned, points, gaps=silences) if points else planned
        with store().local(video.key) as path, media_work(ctx):
            fps, frames = frame_count(path)
        before = {one.cue_index: _on_a_frame(one, fps=fps, frames=frames).start for one in planned}
        arranged = [_on_a_frame(one, fps=fps, frames=frames) for one in arranged]
        kept = arranged if holds else [one for one in arranged if one.mode == "inline"]
        unheld = [one for one in arranged if one.mode == "extended" and not holds]
        pauses = on_frames(
            [Pause(one.start, one.pause_seconds) for one in kept if one.pause_seconds > 0], fps=fps, frames=frames
        )
        times = TimeMap(pauses)
        findings = check_description(kept, words=heard, duration=video.duration)
        for one in unheld:
            ctx.note(f"left out, because it needs the picture to be held: {one.text}")
        return Timetable(
            lines=[_placed_line(one, lines[one.cue_index], times, before[one.cue_index]) for one in kept],
            unheld=[_placed_line(one, lines[one.cue_index], times, before[one.cue_index]) for one in unheld],
            pauses=[(pause.at, pause.seconds) for pause in pauses],
            findings=[asdict(finding) for finding in findings],
            left_out=[one.text for one in unheld],
            duration=float(frames / fps) + times.added,
        )

    def publish(self, ctx: StepContext, result: Timetable) -> None:
        # With a film the checks are those of the film, and no line is left out.
        if not self.job(ctx).accessible_video_mp4:
            services.keep_output(self.output(ctx), checks=left_out_checks(result.left_out))


def left_out_checks(texts: list[str], *, kind: str = "audio_description_mp3") -> list[dict[str, Any]]:
    """Said to people where they look for what was checked: lines that only a held picture could carry, where none is held."""
    if not texts:
        return []
    return [
        {
            "kind": kind,
            "name": "lines left out",
            "passed": False,
            "measured": f"{len(texts)} left out, because nothing silent is long enough: {' / '.join(texts)}",
            "expected": "none left out; a film that holds the picture carries them",
            "advice": True,
        }
    ]


def _seen_until(start: float, cuts: list[float], duration: float) -> float:
    """The end of the shot in which a line was placed."""
    return next((cut for cut in cuts if cut > start + 0.001), duration)


def _on_a_frame(one: Placed, *, fps: Fraction, frames: int) -> Placed:
    """An extended line moved to the boundary between two frames where its picture will really be held."""
    if one.pause_seconds <= 0:
        return one
    (held,) = on_frames([Pause(one.start, one.pause_seconds)], fps=fps, frames=frames)
    return replace(one, start=held.at, pause_at=held.at)


def _placed_line(one: Placed, line: Line, times: TimeMap, planned: float) -> PlacedLine:
    return PlacedLine(
        index=line.index,
        text=one.text,
        mode=one.mode,
        start=one.start,
        speed=one.speed,
        seconds=one.spoken_seconds,
        pause_seconds=one.pause_seconds,
        gap_start=one.gap_start,
        gap_end=one.gap_end,
        output_start=one.output_start(times),
        sound=line.sound,
        planned=planned,
    )
