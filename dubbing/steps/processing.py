"""The work of voice jobs: sound out of a recording, words out of sound, speech in a matched voice, a film with another sound."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from ai import services as ai
from ai.capabilities.speech_to_text import Transcription
from ai.services import Use
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.models import Run
from core.runs.pipelines import StepFunction, Waiting
from core.storage import store
from core.storage.base import FileMissingError
from dubbing.models import ProcessingJob
from dubbing.services import processing
from media_library.media import disclosure
from media_library.media.sound_file import FORMS as SOUND_FORMS
from media_library.media.sound_file import extract_sound
from media_library.media.voiced_film import FORMS as FILM_FORMS
from media_library.media.voiced_film import voiced_film
from media_library.models import Asset, VoiceProfile
from media_library.services import transcripts, voice_speaking, voices
from media_library.steps.base import Stored, exists, media_work, put
from media_library.steps.listen import SILENT, segments_of

R = TypeVar("R", bound=BaseModel)
DELETED = "The file that this job needs was deleted."
LOST = "The file is gone from the store. Upload it again."
NO_VOICE = "The voice was deleted."
MATCHING = "The voice is being matched to its sample."
LOOK_AGAIN_SECONDS = 2.0


class JobFileStep(StepFunction[R]):
    """The run's subject is the processing job."""

    def job(self, ctx: StepContext) -> ProcessingJob:
        job = ProcessingJob.objects.select_related("owner", "input", "project").filter(pk=ctx.subject_id).first()
        if job is None:
            raise StepError("The job was deleted.", code="no_job")
        return job

    def source(self, ctx: StepContext) -> Asset:
        return self.live(self.job(ctx).input)

    def live(self, asset: Asset | None) -> Asset:
        if asset is None or asset.deleted_at is not None:
            raise StepError(DELETED, code="no_source")
        return asset

    @contextmanager
    def opened(self, asset: Asset) -> Iterator[Path]:
        try:
            with store().local(asset.key) as path:
                yield path
        except FileMissingError as error:
            raise StepError(LOST, code="no_source") from error

    def use(self, ctx: StepContext, purpose: str) -> Use:
        job = self.job(ctx)
        return Use(
            purpose=f"dubbing.{purpose}", user_id=job.owner_id, run_id=ctx.run_id, key=ctx.key, subject_id=job.pk
        )

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256, **self.job(ctx).parameters}


class SoundTaken(BaseModel):
    asset_id: uuid.UUID
    file: Stored
    duration: float
    rate: int
    channels: int


class ExtractSound(JobFileStep[SoundTaken]):
    Result = SoundTaken

    def intact(self, result: SoundTaken) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> SoundTaken:
        source, said = self.source(ctx), self.job(ctx).parameters
        form = said["audio_format"]
        into = ctx.workdir / f"sound.{form}"
        with self.opened(source) as path, media_work(ctx):
            made = extract_sound(path, into, form=form, rate=said["sample_rate"], progress=ctx.progress, halt=ctx.halt)
        file = put(ctx, into, name=into.name, content_type=SOUND_FORMS[form].content_type)
        return SoundTaken(asset_id=uuid.uuid4(), file=file, **vars(made))

    def publish(self, ctx: StepContext, result: SoundTaken) -> None:
        source, said = self.source(ctx), self.job(ctx).parameters
        form, wanted = said["audio_format"], said["sample_rate"]
        note = "" if result.rate == wanted else f"{form.upper()} knows no {wanted} Hz: it is {result.rate} Hz."
        processing.made_file(
            ctx.subject_id,
            asset_id=result.asset_id,
            kind=Asset.Kind.AUDIO,
            file=result.file.model_dump(),
            filename=f"{stem(source)}.{form}",
            content_type=SOUND_FORMS[form].content_type,
            duration=result.duration,
            technical={"sample_rate": result.rate, "channels": result.channels},
            language=source.language,
            made_from=source,
            provenance=source.provenance or None,
            result={"sample_rate": result.rate, "channels": result.channels, "note": note or None},
        )


class WordsHeard(BaseModel):
    language: str
    engine: str
    segments: list[dict[str, Any]]
    confidence: float | None


class HearWords(JobFileStep[WordsHeard]):
    Result = WordsHeard

    def run(self, ctx: StepContext) -> WordsHeard:
        source, said = self.source(ctx), self.job(ctx).parameters
        language = said["source_language"]
        sound = ctx.workdir / "heard.wav"
        ctx.progress(0.0, "Listening to what is said")
        with self.opened(source) as path, media_work(ctx):
            extract_sound(path, sound, form="wav", rate=16_000, halt=ctx.halt)
            answer = ai.transcribe(
                sound, language=language, use=self.use(ctx, "transcribe"), progress=ctx.progress, model=said["model"]
            )
        heard: Transcription = answer.value
        if not heard.words:
            raise StepError(SILENT, code="silent")
        sure = [word.confidence for word in heard.words if word.confidence is not None]
        return WordsHeard(
            language=language or heard.language,
            engine=str(answer.engine),
            segments=segments_of(heard),
            confidence=round(sum(sure) / len(sure), 2) if sure else None,
        )

    def publish(self, ctx: StepContext, result: WordsHeard) -> None:
        job = self.job(ctx)
        transcript = transcripts.write_transcript(
            self.source(ctx),
            language=result.language,
            confidence=result.confidence,
            engine=result.engine,
            segments=result.segments,
            actor=job.owner,
        )
        processing.heard(
            ctx.subject_id,
            transcript,
            content=" ".join(segment["text"].strip() for segment in result.segments),
            confidence=result.confidence,
            words=[word for segment in result.segments for word in segment["words"]],
            engine=result.engine,
        )


class Said(BaseModel):
    asset_id: uuid.UUID
    file: Stored
    duration: float
    engine: str


class SayAs(JobFileStep[Said]):
    """Waits for a match that is under way, so that a profile can be used as soon as it is made."""

    Result = Said

    def voice(self, ctx: StepContext) -> VoiceProfile:
        profile = VoiceProfile.objects.filter(pk=self.job(ctx).parameters["voice_profile_id"]).first()
        if profile is None:
            raise StepError(NO_VOICE, code="no_voice")
        return profile

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        profile = self.voice(ctx)
        return {**self.job(ctx).parameters, "voice": [profile.model_key, profile.hosted_voice]}

    def intact(self, result: Said) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Said | Waiting:
        profile, said = self.voice(ctx), self.job(ctx).parameters
        voices.require_consent(profile)
        at_work = Run.objects.filter(kind=voices.KIND, subject_id=profile.pk, status__in=Run.ACTIVE).exists()
        if profile.status == VoiceProfile.Status.PENDING and at_work:
            return Waiting(LOOK_AGAIN_SECONDS, MATCHING)
        into = ctx.workdir / "speech.wav"
        ctx.progress(0.0, "Speaking")
        answer = voice_speaking.speak_as(
            profile,
            said["text_content"],
            into,
            language=said["target_language"],
            use=self.use(ctx, "clone_voice"),
            progress=ctx.progress,
        )
        file = put(ctx, into, name="speech.wav", content_type="audio/wav")
        return Said(asset_id=uuid.uuid4(), file=file, duration=answer.value.seconds, engine=str(answer.engine))

    def publish(self, ctx: StepContext, result: Said) -> None:
        profile, said = self.voice(ctx), self.job(ctx).parameters
        language = said["target_language"]
        asset = processing.made_file(
            ctx.subject_id,
            asset_id=result.asset_id,
            kind=Asset.Kind.AUDIO,
            file=result.file.model_dump(),
            filename=f"{profile.name} ({language}).wav",
            content_type="audio/wav",
            duration=result.duration,
            technical={},
            language=language,
            provenance=speech_by(result.engine, [str(profile.sample_id)] if profile.sample_id else []),
            result={
                "engine": result.engine,
                "content": said["text_content"],
                "similarity": profile.similarity,
                "label": disclosure.LABEL,
            },
        )
        processing.spoke(ctx.subject_id, asset, engine=result.engine)


class Filmed(BaseModel):
    asset_id: uuid.UUID
    file: Stored
    duration: float
    width: int
    height: int
    note: str
    copied: bool


class PutTogether(JobFileStep[Filmed]):
    Result = Filmed

    def sound(self, ctx: StepContext) -> Asset:
        return self.live(Asset.objects.filter(pk=self.job(ctx).parameters["cloned_audio_id"]).first())

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {**super().inputs(ctx), "sound": self.sound(ctx).sha256}

    def intact(self, result: Filmed) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Filmed:
        source, sound, said = self.source(ctx), self.sound(ctx), self.job(ctx).parameters
        form = said["output_format"]
        into = ctx.workdir / f"film.{form}"
        with self.opened(source) as picture, self.opened(sound) as heard, media_work(ctx):
            made = voiced_film(
                picture,
                heard,
                into,
                form=form,
                quality=said["quality"],
                language=sound.language,
                spoken_by=str(sound.provenance.get("engine") or ""),
                progress=ctx.progress,
                halt=ctx.halt,
            )
        file = put(ctx, into, name=into.name, content_type=FILM_FORMS[form].content_type)
        return Filmed(
            asset_id=uuid.uuid4(),
            file=file,
            duration=made.duration,
            width=made.width,
            height=made.height,
            note=made.note,
            copied=made.copied,
        )

    def publish(self, ctx: StepContext, result: Filmed) -> None:
        source, sound, said = self.source(ctx), self.sound(ctx), self.job(ctx).parameters
        engine = str(sound.provenance.get("engine") or "")
        processing.made_file(
            ctx.subject_id,
            asset_id=result.asset_id,
            kind=Asset.Kind.VIDEO,
            file=result.file.model_dump(),
            filename=f"{stem(source)} ({sound.language or 'new sound'}).{said['output_format']}",
            content_type=FILM_FORMS[said["output_format"]].content_type,
            duration=result.duration,
            technical={"width": result.width, "height": result.height, "picture_copied": result.copied},
            language=sound.language,
            provenance=speech_by(engine, [str(source.pk), str(sound.pk)]) if engine else None,
            result={
                "note": result.note or None,
                "picture_copied": result.copied,
                "label": disclosure.LABEL if engine else None,
            },
        )


def speech_by(engine: str, ingredients: list[str]) -> dict[str, Any]:
    """How it was made, as the library keeps it of everything that machines make."""
    return {
        "kind": "speech",
        "engine": engine,
        "made_at": datetime.now(UTC),
        "ingredients": ingredients,
        "label": disclosure.LABEL,
        "digital_source_type": disclosure.SOURCE_TYPE,
    }


def stem(asset: Asset) -> str:
    return (asset.title or asset.filename.rpartition(".")[0] or asset.filename)[:200]
