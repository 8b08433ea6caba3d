"""Asking, and what may be done with an answer. Nothing is ever deleted: what is asked or answered again stands beside what was there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ai import catalogue
from chat import events
from chat.errors import AnswerUnderWayError
from chat.models import Attachment, ClipProposal, Conversation, Message
from chat.queries.thread import next_number
from chat.services import conversations, said
from core import audit
from core.errors import DomainError, WrongStateError
from core.runs import services as runs

KIND = "chat.answer"
ENDPOINT = "/api/chat"

Head = Literal["head"]


@transaction.atomic
def ask(
    conversation: Conversation,
    *,
    author: User,
    content: str,
    parent: Message | Head | None = "head",
    model: str = "",
    intent: str = "",
    attachments: Iterable[Attachment] = (),
    previous_clips: Iterable[ClipProposal] = (),
    repeats_clips: bool | None = None,
    history: Iterable[dict[str, str]] = (),
    endpoint: str = ENDPOINT,
) -> tuple[Message, Message]:
    """The question, and the answer that is being written to it. Without a parent it begins the conversation anew, beside what is there.

    `history` is what a caller says was said before, for a conversation of which the studio knows nothing.
    """
    text = said.readable(content)
    known = model_known(model)
    conversation = _locked(conversation)
    above = conversation.head if parent == "head" else parent
    if repeats_clips is not None:
        conversation.repeats_clips = repeats_clips
        conversation.save(update_fields=["repeats_clips"])
    question = _add(conversation, above, role=Message.Role.USER, author=author, content=text)
    _attach(conversation, question, attachments)
    answer = _answer(
        conversation,
        question,
        author=author,
        model=known,
        intent=intent,
        params={
            "endpoint": endpoint,
            "previous_clips": [str(clip.pk) for clip in previous_clips],
            "repeats_clips": repeats_clips,
            "history": list(history),
        },
    )
    events.message_added(question)
    events.answer_started(answer)
    said.tell_absent(conversation, question, by=author)
    audit.record("chat.message.ask", question, actor=author, conversation=str(conversation.pk), model=known)
    return question, answer


@transaction.atomic
def ask_anew(author: User, **asked: Any) -> tuple[Message, Message]:
    """In a conversation that begins with it."""
    return ask(conversations.begin(author), author=author, **asked)


@transaction.atomic
def retry(message: Message, *, actor: User, model: str = "") -> Message:
    """Another answer beside this one, by the same model or another; to a question that has none, its first."""
    conversation = _locked(message.conversation)
    question = message if message.role == Message.Role.USER else message.parent
    if question is None:
        raise WrongStateError("There is no question to answer again.")
    known = model_known(model) or ("" if message is question else message.model)
    params = _asked_before(message)
    answer = _answer(conversation, question, author=actor, model=known, intent="", params=params)
    events.answer_started(answer)
    audit.record("chat.message.retry", message, actor=actor, conversation=str(conversation.pk), model=known)
    return answer


@transaction.atomic
def edit(message: Message, content: str, *, actor: User, model: str = "") -> tuple[Message, Message]:
    """The question in other words, beside the one that was asked, and an answer to it."""
    if message.role != Message.Role.USER:
        raise WrongStateError("Only what a person wrote is written anew.")
    question, answer = ask(
        message.conversation,
        author=actor,
        content=content,
        parent=message.parent,
        model=model,
        attachments=(),
    )
    for attachment in message.attachments.order_by("uploaded_at", "pk"):
        Attachment.objects.create(
            conversation=attachment.conversation,
            message=question,
            asset=attachment.asset,
            original_filename=attachment.original_filename,
            uploaded_by=attachment.uploaded_by,
        )
    audit.record("chat.message.edit", message, actor=actor, conversation=str(message.conversation_id))
    return question, answer


@transaction.atomic
def stop(message: Message, *, actor: User) -> Message:
    """Ends the answer at once with what came of it. Twice is once; the worker hears of it and stops paying."""
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if message.role != Message.Role.ASSISTANT:
        raise WrongStateError("Only an answer can be stopped.")
    if message.status == Message.Status.STOPPED:
        return message
    if message.status not in Message.UNDER_WAY:
        raise WrongStateError("This answer has ended already.")
    message.status, message.finished_at = Message.Status.STOPPED, timezone.now()
    message.save(update_fields=["status", "finished_at"])
    events.answer_ended(message)
    audit.record("chat.message.stop", message, actor=actor, conversation=str(message.conversation_id))
    return message


def model_known(model: str) -> str:
    """A name of the catalogue, or nothing; another name is refused before anything is written."""
    return catalogue.find("chat", model).name if model.strip() else ""


def _locked(conversation: Conversation) -> Conversation:
    """With the lock that gives messages their numbers and lets one answer at a time be under way."""
    locked = Conversation.objects.select_for_update(of=("self",)).select_related("head").get(pk=conversation.pk)
    if locked.messages.filter(status__in=Message.UNDER_WAY).exists():
        raise AnswerUnderWayError
    return locked


def _add(conversation: Conversation, parent: Message | None, **values: Any) -> Message:
    if parent is not None and parent.conversation_id != conversation.pk:
        raise DomainError("A message answers one of its own conversation.")
    message = Message.objects.create(
        conversation=conversation, parent=parent, number=next_number(conversation), **values
    )
    conversation.head = message
    conversation.save(update_fields=["head", "updated_at"])
    return message


def _answer(
    conversation: Conversation, question: Message, *, author: User, model: str, intent: str, params: dict[str, Any]
) -> Message:
    answer = _add(
        conversation,
        question,
        role=Message.Role.ASSISTANT,
        status=Message.Status.WAITING,
        model=model or conversation.model,
        intent=intent,
    )
    answer.run = runs.start(KIND, subject_id=answer.pk, params=params, created_by=author)
    answer.save(update_fields=["run"])
    return answer


def _attach(conversation: Conversation, question: Message, attachments: Iterable[Attachment]) -> None:
    ids = [attachment.pk for attachment in attachments]
    waiting = conversation.attachments.filter(pk__in=ids, message=None)
    if waiting.update(message=question) != len(set(ids)):
        raise WrongStateError("An attachment was sent with another message already.")


def _asked_before(message: Message) -> dict[str, Any]:
    """What the run of the answer beside it was given."""
    run = message.run
    params: dict[str, Any] = dict(run.params) if run else {}
    return {"endpoint": ENDPOINT, "previous_clips": [], "repeats_clips": None, "history": [], **params}


def answer_of(run_subject: uuid.UUID) -> Message:
    return Message.objects.select_related("conversation__owner", "parent__author").get(pk=run_subject)
