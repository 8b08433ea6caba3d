"""POST /api/chat: one question, and its answer in one piece."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from ai.errors import BudgetExceededError
from chat.api.base import WRITE, ConversationView
from chat.errors import AnswerFailedError
from chat.models import ClipProposal, Conversation, Message
from chat.queries.shapes import clip_shape
from chat.services import answers, said
from core.errors import DomainError, NotFoundError, TooManyRequestsError
from core.live.things import as_uuid
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives
from core.rest.waiting import as_json, when_done
from core.runs.models import Run

MOST_TURNS = 50
MOST_CLIPS = 500
A_DAY = 24 * 3600
ROLES = ("user", "assistant")


class ChatInput(Input):
    """`history` counts only where no conversation is named: what was said in one is known here."""

    message = TextField(trim_whitespace=False, allow_blank=True, allow_null=True, default="")
    conversation_id = TextField(required=False, allow_null=True, allow_blank=True, default=None)
    model = TextField(max_length=120, required=False, allow_blank=True, allow_null=True, default="")
    history = serializers.ListField(child=serializers.JSONField(), required=False, allow_null=True, default=list)
    previous_clips = serializers.ListField(
        child=TextField(), max_length=MOST_CLIPS, required=False, allow_null=True, default=list
    )


class Chat(ConversationView):
    """Asks in a conversation, a new one where none is named, and waits for the answer. 202 where that takes longer than it waits."""

    takes = ChatInput
    gives = Gives(
        post={
            "success": "bool",
            "conversation_id": "uuid",
            "message_id": "uuid",
            "response": "string",
            "clips": [
                {
                    "id": "uuid",
                    "title": "string",
                    "description": "string",
                    "video_id": "uuid",
                    "start_time": "float",
                    "end_time": "float",
                    "transcript_text": "string",
                }
            ],
            "model_used": "string",
            "tokens_used": "int",
            "cost": "float",
        }
    )
    body_names_things = True

    def post(self, request: Request) -> HttpResponse:
        conversation = self.conversation(request.data)
        body = ChatInput.parse(request.data)
        clips = self.previous(body["previous_clips"] or [])
        content, model = said.readable(body["message"] or ""), answers.model_known(body["model"] or "")
        history = quotable(body["history"] or [])
        asked: dict[str, Any] = {"content": content, "model": model, "previous_clips": clips}
        if conversation is None:
            _, answer = answers.ask_anew(self.caller, **asked, history=history)
        else:
            waiting = conversation.attachments.filter(message=None, uploaded_by=self.caller)
            asked["attachments"] = list(waiting.order_by("uploaded_at", "pk"))
            _, answer = answers.ask(conversation, author=self.caller, **asked)
        assert answer.run is not None  # noqa: S101  (it was asked for just now)
        return when_done(request, answer.run, answered, refuse=refusal)

    def conversation(self, data: Any) -> Conversation | None:
        """What the body names comes before what else is wrong with it."""
        named = data.get("conversation_id") if isinstance(data, dict) else None
        if named is None or named == "":
            return None
        found = as_uuid(named) if isinstance(named, str) else None
        if found is None:
            raise NotFoundError("Conversation not found")
        return self.find(found, WRITE)

    def previous(self, named: list[str]) -> list[ClipProposal]:
        wanted = set(named)
        ids = {known for one in wanted if (known := as_uuid(one))}
        found = list(ClipProposal.objects.visible_to(self.caller).filter(pk__in=ids).order_by("pk"))
        if len(found) != len(wanted):
            raise NotFoundError("Clip not found")
        return found


def quotable(history: list[Any]) -> list[dict[str, str]]:
    """What a caller says was said: of people and of engines, and not without end."""
    if len(history) > MOST_TURNS:
        raise DomainError(f"The history has more than {MOST_TURNS} turns.")
    turns = []
    for turn in history:
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
        if role not in ROLES or not isinstance(content, str):
            raise DomainError("Each turn of the history needs a role (user or assistant) and its content.")
        turns.append({"role": role, "content": content})
    if sum(len(turn["content"]) for turn in turns) > said.MOST_CHARACTERS:
        raise DomainError(f"The history is longer than {said.MOST_CHARACTERS:,} characters.")
    return turns


def answered(run: Run) -> HttpResponse:
    answer = answers.answer_of(run.subject_id)
    if answer.status == Message.Status.FAILED:
        raise AnswerFailedError
    return as_json(body_of(answer))


def body_of(answer: Message) -> dict[str, Any]:
    listed = list(answer.conversation.clips.listed())
    return {
        "success": True,
        "conversation_id": str(answer.conversation_id),
        "message_id": str(answer.pk),
        "status": answer.status,
        "response": answer.content,
        "clips": [clip_shape(clip, index) for index, clip in enumerate(listed) if clip.message_id == answer.pk],
        "model_used": answer.engine,
        "tokens_used": answer.input_tokens + answer.output_tokens,
        "cost": float(answer.cost),
    }


def refusal(run: Run) -> DomainError:
    """The engine's own words stay with the message and in the AI log; a budget that is used up is said."""
    if run.error_code == BudgetExceededError.code:
        return TooManyRequestsError(run.error, retry_after=A_DAY)
    return AnswerFailedError()
