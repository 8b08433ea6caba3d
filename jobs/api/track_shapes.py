"""What comes in and goes out about tracks, their versions and drafts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from rest_framework import serializers

from core.rest.inputs import Input
from jobs import services
from jobs.api.serializers import LANGUAGE_LENGTH, TrackQuery
from jobs.services import Comparison, MergedText, TrackText
from jobs.services.sources import stale_sources
from media_library import services as library
from media_library.media import webvtt
from media_library.media.cue_diff import cue_digest
from media_library.media.cue_edits import CueEdit, What
from media_library.models import Track, TrackDraft, TrackVersion

LARGEST_INT = 2**31 - 1
MOST_EDITS = 500

CUE = {"start": "float", "end": "float", "text": "string"}
CUE_OR_NONE = {"$nullable": True, **CUE}
CUE_ROW = {"index": "int", **CUE, "reviewed": "bool", "written_by": "string", "stale_source": "bool"}
TRACK = {
    "job_id": "uuid",
    "language": "string",
    "kind": "string",
    "version": "int",
    "content": "string",
    "cues": [CUE_ROW],
    "updated_by": "nullable uuid",
    "updated_at": "datetime",
    "engine": "nullable string",
}
VERSION_ROW = {
    "version": "int",
    "language": "string",
    "kind": "string",
    "source": "string",
    "comment": "nullable string",
    "cue_count": "int",
    "created_by": "nullable uuid",
    "created_at": "datetime",
    "engine": "nullable string",
    "profile": "nullable string",
    "finding_count": "nullable int",
}
VERSION = {**VERSION_ROW, "content": "string"}
COMPARISON = {
    "language": "string",
    "kind": "string",
    "from": "int",
    "to": "int",
    "unified_diff": "string",
    "changes": [{"cue_index": "int", "change": "string", "before": CUE_OR_NONE, "after": CUE_OR_NONE}],
    "added": "int",
    "removed": "int",
    "modified": "int",
}
DRAFT = {
    "id": "uuid",
    "language": "string",
    "kind": "string",
    "base_version": "int",
    "current_version": "int",
    "content": "string",
    "comment": "string",
    "automatic": "bool",
    "created_at": "datetime",
    "updated_at": "datetime",
}
MERGED = {
    "content": "string",
    "current_version": "int",
    "conflicts": [{"cue_index": "int", "base": CUE_OR_NONE, "mine": CUE_OR_NONE, "theirs": CUE_OR_NONE}],
}


class BasedInput(TrackQuery):
    base_version = serializers.IntegerField(
        min_value=0, max_value=LARGEST_INT, required=False, allow_null=True, default=None
    )


class DraftInput(BasedInput):
    content = serializers.CharField(trim_whitespace=False, allow_blank=True)


class TrackMergeInput(DraftInput):
    base_version = serializers.IntegerField(min_value=1, max_value=LARGEST_INT)


class CueEditInput(Input):
    index = serializers.IntegerField(min_value=0, max_value=LARGEST_INT)
    start = serializers.FloatField(min_value=0, max_value=LARGEST_INT, required=False)
    end = serializers.FloatField(min_value=0, max_value=LARGEST_INT, required=False)
    text = serializers.CharField(trim_whitespace=False, allow_blank=True, required=False)
    insert = serializers.BooleanField(default=False)
    delete = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        times = [attrs[name] for name in ("start", "end") if name in attrs]
        if not all(map(math.isfinite, times)):
            raise serializers.ValidationError({"start": "A time is a number of seconds."})
        if attrs["insert"] and (attrs["delete"] or len(times) < 2 or "text" not in attrs):
            raise serializers.ValidationError({"insert": "A new cue needs start, end and text."})
        return attrs


class TrackSaveInput(BasedInput):
    """The whole text, or only the cues that differ."""

    content = serializers.CharField(trim_whitespace=False, allow_blank=True, required=False)
    edits = serializers.ListField(child=CueEditInput(), min_length=1, max_length=MOST_EDITS, required=False)
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    lenient = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("content" in attrs) == ("edits" in attrs):
            wrong = "Send either content or edits." if "content" in attrs else "This field is required."
            raise serializers.ValidationError({"content": wrong}, code="invalid" if "content" in attrs else "required")
        return super().validate(attrs)


class ShiftInput(BasedInput):
    offset_ms = serializers.IntegerField(min_value=-LARGEST_INT, max_value=LARGEST_INT)
    start_cue = serializers.IntegerField(min_value=0, max_value=LARGEST_INT, default=0)
    end_cue = serializers.IntegerField(
        min_value=0, max_value=LARGEST_INT, required=False, allow_null=True, default=None
    )
    clamp = serializers.BooleanField(default=False)


class RestoreInput(BasedInput):
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_INT)


class VersionNumber(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_INT, **options)


class DiffQuery(TrackQuery):
    """`v1` and `v2` are other names of `from` and `to`."""

    to = VersionNumber(required=False, allow_null=True, default=None)
    v1 = VersionNumber(required=False, allow_null=True, default=None)
    v2 = VersionNumber(required=False, allow_null=True, default=None)

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's.
        return {**super().get_fields(), "from": VersionNumber(required=False, allow_null=True, default=None)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        before = attrs["from"] or attrs["v1"]
        if before is None:
            raise serializers.ValidationError({"from": "This field is required."}, code="required")
        return {**attrs, "from": before, "to": attrs["to"] or attrs["v2"]}


class UploadFinalInput(Input):
    file = serializers.FileField(allow_empty_file=True)
    language = serializers.CharField(max_length=LANGUAGE_LENGTH)
    kind = serializers.ChoiceField(Track.Kind.values, default=Track.Kind.CAPTIONS)


def cue_edit(values: dict[str, Any]) -> CueEdit:
    start, end = (None if values.get(name) is None else round(values[name] * 1000) for name in ("start", "end"))
    what: What = "insert" if values["insert"] else "delete" if values["delete"] else "set"
    return CueEdit(values["index"], what, start, end, values.get("text"))


def cue_output(cue: webvtt.Cue | None) -> dict[str, Any] | None:
    return None if cue is None else {"start": cue.start, "end": cue.end, "text": cue.text}


def cue_rows(
    text: TrackText, cues: Iterable[tuple[int, webvtt.Cue]], written_by: Callable[[int], str]
) -> list[dict[str, Any]]:
    read = services.reviewed(text)
    return [
        {
            "index": index,
            "start": cue.start,
            "end": cue.end,
            "text": cue.text,
            "reviewed": bool(read) and cue_digest(cue) in read,
            "written_by": written_by(index),
            "stale_source": False,
        }
        for index, cue in cues
    ]


def _head(text: TrackText) -> dict[str, Any]:
    version = text.version
    return {
        "job_id": text.output.job_id,
        "language": text.output.language,
        "kind": text.track.kind,
        "version": version.number,
        "updated_by": version.author_id,
        "updated_at": version.created_at,
        "engine": version.engine or None,
    }


def track_output(text: TrackText) -> dict[str, Any]:
    cues = webvtt.parse(text.version.content).cues
    origins = library.origins_of(text.version, len(cues))
    rows = cue_rows(text, enumerate(cues), lambda index: origins[index]["by"])
    # What a cue was translated from says something else now: a person looks at it.
    for row, stale in zip(rows, stale_sources(text.output, text.track.kind, origins), strict=True):
        row["stale_source"] = stale
    return {**_head(text), "content": text.version.content, "cues": rows}


def edited_output(text: TrackText, cues: dict[int, webvtt.Cue]) -> dict[str, Any]:
    """Only what was edited: the caller has the rest."""
    rows = cue_rows(text, sorted(cues.items()), lambda _index: "person")
    return {**_head(text), "cue_count": text.version.cue_count, "cues": rows}


def version_row(version: TrackVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "language": version.track.language,
        "kind": version.track.kind,
        "source": version.source,
        "comment": version.comment or None,
        "cue_count": version.cue_count,
        "created_by": version.author_id,
        "created_at": version.created_at,
        "engine": version.engine or None,
        "profile": version.profile or None,
        "finding_count": None if version.findings is None else len(version.findings),
    }


def comparison_output(compared: Comparison) -> dict[str, Any]:
    return {
        "language": compared.after.track.language,
        "kind": compared.after.track.kind,
        "from": compared.before.number,
        "to": compared.after.number,
        "unified_diff": compared.unified,
        "changes": [
            {
                "cue_index": change.cue_index,
                "change": change.change,
                "before": cue_output(change.before),
                "after": cue_output(change.after),
            }
            for change in compared.changes
        ],
        **{name: compared.count(name) for name in ("added", "removed", "modified")},
    }


def draft_output(draft: TrackDraft) -> dict[str, Any]:
    return {
        "id": draft.pk,
        "language": draft.track.language,
        "kind": draft.track.kind,
        "base_version": draft.base_version,
        "current_version": draft.track.version,
        "content": draft.content,
        "comment": draft.comment,
        "automatic": draft.automatic,
        "created_at": draft.created_at,
        "updated_at": draft.updated_at,
    }


def merged_output(merged: MergedText) -> dict[str, Any]:
    return {
        "content": merged.content,
        "current_version": merged.current_version,
        "conflicts": [
            {
                "cue_index": one.cue_index,
                "base": cue_output(one.base),
                "mine": cue_output(one.mine),
                "theirs": cue_output(one.theirs),
            }
            for one in merged.conflicts
        ],
    }
