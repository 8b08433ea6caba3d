"""What films make of changes to their projects, and what the library hears of its files in sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from accounts.models import Project, User
from accounts.signals import project_changed
from chat.models import Attachment, FilmSession
from chat.services import films
from media_library import uses
from media_library.models import Asset
from media_library.uses import Use


@receiver(project_changed)
def keep_the_film_with_its_project(*, project: Project, verb: str, **_: Any) -> None:
    films.follow(project, verb=verb)


@uses.register
def in_film_sessions(asset: Asset, user: User) -> Iterator[Use]:
    """Newest first, once for every message that shows the file, and once where it was brought along without one."""
    shown = Attachment.objects.filter(asset=asset, conversation__film_session__in=FilmSession.objects.visible_to(user))
    for one in shown.select_related("conversation").order_by("-uploaded_at", "-pk"):
        yield Use(
            "conversation",
            one.conversation.title,
            reverse("chat:conversation", args=[one.conversation_id]),
            one.uploaded_at,
        )
