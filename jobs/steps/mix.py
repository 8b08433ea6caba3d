"""The sound of a described film: programme and voice together, and the programme alone. Only what changed is made again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from core.runs.context import StepContext
from core.storage import store
from jobs import services
from jobs.services import pausing
from jobs.steps.base import JobStep
from jobs.steps.place import Mode, PlacedLine, Timetable
from jobs.steps.speak import unspoken
from media_library import services as library
from media_library.media.ffmpeg import Input, Progress
from media_library.media.ffmpeg import run as run_ffmpeg
from media_library.media.gaps import Interval, speech_intervals
from media_library.media.kept import Kept, Part
from media_library.media.levels import Profile
from media_library.media.pauses import Pause
from media_library.media.sound import (
    LOUDNESS_UNKNOWN,
    Clip,
    description_mix,
    description_track,
    dialogue_loudness,
    programme_levels,
    retimed_programme,
)
from media_library.models import Asset
from media_library.queries.speech import spoken_words
from media_library.steps.base import Stored, exists, media_work, put
from media_library.steps.intake import Conformed

R = TypeVar("R", bound=BaseModel)
# Name, first sample and number of samples of each part of a file.
Parts = list[tuple[str, int, int]]


def told(parts: tuple[Part, ...]) -> Parts:
    return [(part.key, part.first, part.count) for part in parts]


@contextmanager
def kept_file(stored: Stored | None, parts: Parts | None) -> Iterator[Kept | None]:
    """The file of before, where there is one and it is known what it is made of."""
    if stored is None or not parts or not exists(stored):
        yield None
        return
    with store().local(stored.key) as path:
        yield Kept(path=path, parts=tuple(Part(key=key, first=first, count=count) for key, first, count in parts))


class Mixed(BaseModel):
    """`mix` is what is heard by default, `original` the programme alone, both in output time; `alone` the description as MP3.

    `standard` and its `plain` are the same of a second film that holds nothing. `parts` say what the first two are made of, and
    `levels` is how loud the programme of `video` is: from them the next mix takes what did not change.
    """

    mix: Stored | None = None
    original: Stored | None = None
    alone: Stored | None = None
    duration: float
    standard: Stored | None = None
    plain: Stored | None = None
    levels: Stored | None = None
    parts: dict[str, Parts] = {}
    video: str = ""


def earlier(ctx: StepContext, shape: type[R]) -> R | None:
    """What this step made the last time, for whatever inputs."""
    try:
        return None if ctx.step.result is None else shape.model_validate(ctx.step.result)
    except ValidationError:
        return None


@dataclass(frozen=True)
class _Film:
    """The sounds of one language's films."""

    ctx: StepContext
    programme: Path
    table: Timetable
    speech: list[Interval]
    heard: Profile

    def make(self, made: Mixed, before: Mixed | None, *, clips: list[Clip]) -> None:
        pauses = self.table.held
        made.mix, made.parts["mix"] = self._mix(
            "mix", before.mix if before else None, before, clips, pauses, (0.0, 0.4)
        )
        made.original, made.parts["original"] = self._plain(
            "original", before.original if before else None, before, pauses, (0.4, 0.7)
        )

    def make_standard(self, made: Mixed, before: Mixed | None, *, clips: list[Clip]) -> None:
        made.standard, made.parts["standard"] = self._mix(
            "standard", before.standard if before else None, before, clips, [], (0.7, 0.75)
        )
        made.plain, _ = self._plain("plain", None, None, [], (0.75, 0.8))

    def _mix(
        self,
        name: str,
        stored: Stored | None,
        before: Mixed | None,
        clips: list[Clip],
        pauses: list[Pause],
        share: tuple[float, float],
    ) -> tuple[Stored, Parts]:
        into = self.ctx.workdir / f"{name}.m4a"
        with kept_file(stored, before.parts.get(name) if before else None) as kept:
            report = description_mix(
                self.programme,
                into,
                clips=clips,
                pauses=pauses,
                duration=self.table.source_seconds,
                speech=self.speech,
                heard=self.heard,
                identity="programme",
                kept=kept,
                progress=self._told(share),
                halt=self.ctx.halt,
            )
        return put(self.ctx, into, name=into.name, content_type="audio/mp4"), told(report.parts)

    def _plain(
        self,
        name: str,
        stored: Stored | None,
        before: Mixed | None,
        pauses: list[Pause],
        share: tuple[float, float],
    ) -> tuple[Stored, Parts]:
        into = self.ctx.workdir / f"{name}.m4a"
        with kept_file(stored, before.parts.get("original") if before else None) as kept:
            parts = retimed_programme(
                self.programme,
                into,
                pauses=pauses,
                duration=self.table.source_seconds,
                identity="programme",
                kept=kept,
                progress=self._told(share),
                halt=self.ctx.halt,
            )
        return put(self.ctx, into, name=into.name, content_type="audio/mp4"), told(parts)

    def _told(self, share: tuple[float, float]) -> Progress:
        begin, end = share
        return lambda done, note: self.ctx.progress(begin + done * (end - begin), note)


class Mix(JobStep[Mixed]):
    Result = Mixed

    def __init__(self) -> None:
        self.before: Mixed | None = None

    def skip(self, ctx: StepContext) -> str:
        return unspoken(ctx)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        # Asked before the row gives up what it had.
        self.before = earlier(ctx, Mixed)
        table, job = ctx.result("place", Timetable, item=ctx.item), self.job(ctx)
        return {
            "lines": [(line.output_start, line.speed, line.sound.sha256) for line in table.lines],
            "pauses": table.pauses,
            "video": ctx.result("conform", Conformed).key,
            "outputs": [job.audio_description_mp3, job.accessible_video_mp4],
            "mode": pausing.mode_of(self.output(ctx)),
        }

    def run(self, ctx: StepContext) -> Mixed:
        table, job = ctx.result("place", Timetable, item=ctx.item), self.job(ctx)
        video = ctx.result("conform", Conformed)
        before = self.before if self.before is not None and self.before.video == video.key else None
        clips = {line.index: self._clip(ctx, line) for line in table.lines}
        speech = speech_intervals(spoken_words(self.source(ctx)))
        made = Mixed(duration=table.duration, video=video.key)
        with store().local(video.key) as path, media_work(ctx):
            heard = self._levels(ctx, path, made, before)
            if job.accessible_video_mp4:
                film = _Film(ctx, path, table, speech, heard)
                film.make(made, before, clips=list(clips.values()))
                if pausing.mode_of(self.output(ctx)) == Mode.BOTH:
                    inline = [
                        Clip(path=clips[line.index].path, start=line.start)
                        for line in table.lines
                        if line.mode == "inline"
                    ]
                    film.make_standard(made, before, clips=inline)
            if job.audio_description_mp3:
                alone = ctx.workdir / "description.mp3"
                loudness = dialogue_loudness(heard, speech)
                description_track(
                    alone,
                    clips=list(clips.values()),
                    duration=table.duration,
                    loudness=LOUDNESS_UNKNOWN if loudness is None else loudness,
                    progress=lambda share, note: ctx.progress(0.8 + share * 0.2, note),
                    halt=ctx.halt,
                )
                made.alone = put(ctx, alone, name="description.mp3", content_type="audio/mpeg")
        return made

    def _levels(self, ctx: StepContext, programme: Path, made: Mixed, before: Mixed | None) -> Profile:
        """How loud the programme is. Measured once for each video, and kept."""
        if before is not None and before.levels is not None and exists(before.levels):
            made.levels = before.levels
            with store().local(before.levels.key) as path, np.load(path) as found:
                return Profile(found["energy"], found["flatness"])
        heard = programme_levels(programme, halt=ctx.halt)
        path = ctx.workdir / "levels.npz"
        np.savez(path, energy=heard.energy, flatness=heard.flatness)
        made.levels = put(ctx, path, name="levels.npz", content_type="application/octet-stream")
        return heard

    def _clip(self, ctx: StepContext, line: PlacedLine) -> Clip:
        """The line's sound as a file, spoken faster where its gap asked for that."""
        raw = ctx.workdir / f"line-{line.index}.wav"
        with store().local(line.sound.key) as path:
            raw.write_bytes(path.read_bytes())
        return Clip(path=raw if line.speed == 1.0 else self._faster(ctx, raw, line), start=line.output_start)

    def _faster(self, ctx: StepContext, raw: Path, line: PlacedLine) -> Path:
        fitted = raw.with_name(f"line-{line.index}-fitted.wav")
        with media_work(ctx):
            run_ffmpeg(
                inputs=[Input(path=raw)],
                options=["-filter:a", f"atempo={line.speed:.2f}", "-c:a", "pcm_s16le"],
                output=fitted,
                muxer="wav",
                expected_seconds=line.seconds,
                what="Fitting the description",
                halt=ctx.halt,
            )
        return fitted

    def intact(self, result: Mixed) -> bool:
        return exists(result.mix, result.original, result.alone, result.standard, result.plain, result.levels)

    def publish(self, ctx: StepContext, result: Mixed) -> None:
        if result.alone is None:
            return
        job, output = self.job(ctx), self.output(ctx)
        asset = library.keep_made(
            self.source(ctx),
            purpose=Asset.Purpose.DESCRIPTION_AUDIO,
            kind=Asset.Kind.AUDIO,
            language=output.language,
            key=result.alone.key,
            filename=f"{services.slug(job.title)}.{output.language}.description.mp3",
            content_type="audio/mpeg",
            size=result.alone.size,
            sha256=result.alone.sha256,
            duration=result.duration,
        )
        services.keep_output(output, description_audio=asset)
