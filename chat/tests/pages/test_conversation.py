"""The chat page, through the browser's door, without scripts."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import ProjectFactory, UserFactory
from chat.models import Conversation, Message, Participant
from chat.tests.factories import ConversationFactory, clip_in, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> User:
    user: User = UserFactory(name="Mara Lindqvist")
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_first_message_begins_a_conversation(mara: User) -> None:
    project = ProjectFactory(owner=mara)
    page = browser(mara)
    shown = page.get("/chat", {"project": project.pk})
    assert str(project) in shown.content.decode()

    sent = page.post("/chat", {"content": "Write about the harbour.", "intent": "script", "project": project.pk})
    begun = Conversation.objects.get()
    assert (sent.status_code, sent.headers["Location"]) == (302, f"/chat/{begun.pk}")
    assert (begun.owner, begun.project) == (mara, project)
    question, answer = begun.messages.order_by("number")
    assert (question.content, answer.status, answer.intent) == ("Write about the harbour.", "waiting", "script")
    read = page.get(f"/chat/{begun.pk}").content.decode()
    assert "Write about the harbour." in read
    assert "See what has come" in read


@pytest.mark.parametrize("project", ["", "no-id", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_project_is_ignored(mara: User, project: str) -> None:
    assert browser(mara).get("/chat", {"project": project}).status_code == 200


def test_what_is_refused_stays_in_the_box(mara: User) -> None:
    conversation = ConversationFactory(owner=mara)
    say(conversation, "Write.")
    say(conversation, "", role="assistant", status=Message.Status.WAITING)
    sent = browser(mara).post(f"/chat/{conversation.pk}", {"content": "And shorter & sharper."})
    page = sent.content.decode()
    assert sent.status_code == 409
    assert "And shorter &amp; sharper." in page
    assert "An answer is being written in this conversation." in page
    assert browser(mara).post("/chat", {"content": "  "}).status_code == 400


def test_a_stranger_is_told_that_there_is_no_such_conversation(mara: User) -> None:
    conversation = ConversationFactory(title="Secret film")
    for path in ("", "/messages", "/people", f"/messages/{conversation.pk}"):
        answer = browser(mara).get(f"/chat/{conversation.pk}{path}")
        assert answer.status_code == 404
        assert "Secret film" not in answer.content.decode()
    assert "Conversation not found" in browser(mara).get(f"/chat/{conversation.pk}").content.decode()


def test_a_viewer_reads_and_does_not_write(mara: User) -> None:
    conversation = ConversationFactory()
    place = Participant.objects.create(conversation=conversation, user=mara, role="viewer")
    say(conversation, "Write.")
    page = browser(mara)
    assert "You look on in this conversation." in page.get(f"/chat/{conversation.pk}").content.decode()
    place.refresh_from_db()
    assert place.accepted_at is not None
    assert page.post(f"/chat/{conversation.pk}", {"content": "Mine."}).status_code == 403


def test_answers_are_stopped_retried_and_switched_by_plain_forms(mara: User) -> None:
    conversation = ConversationFactory(owner=mara)
    asked = say(conversation, "Write.")
    first = say(conversation, "So it", role="assistant", status=Message.Status.STREAMING)
    page, act = browser(mara), f"/chat/{conversation.pk}/act"
    page.post(act, {"stop": first.pk})
    first.refresh_from_db()
    assert (first.status, first.content) == ("stopped", "So it")

    page.post(act, {"retry": first.pk})
    second = asked.replies.order_by("number").last()
    assert second is not None
    assert second.pk != first.pk
    page.post(act, {"stop": second.pk})
    page.post(act, {"show": first.pk})
    read = page.get(f"/chat/{conversation.pk}").content.decode()
    assert f'id="m-{first.pk}"' in read
    assert f'id="m-{second.pk}"' not in read
    assert "Version 1 of 2" in read
    assert page.post(act, {"show": "nothing"}).status_code == 404


def test_ones_own_message_is_edited_in_the_box_and_sent_beside_the_old(mara: User) -> None:
    conversation = ConversationFactory(owner=mara)
    asked = say(conversation, "Write about the harbour.")
    say(conversation, "It was dawn.", role="assistant")
    page = browser(mara)
    assert (
        "Write about the harbour.</textarea>" in page.get(f"/chat/{conversation.pk}?edit={asked.pk}").content.decode()
    )
    page.post(f"/chat/{conversation.pk}", {"content": "Write about the lighthouse.", "edits": asked.pk})
    assert conversation.messages.filter(parent=None).count() == 2


def test_hostile_text_is_only_text(mara: User) -> None:
    conversation = ConversationFactory(owner=mara, title="<script>alert(1)</script>")
    hostile = "<img src=x onerror=alert(1)> ![x](https://evil.example/x.png) [go](javascript:alert(1)) [on](https://good.example/)"
    say(conversation, hostile)
    say(conversation, f"**Bold** {hostile}\n\n# <b>x</b>\n\n```\n<script>\n```", role="assistant")
    read = browser(mara).get(f"/chat/{conversation.pk}").content.decode()
    thread = read[read.index("data-messages") : read.index("data-nothing-said")]
    answer = thread[thread.index('data-role="assistant"') :]
    assert "<strong>Bold</strong>" in answer
    assert '<a href="https://good.example/"' in answer
    for bad in ("<img src=x", "evil.example", "javascript:", "<script>", "<b>x"):
        assert bad not in answer, bad
    assert "<script>alert" not in read


@pytest.mark.parametrize("many", [1, 20])
def test_the_page_costs_the_same_however_long_the_conversation(mara: User, many: int) -> None:
    conversation = ConversationFactory(owner=mara)
    for number in range(many):
        say(conversation, f"Question {number}")
        answer = say(conversation, f"Answer {number}", role="assistant")
        clip_in(conversation, message=answer)
        ConversationFactory(owner=mara)
    page = browser(mara)
    page.get(f"/chat/{conversation.pk}")
    with CaptureQueriesContext(connection) as queries:
        assert page.get(f"/chat/{conversation.pk}").status_code == 200
    assert len(queries) == 21, [query["sql"][:200] for query in queries]
