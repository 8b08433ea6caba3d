"""What films make of changes to their projects, and what the library hears of its files in conversations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver

from accounts.models import Project, User
from accounts.signals import project_changed
from chat.models import Attachment
from chat.services import films
from media_library import uses
from media_library.models import Asset
from media_library.uses import Use


@receiver(project_changed)
def keep_the_film_with_its_project(*, project: Project, verb: str, **_: Any) -> None:
    films.follow(project, verb=verb)


@uses.register
def in_conversations(asset: Asset, user: User) -> Iterator[Use]:
    """Newest first, once for every message that shows the file."""
    shown = Attachment.objects.visible_to(user).filter(asset=asset).select_related("conversation")
    for one in shown.order_by("-uploaded_at", "-pk"):
        yield Use("conversation", one.conversation.title, f"/chat/{one.conversation_id}", one.uploaded_at)
