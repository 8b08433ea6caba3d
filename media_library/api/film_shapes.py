"""The shapes of movie.yaml for media."""

from __future__ import annotations

import json
from typing import Any

from django.template.defaultfilters import filesizeformat
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.rest.inputs import Input, TextField
from media_library.models import Asset
from media_library.queries.film_media import ARCHIVED, SORTS, STATUSES, meaning_of
from media_library.queries.links import link

MOST_TAGS = 20
LONGEST_TAG = 50
# In lists a vector is shown, not given.
VECTOR_IN_LISTS = 8

DIMENSIONS = {"width": "int", "height": "int"}
UPLOADED = {
    "mediaId": "uuid",
    "filename": "string",
    "size": "int",
    "mimeType": "string",
    "mediaType": "string",
    "status": "string",
    "aiAnalysis": {"status": "string", "estimatedCompletion": "string"},
    "embedding": {"status": "string", "progress": "int"},
}
REJECTED = {"filename": "string", "code": "string", "reason": "string"}
ROW = {
    "id": "uuid",
    "filename": "string",
    "displayName": "string",
    "mediaType": "string",
    "mimeType": "string",
    "size": "int",
    "sizeFormatted": "string",
    "projectId": "uuid",
    "status": "string",
    "description": "string",
    "tags": "list<string>",
    "aiGenerated": "bool",
    "uploadedAt": "datetime",
    "metadata": {
        "dimensions": DIMENSIONS,
        "colorPalette": "list<string>",
        "embedding": {"status": "string", "vector": "list<float>"},
    },
    "relatedElements": {"characters": "list<string>", "episode": "nullable string", "scene": "nullable string"},
}
PAGINATION = {
    "page": "int",
    "limit": "int",
    "total": "int",
    "totalPages": "int",
    "hasNext": "bool",
    "hasPrev": "bool",
}
MEDIA = {
    **{name: ROW[name] for name in ("id", "filename", "projectId", "mediaType", "status", "description", "tags")},
    "aiGenerated": "bool",
    "agentGenerated": "bool",
    "uploadedAt": "datetime",
    "technicalData": {
        "mimeType": "string",
        "size": "int",
        "dimensions": DIMENSIONS,
        "colorDepth": "nullable int",
        "compression": "nullable string",
    },
    "aiAnalysis": {
        "description": "nullable string",
        "detectedObjects": "list<string>",
        "styleAnalysis": {"mood": "nullable string", "lighting": "nullable string", "colorTone": "nullable string"},
        "suitability": "list<string>",
    },
    "embedding": {
        "status": "string",
        "model": "nullable string",
        "vector": "list<float>",
        "generatedAt": "nullable datetime",
    },
    "usage": {
        "referencedInSessions": "list<string>",
        "referencedInMessages": "int",
        "lastReferenced": "nullable datetime",
    },
    "downloadUrl": "url",
    "thumbnailUrl": "url",
    "version": "int",
}
FOUND = {
    "media": {
        "id": "uuid",
        "filename": "string",
        "mediaType": "string",
        "description": "string",
        "thumbnailUrl": "url",
    },
    "similarity": "float",
    "matchingElements": "list<string>",
}


@extend_schema_field({"type": "array", "items": {"type": "string", "maxLength": LONGEST_TAG}, "maxItems": MOST_TAGS})
class TagsField(serializers.Field[Any, Any, Any, Any]):
    """A JSON list, or a part repeated; up to twenty of fifty characters."""

    def get_value(self, dictionary: Any) -> Any:
        if hasattr(dictionary, "getlist"):
            return dictionary.getlist(self.field_name) or serializers.empty
        return super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> list[str]:
        if isinstance(data, list) and len(data) == 1 and isinstance(data[0], str) and data[0].lstrip().startswith("["):
            data = data[0]
        if isinstance(data, str):
            try:
                data = json.loads(data) if data.lstrip().startswith("[") else [data]
            except (ValueError, RecursionError) as error:
                raise serializers.ValidationError("Tags are a JSON list of texts.") from error
        if not isinstance(data, list) or not all(isinstance(tag, str) for tag in data):
            raise serializers.ValidationError("Tags are a JSON list of texts.")
        tags = [tag.strip() for tag in data if tag.strip()]
        if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
            raise serializers.ValidationError(f"At most {MOST_TAGS} tags of {LONGEST_TAG} characters.")
        return tags


class MediaUploadInput(Input):
    projectId = TextField(max_length=100)  # noqa: N815  (the document's spelling)
    mediaType = serializers.RegexField(  # noqa: N815  (the document's spelling)
        r"\A[a-z][a-z0-9_]{0,49}\Z",
        required=False,
        default="style_reference",
        error_messages={"invalid": "Lower-case letters, digits and underscores, such as concept_art."},
    )
    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), required=False, default=list)
    # The spelling of the document's client, for one.
    file = serializers.FileField(allow_empty_file=True, required=False, default=None)
    description = TextField(max_length=5000, required=False, allow_blank=True, default="")
    tags = TagsField(required=False, default=list)


class MediaListQuery(Input):
    projectId = TextField(max_length=100, required=False, allow_blank=True, default="")  # noqa: N815  (the document's spelling)
    mediaType = TextField(max_length=50, required=False, allow_blank=True, default="")  # noqa: N815  (the document's spelling)
    search = TextField(max_length=200, required=False, allow_blank=True, default="")
    tags = TextField(max_length=1100, required=False, allow_blank=True, default="")
    status = serializers.ChoiceField(
        choices=STATUSES, required=False, default="", error_messages={"invalid_choice": "Unknown status"}
    )
    sort = serializers.ChoiceField(
        choices=list(SORTS),
        required=False,
        default="upload_date",
        error_messages={"invalid_choice": "Unknown sort key"},
    )
    page = serializers.IntegerField(min_value=1, max_value=2**31, required=False, default=1)
    limit = serializers.IntegerField(min_value=1, required=False, default=20)


class MediaSearchInput(Input):
    query = TextField(max_length=500)
    projectId = TextField(max_length=100, required=False, allow_null=True, default=None)  # noqa: N815  (the document's spelling)
    mediaTypes = serializers.ListField(  # noqa: N815  (the document's spelling)
        child=TextField(max_length=50), required=False, default=list, max_length=50
    )
    limit = serializers.IntegerField(min_value=1, max_value=100, required=False, default=10)
    threshold = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        default=0.7,
        error_messages={
            "min_value": "Threshold must be between 0 and 1",
            "max_value": "Threshold must be between 0 and 1",
        },
    )


def status_of(asset: Asset) -> str:
    return ARCHIVED if asset.archived_at else asset.status


def dimensions_of(asset: Asset) -> dict[str, int] | None:
    facts = asset.technical
    if not facts.get("width") or not facts.get("height"):
        return None
    return {"width": facts["width"], "height": facts["height"]}


def embedding_status(asset: Asset) -> str:
    passage = meaning_of(asset)
    if passage is not None and passage.embedding is not None:
        return "complete"
    return "failed" if asset.status == Asset.Status.FAILED else "generating"


def vector_of(asset: Asset, *, most: int | None = None) -> list[float]:
    passage = meaning_of(asset)
    if passage is None or passage.embedding is None:
        return []
    return [round(float(number), 6) for number in passage.embedding[:most]]


def row(asset: Asset) -> dict[str, Any]:
    """Of an asset of `film_media`."""
    return {
        "id": asset.pk,
        "filename": asset.filename,
        "displayName": asset.name,
        "mediaType": asset.media_type or asset.kind,
        "mimeType": asset.content_type,
        "size": asset.size,
        "sizeFormatted": filesizeformat(asset.size).replace("\xa0", " "),
        "projectId": asset.project_id,
        "status": status_of(asset),
        "description": asset.description,
        "tags": asset.tags,
        "aiGenerated": asset.origin == Asset.Origin.GENERATED,
        "uploadedAt": asset.created_at,
        "metadata": {
            "dimensions": dimensions_of(asset),
            "colorPalette": asset.technical.get("palette", []),
            "embedding": {
                "status": embedding_status(asset),
                "vector": vector_of(asset, most=VECTOR_IN_LISTS),
            },
        },
        "relatedElements": {
            "characters": asset.related.get("characters", []),
            "episode": asset.related.get("episode"),
            "scene": asset.related.get("scene"),
        },
    }


def detail(asset: Asset, *, thumbnail: str, sessions: list[Any]) -> dict[str, Any]:
    """`sessions` are the uses in conversations, newest first."""
    seen, style, passage = asset.analysis, asset.analysis.get("style") or {}, meaning_of(asset)
    meant = passage is not None and passage.embedding is not None
    return {
        "id": asset.pk,
        "filename": asset.filename,
        "projectId": asset.project_id,
        "mediaType": asset.media_type or asset.kind,
        "status": status_of(asset),
        "description": asset.description,
        "tags": asset.tags,
        "aiGenerated": asset.origin == Asset.Origin.GENERATED,
        "agentGenerated": asset.origin == Asset.Origin.GENERATED,
        "uploadedAt": asset.created_at,
        "technicalData": {
            "mimeType": asset.content_type,
            "size": asset.size,
            "dimensions": dimensions_of(asset),
            "colorDepth": asset.technical.get("color_depth"),
            "compression": asset.technical.get("compression"),
        },
        "aiAnalysis": {
            "description": seen.get("description"),
            "detectedObjects": seen.get("objects", []),
            "styleAnalysis": {name: style.get(name) for name in ("mood", "lighting", "colorTone")},
            "suitability": seen.get("suitability", []),
            "engine": seen.get("engine"),
            "measured": bool(seen.get("measured")),
        },
        "embedding": {
            "status": embedding_status(asset),
            "model": passage.model if meant and passage else None,
            "vector": vector_of(asset),
            "generatedAt": passage.embedded_at if meant and passage else None,
        },
        "usage": {
            "referencedInSessions": list(dict.fromkeys(use.url.rstrip("/").rsplit("/", 1)[-1] for use in sessions)),
            "referencedInMessages": len(sessions),
            "lastReferenced": max((use.when for use in sessions if use.when), default=None),
        },
        "downloadUrl": link(asset),
        "thumbnailUrl": thumbnail,
        "version": asset.version,
    }
