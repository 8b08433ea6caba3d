"""What the steps of a job share: finding the job, its video and its outputs, and who pays."""

from __future__ import annotations

import uuid
from typing import TypeVar

from pydantic import BaseModel

from ai.services import Use
from core.runs.context import StepContext
from core.runs.errors import StepError
from jobs.models import Job, LanguageOutput
from media_library.models import Asset, TrackVersion
from media_library.steps.base import AssetStep

R = TypeVar("R", bound=BaseModel)


class JobStep(AssetStep[R]):
    """A step of the accessible-video job. `ctx.item`, where there is one, is the language."""

    def job(self, ctx: StepContext) -> Job:
        return Job.objects.select_related("source", "organization").get(pk=ctx.subject_id)

    def source(self, ctx: StepContext) -> Asset:
        source = self.job(ctx).source
        if source is None:
            raise StepError("The job has no video. Upload it again.", code="no_source")
        return source

    def output(self, ctx: StepContext) -> LanguageOutput:
        """The output of the step's language, or of the source language for steps that have none."""
        outputs = LanguageOutput.objects.select_related("job__source", "captions", "description")
        if ctx.item:
            return outputs.get(job=ctx.subject_id, language=ctx.item)
        return outputs.get(job=ctx.subject_id, is_source=True)

    def use(self, ctx: StepContext, purpose: str, *, part: str = "") -> Use:
        """Who pays. `part` tells the uses within one step apart, so that each is paid for once."""
        job = self.job(ctx)
        return Use(
            purpose=f"jobs.{purpose}",
            user_id=job.created_by_id,
            organization_id=job.organization_id,
            run_id=ctx.run_id,
            key=f"{ctx.key}/{part}",
        )


def newest(track_id: uuid.UUID | None) -> TrackVersion | None:
    return TrackVersion.objects.filter(track_id=track_id).order_by("-number").first() if track_id else None
