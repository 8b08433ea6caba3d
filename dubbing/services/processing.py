"""Voice work one job at a time: what is asked for is checked and written down, a run does it, and the result is a file of its owner's.

A finished job is never done again by itself; asking again is another job.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ai import catalogue
from ai.errors import UnknownNameError
from core import audit, languages
from core.errors import DomainError, InvalidFieldError
from core.runs import estimates
from core.runs import services as runs
from core.runs.models import Run
from dubbing.models import ProcessingJob, VoiceClone
from media_library.media.sound_file import FORMS as SOUND_FORMS
from media_library.media.voiced_film import FORMS as FILM_FORMS
from media_library.media.voiced_film import QUALITIES
from media_library.models import Asset, Transcript, VoiceProfile
from media_library.services import making, quota, voice_speaking, voices

S, T = ProcessingJob.Status, ProcessingJob.Type
KINDS = {
    T.EXTRACT_AUDIO: "voice.extract_audio",
    T.TRANSCRIBE: "voice.transcribe",
    T.CLONE_VOICE: "voice.clone",
    T.GENERATE_VIDEO: "voice.video",
}
OPEN = (S.PENDING, S.PROCESSING)
CANCELLED = "This job was cancelled."
AUDIO_FORMATS, VIDEO_FORMATS, VIDEO_QUALITIES = tuple(SOUND_FORMS), tuple(FILM_FORMS), QUALITIES
DEFAULT_MODEL = "whisper-large"
LONGEST_TEXT = 10_000
# What a job takes for a second of its material, until this studio has measured it itself.
_USUAL_RATE = {T.EXTRACT_AUDIO: 0.03, T.TRANSCRIBE: 0.4, T.CLONE_VOICE: 1.5, T.GENERATE_VIDEO: 0.4}
_LEAST_SECONDS = 2.0
_MEASURED_JOBS = 20
_CHARACTERS_A_SECOND = 14.0


def extract_audio(owner: User, video: Asset, *, audio_format: str = "wav", sample_rate: int = 44_100) -> ProcessingJob:
    """The sound of a recording as a file. One without sound fails the job with a sentence, not this call."""
    if audio_format not in SOUND_FORMS:
        raise InvalidFieldError("Unsupported audio format", field="audio_format")
    said = {"audio_format": audio_format, "sample_rate": sample_rate}
    seconds = video.duration or 0.0
    return _begin(T.EXTRACT_AUDIO, owner, video, said, seconds=seconds, room=round(seconds * sample_rate * 4))


def transcribe(owner: User, audio: Asset, *, language: str = "", model: str = DEFAULT_MODEL) -> ProcessingJob:
    """What is said, as the file's transcript. A model of the catalogue that is not here is served by the one that is."""
    try:
        catalogue.find("speech_to_text", model)
    except UnknownNameError as error:
        raise InvalidFieldError("Unknown model", field="model", kind="unknown_model") from error
    said = {"source_language": _language(language, "source_language") if language else None, "model": model}
    return _begin(T.TRANSCRIBE, owner, audio, said, seconds=audio.duration or 0.0)


def clone_voice(owner: User, audio: Asset, *, profile: VoiceProfile, text: str, target_language: str) -> ProcessingJob:
    """The text said with a matched voice. ConsentRequiredError without a consent in force; a match under way is waited for."""
    voices.require_consent(profile)
    if not text.strip():
        raise InvalidFieldError("Text is required", field="text_content")
    language = _language(target_language, "target_language")
    if profile.engine and not voice_speaking.speaks(profile, language):
        said = f"This voice does not speak {languages.name(language)}. Choose another language."
        raise InvalidFieldError(said, field="target_language", kind="language_unsupported")
    seconds = len(text) / _CHARACTERS_A_SECOND
    parameters = {"target_language": language, "voice_profile_id": str(profile.pk), "text_content": text}
    return _begin(T.CLONE_VOICE, owner, audio, parameters, seconds=seconds, room=round(seconds * 48_000))


def generate_video(
    owner: User, video: Asset, *, sound: Asset, output_format: str = "mp4", quality: str = "high"
) -> ProcessingJob:
    """The video's own picture with another sound. What was said under a consent that is taken back is refused."""
    if VoiceClone.objects.filter(pk=sound.pk).exclude(revoked_at=None).exists():
        raise voices.ConsentRequiredError(voices.REVOKED)
    if video.kind != Asset.Kind.VIDEO:
        raise InvalidFieldError("This file is not a video", field="original_video_id")
    if output_format not in FILM_FORMS:
        raise InvalidFieldError("Unsupported output format", field="output_format")
    if quality not in QUALITIES:
        raise InvalidFieldError("Unsupported quality", field="quality")
    parameters = {"cloned_audio_id": str(sound.pk), "output_format": output_format, "quality": quality}
    return _begin(T.GENERATE_VIDEO, owner, video, parameters, seconds=video.duration or 0.0, room=video.size)


@transaction.atomic
def _begin(
    job_type: ProcessingJob.Type, owner: User, source: Asset, said: dict[str, Any], *, seconds: float, room: int = 0
) -> ProcessingJob:
    if room:
        quota.hold(owner)
        quota.require_room(owner, room)
    job = ProcessingJob.objects.create(
        owner=owner,
        project=source.project,
        job_type=job_type,
        input=source,
        parameters={**said, "seconds": round(seconds, 3)},
        estimated_completion=timezone.now() + _expected(job_type, seconds),
    )
    job.run = runs.start(KINDS[job_type], subject_id=job.pk, created_by=owner)
    job.save(update_fields=["run", "updated_at"])
    audit.record(f"dubbing.{job_type}.start", job, actor=owner, input=str(source.pk))
    return job


def _expected(job_type: ProcessingJob.Type, seconds: float) -> timedelta:
    """By what the last jobs of this kind took here for each second of their material."""
    rows = ProcessingJob.objects.filter(job_type=job_type, status=S.COMPLETED).order_by("-created_at", "-pk")
    took = material = 0.0
    for row in rows.only("created_at", "updated_at", "parameters")[:_MEASURED_JOBS]:
        took += (row.updated_at - row.created_at).total_seconds()
        material += float(row.parameters.get("seconds") or 0.0)
    rate = took / material if material else _USUAL_RATE[job_type]
    return timedelta(seconds=max(_LEAST_SECONDS, rate * seconds))


def _language(tag: str, field: str) -> str:
    try:
        return languages.canonical(tag)
    except DomainError as error:
        raise InvalidFieldError(error.message, field=field) from error


def job_of(job_id: uuid.UUID) -> ProcessingJob:
    return ProcessingJob.objects.select_related("owner", "project", "input", "run").get(pk=job_id)


def taken_up(job_id: uuid.UUID, run: Run) -> None:
    """Somebody is at work, and this far."""
    left = estimates.eta(run)
    values: dict[str, Any] = {"status": S.PROCESSING, "progress": min(99, int(run.progress * 100))}
    if left is not None:
        values["estimated_completion"] = timezone.now() + left
    ProcessingJob.objects.filter(pk=job_id, status__in=OPEN).update(updated_at=timezone.now(), **values)


def fail(job_id: uuid.UUID, problem: str) -> None:
    ended = {"status": S.FAILED, "error_message": problem, "estimated_completion": None, "updated_at": timezone.now()}
    if ProcessingJob.objects.filter(pk=job_id, status__in=OPEN).update(**ended):
        audit.record("dubbing.job.fail", job_of(job_id), actor=None, problem=problem)


def _complete(job: ProcessingJob, **values: Any) -> None:
    values = {
        "status": S.COMPLETED,
        "progress": 100,
        "error_message": "",
        "estimated_completion": None,
        "updated_at": timezone.now(),
        **values,
    }
    ProcessingJob.objects.filter(pk=job.pk).update(**values)
    audit.record("dubbing.job.complete", job, actor=None, output=str(getattr(values.get("output"), "pk", "")))


@transaction.atomic
def made_file(
    job_id: uuid.UUID,
    *,
    asset_id: uuid.UUID,
    kind: str,
    file: dict[str, Any],
    filename: str,
    content_type: str,
    duration: float,
    technical: dict[str, Any],
    language: str = "",
    made_from: Asset | None = None,
    provenance: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
) -> Asset:
    """The job's file, its owner's alone as all voice work is. What is `made_from` a file goes when that does."""
    job = job_of(job_id)
    asset = making.add_original(
        asset_id=asset_id,
        owner=job.owner,
        organization=job.project.client.organization if job.project and job.project.client else None,
        client=job.project.client if job.project else None,
        project=job.project,
        kind=kind,
        filename=filename,
        content_type=content_type,
        shelf=Asset.Shelf.VOICE,
        origin=Asset.Origin.GENERATED if provenance else Asset.Origin.MADE,
        **file,
    )
    asset.duration, asset.technical, asset.language = duration, technical, language
    asset.made_from, asset.provenance = made_from, provenance or {}
    asset.save(update_fields=["duration", "technical", "language", "made_from", "provenance", "updated_at"])
    about = {"type": kind, "id": str(asset.pk), "content": None, "language": language or None}
    _complete(job, output=asset, result={**about, "confidence_score": None, "word_timestamps": [], **(result or {})})
    return asset


@transaction.atomic
def spoke(job_id: uuid.UUID, asset: Asset, *, engine: str) -> VoiceClone:
    """Beside the file, under its id: what was said, with whose voice. Where the consent went meanwhile it is marked at once."""
    job = job_of(job_id)
    profile = VoiceProfile.objects.filter(pk=job.parameters["voice_profile_id"]).first()
    in_force = profile is not None and profile.consents.filter(revoked_at=None).exists()
    return VoiceClone.objects.create(
        id=asset.pk,
        profile=profile,
        transcript=Transcript.objects.filter(asset=job.input_id).first() if job.input_id else None,
        target_language=job.parameters["target_language"],
        text_content=job.parameters["text_content"],
        asset=asset,
        job=job,
        engine=engine[:100],
        similarity=profile.similarity if profile else None,
        revoked_at=None if in_force else timezone.now(),
    )


@transaction.atomic
def heard(
    job_id: uuid.UUID,
    transcript: Transcript,
    *,
    content: str,
    confidence: float | None,
    words: list[dict[str, Any]],
    engine: str,
) -> None:
    _complete(
        job_of(job_id),
        transcript=transcript,
        result={
            "type": "transcript",
            "id": str(transcript.pk),
            "content": content,
            "language": transcript.language,
            "confidence_score": confidence,
            "word_timestamps": words,
            "engine": engine,
        },
    )


def reads(asset: Asset) -> bool:
    """Whether an open job needs this file, or one that was made of it."""
    family = {asset.pk, *Asset.objects.filter(made_from=asset).values_list("pk", flat=True)}
    open_jobs = ProcessingJob.objects.filter(status__in=OPEN)
    if open_jobs.filter(input__in=family).exists():
        return True
    return open_jobs.filter(parameters__cloned_audio_id__in=[str(pk) for pk in family]).exists()


def revoked(profile: VoiceProfile) -> None:
    """What was said with this voice is marked, and is put to no picture any more."""
    VoiceClone.objects.filter(profile=profile, revoked_at=None).update(revoked_at=timezone.now())
