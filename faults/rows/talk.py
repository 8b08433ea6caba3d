"""Answers that people read along with."""

from __future__ import annotations

import os
import signal
import time
from functools import partial

from chat.models import Conversation, Message
from chat.services import answers
from chat.streams import stream_of
from core.live.models import LiveEvent
from core.runs.models import Run
from core.testing.providers import ProviderServer
from faults.report import Seen, row
from faults.rig import Rig, wait_for

STORY = "The harbour was quiet at dawn, and nobody had cast off yet. " * 20


def begun(rig: Rig, provider: ProviderServer) -> tuple[Message, Run]:
    """A crew that asks this provider, and an answer of which a few words are there."""
    from accounts.tests.factories import UserFactory  # noqa: PLC0415  (once Django is set up)

    rig.beat()
    rig.starting_worker("default")
    rig.worker("ai", OPENAI_API_KEY="test", OPENAI_BASE_URL=f"{provider.url}/v1", AI_CHAT="openai:gpt-4o")
    owner = UserFactory()
    conversation = Conversation.objects.create(owner=owner, title="Harbour story", title_by="person")
    return asked(conversation)


def asked(conversation: Conversation) -> tuple[Message, Run]:
    _, answer = answers.ask(conversation, author=conversation.owner, content="A long story")
    assert answer.run is not None
    wait_for("the first words", partial(words, answer), seconds=60)
    return answer, answer.run


def words(answer: Message) -> str:
    return Message.objects.values_list("content", flat=True).get(pk=answer.pk)


def ended(answer: Message) -> Message | None:
    found = Message.objects.get(pk=answer.pk)
    return None if found.status in Message.UNDER_WAY else found


def judge(seen: Seen, answer: Message, provider: ProviderServer) -> None:
    """Everything that anybody has read is kept, the reason is said, and it was asked for once."""
    rows = LiveEvent.objects.filter(stream=stream_of(answer.conversation_id), type="answer.piece").order_by("seq")
    read = "".join(event.payload["text"] for event in rows if event.payload["message_id"] == str(answer.pk))
    seen.lost = 0 if answer.content.startswith(read.strip()) else 1
    seen.expect(read, "nobody read a word")
    seen.expect(answer.status == Message.Status.FAILED, f"it is {answer.status}")
    seen.expect(answer.error.endswith("it can be written again."), f"it says {answer.error!r}")
    seen.extra_bills = max(0, sum(provider.billed.values()) - 1)
    seen.notes |= {"requests": len(provider.requests), "characters": len(answer.content)}


def goes_on(seen: Seen, answer: Message) -> None:
    """The conversation is free: written again, it is whole."""
    again = answers.retry(answer, actor=answer.conversation.owner)
    wait_for("the answer written again", partial(ended, again), seconds=60)
    again.refresh_from_db()
    seen.expect(again.content == STORY.strip(), "the second answer is not whole")


@row(
    "F13-answer",
    injected="kill -9 of the worker while an answer is read along",
    expected="what was read is kept and marked; asked once; writing again works",
)
def killed_midway(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        provider.plan("paced", text=STORY, interval=0.2)
        answer, run = begun(rig, provider)
        os.kill(rig.pid_of(rig.step(run, "answer")), signal.SIGKILL)
        killed = time.monotonic()
        wait_for("the end of the answer", partial(ended, answer), seconds=90)
        seen.recovery = time.monotonic() - killed
        answer.refresh_from_db()
        judge(seen, answer, provider)
        provider.plan("ok", text=STORY)
        goes_on(seen, answer)


@row(
    "F13-midway",
    injected="the provider's connection is cut while an answer is read along",
    expected="what was read is kept and marked within a second; asked once; writing again works",
)
def provider_dies(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        provider.plan("truncated", text=STORY)
        answer, _ = begun(rig, provider)
        came = time.monotonic()
        wait_for("the end of the answer", partial(ended, answer), seconds=30)
        seen.recovery = time.monotonic() - came
        answer.refresh_from_db()
        judge(seen, answer, provider)
        provider.plan("ok", text=STORY)
        goes_on(seen, answer)
