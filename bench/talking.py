"""A conversation on the real server for the benches of chat: its people, their sockets, and an engine on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User
    from chat.models import Conversation


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    from django.conf import settings

    return {
        **environment,
        "DB_POOL": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY,
    }


def conversation_of(people: int) -> tuple[Conversation, list[User]]:
    """Its owner first; the others take part."""
    from accounts.tests.factories import UserFactory
    from chat.models import Participant
    from chat.tests.factories import ConversationFactory

    users = [UserFactory(name=f"Person {number}") for number in range(people)]
    conversation: Conversation = ConversationFactory(owner=users[0], title_by="person")
    for user in users[1:]:
        Participant.objects.create(conversation=conversation, user=user, role="editor")
    return conversation, users


def token_of(user: User) -> str:
    from accounts.services import tokens

    return str(tokens.issue(user, methods=["password"]).access_token)


def address(port: int, conversation: Conversation, after: int | None = None) -> str:
    query = "" if after is None else f"?after={after}"
    return f"ws://127.0.0.1:{port}/ws/conversations/{conversation.pk}{query}"


def read(frame: str | bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(frame)
    return event
