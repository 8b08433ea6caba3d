"""What the steps of a dub share: the dub, its video, and who pays."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from ai.services import Use
from core.runs.context import StepContext
from core.runs.errors import StepError
from dubbing.models import Dub
from dubbing.services import dubs
from media_library.models import Asset
from media_library.steps.base import AssetStep

R = TypeVar("R", bound=BaseModel)


class DubStep(AssetStep[R]):
    """The run's subject is the dub. `ctx.item`, where there is one, is a line."""

    def dub(self, ctx: StepContext) -> Dub:
        dub = dubs.find(ctx.subject_id)
        if dub.deleted_at is not None:
            raise StepError("This dub was deleted.", code="no_dub")
        return dub

    def source(self, ctx: StepContext) -> Asset:
        video = self.dub(ctx).video
        if video.deleted_at is not None:
            raise StepError("The video was deleted.", code="no_source")
        return video

    def use(self, ctx: StepContext, purpose: str, *, part: str = "") -> Use:
        """Who pays. The key is the dub's, not the run's: what was done before a cancelled run ended is not paid for again."""
        dub = self.dub(ctx)
        return Use(
            purpose=f"dubbing.{purpose}",
            user_id=dub.owner_id,
            organization_id=dub.organization_id,
            run_id=ctx.run_id,
            key=f"dub/{dub.pk}/{purpose}/{part}",
            subject_id=dub.pk,
        )
