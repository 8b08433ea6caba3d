"""The shapes of accessible.yaml."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from accounts.models import User
from core.live.events import percent
from core.rest.inputs import IdField, Input, TextField
from core.storage.models import Upload
from core.storage.uris import gcs_uri
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.queries import SORTS
from media_library import services as library
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
    "priority": "int",
    "due_at": "nullable datetime",
    "quality_profile": "string",
    "profile_required": "bool",
}
UPLOAD_PLACE = {
    "upload_url": "url",
    "method": "string",
    "headers": "object",
    "gcs_uri": "string",
    "expires_at": "datetime",
}
UPLOAD = {"job_id": "uuid", **UPLOAD_PLACE}
CLONE = {**JOB, "upload": {"$nullable": True, **UPLOAD_PLACE}}
VALIDATION = {
    "job_id": "uuid",
    "status": "string",
    "valid": "bool",
    "assets": [
        {
            "language": "string",
            "kind": "string",
            "gcs_uri": "string",
            "exists": "bool",
            "size_bytes": "nullable int",
        }
    ],
    "missing": "list<string>",
    "checked_at": "datetime",
}
BULK = {
    "results": [{"job_id": "uuid", "ok": "bool", "status": "nullable string", "detail": "nullable string"}],
    "succeeded": "int",
    "failed": "int",
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


class JobCreateInput(UploadCompleteInput):
    """Either the file itself (multipart), or the name of an upload that is complete."""

    gcs_uri = serializers.CharField(max_length=500, required=False)
    file = serializers.FileField(required=False)


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


class VoiceChangeInput(Input):
    provider = serializers.CharField(max_length=40, required=False)
    model = serializers.CharField(max_length=80, required=False)
    default_voice = serializers.CharField(max_length=80, required=False)


class OutputsChangeInput(Input):
    """What is not named stays as it is."""

    captions_vtt = serializers.BooleanField(required=False)
    audio_description_vtt = serializers.BooleanField(required=False)
    audio_description_mp3 = serializers.BooleanField(required=False)
    accessible_video_mp4 = serializers.BooleanField(required=False)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=LANGUAGE_LENGTH), required=False, max_length=60
    )
    tts_preferences = VoiceChangeInput(required=False)


class JobUpdateInput(Input):
    title = serializers.CharField(max_length=255, required=False)
    notes = serializers.CharField(max_length=10_000, required=False, allow_blank=True, allow_null=True)
    requested_outputs = OutputsChangeInput(required=False)
    priority = serializers.ChoiceField(Job.Priority.choices, required=False)
    due_at = serializers.DateTimeField(required=False, allow_null=True)

    @classmethod
    def changes(cls, data: Any) -> dict[str, Any]:
        """What `services.update_job` takes: only what was named."""
        body = cls.parse(data)
        wanted = dict(body.pop("requested_outputs", {}))
        voice = wanted.pop("tts_preferences", {})
        names = {"provider": "tts_provider", "model": "tts_model", "default_voice": "tts_voice"}
        tags = {"tags": wanted.pop("languages")} if "languages" in wanted else {}
        if "notes" in body:
            body["notes"] = body["notes"] or ""
        return {**body, **wanted, **tags, **{names[name]: value for name, value in voice.items()}}


class CloneInput(Input):
    title = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    gcs_uri = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    filename = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    content_type = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    size_bytes = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class JobsInput(Input):
    """Many jobs by their ids."""

    job_ids = serializers.ListField(child=IdField(), min_length=1, max_length=services.MOST)


class CommentInput(Input):
    comment = TextField(max_length=5000, required=False, allow_blank=True, default="")


class ReasonInput(Input):
    reason = TextField(max_length=5000, required=False, allow_blank=True, default="")


class ReturnInput(ReasonInput):
    languages = serializers.ListField(
        child=serializers.CharField(max_length=LANGUAGE_LENGTH), required=False, default=list, max_length=60
    )


class LanguageInput(Input):
    language = serializers.CharField(max_length=LANGUAGE_LENGTH)


class TrackQuery(Input):
    lang = serializers.CharField(max_length=LANGUAGE_LENGTH, required=False, default="")
    language = serializers.CharField(max_length=LANGUAGE_LENGTH, required=False, default="")
    kind = serializers.ChoiceField(Track.Kind.values, default=Track.Kind.CAPTIONS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "lang": attrs["lang"] or attrs["language"]}


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
        "priority": job.priority,
        "due_at": job.due_at,
        "quality_profile": job.quality_profile,
        "profile_required": job.profile_required,
    }


def upload_output(upload: Upload) -> dict[str, Any]:
    return {
        "upload_url": upload.url,
        "method": "PUT",
        "headers": {"Content-Type": upload.content_type},
        "gcs_uri": gcs_uri(upload.key),
        "expires_at": upload.expires_at,
    }


def validation_output(found: services.Validation) -> dict[str, Any]:
    return {
        "job_id": found.job.pk,
        "status": found.job.status,
        "valid": not found.missing,
        "assets": [
            {
                "language": one.language,
                "kind": one.kind,
                "gcs_uri": gcs_uri(one.key) if one.key else "",
                "exists": one.exists,
                "size_bytes": one.size,
            }
            for one in found.files
        ],
        "missing": found.missing,
        "checked_at": found.checked_at,
    }


def bulk_output(outcomes: list[services.Outcome]) -> dict[str, Any]:
    done = sum(one.ok for one in outcomes)
    return {
        "results": [asdict(one) for one in outcomes],
        "succeeded": done,
        "failed": len(outcomes) - done,
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
