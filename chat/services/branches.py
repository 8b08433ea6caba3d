"""Which of the branches of a conversation is shown to all."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from chat import events
from chat.models import Conversation, Message
from chat.queries.thread import leaf_below
from core import audit


@transaction.atomic
def show(conversation: Conversation, message: Message, *, actor: User) -> Conversation:
    """The branch through this message, down to its newest end."""
    conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
    leaf = leaf_below(conversation, message.pk)
    if leaf is None or leaf == conversation.head_id:
        return conversation
    Conversation.objects.filter(pk=conversation.pk).update(head=leaf)
    conversation.head_id = leaf
    events.branch_shown(conversation, by=actor)
    audit.record("chat.conversation.show_branch", conversation, actor=actor, head=str(leaf))
    return conversation
