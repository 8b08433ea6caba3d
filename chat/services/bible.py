"""The bible of a film: what is decided, as revisions of which none is ever overwritten."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User
from chat.films import bible as contents
from chat.models import BibleRevision, Film
from chat.services import sessions
from core import audit
from core.errors import ConflictError, NotFoundError

LONGEST_COMMENT = 300


def newest(film: Film) -> BibleRevision | None:
    return film.bible.order_by("-number").first()


def content_of(film: Film) -> dict[str, Any]:
    """As it is now, with every section, empty where nothing is decided."""
    revision = newest(film)
    return {**contents.empty(), **(revision.content if revision else {})}


def revise(film: Film, content: dict[str, Any], *, actor: User, comment: str) -> BibleRevision:
    """The next revision. The caller holds the film."""
    last = newest(film)
    revision = BibleRevision.objects.create(
        film=film,
        number=last.number + 1 if last else 1,
        content=content,
        comment=comment[:LONGEST_COMMENT],
        author=actor,
    )
    audit.record("chat.bible.revise", film, actor=actor, number=revision.number, comment=revision.comment)
    return revision


@transaction.atomic
def edit(film: Film, changes: dict[str, Any], *, base: int, actor: User, comment: str = "") -> BibleRevision:
    """`changes` are whole sections. Refused when somebody else changed it since `base` (0: before the first)."""
    cleaned = contents.cleaned(changes)
    film = sessions.locked(film)
    _require_base(film, base)
    return revise(film, {**content_of(film), **cleaned}, actor=actor, comment=comment or "Edited")


@transaction.atomic
def restore(film: Film, number: int, *, actor: User, base: int | None = None) -> BibleRevision:
    film = sessions.locked(film)
    old = film.bible.filter(number=number).first()
    if old is None:
        raise NotFoundError("Revision not found")
    if base is not None:
        _require_base(film, base)
    return revise(film, old.content, actor=actor, comment=f"Restored revision {number}")


def _require_base(film: Film, base: int) -> None:
    last = newest(film)
    current = last.number if last else 0
    if base != current:
        raise ConflictError("Somebody else changed the bible meanwhile.", current_revision=current, base_revision=base)
