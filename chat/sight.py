"""What conversations let people see: each other, and the files that were brought into them."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User
from accounts.models.people import ALSO_KNOWN
from chat.models import Attachment, Conversation, Participant
from media_library.models import Asset
from media_library.models.assets import ALSO_SEEN


def known_from_conversations(user: User) -> Q:
    """Who takes part in a conversation knows its owner and whoever else takes part."""
    shared = Conversation.objects.mine(user).order_by().values("pk")
    people = Participant.objects.filter(conversation__in=shared).order_by().values("user")
    owners = Conversation.objects.filter(pk__in=shared).order_by().values("owner")
    return Q(pk__in=people) | Q(pk__in=owners)


def brought_into_conversations(user: User) -> Q:
    """Only what came in that way: a file of the library stays with those who see it there."""
    seen = Conversation.objects.visible_to(user).order_by().values("pk")
    attached = Attachment.objects.filter(conversation__in=seen).order_by().values("asset")
    return Q(shelf=Asset.Shelf.CHAT, pk__in=attached)


ALSO_KNOWN.append(known_from_conversations)
ALSO_SEEN.append(brought_into_conversations)
