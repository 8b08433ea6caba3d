"""Notes on the picture over JSON."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from core.rest.views import ApiView
from jobs.api.views import caller, find_job
from jobs.models import Job
from qc.models import ReviewNote
from qc.services import notes
from qc.services.notes import NewNote

NOTE = {
    "id": "uuid",
    "job_id": "uuid",
    "parent_id": "nullable uuid",
    "timestamp_seconds": "float",
    "until_seconds": "nullable float",
    "frame": "nullable int",
    "language": "nullable string",
    "asset": "nullable string",
    "body": "string",
    "drawing": ["object"],
    "internal": "bool",
    "resolved": "bool",
    "author": {"id": "uuid", "email": "string", "name": "nullable string", "guest": "bool"},
    "created_at": "datetime",
    "updated_at": "datetime",
}
LONGEST = 5000


class _Aliased(Input):
    """`timestamp` and `text` are read as `timestamp_seconds` and `body`."""

    ALIASES: Mapping[str, str] = {"timestamp": "timestamp_seconds", "text": "body"}

    @classmethod
    def parse(cls, data: Any, **context: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            named = {cls.ALIASES.get(name, name): value for name, value in data.items() if name in cls.ALIASES}
            data = {**named, **{name: value for name, value in data.items() if name not in cls.ALIASES}}
        return super().parse(data, **context)


class NoteInput(_Aliased):
    timestamp_seconds = serializers.FloatField(min_value=0)
    body = TextField(min_length=1, max_length=LONGEST)
    language = TextField(required=False, allow_blank=True, allow_null=True, max_length=35, default="")
    asset = serializers.ChoiceField(choices=ReviewNote.Film.values, required=False, allow_null=True, default="")
    until_seconds = serializers.FloatField(required=False, allow_null=True, min_value=0, default=None)
    drawing = serializers.ListField(required=False, default=list, max_length=notes.MOST_STROKES)
    internal = serializers.BooleanField(required=False, default=False)
    parent_id = IdField(required=False, allow_null=True, default=None)


class NoteChangeInput(_Aliased):
    timestamp_seconds = serializers.FloatField(min_value=0, required=False)
    body = TextField(min_length=1, max_length=LONGEST, required=False)
    resolved = serializers.BooleanField(required=False)


class NoteQuery(Input):
    language = TextField(required=False, default="")
    asset = serializers.ChoiceField(choices=ReviewNote.Film.values, required=False, default="")
    resolved = serializers.BooleanField(required=False, allow_null=True, default=None)


def note_output(note: ReviewNote) -> dict[str, Any]:
    return {
        "id": note.pk,
        "job_id": note.job_id,
        "parent_id": note.parent_id,
        "timestamp_seconds": note.timestamp,
        "until_seconds": note.until,
        "frame": note.frame,
        "language": note.language or None,
        "asset": note.asset or None,
        "body": note.body,
        "drawing": note.drawing,
        "internal": note.internal,
        "resolved": note.resolved,
        "author": author_output(note),
        "created_at": note.created_at,
        "updated_at": note.updated_at,
    }


def author_output(note: ReviewNote) -> dict[str, Any]:
    """A guest has no account: the link they came by stands for them."""
    if note.author is not None:
        return {"id": note.author.pk, "email": note.author.email, "name": note.author.name or None, "guest": False}
    return {
        "id": note.share_id or note.pk,
        "email": "",
        "name": note.guest_name or None,
        "guest": bool(note.guest_name),
    }


def find_note(request: Request, job: Job, note_id: uuid.UUID) -> ReviewNote:
    found = of_job(request, job).filter(pk=note_id).first()
    if found is None:
        raise NotFoundError("Review note not found")
    found.job = job
    return found


def of_job(request: Request, job: Job) -> QuerySet[ReviewNote]:
    return ReviewNote.objects.visible_to(caller(request)).filter(job=job).select_related("author", "parent__author")


class Notes(ApiView):
    takes = NoteInput
    query = ("page", "size", NoteQuery)
    gives = Gives(get=page(NOTE), post=Made(NOTE))

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        wanted, query = PageRequest.parse(request.query_params), NoteQuery.parse(request.query_params)
        found = of_job(request, job)
        if query["language"]:
            found = found.filter(language__iexact=query["language"])
        if query["asset"]:
            found = found.filter(asset=query["asset"])
        if query["resolved"] is not None:
            found = found.filter(resolved=query["resolved"])
        rows = page_of(found.order_by("timestamp", "created_at", "pk"), wanted)
        return Response(rows.body(lambda rows: [note_output(row) for row in rows]))

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "qc.note.write", job)
        body = NoteInput.parse(request.data)
        parent = find_note(request, job, body["parent_id"]) if body["parent_id"] else None
        new = NewNote(
            timestamp=body["timestamp_seconds"],
            body=body["body"],
            language=body["language"] or "",
            asset=body["asset"] or "",
            until=body["until_seconds"],
            drawing=body["drawing"],
            internal=body["internal"],
        )
        made = notes.add(job, new, author=caller(request), parent=parent)
        return Response(note_output(made), status=status.HTTP_201_CREATED)


class NoteDetail(ApiView):
    takes = NoteChangeInput
    gives = Gives(get=NOTE, patch=NOTE)

    def get(self, request: Request, job_id: uuid.UUID, note_id: uuid.UUID) -> Response:
        return Response(note_output(find_note(request, find_job(request, job_id), note_id)))

    def patch(self, request: Request, job_id: uuid.UUID, note_id: uuid.UUID) -> Response:
        note = find_note(request, find_job(request, job_id), note_id)
        # Who may settle it may call; whether they may also change the words is decided with what they send.
        policies.require(caller(request), "qc.note.resolve", note)
        body = NoteChangeInput.parse(request.data)
        changed = notes.change(
            note,
            actor=caller(request),
            body=body.get("body"),
            timestamp=body.get("timestamp_seconds"),
            resolved=body.get("resolved"),
        )
        return Response(note_output(changed))

    def delete(self, request: Request, job_id: uuid.UUID, note_id: uuid.UUID) -> Response:
        note = find_note(request, find_job(request, job_id), note_id)
        notes.remove(note, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
