"""What is asked and answered: written while people read along, stopped, broken off, asked again, never paid twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from accounts.tests.factories import UserFactory
from ai.models import Budget, Call
from chat.models import Conversation, Message
from chat.services import answering, answers, endings
from chat.signals import answered
from chat.steps.streaming import Reader
from chat.tests.conversing import asked, signed_in, told, work
from chat.tests.factories import ConversationFactory
from core.runs import sweep, worker
from core.runs.models import Run, Step
from core.testing.providers import ProviderServer

pytestmark = pytest.mark.django_db(transaction=True)

STORY = "The harbour was quiet at dawn. " * 12
S = Message.Status


@pytest.fixture
def owner() -> User:
    return UserFactory()


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner, title_by="person")


def kinds(conversation: Conversation) -> list[str]:
    return [event["type"] for event in told(conversation)]


def meanwhile(act: Callable[[], Any]) -> threading.Thread:
    """Another process, as far as the database can tell."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_an_answer_is_read_along_piece_by_piece_and_kept_whole(
    provider: ProviderServer, owner: User, conversation: Conversation
) -> None:
    provider.plan("paced", text=STORY, interval=0.01)
    whole: list[Message] = []

    def hear(message: Message, **_: Any) -> None:
        whole.append(message)

    answered.connect(hear)
    answer = work(asked(signed_in(owner), conversation, "Say something about the harbour"))
    answered.disconnect(hear)
    assert (answer.status, answer.content) == (S.COMPLETE, STORY.strip())
    assert (answer.engine, answer.composed, answer.error) == ("openai:gpt-4o", False, "")
    call = Call.objects.get(pk=answer.calls[0])
    assert (answer.input_tokens, answer.output_tokens) == (call.input_tokens, call.output_tokens) != (0, 0)
    assert answer.cost == call.cost > 0
    assert (call.endpoint, call.conversation_id) == (
        f"/api/conversations/{conversation.pk}/messages",
        conversation.pk,
    )
    assert answer.seconds is not None
    assert answer.finished_at is not None
    assert whole == [answer]
    heard = told(conversation)
    assert [kind for kind in kinds(conversation) if kind != "answer.piece"] == [
        "message",
        "answer.started",
        "answer.sources",
        "answer.done",
    ]
    pieces = [event for event in heard if event["type"] == "answer.piece"]
    assert [piece["n"] for piece in pieces] == list(range(1, len(pieces) + 1))
    text = ""
    for piece in pieces:
        assert piece["at"] == len(text)
        text += piece["text"]
    assert text.strip() == answer.content
    # The first word at once, the others together, at most twenty times a second.
    assert pieces[0]["text"].strip() == "The"
    assert len(pieces) <= 2 + 20 * (answer.seconds + 1)


def test_stopping_keeps_what_came_frees_the_conversation_and_ends_the_call(
    provider: ProviderServer, owner: User, conversation: Conversation
) -> None:
    provider.plan("paced", text=STORY, interval=0.05)
    client = signed_in(owner)
    answer = asked(client, conversation, "A long story")
    writing = meanwhile(lambda: work(answer))
    until(lambda: bool(Message.objects.get(pk=answer.pk).content))
    refused = client.post(
        f"/api/conversations/{conversation.pk}/messages", {"content": "More"}, content_type="application/json"
    )
    assert refused.status_code == 409
    assert refused.json() == {
        "error": "An answer is being written in this conversation. Wait until it is there, or stop it."
    }
    assert client.post(f"/api/messages/{answer.pk}/stop").json()["message"]["status"] == "stopped"
    # Long before the provider has said all it has to say, as the length below tells.
    writing.join(timeout=20)
    assert not writing.is_alive()
    answer.refresh_from_db()
    assert answer.status == S.STOPPED
    assert 0 < len(answer.content) < len(STORY.strip())
    assert STORY.startswith(answer.content)
    assert Call.objects.get(pk=answer.calls[0]).outcome == Call.Outcome.CANCELLED
    assert answer.run is not None
    assert answer.run.status == Run.Status.COMPLETED
    assert client.post(f"/api/messages/{answer.pk}/stop").status_code == 200
    # The conversation is free again, and what was stopped is part of it.
    provider.plan("ok", text="Short.")
    assert work(asked(client, conversation, "More")).content == "Short."


def test_an_answer_that_is_stopped_before_its_turn_is_never_begun(
    provider: ProviderServer, owner: User, conversation: Conversation
) -> None:
    client = signed_in(owner)
    answer = asked(client, conversation, "A long story")
    client.post(f"/api/messages/{answer.pk}/stop")
    assert work(answer).status == S.STOPPED
    assert provider.requests == []
    assert client.post(f"/api/messages/{answer.parent_id}/stop").status_code == 409


@pytest.mark.parametrize("mode", ["truncated", "error_event"])
def test_a_provider_that_dies_midway_leaves_what_came_and_the_answer_can_be_written_again(
    mode: str, provider: ProviderServer, owner: User, conversation: Conversation
) -> None:
    provider.plan(mode, text=STORY)
    client = signed_in(owner)
    answer = work(asked(client, conversation, "A long story"))
    assert answer.status == S.FAILED
    assert answer.content
    assert STORY.startswith(answer.content)
    assert answer.error.endswith("What had come is kept; it can be written again.")
    assert "tries again by itself" not in answer.error
    assert kinds(conversation)[-1] == "answer.failed"
    assert answer.run is not None
    assert answer.run.status == Run.Status.FAILED
    provider.plan("ok", text="All of it.")
    again = client.post(f"/api/messages/{answer.pk}/retry", {"model": "gpt-4o-mini"}, content_type="application/json")
    assert again.status_code == 202
    other = work(Message.objects.get(pk=again.json()["answer"]["id"]))
    assert (other.content, other.engine, other.parent_id) == ("All of it.", "openai:gpt-4o-mini", answer.parent_id)
    answer.refresh_from_db()
    assert answer.content
    assert len(provider.requests) == 2


def test_a_busy_provider_is_asked_again_by_itself_and_then_given_up(
    provider: ProviderServer, owner: User, conversation: Conversation
) -> None:
    provider.plan("error", status=503)
    provider.plan("ok", text="Here.")
    assert work(asked(signed_in(owner), conversation, "Hello")).content == "Here."
    assert "answer.waiting" in kinds(conversation)
    for _ in range(3):
        provider.plan("error", status=503)
    answer = work(asked(signed_in(owner), conversation, "Hello again"))
    assert (answer.status, answer.content) == (S.FAILED, "")
    assert "openai has a problem" in answer.error.lower()


def test_a_worker_that_dies_midway_leaves_what_came_and_nothing_is_asked_twice(
    provider: ProviderServer, owner: User, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.plan("paced", text=STORY, interval=0.01)
    answer = asked(signed_in(owner), conversation, "A long story")
    step = Step.objects.get(run=answer.run_id, name="answer")
    with monkeypatch.context() as patch:
        # Killed: nothing is written down any more.
        patch.setattr("core.runs.outcomes.record", lambda *_: None)
        patch.setattr("ai.ledger.OpenCall._close", lambda *_, **__: None)
        patch.setattr("chat.steps.streaming.Reader._gather", first_then_die())
        with pytest.raises(SystemExit):
            worker.perform(step.pk)
    kept = Message.objects.get(pk=answer.pk).content
    assert kept
    Step.objects.filter(pk=step.pk).update(lease_expires_at="2020-01-01T00:00:00Z")
    sweep.reap()
    answer = work(answer)
    assert (answer.status, answer.content) == (S.FAILED, kept.strip())
    assert (
        answer.error
        == "The studio was interrupted while it wrote this. What had come is kept; it can be written again."
    )
    assert len(provider.requests) == 1


def first_then_die() -> Callable[..., Any]:
    gather = Reader._gather
    times = iter([True])

    def once(reader: Reader, next_at: float) -> Any:
        if next(times, None):
            return gather(reader, next_at)
        raise SystemExit

    return once


def test_a_worker_that_dies_after_the_last_word_costs_nothing_and_loses_nothing(
    provider: ProviderServer, owner: User, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.plan("ok", text=STORY)
    answer = asked(signed_in(owner), conversation, "A long story")
    step = Step.objects.get(run=answer.run_id, name="answer")
    with monkeypatch.context() as patch:
        patch.setattr("core.runs.outcomes.record", lambda *_: None)
        worker.perform(step.pk)
    assert Message.objects.get(pk=answer.pk).status == S.STREAMING
    Step.objects.filter(pk=step.pk).update(lease_expires_at="2020-01-01T00:00:00Z")
    sweep.reap()
    answer = work(answer)
    assert (answer.status, answer.content) == (S.COMPLETE, STORY.strip())
    assert answer.output_tokens > 0
    assert len(provider.requests) == 1


def test_a_model_that_answers_garbage_is_kept_as_words_and_can_be_read(
    provider: ProviderServer, owner: User, conversation: Conversation
) -> None:
    provider.plan("ok", text="Nul \x00 and half \ud83c of a pair, <script>alert(1)</script> " + "x" * 100_000)
    answer = work(asked(signed_in(owner), conversation, "Hello"))
    assert answer.status == S.COMPLETE
    assert "\x00" not in answer.content
    assert len(answer.content) <= 60_000


def test_twice_finished_is_once_and_the_end_of_a_stopped_answer_does_not_complete_it(
    provider: ProviderServer, owner: User, conversation: Conversation
) -> None:
    provider.plan("ok", text="Done.")
    answer = work(asked(signed_in(owner), conversation, "Hello"))
    prepared = answering.prepare(answers.answer_of(answer.pk))
    again = endings.finish(answer, "Other.", prepared, run_id=answer.run_id)
    assert again.content == "Done."


def test_nobody_asks_beyond_their_budget(provider: ProviderServer, owner: User, conversation: Conversation) -> None:
    Budget.objects.create(user=owner, period=Budget.Period.DAY, limit_usd="0.000001")
    answer = work(asked(signed_in(owner), conversation, "Hello"))
    assert answer.status == S.FAILED
    assert answer.error.startswith("Your budget for AI use")
    assert provider.requests == []


def test_the_first_answer_gives_a_title_where_nobody_did_and_a_failure_there_fails_nothing(
    provider: ProviderServer, owner: User
) -> None:
    client = signed_in(owner)
    conversation = ConversationFactory(owner=owner, title="New Conversation")
    provider.plan("ok", text="The harbour sleeps.")
    provider.plan("error", status=500)
    answer = work(asked(client, conversation, "The harbour at dawn"))
    assert answer.status == S.COMPLETE
    assert answer.run is not None
    assert answer.run.status == Run.Status.COMPLETED
    provider.plan("ok", text="It sleeps still.")
    provider.plan("ok", text="A quiet harbour")
    work(asked(client, conversation, "And at night?"))
    conversation.refresh_from_db()
    assert conversation.title == "A quiet harbour"
    assert told(conversation)[-1]["title"] == "A quiet harbour"
