"""What the views of films share: finding things as the caller sees them, then asking whether they may."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request

from accounts import policies
from accounts.api.base import PersonView
from accounts.services import foreign_reads
from chat.models import Film, FilmSession
from core.errors import InvalidFieldError, NotFoundError

WRITE, SHARE = "chat.film.write", "chat.film.share"
NO_PROJECT, NO_SESSION, NEITHER = "Project not found", "Session not found", "Project or session not found"


def text_in(request: Request, name: str) -> str:
    """What a body names something by, before the rest of it is read; empty when it does not."""
    data: Any = request.data
    value = data.get(name) if hasattr(data, "get") else None
    return value.strip() if isinstance(value, str) else ""


def id_in(request: Request, name: str, sentence: str) -> uuid.UUID | None:
    """None: a text that is no id."""
    value = text_in(request, name)
    if not value:
        raise InvalidFieldError(sentence, field=name, kind="missing")
    return id_of(value)


def id_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class FilmView(PersonView):
    """Hidden is 404, a missing right 403, and only then the input is read."""

    def find_film(self, project_id: uuid.UUID | None, action: str = "", *, missing: str = NO_PROJECT) -> Film:
        rows = Film.objects.visible_to(self.caller).select_related("project__client", "owner")
        film = rows.filter(project=project_id).first() if project_id else None
        if film is None:
            raise NotFoundError(missing)
        foreign_reads.note(self.caller, film.project)
        if action:
            policies.require(self.caller, action, film)
        return film

    def find_session(
        self,
        session_id: uuid.UUID | None,
        action: str = "",
        *,
        film: Film | None = None,
        missing: str = NO_SESSION,
    ) -> FilmSession:
        """Of that film, where one is given."""
        rows = FilmSession.objects.visible_to(self.caller).select_related("film__project__client", "conversation")
        if film is not None:
            rows = rows.filter(film=film)
        session: FilmSession | None = rows.filter(pk=session_id).first() if session_id else None
        if session is None:
            raise NotFoundError(missing)
        foreign_reads.note(self.caller, session.film.project)
        if action:
            policies.require(self.caller, action, session.film)
        return session
