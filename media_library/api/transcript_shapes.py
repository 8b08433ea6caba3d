"""The shapes of transcripts over JSON: what comes in and what goes out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from core.errors import DomainError
from core.rest.inputs import IdField, Input, TextField
from media_library.models import Segment, Speaker, Transcript, TranscriptEdit
from media_library.services import transcript_files
from media_library.services.editing import NO_RANGE
from media_library.services.identifying import MOST_SPEAKERS

WORD = {"word": "string", "start": "float", "end": "float", "confidence": "float"}
SPEAKER = {"id": "uuid", "label": "string", "name": "string", "segments": "int"}
SEGMENT = {
    "id": "uuid",
    "start": "float",
    "end": "float",
    "text": "string",
    "speaker": "nullable string",
    "speaker_id": "nullable uuid",
    "words": [WORD],
}
TRANSCRIPT = {
    "id": "uuid",
    "asset_id": "uuid",
    "title": "string",
    "language": "string",
    "engine": "string",
    "source": "string",
    "speakers_engine": "string",
    "duration": "nullable float",
    "revision": "int",
    "can_edit": "bool",
    "speakers": [SPEAKER],
    "segments": [SEGMENT],
    "created_at": "datetime",
    "updated_at": "datetime",
}
SUMMARY = {"id": "string", "name": "string", "segments": "int"}
IDENTIFIED = {"success": "bool", "speakers_identified": "int", "speakers": [SUMMARY], "processing_time": "float"}
PROPOSED = {"suggestion_id": "nullable uuid", "speakers": [{"label": "string", "name": "string", "because": "string"}]}
CHANGED = {"success": "bool", "revision": "int"}
EDIT = {
    "number": "int",
    "action": "string",
    "summary": "string",
    "author": "nullable string",
    "created_at": "datetime",
    "undone": "bool",
}
HISTORY = {"revision": "int", "can_undo": "bool", "edits": [EDIT]}
IMPORTED = {
    "success": "bool",
    "id": "uuid",
    "revision": "int",
    "segments": "int",
    "notes": [{"line": "int", "message": "string", "lost": "string"}],
}


class RevisionInput(Input):
    revision = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class UpdateInput(RevisionInput):
    """As the API is described. The range is judged by `time_range`, whose sentence is the contract's."""

    transcript_id = IdField()
    start_time = serializers.FloatField()
    end_time = serializers.FloatField()
    new_text = TextField(allow_blank=True, trim_whitespace=False)


class TextInput(RevisionInput):
    new_text = TextField(allow_blank=True, trim_whitespace=False)


class SegmentTextInput(RevisionInput):
    text = TextField(allow_blank=True, trim_whitespace=False)


class SpeakerInput(RevisionInput):
    speaker = TextField(max_length=150)


class NameInput(RevisionInput):
    name = TextField(max_length=150)


class MergeInput(RevisionInput):
    into = IdField()


class IdentifyInput(Input):
    speakers = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=MOST_SPEAKERS
    )


class ListenInput(Input):
    language = TextField(required=False, allow_blank=True, allow_null=True, default="", max_length=35)


class ExportQuery(Input):
    format = serializers.ChoiceField(choices=transcript_files.EXPORTS, default="txt")
    times = serializers.BooleanField(default=True)
    speakers = serializers.BooleanField(default=True)


class ImportInput(Input):
    file = serializers.FileField(allow_empty_file=True)
    language = TextField(required=False, allow_blank=True, default="", max_length=35)
    format = serializers.ChoiceField(choices=transcript_files.IMPORTS, required=False, allow_blank=True, default="")
    lenient = serializers.BooleanField(default=False)


def time_range(data: Any) -> tuple[float, float]:
    """Both ends as finite numbers, or the contract's refusal."""
    ends = [data.get(name) if isinstance(data, Mapping) else None for name in ("start_time", "end_time")]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in ends):
        raise DomainError(NO_RANGE)
    try:
        start, end = (float(one) for one in ends if one is not None)
    except OverflowError as error:
        raise DomainError(NO_RANGE) from error
    if not (math.isfinite(start) and math.isfinite(end)):
        raise DomainError(NO_RANGE)
    return start, end


def speaker_output(speaker: Speaker) -> dict[str, Any]:
    return {
        "id": speaker.pk,
        "label": speaker.label,
        "name": speaker.shown,
        "segments": getattr(speaker, "said", 0),
    }


def segment_output(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.pk,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "speaker": segment.speaker.shown if segment.speaker else None,
        "speaker_id": segment.speaker_id,
        "words": segment.words,
    }


def transcript_output(transcript: Transcript, *, speakers: list[Speaker], can_edit: bool) -> dict[str, Any]:
    return {
        "id": transcript.pk,
        "asset_id": transcript.asset_id,
        "title": transcript.asset.name,
        "language": transcript.language,
        "engine": transcript.engine,
        "source": transcript.source,
        "speakers_engine": transcript.speakers_engine,
        "duration": transcript.asset.duration,
        "revision": transcript.revision,
        "can_edit": can_edit,
        "speakers": [speaker_output(one) for one in speakers],
        "segments": [
            segment_output(one) for one in transcript.segments.select_related("speaker").order_by("position", "pk")
        ],
        "created_at": transcript.created_at,
        "updated_at": transcript.updated_at,
    }


def edit_output(edit: TranscriptEdit, *, undone: bool) -> dict[str, Any]:
    return {
        "number": edit.number,
        "action": edit.action,
        "summary": edit.summary,
        "author": str(edit.author) if edit.author else None,
        "created_at": edit.created_at,
        "undone": undone,
    }
