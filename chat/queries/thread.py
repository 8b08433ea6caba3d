"""One branch of a conversation, newest messages first read, with what hangs on them: a constant number of queries, however long it is."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Max, Prefetch

from accounts.models import User
from chat.models import Attachment, ClipProposal, Conversation, Message, Record
from chat.queries.shapes import attachment_row, clip_shape, message_shape, record_shape
from chat.streams import stream_of
from core.live.events import last_seq

PAGE = 50
MOST = 200

# Up from the last message to the first, along the index of the primary key.
BRANCH = """
WITH RECURSIVE branch (id, parent_id, number, depth) AS (
    SELECT id, parent_id, number, 1 FROM chat_message WHERE id = %(last)s AND conversation_id = %(conversation)s
    UNION ALL
    SELECT above.id, above.parent_id, above.number, branch.depth + 1
    FROM chat_message above JOIN branch ON above.id = branch.parent_id
    WHERE branch.depth < %(most)s
)
SELECT id FROM branch ORDER BY number
"""


@dataclass(frozen=True)
class Turn:
    """A message, and all that stand in its place, itself included, in the order in which they were begun."""

    message: Message
    siblings: list[uuid.UUID] = field(default_factory=list)

    @property
    def place(self) -> int:
        """Which of its siblings it is, from 1."""
        return self.siblings.index(self.message.pk) + 1


@dataclass(frozen=True)
class Thread:
    """Oldest message first. `older` is what to ask for next (`before`), None when this is the beginning. `seq` is the number of the
    stream after which to listen: everything before it is in here."""

    conversation: Conversation
    messages: list[Turn]
    clips: list[ClipProposal]
    records: list[Record]
    waiting: list[Attachment]
    older: uuid.UUID | None
    seq: int

    @property
    def under_way(self) -> Message | None:
        return next((turn.message for turn in self.messages if turn.message.status in Message.UNDER_WAY), None)

    def body(self, user: User) -> dict[str, Any]:
        return {
            "conversation": {
                "id": str(self.conversation.pk),
                "title": self.conversation.title,
                "head": str(self.conversation.head_id) if self.conversation.head_id else None,
                "model": self.conversation.model or None,
                "repeats_clips": self.conversation.repeats_clips,
            },
            "messages": [
                {**message_shape(turn.message), "siblings": [str(pk) for pk in turn.siblings]} for turn in self.messages
            ],
            "clips": [clip_shape(clip, index, user) for index, clip in enumerate(self.clips)],
            "records": [record_shape(record, index) for index, record in enumerate(self.records)],
            "waiting_attachments": [attachment_row(attachment) for attachment in self.waiting],
            "older": str(self.older) if self.older else None,
            "seq": self.seq,
        }


def thread(
    conversation: Conversation,
    user: User,
    *,
    last: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
    limit: int = PAGE,
) -> Thread:
    """The branch that is shown to all, or that ends at or runs through `last`; `before` are the messages above that one."""
    # The number first: what is said while the rest is read arrives once more over the socket, and nothing is missed.
    seq = last_seq(stream_of(conversation.pk))
    end = _above(conversation, before) if before else (leaf_below(conversation, last) if last else _head(conversation))
    limit = min(max(limit, 1), MOST)
    path = _branch(conversation, end, limit) if end else []
    found = Message.objects.select_related("author").prefetch_related(_attachments()).in_bulk(path)
    shown = [found[pk] for pk in path if pk in found]
    siblings = _siblings(conversation, shown)
    return Thread(
        conversation=conversation,
        messages=[Turn(message, siblings[message.parent_id]) for message in shown],
        clips=list(conversation.clips.listed()),
        records=list(conversation.records.listed()),
        waiting=list(
            conversation.attachments.filter(message=None, uploaded_by=user)
            .select_related("asset")
            .order_by("uploaded_at", "pk")
        ),
        older=shown[0].pk if shown and shown[0].parent_id else None,
        seq=seq,
    )


def leaf_below(conversation: Conversation, message_id: uuid.UUID) -> uuid.UUID | None:
    """The last message of the branch through this one, taking the newest alternative at every turn."""
    replies: dict[uuid.UUID | None, uuid.UUID] = {}
    known = False
    rows = conversation.messages.order_by("number").values_list("pk", "parent_id")
    for pk, parent_id in rows:
        replies[parent_id] = pk
        known = known or pk == message_id
    if not known:
        return None
    last = message_id
    while last in replies:
        last = replies[last]
    return last


def _head(conversation: Conversation) -> uuid.UUID | None:
    """As it is now: the caller's row may be older than the number of the stream."""
    return Conversation.objects.values_list("head", flat=True).get(pk=conversation.pk)


def _above(conversation: Conversation, message_id: uuid.UUID) -> uuid.UUID | None:
    return conversation.messages.filter(pk=message_id).values_list("parent", flat=True).first()


def _branch(conversation: Conversation, last: uuid.UUID, most: int) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(BRANCH, {"last": last, "conversation": conversation.pk, "most": most})
        return [row[0] for row in cursor.fetchall()]


def _attachments() -> Prefetch[str]:
    return Prefetch("attachments", Attachment.objects.select_related("asset").order_by("uploaded_at", "pk"))


def _siblings(conversation: Conversation, shown: list[Message]) -> dict[uuid.UUID | None, list[uuid.UUID]]:
    parents = {message.parent_id for message in shown}
    rows = conversation.messages.filter(parent__in=[pk for pk in parents if pk])
    if None in parents:
        rows = rows | conversation.messages.filter(parent=None)
    found: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for pk, parent_id in rows.order_by("number").values_list("pk", "parent_id"):
        found[parent_id].append(pk)
    return found


def next_number(conversation: Conversation) -> int:
    """Under the conversation's lock."""
    last = conversation.messages.aggregate(last=Max("number"))["last"]
    return 0 if last is None else last + 1
