"""Finding sessions, for lists and for one that is asked for."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from accounts.models import User
from generation.models import GenerationSession, Preset, Round


def own(user: User) -> QuerySet[GenerationSession]:
    """The user's own, newest first. What admins also may see is in nobody's list but its owner's."""
    rows = GenerationSession.objects.visible_to(user).filter(owner=user).select_related("final", "project")
    return rows.order_by("-created_at", "-pk")


def find(user: User, session_id: uuid.UUID) -> GenerationSession | None:
    """As this user sees it."""
    rows = GenerationSession.objects.visible_to(user).select_related("owner", "organization", "project", "final")
    return rows.filter(pk=session_id).first()


def is_anybodys(session_id: uuid.UUID) -> bool:
    """Whether there is, or was, a session of this id."""
    return GenerationSession.objects.filter(pk=session_id).exists()


def latest_round(session: GenerationSession) -> Round | None:
    return session.rounds.select_related("run").order_by("-created_at", "-pk").first()


def presets(user: User) -> QuerySet[Preset]:
    return Preset.objects.visible_to(user).filter(owner=user).order_by("name", "pk")
