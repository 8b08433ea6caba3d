"""Who takes part in a conversation, over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.models import User
from chat.api.base import MANAGE, ConversationView
from chat.api.conversations import DONE, id_in
from chat.models import Participant
from chat.queries import conversations as reads
from chat.services import participants
from core.errors import DomainError, NotAllowedError
from core.rest.inputs import Input, StrictInput
from core.rest.schema import Gives

PERSON = {"id": "uuid", "name": "string", "email": "string"}
PARTICIPANT = {"user": PERSON, "role": "string", "invited_at": "datetime", "accepted_at": "nullable datetime"}
NOT_THE_OWNER = "Only conversation owner can invite participants"
MOST_AT_ONCE = 50


class InviteInput(Input):
    user_ids = serializers.JSONField(required=False, allow_null=True)
    role = serializers.ChoiceField(choices=Participant.Role.choices, required=False, default=Participant.Role.EDITOR)


class RoleInput(StrictInput):
    role = serializers.ChoiceField(choices=Participant.Role.choices)


def person(user: User) -> dict[str, Any]:
    return {"id": user.pk, "name": user.get_full_name(), "email": user.email}


def participant_output(row: Participant) -> dict[str, Any]:
    return {
        "user": person(row.user),
        "role": row.role,
        "invited_at": row.invited_at,
        "accepted_at": row.accepted_at,
    }


class Participants(ConversationView):
    gives = Gives(get={"owner": PERSON, "participants": [PARTICIPANT]})

    def get(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        """For those who take part."""
        found = self.find(conversation_id, "chat.conversation.people")
        rows = reads.people(found)
        return Response({"owner": person(found.owner), "participants": [participant_output(row) for row in rows]})


class Invite(ConversationView):
    takes = InviteInput
    gives = Gives(post={**DONE, "invited_count": "int"})
    throttle_group = "invitations"

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """People whom the caller knows; others are passed over in silence. They are in at once, and told."""
        found = self.find(conversation_id)
        if not policies.can(self.caller, MANAGE, found):
            raise NotAllowedError(NOT_THE_OWNER)
        body = InviteInput.parse(request.data)
        named = body.get("user_ids")
        if not isinstance(named, list) or not named:
            raise DomainError("user_ids is required")
        if len(named) > MOST_AT_ONCE:
            raise DomainError(f"At most {MOST_AT_ONCE} people at once.")
        wanted = [pk for one in named if isinstance(one, str) and (pk := id_in(one))]
        made = participants.invite(found, wanted, role=body["role"], actor=self.caller)
        return Response({"success": True, "invited_count": len(made)})


class ParticipantDetail(ConversationView):
    takes = RoleInput
    gives = Gives(patch={**DONE, "participant": PARTICIPANT}, delete=DONE)

    def patch(self, request: Request, conversation_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        found = self.find(conversation_id, MANAGE)
        body = RoleInput.parse(request.data)
        changed = participants.change_role(found, user_id, role=body["role"], actor=self.caller)
        return Response({"success": True, "participant": participant_output(changed)})

    def delete(self, _request: Request, conversation_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        """What they said stays."""
        found = self.find(conversation_id, MANAGE)
        participants.remove(found, user_id, actor=self.caller)
        return Response({"success": True})


class Leave(ConversationView):
    gives = Gives(post=DONE)

    def post(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        """Everybody but the owner."""
        participants.leave(self.find(conversation_id), actor=self.caller)
        return Response({"success": True})
