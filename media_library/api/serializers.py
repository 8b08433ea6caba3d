"""The shapes of accessible.yaml for glossaries."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.rest.inputs import IdField, Input, TextField
from media_library.models import Glossary, GlossaryTerm, GlossaryVersion

VERSION = {
    "id": "uuid",
    "version": "int",
    "term_count": "int",
    "embedding_status": "string",
    "is_active": "bool",
    "filename": "string",
    "created_by": "uuid",
    "created_at": "datetime",
}
GLOSSARY_ROW = {
    "id": "uuid",
    "client_id": "nullable uuid",
    "name": "string",
    "description": "nullable string",
    "status": "string",
    "active_version_id": "nullable uuid",
    "term_count": "int",
    "created_at": "datetime",
    "updated_at": "datetime",
}
GLOSSARY = {**GLOSSARY_ROW, "versions": [VERSION]}
TERM = {"id": "uuid", "source_term": "string", "translations": "object", "notes": "nullable string"}


class FileInput(Input):
    # Names are cut, not refused; an empty file is refused with the reason that every file gets.
    file = serializers.FileField(allow_empty_file=True)


class GlossaryInput(FileInput):
    name = TextField(max_length=200)
    client_id = IdField(required=False, allow_null=True, default=None)
    description = TextField(max_length=5000, required=False, allow_blank=True, allow_null=True, default="")


class GlossaryListQuery(Input):
    client_id = IdField(required=False, default=None)


class TermListQuery(Input):
    version_id = IdField(required=False, default=None)
    search = TextField(max_length=200, required=False, allow_blank=True, default="")


class ActivateInput(Input):
    version_id = IdField()


def version_output(version: GlossaryVersion) -> dict[str, Any]:
    return {
        "id": version.pk,
        "version": version.number,
        "term_count": version.term_count,
        "embedding_status": version.embedding_status,
        "is_active": version.is_active,
        "filename": version.filename,
        "created_by": version.created_by_id,
        "created_at": version.created_at,
    }


def glossary_row(glossary: Glossary) -> dict[str, Any]:
    return _output(glossary, glossary.in_force)


def glossary_output(glossary: Glossary) -> dict[str, Any]:
    versions = list(glossary.versions.all())
    in_force = next((version for version in versions if version.is_active), None)
    return {**_output(glossary, in_force), "versions": [version_output(version) for version in versions]}


def _output(glossary: Glossary, in_force: GlossaryVersion | None) -> dict[str, Any]:
    return {
        "id": glossary.pk,
        "client_id": glossary.client_id,
        "name": glossary.name,
        "description": glossary.description or None,
        "status": glossary.status,
        "active_version_id": in_force.pk if in_force else None,
        "term_count": in_force.term_count if in_force else 0,
        "created_at": glossary.created_at,
        "updated_at": glossary.updated_at,
    }


def term_output(term: GlossaryTerm) -> dict[str, Any]:
    """Beyond the document's shape: whether the term may not be used at all, and whether its case counts."""
    return {
        "id": term.pk,
        "source_term": term.source_term,
        "translations": term.translations,
        "notes": term.notes or None,
        "forbidden": term.forbidden,
        "case_sensitive": term.case_sensitive,
    }
