"""From a recorded sample to a voice that speaks: is it one person's voice, and what comes nearest to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from ai import services as ai
from ai.capabilities.match_voice import MatchedVoice
from ai.services import Use
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.pipelines import StepFunction
from core.storage import store
from core.storage.base import FileMissingError
from media_library.media.voice_sample import voice_sample
from media_library.models import Segment, VoiceProfile
from media_library.services import voices
from media_library.steps.base import Stored, exists, media_work, put

R = TypeVar("R", bound=BaseModel)
GONE = "The sample was deleted. Choose another recording."


class VoiceStep(StepFunction[R]):
    """The run's subject is the voice profile. Nothing is done, and nothing paid, without a consent in force."""

    def profile(self, ctx: StepContext) -> VoiceProfile:
        profile = VoiceProfile.objects.select_related("sample", "owner").filter(pk=ctx.subject_id).first()
        if profile is None or profile.sample is None or profile.sample.deleted_at is not None:
            raise StepError(GONE, code="no_sample")
        voices.require_consent(profile)
        return profile

    def spans(self, profile: VoiceProfile) -> list[tuple[float, float]]:
        """Where the chosen speaker is heard; nothing where the sample is one voice's altogether."""
        speaker = profile.characteristics.get("speaker")
        if not speaker:
            return []
        said = Segment.objects.filter(speaker=uuid.UUID(speaker), transcript__asset=profile.sample)
        found = [(row.start, row.end) for row in said.only("start", "end").order_by("start", "pk")]
        if not found:
            raise StepError("The speaker is no more in the transcript. Choose the sample again.", code="no_speaker")
        return found

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        profile = self.profile(ctx)
        assert profile.sample is not None  # noqa: S101  (`profile` has looked)
        return {
            "sample": profile.sample.sha256,
            "spans": self.spans(profile),
            "language": profile.language,
            "gender": profile.gender,
            # Whoever asks again wants it fitted again.
            "run": str(ctx.run_id),
        }

    @contextmanager
    def heard(self, ctx: StepContext, profile: VoiceProfile) -> Iterator[Path]:
        """The voice alone, as a WAV file."""
        into = ctx.workdir / "sample.wav"
        assert profile.sample is not None  # noqa: S101  (`profile` has looked)
        try:
            with store().local(profile.sample.key) as path, media_work(ctx):
                voice_sample(path, into, spans=self.spans(profile), halt=ctx.halt)
        except FileMissingError as error:
            raise StepError(GONE, code="no_sample") from error
        yield into


class SampleChecked(BaseModel):
    seconds: float
    speech_seconds: float
    speakers: int
    pitch: float
    spread: float
    loudness: float


class CheckSample(VoiceStep[SampleChecked]):
    Result = SampleChecked

    def run(self, ctx: StepContext) -> SampleChecked:
        profile = self.profile(ctx)
        ctx.progress(0.0, "Listening to the sample")
        with self.heard(ctx, profile) as sample:
            checked = ai.check_sample(sample)
        if not checked.ok:
            raise StepError(checked.problem, code="sample")
        figures = asdict(checked)
        return SampleChecked(**{name: figures[name] for name in SampleChecked.model_fields})


class VoiceFound(BaseModel):
    engine: str
    style: Stored | None
    hosted_voice: str
    similarity: float
    found: dict[str, Any]


class FitVoice(VoiceStep[VoiceFound]):
    Result = VoiceFound

    def intact(self, result: VoiceFound) -> bool:
        return exists(result.style)

    def run(self, ctx: StepContext) -> VoiceFound:
        profile, checked = self.profile(ctx), ctx.result("check", SampleChecked)
        into = ctx.workdir / "style.npz"
        ctx.progress(0.0, "Fitting the voice")
        use = Use(
            purpose="media_library.match_voice",
            user_id=profile.owner_id,
            run_id=ctx.run_id,
            key=ctx.key,
            subject_id=profile.pk,
        )
        with self.heard(ctx, profile) as sample:
            answer = ai.match_voice(
                sample,
                into,
                language=profile.language,
                gender=profile.gender,
                name=profile.name,
                use=use,
                progress=ctx.progress,
            )
        matched = answer.value
        style = None
        if matched.style is not None:
            style = put(ctx, matched.style, name="style.npz", content_type="application/octet-stream")
        measured = {
            "pitch": matched.pitch,
            "spread": matched.spread,
            "best_default": matched.best_default,
            "speech_seconds": checked.speech_seconds,
        }
        return VoiceFound(
            engine=str(answer.engine),
            style=style,
            hosted_voice=matched.voice_id,
            similarity=matched.similarity,
            found={**matched.characteristics, **measured},
        )

    def publish(self, ctx: StepContext, result: VoiceFound) -> None:
        voices.matched(
            ctx.subject_id,
            engine=result.engine,
            model_key=result.style.key if result.style else "",
            hosted_voice=result.hosted_voice,
            similarity=result.similarity,
            found=result.found,
        )


class Forgotten(BaseModel):
    hosted_voice: str


class ForgetHosted(StepFunction[Forgotten]):
    """Deletes what a provider keeps of a voice whose consent is gone. Tried until the provider answers."""

    Result = Forgotten

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return dict(ctx.params)

    def run(self, ctx: StepContext) -> Forgotten:
        hosted = ctx.params["hosted_voice"]
        ai.forget_voice(MatchedVoice(engine=ctx.params["engine"], hosted_voice=hosted))
        return Forgotten(hosted_voice=hosted)
