"""A conversation of 2,000 messages costs as many queries as one of 20, as data and as a page, and about the same time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bench.measure import Row, alternate, at_most, rounds_for
from bench.studio import studio

if TYPE_CHECKING:
    from accounts.models import User
    from chat.models import Conversation

NAME = "chat_page"
GOAL = at_most(1)
TIME = at_most(2)
FEW, MANY = 20, 2000
EACH = 5


def rows(*, quick: bool) -> Iterator[Row]:
    with studio():
        from django.conf import settings
        from django.test import Client

        from accounts.tests.factories import UserFactory

        settings.RATE_LIMITS = False
        logging.getLogger("request").setLevel(logging.WARNING)
        owner = UserFactory()
        browser = Client()
        browser.force_login(owner)
        few, many = (conversation_of(owner, messages) for messages in (FEW, MANY))
        for name, path in (("thread", "/api/conversations/{}/thread"), ("page", "/chat/{}")):

            def read(conversation: Conversation, path: str = path) -> Callable[[], None]:
                def once() -> None:
                    answer = browser.get(path.format(conversation.pk))
                    assert answer.status_code == 200, answer.status_code
                    assert f"Message {conversation.messages.count() - 1} " in answer.content.decode()

                return once

            yield Row(
                f"chat_page queries of the {name}", ours=queries(read(many)), peer=queries(read(few)), unit="queries"
            )
            ours, peer = alternate(times(read(many)), times(read(few)), rounds=rounds_for(quick=quick))
            yield Row(f"chat_page time of the {name}", ours=ours.wall / EACH, peer=peer.wall / EACH, goal=TIME)


def conversation_of(owner: User, messages: int) -> Conversation:
    from chat.models import Message
    from chat.tests.factories import ConversationFactory

    made: Conversation = ConversationFactory(owner=owner)
    written: list[Message] = []
    for number in range(messages):
        role = "assistant" if number % 2 else "user"
        parent = written[-1] if written else None
        written.append(
            Message(conversation=made, parent=parent, number=number, role=role, content=f"Message {number} of many.")
        )
    Message.objects.bulk_create(written)
    made.head = written[-1]
    made.save(update_fields=["head"])
    return made


def queries(read: Callable[[], None]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    read()
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


def times(read: Callable[[], None]) -> Callable[[], None]:
    def repeated() -> None:
        for _ in range(EACH):
            read()

    return repeated
