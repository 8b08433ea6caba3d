"""The references board of a film: its pictures in columns, with notes."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from chat.models import BoardCard, Film
from chat.services import sessions
from core import audit
from core.errors import ConflictError, InvalidFieldError
from media_library.models import Asset

MOST_CARDS = 500
COLUMN = "References"


def add_card(film: Film, *, asset_id: uuid.UUID, actor: User, column: str = COLUMN, note: str = "") -> BoardCard:
    """A picture or video of the film's project, at the end of a column. One is pinned once."""
    asset = Asset.objects.visible_to(actor).filter(pk=asset_id, project=film.project_id).first()
    if asset is None or asset.kind not in {Asset.Kind.IMAGE, Asset.Kind.VIDEO}:
        raise InvalidFieldError("Cards are pictures and videos of the same project", field="mediaId")
    try:
        with transaction.atomic():
            sessions.locked(film)
            if film.board.count() >= MOST_CARDS:
                raise ConflictError(f"A board holds {MOST_CARDS} cards.")
            card = BoardCard.objects.create(
                film=film,
                asset=asset,
                column=column.strip() or COLUMN,
                position=_end_of(film, column.strip() or COLUMN),
                note=note.strip(),
                added_by=actor,
            )
            audit.record("chat.board.add", film, actor=actor, asset=str(asset.pk), column=card.column)
    except IntegrityError as error:
        raise ConflictError("This picture is on the board already.") from error
    return card


@transaction.atomic
def change_card(
    card: BoardCard, *, actor: User, column: str | None = None, position: int | None = None, note: str | None = None
) -> BoardCard:
    """Notes, and moves within and between columns; the others close up and make room."""
    sessions.locked(card.film)
    card.refresh_from_db(fields=["column", "position", "note"])
    if note is not None:
        card.note = note.strip()
    target = (column.strip() or COLUMN) if column is not None else card.column
    if target != card.column or position is not None:
        others = list(card.film.board.filter(column=target).exclude(pk=card.pk).order_by("position", "pk"))
        place = len(others) if position is None else max(0, min(position, len(others)))
        others.insert(place, card)
        for number, one in enumerate(others):
            one.position = number
        card.column = target
        BoardCard.objects.bulk_update([one for one in others if one.pk != card.pk], ["position"])
    card.save(update_fields=["column", "position", "note"])
    audit.record("chat.board.change", card.film, actor=actor, card=str(card.pk))
    return card


@transaction.atomic
def remove_card(card: BoardCard, *, actor: User) -> None:
    """The picture stays in the library."""
    audit.record("chat.board.remove", card.film, actor=actor, asset=str(card.asset_id))
    card.delete()


def _end_of(film: Film, column: str) -> int:
    last = film.board.filter(column=column).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
