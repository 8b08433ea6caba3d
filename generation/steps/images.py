"""One picture of a round, and before all of them what the library has that fits."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from pydantic import BaseModel

from ai import routing
from ai import services as ai
from ai.capabilities.generate_image import ImageRequest
from core.runs.context import StepContext
from core.runs.pipelines import StepFunction
from core.storage import store
from core.storage.base import FileMissingError
from generation.models import Round, Take
from generation.services import finding
from generation.steps.base import MadeTake, MakeTake
from media_library.media import images
from media_library.models import Asset
from media_library.steps.base import media_work, put

WEBP = "image/webp"
P = Asset.Purpose


class Looked(BaseModel):
    """Candidates of the library by take, as they were found when the round began."""

    candidates: dict[str, dict[str, Any]]


class Look(StepFunction[Looked]):
    """Each picture gets another candidate; those of earlier rounds with the same words are not taken twice."""

    Result = Looked

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"round": str(ctx.subject_id)}

    def skip(self, ctx: StepContext) -> str:
        """A provider's model looks at nothing of the library, and its work is to keep the same name for every attempt."""
        made = Round.objects.get(pk=ctx.subject_id)
        routes = routing.routes("generate_image", model=str(made.plan.get("model", "")))
        return "The pictures come from a model." if routes and routes[0].hosted else ""

    def run(self, ctx: StepContext) -> Looked:
        made = Round.objects.select_related("session__owner", "session__organization").get(pk=ctx.subject_id)
        session = made.session
        takes = list(made.takes.order_by("index"))
        earlier = session.takes.filter(kind=Take.Kind.IMAGE, prompt=made.prompt, round__created_at__lt=made.created_at)
        used = earlier.count()
        found = finding.pictures_for(
            session.owner, made.prompt, count=used + len(takes), organization=session.organization
        )[used:]
        return Looked(candidates={str(take.pk): one.kept() for take, one in zip(takes, found, strict=False)})


class MakePicture(MakeTake):
    def _plan(self, take: Take) -> dict[str, Any]:
        plan: dict[str, Any] = take.round.plan
        return plan

    def candidates(self, ctx: StepContext) -> list[finding.Candidate]:
        looked = ctx.result_or_none("look", Looked)
        kept = looked.candidates.get(ctx.item) if looked else None
        return [finding.Candidate.of(kept)] if kept else []

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        take = self.take(ctx)
        plan = self._plan(take)
        return {
            "take": str(take.pk),
            "prompt": take.prompt,
            "seed": take.seed,
            "aspect_ratio": plan["aspect_ratio"],
            "model": plan.get("model", ""),
            "references": plan.get("references", []),
            "found": [one.kept() for one in self.candidates(ctx)],
        }

    def run(self, ctx: StepContext) -> MadeTake:
        take = self.take(ctx)
        plan, tell = self._plan(take), self.tell(ctx, take)
        tell(0.0)
        into = ctx.workdir / "picture"
        with ExitStack() as stack:
            found = stack.enter_context(finding.opened(take.session.owner, self.candidates(ctx)))
            reference = self.reference(take, plan)
            try:
                path = stack.enter_context(store().local(reference.key)) if reference else None
            except FileMissingError:
                path = None
            request = ImageRequest(
                prompt=take.prompt, aspect_ratio=plan["aspect_ratio"], seed=take.seed, found=found, reference=path
            )
            answer = ai.generate_image(
                request, into, use=self.use(ctx, take), model=plan.get("model", ""), progress=tell
            )
        picture = answer.value
        preview, small = ctx.workdir / "preview.webp", ctx.workdir / "thumbnail.webp"
        with media_work(ctx):
            seen = images.render(picture.path, preview=preview, thumbnail=small)
        stored, kind = self.into_folder(ctx, take, picture.path, family="image")
        ingredients = [picture.made_from] if picture.made_from else []
        return MadeTake(
            file=stored,
            content_type=kind.mime,
            filename=self.filename(take, kind),
            duration=None,
            technical={"width": seen.width, "height": seen.height},
            provenance=self.provenance(take, answer, picture.source, ingredients=ingredients),
            facts=self.facts(answer) | {"digital_source_type": picture.source, "made_from": picture.made_from},
            small={
                P.PREVIEW: (put(ctx, preview, name=preview.name, content_type=WEBP), WEBP),
                P.POSTER: (put(ctx, small, name=small.name, content_type=WEBP), WEBP),
            },
        )

    def reference(self, take: Take, plan: dict[str, Any]) -> Asset | None:
        """The picture to follow, if its asker still sees it."""
        wanted = plan.get("references") or []
        seen = Asset.objects.visible_to(take.session.owner).filter(kind=Asset.Kind.IMAGE)
        return seen.filter(pk=wanted[0]).first() if wanted else None
