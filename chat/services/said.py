"""What people write: what of it is kept, and who is told."""

from __future__ import annotations

import re

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.services.notifications import notify
from chat import presence
from chat.errors import NoMessageError
from chat.models import Conversation, Message
from core.errors import DomainError

MOST_CHARACTERS = 32_000
SHOWN = 120

# Controls but tab and line feed, and marks that turn the direction of what follows: nobody sees them, and they hide things.
UNSEEN = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


def readable(content: str) -> str:
    """As it is kept: raw, without what cannot be seen."""
    if "\x00" in content:
        raise DomainError("The message holds a NUL character, which cannot be stored.")
    if len(content) > MOST_CHARACTERS:
        raise DomainError(f"The message is longer than {MOST_CHARACTERS:,} characters.")
    text = UNSEEN.sub("", content.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not text:
        raise NoMessageError
    return text


def tell_absent(conversation: Conversation, message: Message, *, by: User) -> None:
    """Those who take part and are not looking: once for a conversation, until they have read it."""
    people = User.objects.filter(is_active=True).exclude(pk=by.pk)
    people = people.filter(Q(pk=conversation.owner_id) | Q(participations__conversation=conversation)).distinct()
    absent = list(people.order_by("pk"))
    if not absent:
        return
    looking = presence.looking(conversation.pk)
    words = " ".join(message.content.split())
    notify(
        [person for person in absent if str(person.pk) not in looking],
        kind="chat.message",
        text=f"{by.get_full_name()} in “{conversation.title}”: {words[:SHOWN]}{'…' if len(words) > SHOWN else ''}",
        url=reverse("chat:home") + f"/{conversation.pk}",
        subject=f"conversation:{conversation.pk}",
    )
