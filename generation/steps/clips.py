"""One clip of a round: an approved picture set in motion."""

from __future__ import annotations

from typing import Any

from ai import services as ai
from ai.capabilities.generate_video import VideoRequest
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError
from generation.models import Take
from generation.steps.base import MadeTake, MakeTake
from media_library.media import thumbnails
from media_library.models import Asset
from media_library.steps.base import media_work, put

JPEG = "image/jpeg"
GONE = "The picture of this clip was deleted. Make a clip of another picture."


class MakeClip(MakeTake):
    def picture(self, take: Take) -> Asset:
        asset = take.source.asset if take.source is not None else None
        if asset is None or asset.deleted_at is not None:
            raise StepError(GONE, code="no_source")
        return asset

    def aspect_ratio(self, take: Take) -> str:
        """That of the picture, where it was planned."""
        planned = take.source.round.plan.get("aspect_ratio") if take.source is not None else ""
        return str(planned or take.session.aspect_ratio)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        take = self.take(ctx)
        return {
            "take": str(take.pk),
            "picture": self.picture(take).sha256,
            "prompt": take.prompt,
            "seed": take.seed,
            "seconds": take.round.plan["seconds"],
            "model": take.round.plan.get("model", ""),
        }

    def run(self, ctx: StepContext) -> MadeTake:
        take = self.take(ctx)
        source, plan, tell = self.picture(take), take.round.plan, self.tell(ctx, take)
        tell(0.0)
        into, poster = ctx.workdir / "clip.mp4", ctx.workdir / "poster.jpg"
        try:
            with store().local(source.key) as path:
                request = VideoRequest(
                    prompt=take.prompt,
                    image=path,
                    seconds=float(plan["seconds"]),
                    aspect_ratio=self.aspect_ratio(take),
                    seed=take.seed,
                )
                answer = ai.generate_video(
                    request, into, use=self.use(ctx, take), model=plan.get("model", ""), progress=tell
                )
        except FileMissingError as error:
            raise StepError(GONE, code="no_source") from error
        clip = answer.value
        with media_work(ctx):
            thumbnails.poster(clip.path, poster, halt=ctx.halt)
        stored, kind = self.into_folder(ctx, take, clip.path, family="video")
        return MadeTake(
            file=stored,
            content_type=kind.mime,
            filename=self.filename(take, kind),
            duration=clip.seconds,
            technical={"width": clip.width, "height": clip.height, "fps": clip.fps},
            provenance=self.provenance(take, answer, clip.source, ingredients=[str(source.pk)]),
            facts=self.facts(answer) | {"digital_source_type": clip.source},
            small={Asset.Purpose.POSTER: (put(ctx, poster, name=poster.name, content_type=JPEG), JPEG)},
        )
