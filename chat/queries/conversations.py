"""Reads of conversations for lists. Each costs the same number of queries for one row or a hundred."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import Project, User
from chat.models import Conversation, Message, Participant, Star

# Letters shown around what was searched for.
AROUND = 70


def listed(user: User) -> QuerySet[Conversation]:
    """Those one began or takes part in, newest first. Where a film is developed has a list of its own."""
    return with_figures(Conversation.objects.mine(user).filter(film_session=None), user)


def in_project(project: Project, user: User) -> QuerySet[Conversation]:
    return with_figures(project.conversations.live().filter(film_session=None), user)


def with_figures(rows: QuerySet[Conversation], user: User) -> QuerySet[Conversation]:
    """With `message_count`, `people_count`, `starred` and the viewer's `role` (empty where they take no part)."""
    said = Message.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
    people = Participant.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
    mine = Participant.objects.filter(conversation=OuterRef("pk"), user=user)
    return (
        rows.select_related("owner")
        .annotate(
            message_count=Coalesce(Subquery(said.annotate(n=Count("pk")).values("n")), 0),
            people_count=Coalesce(Subquery(people.annotate(n=Count("pk")).values("n")), 0) + 1,
            starred=Exists(Star.objects.filter(conversation=OuterRef("pk"), user=user)),
            role=Coalesce(Subquery(mine.values("role")[:1]), Value("")),
        )
        .order_by("-updated_at", "-pk")
    )


def holding(rows: QuerySet[Conversation], text: str) -> QuerySet[Conversation]:
    """Whose title holds `text`, or where somebody said it: `said` is the newest message that does."""
    said = Message.objects.filter(conversation=OuterRef("pk"), content__icontains=text).order_by("-number")
    return rows.annotate(said=Subquery(said.values("content")[:1])).filter(
        Q(title__icontains=text) | Q(said__isnull=False)
    )


def excerpt(content: str, text: str) -> list[tuple[str, bool]]:
    """What stands around the first place where `text` is said, in pieces, True where it is that."""
    content = " ".join(content.split())
    found = re.search(re.escape(text), content, re.IGNORECASE)
    if found is None:
        return [(content[: 2 * AROUND], False)]
    start, end = max(found.start() - AROUND, 0), found.end() + AROUND
    before = ("…" if start else "") + content[start : found.start()]
    after = content[found.end() : end] + ("…" if end < len(content) else "")
    return [piece for piece in ((before, False), (found[0], True), (after, False)) if piece[0]]


def projects_of(user: User, rows: Iterable[Conversation]) -> dict[uuid.UUID, Project]:
    """The projects of these conversations, those that `user` sees."""
    wanted = {row.project_id for row in rows if row.project_id is not None}
    return Project.objects.visible_to(user).distinct().in_bulk(wanted) if wanted else {}


def branch(conversation: Conversation) -> list[Message]:
    """The messages of the branch that is shown, oldest first."""
    rows = Message.objects.filter(conversation=conversation).select_related("author")
    by_id = {row.pk: row for row in rows.defer("sources", "citations", "rejected", "calls").order_by("number", "pk")}
    found, here = [], by_id.get(conversation.head_id) if conversation.head_id else None
    while here is not None:
        found.append(here)
        here = by_id.pop(here.parent_id, None) if here.parent_id else None
    return found[::-1]


def people(conversation: Conversation) -> QuerySet[Participant]:
    found = conversation.participants.filter(user__deleted_at=None)
    return found.select_related("user", "invited_by").order_by("invited_at", "pk")


@dataclass(frozen=True)
class Chips:
    every: int
    starred: int
    shared: int


def counts(user: User) -> Chips:
    """How many conversations each filter of the list holds."""
    starred = Q(pk__in=Star.objects.filter(user=user).order_by().values("conversation"))
    rows = Conversation.objects.mine(user).filter(film_session=None).order_by()
    found = rows.aggregate(
        every=Count("pk"), starred=Count("pk", filter=starred), shared=Count("pk", filter=~Q(owner=user))
    )
    return Chips(**found)


def projects(user: User, *, archived: bool = False) -> QuerySet[Project]:
    """One's own projects and those one works on, with `conversation_count`. Admins see everybody's elsewhere, and here theirs."""
    found = Project.objects.visible_to(user).distinct()
    if user.is_platform_admin:
        found = found.filter(Q(owner=user) | Q(memberships__user=user))
    if not archived:
        found = found.exclude(status=Project.Status.ARCHIVED)
    return found.annotate(conversation_count=Coalesce(Subquery(_talks_of_project()), 0)).order_by("-updated_at", "-pk")


def _talks_of_project() -> QuerySet[Conversation, int]:
    rows = Conversation.objects.live().filter(project=OuterRef("pk"), film_session=None).order_by().values("project")
    return rows.annotate(n=Count("pk")).values_list("n", flat=True)


def conversation_counts(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many conversations each of these projects holds."""
    rows = Conversation.objects.live().filter(project__in=list(ids), film_session=None).order_by()
    return dict(rows.values_list(F("project")).annotate(n=Count("pk")))
