"""What happens to conversations when their project goes."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import Project
from accounts.signals import closing_project
from chat.services import conversations


@receiver(closing_project)
def keep_conversations(*, project: Project, **_: Any) -> None:
    """They stay with whoever had them, in no project. Those of a film go with it."""
    conversations.leave_project(project)
