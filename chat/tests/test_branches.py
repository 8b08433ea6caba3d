"""Branches: what is asked or answered again stands beside what was there, and a long thread is read in pages of constant cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification, User
from accounts.tests.factories import UserFactory
from chat import presence
from chat.models import Attachment, Conversation, Message, Participant
from chat.queries.thread import thread
from chat.tests.conversing import asked, signed_in
from chat.tests.factories import ConversationFactory, clip_in, say
from jobs.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return UserFactory()


@pytest.fixture
def conversation(owner: User) -> Conversation:
    """Two questions, both answered."""
    made: Conversation = ConversationFactory(owner=owner)
    for number in (1, 2):
        say(made, f"Question {number}")
        say(made, f"Answer {number}", role="assistant")
    return made


def shown(client: Client, conversation: Conversation, **query: Any) -> dict[str, Any]:
    response = client.get(f"/api/conversations/{conversation.pk}/thread", query)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def texts(body: dict[str, Any]) -> list[str]:
    return [message["content"] for message in body["messages"]]


def ended(conversation: Conversation, content: str) -> Message:
    answer = conversation.messages.get(status=Message.Status.WAITING)
    answer.status, answer.content = Message.Status.COMPLETE, content
    answer.save(update_fields=["status", "content"])
    return answer


def test_an_edited_question_stands_beside_the_first_and_both_branches_can_be_shown(
    owner: User, conversation: Conversation
) -> None:
    client = signed_in(owner)
    first = conversation.messages.get(content="Question 1")
    Attachment.objects.create(
        conversation=conversation, message=first, asset=AssetFactory(owner=owner), original_filename="notes.txt"
    )
    edited = client.post(f"/api/messages/{first.pk}/edit", {"content": "Question one"}, content_type="application/json")
    assert edited.status_code == 202
    answer = ended(conversation, "Answer one")
    body = shown(client, conversation)
    assert texts(body) == ["Question one", "Answer one"]
    assert body["messages"][0]["siblings"] == [str(first.pk), edited.json()["message"]["id"]]
    assert [one["original_filename"] for one in body["messages"][0]["attachments"]] == ["notes.txt"]
    # Whoever only looks reads the other branch without changing what all are shown.
    assert texts(shown(client, conversation, last=str(first.pk))) == [
        "Question 1",
        "Answer 1",
        "Question 2",
        "Answer 2",
    ]
    assert texts(shown(client, conversation)) == ["Question one", "Answer one"]
    assert texts(client.post(f"/api/messages/{first.pk}/show").json())[-1] == "Answer 2"
    assert texts(shown(client, conversation))[-1] == "Answer 2"
    client.post(f"/api/messages/{answer.pk}/show")
    # What comes next belongs to the branch that is shown.
    later = asked(client, conversation, "And then?")
    assert later.parent is not None
    assert later.parent.parent_id == answer.pk
    assert conversation.messages.count() == 8


def test_another_answer_stands_beside_the_first(owner: User, conversation: Conversation) -> None:
    client = signed_in(owner)
    first = conversation.messages.get(content="Answer 1")
    again = client.post(f"/api/messages/{first.pk}/retry", {"model": "gpt-4o"}, content_type="application/json")
    assert again.status_code == 202
    ended(conversation, "Another answer")
    assert texts(shown(client, conversation)) == ["Question 1", "Another answer"]
    assert len(shown(client, conversation)["messages"][1]["siblings"]) == 2
    refused = client.post(f"/api/messages/{first.pk}/retry", {"model": "gpt-9"}, content_type="application/json")
    assert refused.status_code == 400


def test_a_conversation_can_begin_anew_and_foreign_messages_are_no_parents(
    owner: User, conversation: Conversation
) -> None:
    client = signed_in(owner)
    other = say(ConversationFactory(), "Foreign")
    refused = client.post(
        f"/api/conversations/{conversation.pk}/messages",
        {"content": "Hello", "parent_id": str(other.pk)},
        content_type="application/json",
    )
    assert (refused.status_code, refused.json()) == (404, {"error": "Message not found"})
    answer = asked(client, conversation, "Anew", parent_id=None)
    assert answer.parent is not None
    assert answer.parent.parent_id is None
    assert len(shown(client, conversation)["messages"][0]["siblings"]) == 2


def test_attachments_go_with_the_message_once_and_only_ones_own(owner: User, conversation: Conversation) -> None:
    client = signed_in(owner)
    editor = UserFactory()
    Participant.objects.create(conversation=conversation, user=editor, role="editor")
    mine, theirs = (
        Attachment.objects.create(
            conversation=conversation, asset=AssetFactory(owner=who), original_filename="a.txt", uploaded_by=who
        )
        for who in (owner, editor)
    )
    assert [one["id"] for one in shown(client, conversation)["waiting_attachments"]] == [str(mine.pk)]
    url = f"/api/conversations/{conversation.pk}/messages"
    body = {"content": "Look", "attachment_ids": [str(theirs.pk)]}
    assert client.post(url, body, content_type="application/json").status_code == 404
    answer = asked(client, conversation, "Look", attachment_ids=[str(mine.pk)])
    mine.refresh_from_db()
    assert mine.message_id == answer.parent_id
    ended(conversation, "Seen")
    body = {"content": "Again", "attachment_ids": [str(mine.pk)]}
    assert client.post(url, body, content_type="application/json").status_code == 404


def long_conversation(owner: User, messages: int) -> Conversation:
    made: Conversation = ConversationFactory(owner=owner)
    parent = None
    rows = []
    for number in range(messages):
        row = Message(
            conversation=made,
            parent=parent,
            number=number,
            role="assistant" if number % 2 else "user",
            author=None if number % 2 else owner,
            content=f"Message {number}",
        )
        rows.append(row)
        parent = row
    Message.objects.bulk_create(rows)
    made.head = rows[-1]
    made.save(update_fields=["head"])
    for row in rows[-10:]:
        Attachment.objects.create(
            conversation=made, message=row, asset=AssetFactory(owner=owner), original_filename="a.txt"
        )
        clip_in(made, message=row)
    return made


def test_a_thread_costs_the_same_however_long_it_is_and_is_read_upwards_in_pages(owner: User) -> None:
    costs = {}
    for messages in (20, 2000):
        conversation = long_conversation(owner, messages)
        with CaptureQueriesContext(connection) as queries:
            thread(conversation, owner).body(owner)
        costs[messages] = len(queries)
    assert costs[20] == costs[2000] <= 9
    client = signed_in(owner)
    body = shown(client, conversation, limit=200)
    read = texts(body)
    while body["older"]:
        body = shown(client, conversation, before=body["older"], limit=200)
        read = texts(body) + read
    assert read == [f"Message {number}" for number in range(2000)]


def test_the_other_people_are_told_once_unless_they_look(owner: User, conversation: Conversation) -> None:
    absent, looking = UserFactory(), UserFactory()
    for person in (absent, looking):
        Participant.objects.create(conversation=conversation, user=person, role="viewer")
    presence.arrive(conversation.pk, looking.pk, "tab")
    client = signed_in(owner)
    for number in range(2):
        asked(client, conversation, f"News {number}")
        ended(conversation, "Answer")
    news = Notification.objects.filter(kind="chat.message", user=absent).unread().get()
    assert news.text == f"{owner.get_full_name()} in “Harbour story”: News 1"
    assert news.url == f"/chat/{conversation.pk}"
    assert not Notification.objects.filter(user__in=[looking, owner]).exists()
    presence.leave(conversation.pk, looking.pk, "tab")
