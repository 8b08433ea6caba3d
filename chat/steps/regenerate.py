"""One clip or one section made again by what people said of it. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import BaseModel

from accounts.models import User
from ai import services as ai
from chat.models import ClipProposal, Record
from chat.services import clips, records, regenerating
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.pipelines import StepFunction
from media_library.models import Asset

GONE = "What was to be made again has been taken out meanwhile."


class MadeAgain(BaseModel):
    """A clip has `asset_id` and a range, a section has `content`. `seconds` is what making it took."""

    clip_id: uuid.UUID | None = None
    record_id: uuid.UUID | None = None
    asset_id: uuid.UUID | None = None
    start: float = 0.0
    end: float = 0.0
    title: str = ""
    content: str = ""
    engine: str = ""


class MakeAgain(StepFunction[MadeAgain]):
    Result = MadeAgain

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"subject": str(ctx.subject_id), **ctx.params}

    def run(self, ctx: StepContext) -> MadeAgain:
        record = self.record(ctx) if ctx.params["thing"] == "record" else None
        # A section of nothing but footage is made again as footage.
        clip = (record.clip if not record.content.strip() else None) if record else self.clip(ctx)
        thing = clip or record
        if thing is None:
            raise StepError(GONE, code="gone")
        feedback, user = str(ctx.params.get("feedback", "")), self.actor(ctx, thing)
        use = ai.Use(
            purpose="chat.regenerate",
            user_id=user.pk,
            organization_id=thing.conversation.organization_id,
            run_id=ctx.run_id,
            key=ctx.key,
            endpoint=str(ctx.params.get("endpoint", "")),
            conversation_id=thing.conversation_id,
        )
        again = MadeAgain(record_id=record.pk if record else None)
        if clip is not None:
            other = regenerating.other_place(clip, feedback=feedback, user=user, use=use)
            found = {"asset_id": other.asset_id, "start": other.start, "end": other.end, "title": other.title}
            return again.model_copy(update={"clip_id": clip.pk, "engine": other.engine, **found})
        assert record is not None  # noqa: S101  (a thing without a clip is a section)
        content, engine = regenerating.other_words(record, feedback=feedback, user=user, use=use)
        return again.model_copy(update={"content": content, "engine": engine})

    def publish(self, ctx: StepContext, result: MadeAgain) -> None:
        if result.clip_id and result.asset_id:
            clip = ClipProposal.objects.select_related("conversation").filter(pk=result.clip_id).first()
            asset = Asset.objects.filter(pk=result.asset_id, deleted_at=None).first()
            if clip is None or asset is None:
                raise StepError(GONE, code="gone")
            clips.replace(clip, asset, result.start, result.end, actor=self.actor(ctx, clip), title=result.title)
        elif result.record_id:
            record = Record.objects.select_related("conversation").filter(pk=result.record_id).first()
            if record is None:
                raise StepError(GONE, code="gone")
            records.change(record, actor=self.actor(ctx, record), content=result.content)

    def clip(self, ctx: StepContext) -> ClipProposal | None:
        rows = ClipProposal.objects.select_related("conversation__organization", "conversation__owner", "asset")
        return rows.filter(pk=ctx.subject_id, removed_at=None).first()

    def record(self, ctx: StepContext) -> Record | None:
        rows = Record.objects.select_related(
            "conversation__organization", "conversation__owner", "clip__asset", "clip__conversation"
        )
        return rows.filter(pk=ctx.subject_id, removed_at=None).first()

    def actor(self, ctx: StepContext, thing: ClipProposal | Record) -> User:
        found = User.objects.filter(pk=ctx.run.created_by_id, is_active=True).first()
        return found or thing.conversation.owner
