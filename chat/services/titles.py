"""What a conversation is called, by its first message."""

from __future__ import annotations

import json
import re

from django.db import transaction

from accounts.models import User
from ai import prompts
from ai import services as ai
from ai.capabilities.chat import ChatRequest, Turn
from chat import events
from chat.models import Conversation, Message
from chat.services.asking import understand
from core import audit
from core.errors import DomainError

LONGEST = 80
MOST_READ = 2_000
NO_MESSAGES = "No messages found in conversation"

_MARKUP = re.compile(r"<[^>]{0,200}>|[`*_#\[\]{}<>|]|[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


def generate(conversation: Conversation, *, actor: User, unasked: bool = False) -> str:
    """Asks the engine of the conversation and stores what it says as the title. `unasked` leaves a title that a person gave meanwhile."""
    first = conversation.messages.filter(role=Message.Role.USER).order_by("number", "pk").first()
    if first is None:
        raise DomainError(NO_MESSAGES)
    said = first.content[:MOST_READ]
    wish = understand(said)
    asked = {"ask": said, "language": wish.language}
    material = {"task": "title", "topic": list(wish.topic), **asked}
    request = ChatRequest(
        turns=[Turn("user", json.dumps(asked, ensure_ascii=False))],
        system=prompts.load("chat_title"),
        max_tokens=60,
        material=material,
    )
    use = ai.Use(
        purpose="chat.title",
        user_id=actor.pk,
        organization_id=conversation.organization_id,
        endpoint="/api/conversations/generate-title",
        conversation_id=conversation.pk,
    )
    answer = ai.chat_complete(request, use=use, model=conversation.model)
    title = cleaned(answer.value) or cleaned(said) or conversation.title
    with transaction.atomic():
        locked = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
        if unasked and locked.title_by == Conversation.TitleBy.PERSON:
            return locked.title
        conversation.title, conversation.title_by = title, Conversation.TitleBy.MACHINE
        conversation.save(update_fields=["title", "title_by", "updated_at"])
        audit.record("chat.conversation.entitle", conversation, actor=actor, title=title, engine=str(answer.engine))
        events.title_changed(conversation)
    return title


def cleaned(title: str) -> str:
    """One line without markup, quotation marks and ids, of a length that a list has room for."""
    line = next((line for line in title.strip().splitlines() if line.strip()), "")
    line = " ".join(_ID.sub(" ", _MARKUP.sub(" ", line)).split()).strip(" \"'“”„«».,:;")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rpartition(' ')[0] or line[: LONGEST - 1]}…"
