"""The desk's forms, for whoever has no scripts: take along, say something of a clip or a section, write a section."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.pages.parts import found, sentence_of, viewer
from chat.models import ClipProposal, Conversation, Record
from chat.pages.conversation import find
from chat.services import comments, exports, records
from core.errors import DomainError


@login_required
@require_POST
def export(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Leads to the file."""
    conversation = find(request, conversation_id, "write")
    try:
        made = exports.export(conversation, request.POST.get("format", ""), actor=viewer(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return _back(conversation)
    return redirect(exports.link(made))


@login_required
@require_POST
def comment(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    conversation = find(request, conversation_id, "comment")
    kind = "clip" if request.POST.get("clip") else "record"
    rows: Any = conversation.clips if kind == "clip" else conversation.records
    thing: ClipProposal | Record = found(rows.listed(), _id(request, kind), f"{kind.title()} not found")
    try:
        said = comments.say(thing, request.POST.get("content", ""), author=viewer(request))
        if said.reason:
            messages.error(request, said.reason)
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return _back(conversation, f"{kind}-{thing.pk}")


@login_required
@require_POST
def section(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Writes one that is there, or adds one where none is named."""
    conversation, user = find(request, conversation_id, "write"), viewer(request)
    heading, content = request.POST.get("heading", "")[:255], request.POST.get("content", "")
    try:
        if request.POST.get("record"):
            record = found(conversation.records.listed(), _id(request, "record"), "Record not found")
            version = request.POST.get("version", "")
            seen = int(version) if version.isascii() and version.isdigit() else None
            record = records.change(record, actor=user, version=seen, heading=heading, content=content)
        else:
            record = records.add(conversation, actor=user, heading=heading, content=content)
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return _back(conversation)
    return _back(conversation, f"record-{record.pk}")


def _id(request: HttpRequest, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get(name, ""))
    except ValueError:
        return uuid.UUID(int=0)


def _back(conversation: Conversation, place: str = "script-h") -> HttpResponse:
    return redirect(f"{reverse('chat:conversation', args=[conversation.pk])}#{place}")
