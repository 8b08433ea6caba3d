"""What the views of conversations share: finding things as the caller sees them, then asking whether they may."""

from __future__ import annotations

import uuid

from accounts import policies
from accounts.api.base import PersonView
from accounts.models import Project
from accounts.services import foreign_reads
from chat.models import ClipProposal, Conversation, Record
from core.errors import NotFoundError

# What the database counts up to.
FURTHEST = 2**31
WRITE, COMMENT, MANAGE = (f"chat.conversation.{verb}" for verb in ("write", "comment", "manage"))


class ConversationView(PersonView):
    """For signed-in people. Hidden is 404, a missing right 403, and only then the input is read."""

    def find(self, conversation_id: uuid.UUID, action: str = "") -> Conversation:
        """The conversation as the caller sees it, once they may do `action` to it."""
        found = (
            Conversation.objects.visible_to(self.caller)
            .select_related("owner", "organization", "project__client", "persona", "head")
            .filter(pk=conversation_id)
            .first()
        )
        if found is None:
            raise NotFoundError("Conversation not found")
        foreign_reads.note(self.caller, found)
        if action:
            policies.require(self.caller, action, found)
        return found

    def find_project(self, project_id: uuid.UUID | None) -> Project:
        """None stands for an id that cannot be one."""
        projects = Project.objects.visible_to(self.caller).select_related("client__organization").distinct()
        found = projects.filter(pk=project_id).first() if project_id is not None else None
        if found is None:
            raise NotFoundError("Project not found")
        return found


def clip_at(conversation: Conversation, index: int) -> ClipProposal:
    """By its place among those that were not taken out, from 0."""
    found = conversation.clips.listed()[index : index + 1].first() if index < FURTHEST else None
    if found is None:
        raise NotFoundError("Clip not found")
    found.conversation = conversation
    return found


def record_at(conversation: Conversation, index: int) -> Record:
    found = conversation.records.listed()[index : index + 1].first() if index < FURTHEST else None
    if found is None:
        raise NotFoundError("Record not found")
    found.conversation = conversation
    return found
