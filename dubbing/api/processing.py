"""Voice jobs over JSON, as voice.yaml has them: four that begin work, and one that tells how far it is."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PersonView
from core.errors import InvalidFieldError, NotFoundError, WrongStateError
from core.rest.inputs import IdField, Input, TextField, named_id
from core.rest.schema import Begun, Gives
from dubbing.models import ProcessingJob
from dubbing.services import processing
from media_library.models import Asset, VoiceProfile
from media_library.queries.links import link
from media_library.services import voices

Thing = TypeVar("Thing")

NOT_FOUND = "Resource not found"
NOT_READY = "This job has no result yet"
BEGUN = {
    "job_id": "uuid",
    "status": "string",
    "progress": "int",
    "estimated_completion": "nullable datetime",
    "result_url": "nullable url",
    "job_type": "string",
    "created_at": "datetime",
}
RESULT = {
    "$nullable": True,
    "type": "string",
    "id": "uuid",
    "content": "nullable string",
    "language": "nullable string",
    "confidence_score": "nullable float",
    "word_timestamps": [{"word": "string", "start": "float", "end": "float", "confidence": "nullable float"}],
}
STATUS = {
    **BEGUN,
    "output_file_id": "nullable uuid",
    "error_message": "nullable string",
    "result": RESULT,
    "updated_at": "datetime",
}
SOUNDING = (Asset.Kind.VIDEO, Asset.Kind.AUDIO)


def required(issue: str) -> dict[str, Any]:
    """The same words, in whichever way it is missing."""
    return dict.fromkeys(("required", "null", "blank", "invalid"), issue)


def one_of(choices: tuple[str, ...], *, default: str, issue: str) -> serializers.ChoiceField:
    said: dict[str, Any] = {"invalid_choice": issue, "null": issue}
    return serializers.ChoiceField(choices, required=False, default=default, error_messages=said)


class ExtractAudioInput(Input):
    video_file_id = IdField()
    audio_format = one_of(processing.AUDIO_FORMATS, default="wav", issue="Unsupported audio format")
    sample_rate = serializers.IntegerField(min_value=8_000, max_value=192_000, required=False, default=44_100)


class TranscriptionInput(Input):
    audio_file_id = IdField()
    source_language = TextField(max_length=35, required=False, allow_null=True, allow_blank=True, default="")
    model = TextField(
        max_length=80, required=False, default=processing.DEFAULT_MODEL, error_messages=required("Unknown model")
    )


class CloneVoiceInput(Input):
    audio_file_id = IdField()
    target_language = TextField(max_length=35)
    voice_profile_id = IdField()
    text_content = TextField(max_length=processing.LONGEST_TEXT, error_messages=required("Text is required"))


class VoicedVideoInput(Input):
    original_video_id = IdField()
    cloned_audio_id = IdField()
    output_format = one_of(processing.VIDEO_FORMATS, default="mp4", issue="Unsupported output format")
    quality = one_of(processing.VIDEO_QUALITIES, default="high", issue="Unsupported quality")


class ProcessView(PersonView):
    """Ids stand in the body: what they name is looked for before the rest of the body is judged."""

    throttle_group = "processing"
    body_names_things = True
    gives = Gives(post=Begun(BEGUN))

    def recording(self, request: Request, name: str) -> Asset | None:
        """The caller's own file; None where the body names none, which the body's own check tells."""
        named = named_id(request.data, name)
        if named is None:
            return None
        own = Asset.objects.filter(owner=self.caller, deleted_at=None, kind__in=SOUNDING).select_related(
            "project__client__organization"
        )
        found = own.filter(pk=named).first()
        if found is None:
            raise NotFoundError(NOT_FOUND)
        return found

    def voice(self, request: Request, name: str) -> VoiceProfile | None:
        named = named_id(request.data, name)
        if named is None:
            return None
        found = VoiceProfile.objects.visible_to(self.caller).filter(pk=named).first()
        if found is None:
            raise NotFoundError(NOT_FOUND)
        return found

    def begun(self, job: ProcessingJob) -> Response:
        return Response(begun_output(job), status=status.HTTP_202_ACCEPTED)


class ExtractAudio(ProcessView):
    takes = ExtractAudioInput

    def post(self, request: Request) -> Response:
        video = self.recording(request, "video_file_id")
        body = ExtractAudioInput.parse(request.data)
        job = processing.extract_audio(
            self.caller,
            present(video, "video_file_id"),
            audio_format=body["audio_format"],
            sample_rate=body["sample_rate"],
        )
        return self.begun(job)


class Transcribe(ProcessView):
    """A model of the catalogue that is not here is served by the one that is, and the result names it."""

    takes = TranscriptionInput

    def post(self, request: Request) -> Response:
        audio = self.recording(request, "audio_file_id")
        body = TranscriptionInput.parse(request.data)
        job = processing.transcribe(
            self.caller,
            present(audio, "audio_file_id"),
            language=body["source_language"] or "",
            model=body["model"],
        )
        return self.begun(job)


class CloneVoice(ProcessView):
    """Says the text with a matched voice. 403 `consent_required` while no consent of its speaker is in force."""

    takes = CloneVoiceInput

    def post(self, request: Request) -> Response:
        audio = self.recording(request, "audio_file_id")
        profile = self.voice(request, "voice_profile_id")
        if profile is not None:
            voices.require_consent(profile)
        body = CloneVoiceInput.parse(request.data)
        job = processing.clone_voice(
            self.caller,
            present(audio, "audio_file_id"),
            profile=present(profile, "voice_profile_id"),
            text=body["text_content"],
            target_language=body["target_language"],
        )
        return self.begun(job)


class GenerateVideo(ProcessView):
    """The video's own picture with another sound. Neither is cut short: `result.note` says what was done where they differ."""

    takes = VoicedVideoInput

    def post(self, request: Request) -> Response:
        video = self.recording(request, "original_video_id")
        sound = self.recording(request, "cloned_audio_id")
        body = VoicedVideoInput.parse(request.data)
        job = processing.generate_video(
            self.caller,
            present(video, "original_video_id"),
            sound=present(sound, "cloned_audio_id"),
            output_format=body["output_format"],
            quality=body["quality"],
        )
        return self.begun(job)


class JobView(PersonView):
    def find(self, job_id: uuid.UUID) -> ProcessingJob:
        rows = ProcessingJob.objects.visible_to(self.caller).select_related("output", "transcript", "run")
        found = rows.filter(pk=job_id).first()
        if found is None:
            raise NotFoundError(NOT_FOUND)
        return found


class JobStatus(JobView):
    gives = Gives(get=STATUS)

    def get(self, _request: Request, job_id: uuid.UUID) -> Response:
        job = self.find(job_id)
        further = {
            "output_file_id": job.output_id,
            "error_message": job.error_message or None,
            "result": job.result or None,
            "message": (job.run.message or None) if job.run and job.status in processing.OPEN else None,
            "updated_at": job.updated_at,
        }
        return Response({**begun_output(job), **further})


class JobResult(JobView):
    """The file, by a link of its own for every call; a transcript as JSON."""

    gives = Gives(get=RESULT)

    def get(self, _request: Request, job_id: uuid.UUID) -> Any:
        job = self.find(job_id)
        if job.status != ProcessingJob.Status.COMPLETED:
            raise WrongStateError(NOT_READY)
        if job.job_type == ProcessingJob.Type.TRANSCRIBE:
            if job.transcript is None:
                raise NotFoundError(NOT_FOUND)
            return Response(job.result)
        if job.output is None or job.output.deleted_at is not None:
            raise NotFoundError(NOT_FOUND)
        return HttpResponseRedirect(link(job.output), headers={"Cache-Control": "private, no-store"})


def present(found: Thing | None, name: str) -> Thing:
    """What the body's check has let through names something."""
    if found is None:
        raise InvalidFieldError("This field is required.", field=name)
    return found


def begun_output(job: ProcessingJob) -> dict[str, Any]:
    done = job.status == ProcessingJob.Status.COMPLETED
    way = reverse("dubbing_api:process_result", args=[job.pk])
    return {
        "job_id": job.pk,
        "status": job.status,
        "progress": job.progress,
        "estimated_completion": job.estimated_completion,
        "result_url": f"{settings.PUBLIC_URL}{way}" if done else None,
        "job_type": job.job_type,
        "created_at": job.created_at,
    }
