"""What the steps of a film share: its plan, its footage, what of it was made before."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from chat.models import Render
from chat.services import rendering
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.pipelines import StepFunction
from media_library.media.assemble import Source
from media_library.media.burning import film_cues, film_words
from media_library.media.film_frames import Span
from media_library.media.webvtt import Cue
from media_library.models import Asset, Transcript
from media_library.queries.speech import spoken_words
from media_library.steps import filming
from media_library.steps.filming import Looked

R = TypeVar("R", bound=BaseModel)


class FilmStep(StepFunction[R]):
    """The run's subject is the render."""

    @cached_property
    def _renders(self) -> dict[uuid.UUID, Render]:
        return {}

    def render(self, ctx: StepContext) -> Render:
        if ctx.subject_id not in self._renders:
            found = Render.objects.select_related("conversation").filter(pk=ctx.subject_id).first()
            if found is None:
                raise StepError("The film was deleted.", code="no_source")
            self._renders[ctx.subject_id] = found
        return self._renders[ctx.subject_id]

    def plan(self, ctx: StepContext) -> dict[str, Any]:
        plan: dict[str, Any] = self.render(ctx).plan
        return plan

    def asset(self, ctx: StepContext, asset_id: str) -> Asset:
        found = rendering.footage_of(self.plan(ctx)).get(asset_id)
        if found is None:
            raise StepError("Footage of this film was deleted. Choose another clip for it.", code="no_source")
        return found

    def opened(self, ctx: StepContext, asset: Asset) -> AbstractContextManager[Path]:
        return filming.opened(ctx, asset)

    def source(self, asset: Asset, path: Path, span: Span) -> Source:
        return Source(footage=filming.footage_of_file(asset, path), span=span)

    def cues(self, ctx: StepContext, looked: Looked) -> list[Cue]:
        """What is said, in the film's time."""
        plan, clips = self.plan(ctx), []
        assets = rendering.footage_of(plan)
        words = {pk: spoken_words(asset) for pk, asset in assets.items()}
        spoken = dict(Transcript.objects.filter(asset__in=list(assets)).values_list("asset", "language"))
        for clip, at in zip(plan["clips"], looked.clips, strict=True):
            begin = float(at.at.shows / looked.fps)
            heard = film_words(words.get(clip["asset_id"], []), start=clip["start"], end=clip["end"], at=begin)
            clips.append((str(spoken.get(uuid.UUID(clip["asset_id"])) or "en"), heard))
        cuts = [float(clip.at.shows / looked.fps) for clip in looked.clips]
        return film_cues(clips, fps=looked.fps, cuts=cuts, duration=float(looked.frames / looked.fps))

    def earlier(self, ctx: StepContext, shape: type[R]) -> R | None:
        """What another film of this conversation has of the same inputs."""
        films = Render.objects.filter(conversation=self.render(ctx).conversation_id).values("pk")
        return filming.earlier(ctx, shape, subjects=films)
