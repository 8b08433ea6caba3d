"""Which words a glossary in force asks for, between two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import Client, Organization, User
from core.languages import primary
from media_library.models import Glossary, GlossaryTerm


@dataclass(frozen=True)
class Term:
    """`target` is what the source term becomes; of a forbidden term it is what must not be written. Both may hold alternatives."""

    source: str
    target: str
    forbidden: bool = False
    notes: str = ""
    case_sensitive: bool = False

    @property
    def alternatives(self) -> list[str]:
        """The accepted translations, the preferred one first."""
        return [one for part in self.target.replace("|", ";").split(";") if (one := part.strip())]


def terms_for(
    *,
    client: Client | None,
    organization: Organization | None,
    source: str,
    target: str,
    owner: User | None = None,
) -> list[Term]:
    """The terms in force for work of this client, house or person, longest first. The client's word counts before the house's.

    One query, however many glossaries there are.
    """
    mine = Q(client=client) if client else Q()
    of_the_house = Q(client=None, organization=organization) if organization else Q()
    own = Q(client=None, organization=None, owner=owner) if owner and not organization else Q()
    places = [place for place in (mine, of_the_house, own) if place]
    if not places:
        return []
    anywhere = places[0]
    for place in places[1:]:
        anywhere |= place
    rows = (
        GlossaryTerm.objects.filter(
            version__is_active=True, version__glossary__in=Glossary.objects.live().filter(anywhere)
        )
        .select_related("version__glossary")
        .defer("embedding", "words")
        .order_by("version__glossary__name", "version__glossary_id", "position", "pk")
    )
    nearest_first = sorted(rows, key=lambda row: _distance(row.version.glossary, client, organization))
    found: dict[tuple[str, bool, str], Term] = {}
    for row in nearest_first:
        said, wanted = _in(row.translations, source) or row.source_term, _in(row.translations, target)
        if not wanted:
            continue
        # A forbidden word does not replace the one to use; several words may be forbidden for one term.
        key = (said if row.case_sensitive else said.lower(), row.forbidden, wanted if row.forbidden else "")
        found.setdefault(key, Term(said, wanted, row.forbidden, row.notes, row.case_sensitive))
    return sorted(found.values(), key=lambda term: (-len(term.source), term.source, term.forbidden, term.target))


def _distance(glossary: Glossary, client: Client | None, organization: Organization | None) -> int:
    if client is not None and glossary.client_id == client.pk:
        return 0
    return 1 if organization is not None and glossary.organization_id == organization.pk else 2


def _in(texts: Mapping[str, str], language: str) -> str:
    """In the language itself, else in another variety of it."""
    if language in texts:
        return texts[language]
    return next((text for tag, text in texts.items() if primary(tag) == primary(language)), "")
