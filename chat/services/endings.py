"""How an answer ends: whole, stopped, broken off or failed. Each is the last word; what came is kept in every case."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from ai.models import Call
from chat import events
from chat.models import Conversation, Message
from chat.services import answering
from chat.services.answering import Prepared
from chat.signals import answered

S = Message.Status
COMPOSED = "local:compose"


@transaction.atomic
def finish(
    message: Message, text: str, prepared: Prepared, *, run_id: uuid.UUID, stopped: bool = False, error: str = ""
) -> Message:
    """Verifies what was written and keeps it with its clips, its citations and what it cost. Twice is once.

    An answer that a person has stopped stays stopped, though its end may have come in the same moment.
    """
    answer = _locked(message)
    if answer.status not in {*Message.UNDER_WAY, S.STOPPED} or (
        answer.status == S.STOPPED and answer.seconds is not None
    ):
        return answer
    if error and answer.status != S.STOPPED:
        answer.status, answer.error = S.FAILED, error
    elif stopped or answer.status == S.STOPPED:
        answer.status = S.STOPPED
    else:
        answer.status = S.COMPLETE
    if text:
        settled = answering.settle(answer, text, prepared, partial=answer.status != S.COMPLETE)
        answer.content = settled.text
        answer.citations, answer.rejected = settled.citations, settled.rejected
        if settled.clips or settled.records:
            events.answer_clips(
                answer, clips=[clip.pk for clip in settled.clips], records=[record.pk for record in settled.records]
            )
    answer.composed = answer.engine == COMPOSED
    _close(answer, run_id)
    if answer.status == S.COMPLETE:
        answered.send(sender=Message, message=answer)
    return answer


@transaction.atomic
def fail(message: Message, error: str) -> None:
    """Nothing more will come. An answer that has ended is left as it is."""
    answer = _locked(message)
    if answer.status in Message.UNDER_WAY:
        answer.status, answer.error = S.FAILED, error
        _close(answer, answer.run_id)


@transaction.atomic
def give_up(message: Message) -> None:
    """Its run was cancelled."""
    answer = _locked(message)
    if answer.status in Message.UNDER_WAY:
        answer.status = S.STOPPED
        _close(answer, answer.run_id)


def _locked(message: Message) -> Message:
    return Message.objects.select_for_update(of=("self",)).select_related("conversation", "parent").get(pk=message.pk)


def _close(answer: Message, run_id: uuid.UUID | None) -> None:
    for name, value in _spent(run_id).items():
        setattr(answer, name, value)
    answer.finished_at = answer.finished_at or timezone.now()
    answer.seconds = round((answer.finished_at - answer.created_at).total_seconds(), 3)
    answer.save()
    # It moves up in the lists of conversations.
    Conversation.objects.filter(pk=answer.conversation_id).update(updated_at=timezone.now())
    events.answer_ended(answer)


def _spent(run_id: uuid.UUID | None) -> dict[str, Any]:
    """What its attempts took, failed ones included."""
    calls = (
        Call.objects.filter(run_id=run_id, capability="chat", purpose="chat.answer") if run_id else Call.objects.none()
    )
    total = calls.aggregate(
        input_tokens=Sum("input_tokens"), output_tokens=Sum("output_tokens"), cost=Sum("cost"), calls=Count("pk")
    )
    if not total.pop("calls"):
        return {}
    ids = [str(pk) for pk in calls.order_by("created_at", "pk").values_list("pk", flat=True)]
    return {**total, "calls": ids}
