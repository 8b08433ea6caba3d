"""What conversations and films bring to the pages of projects."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.urls import reverse

from accounts.models import Project, User
from accounts.project_parts import Tab, column, tab
from chat.models import Film
from chat.queries import conversations as reads


@tab
def conversations(project: Project, _user: User) -> Iterator[Tab]:
    count = reads.conversation_counts([project.pk]).get(project.pk, 0)
    yield Tab("conversations", "Conversations", reverse("chat:project", args=[project.pk]), count)


@tab
def film(project: Project, _user: User) -> Iterator[Tab]:
    if Film.objects.live().filter(project=project).exists():
        yield Tab("film", "Film", reverse("chat:film", args=[project.pk]))


@column("Conversations", url="chat:project")
def counted(_user: User, projects: list[Project]) -> dict[uuid.UUID, int]:
    return reads.conversation_counts(project.pk for project in projects)
