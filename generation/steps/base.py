"""What steps of a round share: its take, who pays, and how a file comes into its owner's output folder."""

from __future__ import annotations

import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel

from ai.models import Call
from ai.services import Answer, Use
from core.errors import StorageFullError
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.models import Step
from core.runs.pipelines import StepFunction
from core.storage import removal, store
from generation.models import Round, Take
from generation.services import rounds
from media_library.media import sniff
from media_library.media.sniff import Kind
from media_library.services import quota
from media_library.steps.base import Stored, exists, keep, media_work

R = TypeVar("R", bound=BaseModel)

FOLDERS = {Take.Kind.IMAGE.value: "images", Take.Kind.CLIP.value: "videos", Take.Kind.FINAL.value: "final"}
TAKE = "take"


class MadeTake(BaseModel):
    """`small` are pictures for pages by purpose, as a file and its type."""

    file: Stored
    content_type: str
    filename: str
    duration: float | None
    technical: dict[str, Any]
    provenance: dict[str, Any]
    facts: dict[str, Any]
    small: dict[str, tuple[Stored, str]]


class TakeStep(StepFunction[R]):
    """The run's subject is the round, the item one of its takes."""

    def take(self, ctx: StepContext) -> Take:
        rows = Take.objects.select_related("session__owner", "session__organization", "round", "source__asset")
        found = rows.filter(pk=ctx.item, session__deleted_at=None).first()
        if found is None:
            raise StepError("The session was deleted.", code="no_source")
        return found

    def skip(self, ctx: StepContext) -> str:
        take = self.take(ctx)
        if take.removed_at is not None:
            return "It was taken out of the storyboard."
        # The round is tried again: what is there is not made twice, though a newer engine might make it differently.
        return "It is there already." if take.status == Take.Status.READY else ""

    def use(self, ctx: StepContext, take: Take) -> Use:
        """The same key for every attempt at this take, whichever run makes it, so that none is paid for twice."""
        return Use(
            purpose=f"generation.{take.round.kind}",
            user_id=take.session.owner_id,
            organization_id=take.session.organization_id,
            run_id=ctx.run_id,
            key=f"generation.take/{take.pk}",
            subject_id=take.session_id,
        )

    def tell(self, ctx: StepContext, take: Take) -> Any:
        """How far this one is, in the words of the document: which of how many."""
        message = progress_message(ctx.run.pk, take.round, done=False)
        return lambda fraction, _message="": ctx.progress(fraction, message)

    def facts(self, answer: Answer[Any]) -> dict[str, Any]:
        cost = Call.objects.filter(pk=answer.call_id).values_list("cost", flat=True).first() or Decimal(0)
        return {"engine": str(answer.engine), "cost_usd": str(cost), "call_id": str(answer.call_id)}

    def provenance(self, take: Take, answer: Answer[Any], source: str, **more: Any) -> dict[str, Any]:
        """What credentials are written from."""
        return {
            "kind": source,
            "engine": answer.engine.provider,
            "model": answer.engine.model,
            "prompt": take.prompt,
            "seed": take.seed,
            "cost_usd": self.facts(answer)["cost_usd"],
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "session_id": str(take.session_id),
            "take_id": str(take.pk),
        } | more

    def into_folder(self, ctx: StepContext, take: Take, path: Path, *, family: str) -> tuple[Stored, Kind]:
        """Stores the file among its owner's output, noted before so that it goes again unless this attempt's result is written."""
        with media_work(ctx):
            kind = sniff.sniff(path)
            if kind.family != family:
                raise StepError("The engine answered with another kind of file.", code="provider_invalid_response")
        with transaction.atomic():
            quota.require_room(take.session.owner, path.stat().st_size)
        if not store().room_for(path.stat().st_size):
            raise StorageFullError
        ctx.check()
        name = f"{take.pk.hex}-{ctx.lease.hex[:8]}.{sniff.ending_of(kind)}"
        key = f"users/{take.session.owner_id}/output/{FOLDERS[take.kind]}/{name}"
        removal.remove_unless_kept(key)
        stored = store().put(key, path, content_type=kind.mime)
        return Stored(key=key, size=stored.size, sha256=stored.sha256), kind

    def filename(self, take: Take, kind: Kind) -> str:
        words = "".join(letter if letter.isalnum() else " " for letter in take.prompt).split()
        stem = "-".join(words)[:60].strip("-") or take.kind
        return f"{stem}-{take.round.number}-{take.index + 1}.{sniff.ending_of(kind)}"


class MakeTake(TakeStep[MadeTake]):
    Result = MadeTake

    def intact(self, result: MadeTake) -> bool:
        return exists(result.file)

    def publish(self, ctx: StepContext, result: MadeTake) -> None:
        take = rounds.take_ready(
            self.take(ctx),
            key=result.file.key,
            filename=result.filename,
            content_type=result.content_type,
            size=result.file.size,
            sha256=result.file.sha256,
            duration=result.duration,
            technical=result.technical,
            provenance=result.provenance,
            facts=result.facts,
        )
        assert take.asset is not None  # noqa: S101  (it is ready)
        for purpose, (stored, content_type) in result.small.items():
            keep(take.asset, purpose, stored.key.rpartition("/")[2], content_type, stored)


def progress_message(run_id: uuid.UUID, made: Round, *, done: bool) -> str:
    """“Generating image 2 of 4”: of those that are through the last one, or the next that is at work."""
    steps = Step.objects.filter(run=run_id, name=TAKE)
    through = sum(step.is_finished for step in steps.only("status"))
    noun = "image" if made.kind == Round.Kind.IMAGES else "clip"
    count = len(steps)
    number = through if done else through + 1
    return f"Generating {noun} {min(max(number, 1), count)} of {count}"


class Finished(BaseModel):
    made: int
    failed: int


class Finish(StepFunction[Finished]):
    """The round is done with what came. When nothing came, this says why."""

    Result = Finished

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"takes": sorted(map(str, Take.objects.filter(round=ctx.subject_id).values_list("pk", "status")))}

    def run(self, ctx: StepContext) -> Finished:
        takes = Take.objects.filter(round=ctx.subject_id)
        made = takes.filter(status=Take.Status.READY).count()
        failed = takes.filter(status=Take.Status.FAILED)
        if not made:
            steps = Step.objects.filter(run=ctx.run_id, name=TAKE, status=Step.Status.SKIPPED).exclude(error="")
            first = steps.order_by("position", "item").first()
            if first is not None:
                raise StepError(first.error, code=first.error_code)
        return Finished(made=made, failed=failed.count())

    def publish(self, ctx: StepContext, result: Finished) -> None:  # noqa: ARG002  (the base's signature)
        rounds.finish(ctx.subject_id)
