"""What people think of a script, and scripts to learn from, over JSON."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from chat import policies as _rules  # noqa: F401  (registers the rules of conversations)
from chat.api.base import COMMENT, ConversationView
from chat.services import feedback
from core.errors import DomainError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives

EXAMPLE = {"title": "string", "content": "string", "style": "string", "rating": "float", "category": "string"}


class ScriptFeedbackInput(Input):
    conversation_id = IdField(required=False, allow_null=True, default=None)
    script_content = TextField(required=False, allow_blank=True, allow_null=True, default="")
    feedback = TextField(required=False, allow_blank=True, allow_null=True, default="")
    rating = serializers.IntegerField(required=False, allow_null=True, default=None)


class ScriptFeedback(ConversationView):
    """Whoever may comment on a conversation may say what they think of its script."""

    takes = ScriptFeedbackInput
    gives = Gives(post={"success": "bool", "feedback_id": "uuid"})
    body_names_things = True

    def post(self, request: Request) -> Response:
        body = ScriptFeedbackInput.parse(request.data)
        conversation = None
        if body["conversation_id"] is not None:
            conversation = self.find(body["conversation_id"])
            policies.require(self.caller, COMMENT, conversation)
        if not (body["script_content"] or "").strip():
            raise DomainError(feedback.NO_SCRIPT)
        given = feedback.rate(
            self.caller,
            script_content=body["script_content"],
            conversation=conversation,
            feedback=body["feedback"] or "",
            rating=body["rating"],
        )
        return Response({"success": True, "feedback_id": given.pk})


class ScriptExamples(ConversationView):
    """The best first: those of one's houses, and what an admin gave to all."""

    gives = Gives(get={"examples": [EXAMPLE]})

    def get(self, _request: Request) -> Response:
        rows = feedback.examples(self.caller)
        return Response(
            {
                "examples": [
                    {
                        "title": one.title,
                        "content": one.content,
                        "style": one.style,
                        "rating": one.rating,
                        "category": one.category,
                    }
                    for one in rows
                ]
            }
        )
