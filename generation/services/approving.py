"""What a person chose, by the links or ids they were given. Addresses are read, never fetched."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import DomainError, InvalidFieldError
from core.storage import signing
from generation import events
from generation.models import GenerationSession, Take
from generation.services import sessions
from generation.services.clips import READY
from media_library.queries import links

NONE = {Take.Kind.IMAGE.value: "No approved images", Take.Kind.CLIP.value: "No approved clips"}
FIELDS = {Take.Kind.IMAGE.value: "approved_image_urls", Take.Kind.CLIP.value: "approved_clip_urls"}
FOREIGN = "This is not the address of a file of this session."


@transaction.atomic
def approve(session: GenerationSession, kind: str, urls_or_ids: Sequence[str], *, actor: User) -> int:
    """These are approved, in this order, and no others of their kind. How many.

    One that is not of this session refuses all (422); one named twice counts once; none is 400.
    """
    locked = sessions.hold(session)
    if not urls_or_ids:
        raise DomainError(NONE[kind])
    there = list(locked.takes.shown().filter(kind=kind, **READY).select_related("asset"))
    chosen = list(dict.fromkeys(_named(text, there, kind) for text in urls_or_ids))
    places = {pk: place for place, pk in enumerate(chosen)}
    changed = []
    for take in locked.takes.filter(kind=kind):
        place = places.get(take.pk)
        if (take.approved, take.order_index) != (place is not None, place):
            take.approved, take.order_index = place is not None, place
            changed.append(take)
    for take in changed:
        take.save(update_fields=["approved", "order_index", "updated_at"])
        events.take_changed(take)
    audit.record(f"generation.{kind}.approve", locked, actor=actor, takes=[str(pk) for pk in chosen])
    events.session_changed(locked)
    return len(chosen)


def _named(text: str, takes: Sequence[Take], kind: str) -> uuid.UUID:
    """The take that an id, or exactly the link of its file, names."""
    for take in takes:
        assert take.asset is not None  # noqa: S101  (READY has one)
        if text in {str(take.pk), str(take.asset_id)}:
            return take.pk
    key = key_of(text)
    for take in takes:
        assert take.asset is not None  # noqa: S101  (as above)
        if (key and key == take.asset.key) or (not key and _is_link_to(text, take)):
            return take.pk
    raise InvalidFieldError(FOREIGN, field=FIELDS[kind])


def key_of(address: str) -> str:
    """The key in a link that the studio signed, still alive or not: it is to say which file, not to open it."""
    path = address.removeprefix(settings.PUBLIC_URL)
    if not path.startswith("/files/"):
        return ""
    return signing.key_of(path.removeprefix("/files/"))


def _is_link_to(address: str, take: Take) -> bool:
    """Whether it is a link to this file as a bucket elsewhere has them: the same place, and the same names in its query."""
    assert take.asset is not None  # noqa: S101  (as above)
    try:
        given, ours = urlsplit(address), urlsplit(links.link(take.asset, inline=True))
        names = set(parse_qs(given.query, strict_parsing=True)) if given.query else set()
    except ValueError:
        return False
    if not ours.query:
        return False
    same_place = (given.scheme, given.netloc, given.path) == (ours.scheme, ours.netloc, ours.path)
    return same_place and not given.fragment and names == set(parse_qs(ours.query))
