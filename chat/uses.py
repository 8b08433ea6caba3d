"""Which conversations quote a file, for its page in the library."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.models import User
from chat.models import Attachment, ClipProposal, Conversation
from media_library import uses
from media_library.models import Asset
from media_library.uses import Use


@uses.register
def in_conversations(asset: Asset, user: User) -> Iterator[Use]:
    """Quoted by a clip that is still there, or brought along; each conversation once. Those of films are told by what films tell."""
    quoted = Exists(ClipProposal.objects.filter(conversation=OuterRef("pk"), asset=asset, removed_at=None))
    attached = Exists(Attachment.objects.filter(conversation=OuterRef("pk"), asset=asset))
    rows = Conversation.objects.visible_to(user).filter(quoted | attached, film_session=None)
    for row in rows.order_by("-updated_at", "-pk"):
        yield Use("conversation", row.title, reverse("chat:conversation", args=[row.pk]), row.updated_at)
