"""What people in a conversation hear of it. One stream for each conversation, so that a busy one holds nobody else up.

Numbered, kept for a day and replayed. Called in the transaction that makes the change; heard once it is through.
"""

from __future__ import annotations

import uuid
from typing import Any

from accounts.models import User
from chat.models import Conversation, Message, Render
from chat.queries.shapes import message_shape, person
from chat.streams import stream_of
from core.live import publish
from core.live.events import percent

# After this one, sockets ask again whether they may listen.
PARTICIPANTS = "participants"


def message_added(message: Message) -> None:
    """Somebody said something. It is the last of the branch that is shown now."""
    _publish(message.conversation_id, "message", message=message_shape(message))


def answer_started(answer: Message) -> None:
    _publish(answer.conversation_id, "answer.started", message_id=answer.pk, message=message_shape(answer))


def answer_sources(answer: Message) -> None:
    """What was found for it, before the first word."""
    _publish(
        answer.conversation_id,
        "answer.sources",
        message_id=answer.pk,
        intent=answer.intent,
        sources=answer.sources,
    )


def answer_piece(answer: Message, *, n: int, at: int, text: str) -> None:
    """The next words. `at` is the place of the first of them in UTF-16 units, so that one heard twice is written once."""
    _publish(answer.conversation_id, "answer.piece", message_id=answer.pk, n=n, at=at, text=text)


def answer_waits(answer: Message, why: str) -> None:
    """Nothing came yet, and it is tried again by itself."""
    _publish(answer.conversation_id, "answer.waiting", message_id=answer.pk, text=why)


def answer_clips(answer: Message, *, clips: list[uuid.UUID], records: list[uuid.UUID]) -> None:
    """What came of it beside words. Their links are made for each reader, so that these are ids."""
    _publish(answer.conversation_id, "answer.clips", message_id=answer.pk, clips=clips, records=records)


def answer_ended(answer: Message) -> None:
    """`answer.done`, `answer.stopped` or `answer.failed`, with the whole answer as it is kept."""
    kind = {Message.Status.COMPLETE: "done", Message.Status.STOPPED: "stopped", Message.Status.FAILED: "failed"}
    _publish(
        answer.conversation_id,
        f"answer.{kind[Message.Status(answer.status)]}",
        message_id=answer.pk,
        message=message_shape(answer),
    )


def branch_shown(conversation: Conversation, *, by: User | None) -> None:
    """Another branch is shown to all: read the thread anew."""
    _publish(conversation.pk, "branch", head=conversation.head_id, by=person(by))


def script_changed(conversation_id: object, what: str, actor: User | None) -> None:
    """`what` is records, clips or comments."""
    _publish(conversation_id, "script.changed", what=what, by=person(actor))


def render_changed(render: Render) -> None:
    progress = render.run.progress if render.run else 0.0
    _publish(
        render.conversation_id,
        "render",
        render_id=render.pk,
        status=render.status,
        progress=100 if render.status == Render.Status.READY else percent(progress),
        asset_id=render.asset_id,
        error=render.error or None,
    )


def title_changed(conversation: Conversation) -> None:
    _publish(conversation.pk, "title", title=conversation.title, title_by=conversation.title_by)


def participants_changed(conversation_id: object) -> None:
    """Somebody came, went or has another role; also said when the conversation is deleted. Who may not listen any more is put out."""
    _publish(conversation_id, PARTICIPANTS)


def _publish(conversation_id: object, kind: str, **what: Any) -> None:
    payload = {"type": kind, "conversation_id": str(conversation_id), **what}
    publish(stream_of(conversation_id), payload, key=str(conversation_id))
