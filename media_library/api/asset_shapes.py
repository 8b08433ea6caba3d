"""Shapes of the library's own routes: what comes in about files, and how they are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework import serializers

from accounts import policies
from accounts.models import User
from core.rest.inputs import IdField, Input, TextField
from media_library.models import Asset, Collection, Intake
from media_library.queries import links
from media_library.queries.assets import SORTS, Filters, Value
from media_library.services.bulk import MOST, Outcome
from media_library.services.describing import LONGEST_TAG, MOST_TAGS
from media_library.services.quota import Usage
from media_library.uses import Use

NAMED = {"id": "uuid", "name": "string", "$nullable": True}
ROW = {
    "id": "uuid",
    "name": "string",
    "title": "string",
    "filename": "string",
    "kind": "string",
    "shelf": "string",
    "origin": "string",
    "status": "string",
    "problem": "nullable string",
    "progress": "float",
    "content_type": "string",
    "size": "int",
    "duration": "nullable float",
    "language": "nullable string",
    "tags": "list<string>",
    "owner": NAMED,
    "project": NAMED,
    "version": "int",
    "is_current": "bool",
    "picture_url": "nullable url",
    "created_at": "datetime",
    "updated_at": "datetime",
    "archived_at": "nullable datetime",
}
DETAIL = {
    **ROW,
    "description": "string",
    "media_type": "nullable string",
    "related": "object",
    "technical": "object",
    "analysis": "object",
    "chapters": ["object"],
    "sha256": "string",
    "cut": {"asset_id": "nullable uuid", "start": "float", "end": "float", "$nullable": True},
    "transcript_id": "nullable uuid",
    "run_id": "nullable uuid",
    "collections": [{"id": "uuid", "name": "string"}],
    "url": "url",
    "playable_url": "nullable url",
    "expires_in": "int",
    "may": {"change": "bool", "archive": "bool", "delete": "bool"},
}
UPLOAD = {
    "id": "uuid",
    "kind": "string",
    "status": "string",
    "filename": "string",
    "content_type": "string",
    "size": "int",
    "received": "int",
    "progress": "float",
    "problem": "nullable string",
    "url": "nullable url",
    "protocols": "list<string>",
    "chunk_size": "int",
    "source_url": "nullable string",
    "run_id": "nullable uuid",
    "expires_at": "nullable datetime",
    "created_at": "datetime",
}
ANNOUNCED = {**UPLOAD, "duplicates": [{"id": "uuid", "name": "string"}]}
IMPORT = {"id": "uuid", "run_id": "uuid", "status": "string", "status_url": "string"}
COLLECTION = {
    "id": "uuid",
    "name": "string",
    "description": "string",
    "project": NAMED,
    "organization_id": "nullable uuid",
    "owner_id": "uuid",
    "assets": "int",
    "created_at": "datetime",
    "updated_at": "datetime",
}
USES = {"items": [{"kind": "string", "label": "string", "url": "string", "when": "nullable datetime"}]}
FACETS = {"$map": [{"value": "string", "label": "string", "count": "int"}]}
OUTCOMES = {
    "results": [{"id": "uuid", "ok": "bool", "error": "nullable string", "code": "nullable string"}],
    "done": "int",
    "failed": "int",
}
USAGE = {
    "used": "int",
    "pending": "int",
    "limit": "int",
    "left": "int",
    "made": "int",
    "by_kind": {"$map": {"count": "int", "size": "int"}},
}


def tags_field() -> serializers.ListField:
    return serializers.ListField(child=TextField(max_length=LONGEST_TAG), max_length=MOST_TAGS, required=False)


class PlaceInput(Input):
    """Where a file goes, and what is said of it."""

    project_id = IdField(required=False, allow_null=True, default=None)
    organization_id = IdField(required=False, allow_null=True, default=None)
    collection_id = IdField(required=False, allow_null=True, default=None)
    replaces = IdField(required=False, allow_null=True, default=None)
    title = TextField(max_length=255, required=False, allow_blank=True, default="")
    description = TextField(max_length=20_000, required=False, allow_blank=True, default="")
    tags = tags_field()


class AnnounceInput(PlaceInput):
    filename = TextField(max_length=1000)
    content_type = TextField(max_length=127, required=False, allow_blank=True, default="")
    size_bytes = serializers.IntegerField(min_value=1, max_value=2**53)
    sha256 = serializers.RegexField(r"\A[0-9a-fA-F]{64}\Z", required=False, allow_blank=True, default="")
    # What it is to a film: style_reference, character_design, concept_art.
    media_type = serializers.RegexField(r"\A[a-z][a-z0-9_]{0,49}\Z", required=False, allow_blank=True, default="")


class VersionInput(Input):
    filename = TextField(max_length=1000)
    content_type = TextField(max_length=127, required=False, allow_blank=True, default="")
    size_bytes = serializers.IntegerField(min_value=1, max_value=2**53)
    sha256 = serializers.RegexField(r"\A[0-9a-fA-F]{64}\Z", required=False, allow_blank=True, default="")


class FetchInput(PlaceInput):
    url = TextField(max_length=2000)
    filename = TextField(max_length=1000, required=False, allow_blank=True, default="")


class AssetChange(Input):
    title = TextField(max_length=255, required=False, allow_blank=True)
    description = TextField(max_length=20_000, required=False, allow_blank=True)
    tags = tags_field()
    project_id = IdField(required=False, allow_null=True)


class ListQuery(Input):
    q = TextField(max_length=200, required=False, allow_blank=True, default="")
    kind = serializers.MultipleChoiceField(choices=Asset.Kind.choices, required=False)
    language = serializers.ListField(child=TextField(max_length=35), max_length=20, required=False)
    speaker = TextField(max_length=150, required=False, allow_blank=True, default="")
    tag = serializers.ListField(child=TextField(max_length=LONGEST_TAG), max_length=MOST_TAGS, required=False)
    project_id = IdField(required=False, default=None)
    collection_id = IdField(required=False, default=None)
    status = serializers.MultipleChoiceField(choices=Asset.Status.choices, required=False)
    shelf = serializers.MultipleChoiceField(choices=Asset.Shelf.choices, required=False)
    archived = serializers.ChoiceField(choices=("true", "false", "all"), required=False, default="false")
    mine = serializers.BooleanField(required=False, default=False)
    sort = serializers.ChoiceField(choices=tuple(SORTS), required=False, default="newest")


def filters_of(query: dict[str, Any]) -> Filters:
    return Filters(
        q=query["q"],
        kinds=tuple(sorted(query.get("kind", ()))),
        languages=tuple(query.get("language", ())),
        speaker=query["speaker"],
        tags=tuple(query.get("tag", ())),
        project=query["project_id"],
        collection=query["collection_id"],
        statuses=tuple(sorted(query.get("status", ()))),
        shelves=tuple(sorted(query.get("shelf", ()))),
        archived={"true": True, "false": False, "all": None}[query["archived"]],
        mine=query["mine"],
        sort=query["sort"],
    )


class DeleteQuery(Input):
    versions = serializers.ChoiceField(choices=("this", "all"), required=False, default="this")


class IdsInput(Input):
    ids = serializers.ListField(child=IdField(), min_length=1, max_length=MOST)


class BulkInput(IdsInput):
    action = serializers.ChoiceField(choices=("archive", "restore", "delete", "tag", "move", "collect"))
    tags = tags_field()
    remove_tags = tags_field()
    project_id = IdField(required=False, allow_null=True)
    collection_id = IdField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = {"move": ("project_id",), "collect": ("collection_id",)}.get(attrs["action"], ())
        for name in needed:
            if name not in attrs:
                raise serializers.ValidationError({name: [serializers.ErrorDetail("Field required", code="required")]})
        if attrs["action"] == "tag" and not attrs.get("tags") and not attrs.get("remove_tags"):
            raise serializers.ValidationError({"tags": [serializers.ErrorDetail("Field required", code="required")]})
        return attrs


class CollectionListQuery(Input):
    project_id = IdField(required=False, default=None)


class CollectionChange(Input):
    name = TextField(max_length=200, required=False)
    description = TextField(max_length=5000, required=False, allow_blank=True)


class CollectionInput(Input):
    name = TextField(max_length=200)
    description = TextField(max_length=5000, required=False, allow_blank=True, default="")
    project_id = IdField(required=False, allow_null=True, default=None)
    organization_id = IdField(required=False, allow_null=True, default=None)


def rows(assets: Sequence[Asset]) -> list[dict[str, Any]]:
    """With their pictures, in one query more."""
    pictures = links.pictures(assets)
    return [_row(asset, pictures.get(asset.pk)) for asset in assets]


def _row(asset: Asset, picture: Asset | None) -> dict[str, Any]:
    at_work = asset.status == Asset.Status.PROCESSING and asset.run is not None
    return {
        "id": asset.pk,
        "name": asset.name,
        "title": asset.title,
        "filename": asset.filename,
        "kind": asset.kind,
        "shelf": asset.shelf,
        "origin": asset.origin,
        "status": asset.status,
        "problem": asset.problem or None,
        "progress": asset.run.progress if at_work and asset.run else float(asset.status == Asset.Status.ACTIVE),
        "content_type": asset.content_type,
        "size": asset.size,
        "duration": asset.duration,
        "language": asset.language or None,
        "tags": asset.tags,
        "owner": {"id": asset.owner.pk, "name": str(asset.owner)} if asset.owner else None,
        "project": {"id": asset.project.pk, "name": asset.project.name} if asset.project else None,
        "version": asset.version,
        "is_current": asset.is_current,
        "picture_url": links.link(picture, inline=True) if picture else None,
        "created_at": asset.created_at,
        "updated_at": asset.updated_at,
        "archived_at": asset.archived_at,
    }


def detail(asset: Asset, user: User) -> dict[str, Any]:
    playable = links.playable(asset) if asset.kind in {Asset.Kind.VIDEO, Asset.Kind.AUDIO} else None
    cut = {"asset_id": asset.cut_from_id, "start": asset.cut_start, "end": asset.cut_end}
    transcript = getattr(asset, "transcript", None)
    collections = Collection.objects.visible_to(user).filter(assets=asset).distinct().order_by("name", "pk")
    return {
        **rows([asset])[0],
        "description": asset.description,
        "media_type": asset.media_type or None,
        "related": asset.related,
        "technical": asset.technical,
        "analysis": asset.analysis,
        "chapters": asset.chapters,
        "sha256": asset.sha256,
        "cut": cut if asset.cut_end is not None else None,
        "transcript_id": transcript.pk if transcript else None,
        "run_id": asset.run_id,
        "collections": [{"id": one.pk, "name": one.name} for one in collections],
        "url": links.link(asset),
        "playable_url": links.link(playable, inline=True) if playable else None,
        "expires_in": links.lifetime(inline=False),
        "may": {verb: bool(policies.can(user, f"media_library.asset.{verb}", asset)) for verb in DETAIL["may"]},
    }


def upload_output(intake: Intake, *, chunk_size: int) -> dict[str, Any]:
    upload, run = intake.upload, intake.run
    received = upload.received if upload else 0
    return {
        "id": intake.pk,
        "kind": "import" if intake.source_url else "upload",
        "status": intake.status,
        "filename": intake.filename,
        "content_type": intake.content_type,
        "size": intake.size,
        "received": received,
        "progress": run.progress if run else received / (intake.size or 1),
        "problem": intake.problem or None,
        "url": upload.url if upload else None,
        "protocols": ["tus", "content-range"] if upload else [],
        "chunk_size": chunk_size,
        "source_url": intake.source_url or None,
        "run_id": intake.run_id,
        "expires_at": upload.expires_at if upload else None,
        "created_at": intake.created_at,
    }


def collection_output(collection: Collection) -> dict[str, Any]:
    """Of `queries.collections.listed`, which counts the assets that the person sees."""
    project = collection.project
    return {
        "id": collection.pk,
        "name": collection.name,
        "description": collection.description,
        "project": {"id": project.pk, "name": project.name} if project else None,
        "organization_id": collection.organization_id,
        "owner_id": collection.owner_id,
        "assets": vars(collection)["shown"],
        "created_at": collection.created_at,
        "updated_at": collection.updated_at,
    }


def uses_output(uses: Iterable[Use]) -> dict[str, Any]:
    return {"items": [{"kind": one.kind, "label": one.label, "url": one.url, "when": one.when} for one in uses]}


def facets_output(facets: dict[str, list[Value]]) -> dict[str, Any]:
    return {
        name: [{"value": one.value, "label": one.label, "count": one.count} for one in values]
        for name, values in facets.items()
    }


def outcomes_output(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    failed = sum(bool(one.error) for one in outcomes)
    return {
        "results": [
            {"id": one.id, "ok": not one.error, "error": one.error or None, "code": one.code or None}
            for one in outcomes
        ],
        "done": len(outcomes) - failed,
        "failed": failed,
    }


def usage_output(usage: Usage) -> dict[str, Any]:
    return {
        "used": usage.used,
        "pending": usage.pending,
        "limit": usage.limit,
        "left": usage.left,
        "made": usage.made,
        "by_kind": {kind: {"count": one.count, "size": one.size} for kind, one in usage.by_kind.items()},
    }
