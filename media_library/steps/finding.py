"""Making an asset findable: its passages with their meaning, and the chapters that these tell apart."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.runs.context import StepContext
from core.storage import store
from media_library.media.chapters import chapters
from media_library.models import Segment, Transcript
from media_library.services import indexing
from media_library.steps.base import AssetStep
from media_library.steps.listen import Transcribed
from media_library.steps.pictures import Shots
from media_library.steps.reading import Read


class Indexed(BaseModel):
    passages: int


class Index(AssetStep[Indexed]):
    """Words are found as soon as this begins; meaning as soon as an engine has worked it out."""

    Result = Indexed

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        # What says the same keeps its meaning, so doing it again costs next to nothing; and people may have changed anything.
        return {"attempt": ctx.attempt}

    def run(self, ctx: StepContext) -> Indexed:
        source = self.source(ctx)
        ctx.progress(0.0, "Making it findable")
        read = ctx.result_or_none("read", Read)
        if read is not None and read.text is not None:
            with store().local(read.text.key) as path:
                lines = path.read_text().splitlines()
            indexing.index_document(source, lines, embed=True)
        indexing.index_asset(source, embed=True, progress=ctx.progress)
        return Indexed(passages=source.passages.count())


class Chaptered(BaseModel):
    chapters: list[dict[str, Any]]


class Chapters(AssetStep[Chaptered]):
    """Where the subject changes. Short files, and those without speech, have none; chapters that are there stay."""

    Result = Chaptered

    def skip(self, ctx: StepContext) -> str:
        heard = ctx.result_or_none("transcribe", Transcribed)
        if heard is None or not heard.words:
            return "Nothing is said."
        return "There are chapters already." if self.source(ctx).chapters else ""

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        shots = ctx.result_or_none("shots", Shots)
        return {
            "words": ctx.result("transcribe", Transcribed).digest,
            "shots": shots.times if shots else [],
        }

    def run(self, ctx: StepContext) -> Chaptered:
        source = self.source(ctx)
        ctx.progress(0.0, "Finding chapters")
        transcript = Transcript.objects.get(asset=source)
        spoken = list(
            Segment.objects.filter(transcript=transcript)
            .order_by("position")
            .values_list("start", "end", "text", "passage__embedding", named=False)
        )
        vectors = [np.asarray(vector, np.float32) for *_, vector in spoken if vector is not None]
        shots = ctx.result_or_none("shots", Shots)
        found = chapters(
            duration=source.duration or 0.0,
            shots=shots.times if shots else [],
            segments=[(start, end, text) for start, end, text, _ in spoken],
            # Without an engine the words themselves are compared.
            embeddings=np.stack(vectors) if vectors and len(vectors) == len(spoken) else None,
            language=transcript.language,
        )
        return Chaptered(chapters=[asdict(chapter) for chapter in found])

    def publish(self, ctx: StepContext, result: Chaptered) -> None:
        source = self.source(ctx)
        source.chapters = result.chapters
        source.save(update_fields=["chapters", "updated_at"])
