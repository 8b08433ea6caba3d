"""The box in which a message is written: what it offers, what it holds, and sending what comes out of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from accounts import policies
from accounts.models import Project, User
from chat.models import Attachment, Conversation, Message
from chat.pages.turns import Brought, brought
from chat.queries import spending
from chat.queries.models import Offered, offered
from chat.queries.thread import Thread
from chat.services import answers, attachments, preferences, said
from core.errors import NotFoundError
from media_library.models import Asset, Persona

INTENTS = (
    (Message.Intent.SCRIPT, "Script"),
    (Message.Intent.FIND, "Find clips"),
    (Message.Intent.QUESTION, "Answer"),
    (Message.Intent.COPY, "Text"),
    (Message.Intent.EDIT, "Edit the cut"),
)
MOST_PERSONAS = 100


@dataclass
class Composing:
    text: str = ""
    intent: str = ""
    model: str = ""
    persona_id: uuid.UUID | None = None
    repeats_clips: bool = False
    edits: uuid.UUID | None = None
    problem: str = ""
    project: Project | None = None
    attachments: list[Brought] = field(default_factory=list)
    models: list[Offered] = field(default_factory=list)
    personas: list[Persona] = field(default_factory=list)
    writing: uuid.UUID | None = None
    cost: Decimal = Decimal(0)
    autofocus: bool = False
    is_new: bool = False

    intents = INTENTS
    most = said.MOST_CHARACTERS


class MessageForm(forms.Form):
    """What the box sends. Choices that are none count as not made: a page that is old must not lose somebody's words."""

    content = forms.CharField(required=False, strip=False)
    intent = forms.CharField(required=False)
    model = forms.CharField(required=False)
    persona = forms.UUIDField(required=False)
    repeats_clips = forms.BooleanField(required=False)
    edits = forms.UUIDField(required=False)

    def read(self) -> dict[str, Any]:
        self.full_clean()
        values: dict[str, Any] = {"intent": "", "model": "", "persona": None, "repeats_clips": False, "edits": None}
        values |= {"content": self.data.get("content", ""), **self.cleaned_data}
        if values["intent"] not in Message.Intent.values:
            values["intent"] = ""
        return values


def personas_of(user: User) -> list[Persona]:
    return list(Persona.objects.visible_to(user).active().order_by("name", "pk")[:MOST_PERSONAS])


def beginning(user: User, project: Project | None) -> Composing:
    return Composing(project=project, models=offered(), personas=personas_of(user), autofocus=True, is_new=True)


def going_on(request: HttpRequest, thread: Thread, user: User) -> Composing:
    """As the conversation was left; `?edit=` puts one's own words in again."""
    conversation = thread.conversation
    composing = Composing(
        model=conversation.model,
        persona_id=conversation.persona_id,
        repeats_clips=conversation.repeats_clips,
        attachments=brought(thread.waiting),
        models=offered(),
        personas=personas_of(user),
        writing=thread.under_way.pk if thread.under_way else None,
        cost=spending.of_conversation(conversation),
    )
    wanted = request.GET.get("edit", "")
    edited = next((turn.message for turn in thread.messages if str(turn.message.pk) == wanted), None)
    if edited is not None and edited.role == Message.Role.USER and edited.author_id == user.pk:
        composing.text, composing.edits = edited.content, edited.pk
    return composing


def send(conversation: Conversation, request: HttpRequest, user: User) -> None:
    """The message that a plain form sent, with the files and choices that came along."""
    values = MessageForm(request.POST).read()
    said.readable(values["content"])
    if values["edits"]:
        edited = conversation.messages.filter(pk=values["edits"]).first()
        if edited is None:
            raise NotFoundError("Message not found")
        answers.edit(edited, values["content"], actor=user, model=values["model"])
        return
    persona = Persona.objects.visible_to(user).active().filter(pk=values["persona"]).first()
    preferences.prefer(conversation, persona=persona, repeats_clips=values["repeats_clips"], actor=user)
    answers.ask(
        conversation,
        author=user,
        content=values["content"],
        model=values["model"],
        intent=values["intent"],
        attachments=_attached(conversation, request, user),
    )


def _attached(conversation: Conversation, request: HttpRequest, user: User) -> list[Attachment]:
    waiting = {str(one.pk): one for one in conversation.attachments.filter(message=None, uploaded_by=user)}
    found = [waiting[pk] for pk in dict.fromkeys(request.POST.getlist("attachments")) if pk in waiting]
    wanted = [pk for pk in map(_id, request.POST.getlist("assets")[: attachments.MOST_WAITING]) if pk]
    assets = Asset.objects.visible_to(user).filter(purpose=Asset.Purpose.ORIGINAL, pk__in=wanted).order_by("pk")
    found += [attachments.attach_asset(conversation, asset, actor=user) for asset in assets]
    files = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile) and file.name]
    return found + [attachments.attach_file(conversation, file, actor=user) for file in files]


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def kept(composing: Composing, request: HttpRequest, words: str) -> Composing:
    """What was refused stays in the box, with the reason above it."""
    values = MessageForm(request.POST).read()
    composing.text, composing.intent, composing.model = values["content"], values["intent"], values["model"]
    composing.persona_id, composing.repeats_clips = values["persona"], values["repeats_clips"]
    composing.edits, composing.problem, composing.autofocus = values["edits"], words, True
    return composing


def may(user: User, verb: str, conversation: Conversation) -> bool:
    return bool(policies.can(user, f"chat.conversation.{verb}", conversation))
