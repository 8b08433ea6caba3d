"""A worker in the test's own process, an engine on the wire, and what an answer leaves behind."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message
from chat.streams import stream_of
from core.live.models import LiveEvent
from core.runs import invariants
from core.testing.patience import work_off


def work(answer: Message, *, until: str = "") -> Message:
    """As far as a worker gets, or until only the step `until` is left to do."""
    work_off(answer.run_id, until=until)
    assert not invariants.violations(), invariants.violations()
    return Message.objects.select_related("run", "conversation").get(pk=answer.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(client: Client, conversation: Conversation, content: str, **fields: Any) -> Message:
    """The answer that is under way to it, asked through the page's route."""
    response = client.post(
        f"/api/conversations/{conversation.pk}/messages",
        {"content": content, **fields},
        content_type="application/json",
    )
    assert response.status_code == 202, response.content
    return Message.objects.get(pk=response.json()["answer"]["id"])


def told(conversation: Conversation) -> list[dict[str, Any]]:
    """What sockets heard, oldest first."""
    rows = LiveEvent.objects.filter(stream=stream_of(conversation.pk)).order_by("seq")
    return list(rows.values_list("payload", flat=True))
