"""The shapes of accessible.yaml."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from core.live.events import percent
from core.rest.inputs import IdField, Input
from core.storage.uris import gcs_uri
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.queries import SORTS
from jobs.services import TrackText
from media_library import services as library
from media_library.media import webvtt
from media_library.models import Track, TrackVersion

LANGUAGE_LENGTH = 35
JOB_ROW = {
    "id": "uuid",
    "status": "string",
    "title": "string",
    "created_at": "datetime",
    "source_language": "string",
    "languages": "list<string>",
    "org_id": "nullable uuid",
    "client_id": "nullable uuid",
    "project_id": "nullable uuid",
    "created_by": "uuid",
    "progress": "int",
    "updated_at": "datetime",
}
OUTPUT = {
    "qc_state": "string",
    "captions_vtt": "nullable url",
    "audio_description_vtt": "nullable url",
    "audio_description_mp3": "nullable url",
    "accessible_video_mp4": "nullable url",
    "caption_version": "nullable int",
    "audio_description_version": "nullable int",
    "translation_status": "string",
    "tts_status": "string",
    "render_status": "string",
    "needs_person": "nullable string",
    "engines": "object",
}
JOB = {
    **JOB_ROW,
    "notes": "nullable string",
    "filename": "string",
    "content_type": "nullable string",
    "size_bytes": "nullable int",
    "duration_seconds": "nullable float",
    "gcs_uri": "nullable string",
    "requested_outputs": {
        "captions_vtt": "bool",
        "audio_description_vtt": "bool",
        "audio_description_mp3": "bool",
        "accessible_video_mp4": "bool",
        "languages": "list<string>",
        "tts_preferences": {"provider": "string", "model": "string", "default_voice": "string"},
    },
    "brief_id": "nullable uuid",
    "cloned_from": "nullable uuid",
    "failed_step": "nullable string",
    "error": "nullable string",
    "rejection": {"$nullable": True, "stage": "string", "reason": "nullable string", "by": "uuid", "at": "datetime"},
    "blocked_reason": "nullable string",
    "outputs": {"$map": OUTPUT},
    "allowed_actions": "list<string>",
    "completed_at": "nullable datetime",
}
TRACK = {
    "job_id": "uuid",
    "language": "string",
    "kind": "string",
    "version": "int",
    "content": "string",
    "cues": [{"index": "int", "start": "float", "end": "float", "text": "string", "reviewed": "bool"}],
    "updated_by": "nullable uuid",
    "updated_at": "datetime",
    "engine": "nullable string",
}
UPLOAD = {
    "job_id": "uuid",
    "upload_url": "url",
    "method": "string",
    "headers": "object",
    "gcs_uri": "string",
    "expires_at": "datetime",
}
DRAFT = {
    "id": "uuid",
    "language": "string",
    "kind": "string",
    "base_version": "int",
    "current_version": "int",
    "content": "string",
    "comment": "string",
    "created_at": "datetime",
}
DOWNLOAD = {
    "language": "string",
    "kind": "string",
    "filename": "string",
    "content_type": "string",
    "size_bytes": "nullable int",
    "url": "url",
    "expires_at": "datetime",
}


class TtsPreferencesInput(Input):
    provider = serializers.CharField(max_length=40, default="gemini")
    model = serializers.CharField(max_length=80, default="flash")
    default_voice = serializers.CharField(max_length=80, default="Kore")


class RequestedOutputsInput(Input):
    captions_vtt = serializers.BooleanField(default=True)
    audio_description_vtt = serializers.BooleanField(default=False)
    audio_description_mp3 = serializers.BooleanField(default=False)
    accessible_video_mp4 = serializers.BooleanField(default=False)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=LANGUAGE_LENGTH), default=list, max_length=60
    )
    tts_preferences = TtsPreferencesInput(required=False)


class UploadInitInput(Input):
    filename = serializers.CharField(max_length=255)
    content_type = serializers.CharField(max_length=100)
    size_bytes = serializers.IntegerField(min_value=1)


class NewJobInput(Input):
    filename = serializers.CharField(max_length=255)
    source_language = serializers.CharField(max_length=LANGUAGE_LENGTH)
    requested_outputs = RequestedOutputsInput()
    title = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    notes = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    org_id = IdField(required=False, allow_null=True, default=None)
    client_id = IdField(required=False, allow_null=True, default=None)
    project_id = IdField(required=False, allow_null=True, default=None)
    brief_id = IdField(required=False, allow_null=True, default=None)

    @classmethod
    def read(cls, data: Any) -> services.NewJob:
        return cls.to_new_job(cls.parse(data))

    @staticmethod
    def to_new_job(body: dict[str, Any]) -> services.NewJob:
        wanted = body["requested_outputs"]
        voice = wanted.get("tts_preferences") or TtsPreferencesInput.parse({})
        return services.NewJob(
            filename=body["filename"],
            source_language=body["source_language"],
            title=body["title"],
            notes=body["notes"],
            organization_id=body["org_id"],
            client_id=body["client_id"],
            project_id=body["project_id"],
            brief_id=body["brief_id"],
            requested=services.Requested(
                captions_vtt=wanted["captions_vtt"],
                audio_description_vtt=wanted["audio_description_vtt"],
                audio_description_mp3=wanted["audio_description_mp3"],
                accessible_video_mp4=wanted["accessible_video_mp4"],
                languages=tuple(wanted["languages"]),
                tts_provider=voice["provider"],
                tts_model=voice["model"],
                tts_voice=voice["default_voice"],
            ),
        )


class UploadCompleteInput(NewJobInput):
    gcs_uri = serializers.CharField(max_length=500)


class JobListQuery(Input):
    status = serializers.CharField(required=False, default="", allow_blank=True)
    org_id = IdField(required=False, default=None)
    client_id = IdField(required=False, default=None)
    project_id = IdField(required=False, default=None)
    sort = serializers.ChoiceField([*SORTS, *(f"-{name}" for name in SORTS)], default="-created_at")

    def validate_status(self, value: str) -> list[str]:
        words = [word for word in value.split(",") if word]
        if unknown := set(words) - set(Job.Status.values):
            raise serializers.ValidationError(f"Unknown status: {', '.join(sorted(unknown))}")
        return words


class CommentInput(Input):
    comment = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")


class ReasonInput(Input):
    reason = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")


class TrackQuery(Input):
    lang = serializers.CharField(max_length=LANGUAGE_LENGTH, required=False, default="")
    language = serializers.CharField(max_length=LANGUAGE_LENGTH, required=False, default="")
    kind = serializers.ChoiceField(Track.Kind.values, default=Track.Kind.CAPTIONS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "lang": attrs["lang"] or attrs["language"]}


class TrackSaveInput(TrackQuery):
    content = serializers.CharField(trim_whitespace=False, allow_blank=True)
    base_version = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    lenient = serializers.BooleanField(default=False)


def job_row(job: Job) -> dict[str, Any]:
    """One line of the list."""
    return {
        "id": job.pk,
        "status": job.status,
        "title": job.title,
        "created_at": job.created_at,
        "source_language": job.source_language,
        "languages": [output.language for output in job.outputs.all() if not output.is_source],
        "org_id": job.organization_id,
        "client_id": job.client_id,
        "project_id": job.project_id,
        "created_by": job.created_by_id,
        "progress": job_percent(job),
        "updated_at": job.updated_at,
    }


def job_percent(job: Job) -> int:
    if job.status == Job.Status.COMPLETED:
        return 100
    return percent(job.run.progress) if job.run else 0


def job_output(job: Job, user: User) -> dict[str, Any]:
    """The whole job. `job` comes from `queries.detailed`, so that nothing here asks the database row by row."""
    outputs = list(job.outputs.all())
    newest = library.newest_versions([track for o in outputs for track in (o.captions, o.description) if track])
    return {
        **job_row(job),
        "notes": job.notes or None,
        "filename": job.filename,
        "content_type": job.content_type or None,
        "size_bytes": job.size_bytes,
        "duration_seconds": job.source.duration if job.source else None,
        "gcs_uri": gcs_uri(job.source.key) if job.source else None,
        "requested_outputs": {
            "captions_vtt": job.captions_vtt,
            "audio_description_vtt": job.audio_description_vtt,
            "audio_description_mp3": job.audio_description_mp3,
            "accessible_video_mp4": job.accessible_video_mp4,
            "languages": [output.language for output in outputs if not output.is_source],
            "tts_preferences": {
                "provider": job.tts_provider,
                "model": job.tts_model,
                "default_voice": job.tts_voice,
            },
        },
        "brief_id": job.brief_id,
        "cloned_from": job.cloned_from_id,
        "failed_step": job.failed_step or None,
        "error": job.error or None,
        "rejection": job.rejection,
        "blocked_reason": job.blocked_reason or None,
        "outputs": {output.language: language_output(output, newest) for output in outputs},
        "allowed_actions": workflows.allowed_actions(job, user),
        "completed_at": job.completed_at,
    }


def language_output(output: LanguageOutput, newest: dict[Any, TrackVersion]) -> dict[str, Any]:
    captions = newest.get(output.captions_id)
    description = newest.get(output.description_id)
    review = getattr(output, "review", None)
    audio, video = output.description_audio, output.accessible_video
    return {
        "qc_state": review.state if review else "unassigned",
        "captions_vtt": services.track_link(captions) if captions else None,
        "audio_description_vtt": services.track_link(description) if description else None,
        "audio_description_mp3": services.link(audio) if audio else None,
        "accessible_video_mp4": services.link(video) if video else None,
        "caption_version": captions.number if captions else None,
        "audio_description_version": description.number if description else None,
        "translation_status": output.translation_status,
        "tts_status": output.tts_status,
        "render_status": output.render_status,
        "needs_person": output.needs_person or None,
        "engines": output.engines,
    }


def track_output(text: TrackText) -> dict[str, Any]:
    version = text.version
    document = webvtt.parse(version.content)
    return {
        "job_id": text.output.job_id,
        "language": text.output.language,
        "kind": text.track.kind,
        "version": version.number,
        "content": version.content,
        "cues": [
            {"index": index, "start": cue.start, "end": cue.end, "text": cue.text, "reviewed": False}
            for index, cue in enumerate(document.cues)
        ],
        "updated_by": version.author_id,
        "updated_at": version.created_at,
        "engine": version.engine or None,
    }


def download_output(download: services.Download) -> dict[str, Any]:
    return {
        "language": download.language,
        "kind": download.kind,
        "filename": download.filename,
        "content_type": download.content_type,
        "size_bytes": download.size,
        "url": download.url,
        "expires_at": download.expires_at,
    }
