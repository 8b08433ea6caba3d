"""Taking the video in: the library's steps, for the video of a job, and with what a job cannot do without."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from core.runs.context import StepContext
from core.storage import store
from jobs.steps.base import JobStep
from media_library import services as library
from media_library.steps import intake, pictures, sound
from media_library.steps.base import Stored, exists, media_work
from media_library.steps.intake import Checked, Conformed, Probed


class Ingest(JobStep[Checked], intake.Check):
    only = "video"


class Look(JobStep[Probed], intake.Look):
    needs_picture = needs_sound = True


class Conform(JobStep[Conformed], intake.Conform):
    pass


class Surveyed(BaseModel):
    """`shots` are the times of shot changes, in seconds."""

    shots: list[float]
    poster: Stored
    waveform: Stored


class Survey(JobStep[Surveyed]):
    """Shot changes, the poster and the waveform: what the editor and the description need of picture and sound."""

    Result = Surveyed

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256}

    def run(self, ctx: StepContext) -> Surveyed:
        source = self.source(ctx)
        with store().local(ctx.result("conform", Conformed).key) as path, media_work(ctx):
            poster = pictures.poster_of(ctx, source, path)
            ctx.progress(0.05, "Measuring the sound")
            waveform = sound.waveform_of(ctx, source, path)
            ctx.progress(0.2, "Finding shot changes")
            shots = pictures.shots_of(
                ctx, source, path, progress=lambda done, note: ctx.progress(0.2 + 0.8 * done, note)
            )
        return Surveyed(shots=shots, poster=poster, waveform=waveform)

    def intact(self, result: Surveyed) -> bool:
        return exists(result.poster, result.waveform)

    def publish(self, ctx: StepContext, result: Surveyed) -> None:
        source = self.source(ctx)
        pictures.keep_poster(source, result.poster)
        sound.keep_waveform(source, result.waveform)
        library.note_technical(source, shots=result.shots)
