"""How words are said in a piece of work."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Client, Organization, User
from core.languages import primary
from media_library.media.respelling import Respelling
from media_library.models import Pronunciation


def respellings_for(
    *, client: Client | None, organization: Organization | None, owner: User | None, language: str, voice: str = ""
) -> list[Respelling]:
    """One way for each term: the client's before the house's before the person's, the voice's own and the language's before any's."""
    places = Q(pk__in=[])
    if client is not None:
        places |= Q(client=client)
    if organization is not None:
        places |= Q(client=None, organization=organization)
    if owner is not None:
        places |= Q(client=None, organization=None, owner=owner)
    rows = Pronunciation.objects.filter(
        places, language__in={"", primary(language), language}, voice__in={"", voice}
    ).order_by("term", "pk")
    nearest_first = sorted(
        rows,
        key=lambda row: (
            row.client_id is None,
            row.organization_id is None,
            row.voice == "",
            -len(row.language),
        ),
    )
    found: dict[str, Respelling] = {}
    for row in nearest_first:
        found.setdefault(row.term.lower(), Respelling(row.term, row.respelling, row.case_sensitive))
    return list(found.values())
