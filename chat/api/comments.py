"""What people say of clips and sections, over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from chat import policies as _rules  # noqa: F401  (registers the rules of conversations)
from chat.api.base import COMMENT, ConversationView, clip_at, record_at
from chat.models import ClipProposal, Conversation, Record, ScriptComment
from chat.services import comments
from core.errors import DomainError, NotFoundError
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives

COMMENT_ROW = {
    "id": "uuid",
    "content": "string",
    "user": {"id": "uuid", "name": "string", "avatar_url": "nullable url"},
    "created_at": "datetime",
    "clip_id": "nullable uuid",
    "record_id": "nullable uuid",
    "regeneration_requested": "bool",
    "resolved_at": "nullable datetime",
}
COMMENTS = {"comments": [COMMENT_ROW]}
SAID = {"success": "bool", "comment_id": "uuid", "regeneration_requested": "bool", "reason": "nullable string"}


class NewComment(Input):
    content = TextField(required=False, allow_blank=True, allow_null=True, default="", trim_whitespace=True)


class Settle(Input):
    resolved = serializers.BooleanField()


def comment_shape(comment: ScriptComment) -> dict[str, Any]:
    author = comment.author
    return {
        "id": comment.pk,
        "content": comment.content,
        "user": {
            "id": author.pk if author else None,
            "name": (author.name or "Somebody without a name") if author else "Somebody who left",
            "avatar_url": (author.avatar_url or None) if author else None,
        },
        "created_at": comment.created_at,
        "clip_id": comment.clip_id,
        "record_id": comment.record_id,
        "regeneration_requested": comment.regeneration_requested,
        "resolved_at": comment.resolved_at,
    }


def shapes(rows: Any) -> dict[str, Any]:
    return {"comments": [comment_shape(row) for row in rows.select_related("author").order_by("created_at", "pk")]}


class CommentsOfThing(ConversationView):
    """The index is the place among the clips or sections that were not taken out, from 0. Oldest first."""

    takes = NewComment
    gives = Gives(get=COMMENTS, post=SAID)

    def thing(self, conversation: Conversation, index: int) -> ClipProposal | Record:
        raise NotImplementedError  # of the thing that a subclass is about

    def get(self, _request: Request, conversation_id: uuid.UUID, index: int) -> Response:
        return Response(shapes(self.thing(self.find(conversation_id), index).comments))

    def post(self, request: Request, conversation_id: uuid.UUID, index: int) -> Response:
        conversation = self.find(conversation_id)
        thing = self.thing(conversation, index)
        policies.require(self.caller, COMMENT, conversation)
        content = NewComment.parse(request.data)["content"]
        if not content:
            raise DomainError("Content is required")
        said = comments.say(thing, content, author=self.caller)
        return Response(
            {
                "success": True,
                "comment_id": said.comment.pk,
                "regeneration_requested": said.requested,
                "reason": said.reason or None,
            }
        )


class ClipComments(CommentsOfThing):
    def thing(self, conversation: Conversation, index: int) -> ClipProposal:
        return clip_at(conversation, index)


class RecordComments(CommentsOfThing):
    def thing(self, conversation: Conversation, index: int) -> Record:
        return record_at(conversation, index)


class ScriptComments(ConversationView):
    """All comments on the clips and sections that are there."""

    gives = Gives(get=COMMENTS)

    def get(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = self.find(conversation_id)
        rows = conversation.script_comments.filter(clip__removed_at=None, record__removed_at=None)
        return Response(shapes(rows))


class ScriptCommentDetail(ConversationView):
    """Settled, or open again, by whoever may comment."""

    takes = Settle
    gives = Gives(patch=COMMENT_ROW)

    def patch(self, request: Request, comment_id: uuid.UUID) -> Response:
        rows = ScriptComment.objects.visible_to(self.caller).select_related("conversation", "author")
        found = rows.filter(pk=comment_id).first()
        if found is None:
            raise NotFoundError("Comment not found")
        policies.require(self.caller, COMMENT, found.conversation)
        resolved = Settle.parse(request.data)["resolved"]
        return Response(comment_shape(comments.resolve(found, resolved=resolved, actor=self.caller)))
