"""What is to be seen: a few pictures of a film, or the picture itself, described by an engine and measured by us."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image
from pydantic import BaseModel

from ai import measuring
from ai import services as ai
from ai.capabilities.describe_image import Seen
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from media_library.media.style import style_of, suitability
from media_library.media.thumbnails import frames_at
from media_library.models import Asset
from media_library.services.analysis import keep_analysis
from media_library.steps.base import AssetStep, media_work
from media_library.steps.intake import Conformed
from media_library.steps.pictures import Shots

P = Asset.Purpose
LANGUAGE = "en"
# Beside the poster. Each is a use of an engine, and three pictures tell most films apart.
MOST_SHOTS = 2
LOOK_WIDTH = 768
MOST_TAGS = 12


class Described(BaseModel):
    engine: str
    call_id: UUID | None
    analysis: dict[str, Any]


class Describe(AssetStep[Described]):
    Result = Described

    def skip(self, ctx: StepContext) -> str:
        return "" if self.shown(ctx) else "There is no picture."

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        shots = ctx.result_or_none("shots", Shots)
        return {"sha256": self.source(ctx).sha256, "shots": shots.times if shots else []}

    def shown(self, ctx: StepContext) -> Asset | None:
        """What pages show of it: the poster of a film, the preview of a picture."""
        purpose = P.PREVIEW if self.source(ctx).kind == Asset.Kind.IMAGE else P.POSTER
        return self.source(ctx).made.filter(purpose=purpose, language="", deleted_at=None).first()

    def run(self, ctx: StepContext) -> Described:
        looks = list(self.looks(ctx))
        seen: list[ai.Answer[Seen]] = []
        for number, look in enumerate(looks):
            ctx.progress(number / len(looks), f"Looking at picture {number + 1} of {len(looks)}")
            seen.append(ai.describe([look], language=LANGUAGE, use=self.use(ctx, "describe", part=str(number))))
        first, whole = seen[0], measuring.measures_of(looks[0])
        things = list(dict.fromkeys(tag for answer in seen for tag in answer.value.tags))[:MOST_TAGS]
        faces = max(answer.value.faces for answer in seen)
        style = style_of(whole)
        known = self.source(ctx).technical
        analysis = {
            "description": first.value.description.strip(),
            "language": LANGUAGE,
            "tags": things,
            "objects": [*(["face"] if faces else []), *things],
            "onscreen_text": list(dict.fromkeys(line for answer in seen for line in answer.value.onscreen_text)),
            "faces": faces,
            "style": {"mood": style.mood, "lighting": style.lighting, "colorTone": style.tone},
            "suitability": suitability(
                whole, width=int(known.get("width") or 0), height=int(known.get("height") or 0), faces=faces
            ),
            "engine": str(first.engine),
            "measured": first.value.measured,
        }
        return Described(engine=str(first.engine), call_id=first.call_id, analysis=analysis)

    def looks(self, ctx: StepContext) -> list[Path]:
        """The poster first, then the middles of the longest shots, as files that any engine reads."""
        shown = self.shown(ctx)
        if shown is None:
            raise StepError("The picture of this file is gone. Prepare it again.", code="no_picture")
        with store().local(shown.key) as path, Image.open(path) as picture:
            pictures = [picture.convert("RGB")]
        found, video = ctx.result_or_none("shots", Shots), ctx.result_or_none("conform", Conformed)
        if found is not None and video is not None:
            with store().local(video.key) as path, media_work(ctx):
                middles = middles_of(found.times, duration=video.duration)
                pictures += frames_at(path, middles, width=LOOK_WIDTH, halt=ctx.halt)
        files = []
        for number, one in enumerate(pictures):
            files.append(ctx.workdir / f"look-{number}.jpg")
            one.save(files[-1], quality=90)
        return files

    def publish(self, ctx: StepContext, result: Described) -> None:
        keep_analysis(self.source(ctx), result.analysis, call_id=result.call_id)


def middles_of(cuts: list[float], *, duration: float) -> list[float]:
    """Of the longest shots, in order of time."""
    shots = sorted(pairwise([0.0, *cuts, duration]), key=lambda shot: shot[0] - shot[1])[:MOST_SHOTS]
    return sorted((start + end) / 2 for start, end in shots)
