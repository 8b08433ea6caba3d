"""Listening again because a person asked: in another language, or for who speaks. What was there before can be had back."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from accounts.models import User
from ai import services as ai
from ai.capabilities.speech_to_text import Transcription
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from media_library.models import Transcript
from media_library.queries.links import playable
from media_library.services import identifying, transcripts
from media_library.steps.base import AssetStep, media_work
from media_library.steps.listen import segments_of


class HeardAgain(BaseModel):
    language: str
    engine: str
    segments: int


class ListenAgain(AssetStep[HeardAgain]):
    Result = HeardAgain
    heard: Transcription | None = None

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        # Whoever asks again wants it done again.
        return {"run": str(ctx.run_id)}

    def run(self, ctx: StepContext) -> HeardAgain:
        source, language = self.source(ctx), ctx.params.get("language") or None
        ctx.progress(0.0, "Listening to what is said")
        with store().local(playable(source).key) as path, media_work(ctx):
            answer = ai.transcribe(path, language=language, use=self.use(ctx, "transcribe"), progress=ctx.progress)
        self.heard = answer.value
        if not answer.value.segments:
            raise StepError("Nothing is said in this file.", code="silent")
        return HeardAgain(
            language=language or answer.value.language, engine=str(answer.engine), segments=len(answer.value.segments)
        )

    def publish(self, ctx: StepContext, result: HeardAgain) -> None:
        if self.heard is None:
            return
        transcripts.write_transcript(
            self.source(ctx),
            language=result.language,
            confidence=self.heard.language_confidence,
            engine=result.engine,
            segments=segments_of(self.heard),
            actor=asked_by(ctx),
        )


class ToldApart(BaseModel):
    speakers: int


class TellApart(AssetStep[ToldApart]):
    Result = ToldApart

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"run": str(ctx.run_id)}

    def run(self, ctx: StepContext) -> ToldApart:
        transcript = Transcript.objects.select_related("asset").filter(asset=ctx.subject_id).first()
        if transcript is None:
            raise StepError("The transcript was deleted.", code="no_transcript")
        ctx.progress(0.0, "Telling the speakers apart")
        with media_work(ctx):
            found = identifying.identify(
                transcript,
                by=asked_by(ctx),
                speakers_wanted=ctx.params.get("speakers"),
                use=self.use(ctx, "identify_speakers"),
                progress=ctx.progress,
            )
        return ToldApart(speakers=len(found))


def asked_by(ctx: StepContext) -> User | None:
    user: User | None = User.objects.filter(pk=ctx.run.created_by_id).first()
    return user
