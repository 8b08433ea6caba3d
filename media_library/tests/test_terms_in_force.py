"""Which terms hold for a piece of work."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from media_library.models import Glossary, GlossaryTerm, GlossaryVersion
from media_library.queries.terms import Term, terms_for
from media_library.services import glossaries

pytestmark = pytest.mark.django_db


def glossary(*rows: dict[str, Any], name: str = "Terms", **place: Any) -> Glossary:
    owner = place.pop("owner", None) or UserFactory()
    made = Glossary.objects.create(name=name, owner=owner, **place)
    version = GlossaryVersion.objects.create(
        glossary=made, number=1, is_active=True, filename="t.xlsx", sha256="", term_count=len(rows), created_by=owner
    )
    for position, row in enumerate(rows):
        GlossaryTerm.objects.create(version=version, position=position, words=row["source_term"], **row)
    return made


def test_the_clients_word_counts_before_the_houses() -> None:
    house = OrganizationFactory()
    client = ClientFactory(organization=house)
    glossary({"source_term": "Lighthouse", "translations": {"es": "torre"}}, organization=house)
    glossary(
        {"source_term": "lighthouse", "translations": {"es": "faro"}}, client=client, organization=house, name="Own"
    )
    glossary({"source_term": "fog", "translations": {"es": "niebla"}}, organization=house, name="More")
    glossary({"source_term": "fog", "translations": {"es": "otra"}}, organization=OrganizationFactory())

    found = terms_for(client=client, organization=house, source="en", target="es")

    assert [(term.source, term.target) for term in found] == [("lighthouse", "faro"), ("fog", "niebla")]


def test_forbidden_words_stand_beside_the_one_to_use() -> None:
    client = ClientFactory()
    glossary(
        {"source_term": "premiere", "translations": {"es": "estreno"}},
        {"source_term": "premiere", "translations": {"es": "debut"}, "forbidden": True, "notes": "French"},
        {"source_term": "premiere", "translations": {"es": "première"}, "forbidden": True},
        client=client,
    )

    found = terms_for(client=client, organization=client.organization, source="en", target="es-MX")

    assert [(term.target, term.forbidden) for term in found] == [
        ("estreno", False),
        ("debut", True),
        ("première", True),
    ]


def test_a_variety_takes_the_words_of_its_language_and_its_own_before_them() -> None:
    client = ClientFactory()
    glossary(
        {"source_term": "bus", "translations": {"pt": "autocarro", "pt-BR": "ônibus", "es": "autobús"}}, client=client
    )

    def word(source: str, target: str) -> list[tuple[str, str]]:
        return [
            (one.source, one.target)
            for one in terms_for(client=client, organization=None, source=source, target=target)
        ]

    assert word("en", "pt-BR") == [("bus", "ônibus")]
    assert word("en", "pt-PT") == [("bus", "autocarro")]
    assert word("es", "pt-BR") == [("autobús", "ônibus")]
    assert word("en", "fr") == []


def test_archived_glossaries_and_old_versions_say_nothing() -> None:
    client = ClientFactory()
    old = glossary({"source_term": "fog", "translations": {"es": "bruma"}}, client=client)
    old.versions.update(is_active=False)
    gone = glossary({"source_term": "sea", "translations": {"es": "mar"}}, client=client, name="Gone")
    glossaries.archive_glossary(gone, actor=gone.owner)

    assert terms_for(client=client, organization=None, source="en", target="es") == []


def test_alternatives_are_in_order_of_preference() -> None:
    assert Term("car", "coche; auto | carro").alternatives == ["coche", "auto", "carro"]


@pytest.mark.parametrize("glossaries_in_force", [1, 10])
def test_it_costs_the_same_however_many_glossaries_there_are(glossaries_in_force: int) -> None:
    client = ClientFactory()
    for number in range(glossaries_in_force):
        glossary({"source_term": f"word {number}", "translations": {"es": "palabra"}}, client=client, name=f"G{number}")

    with CaptureQueriesContext(connection) as asked:
        found = terms_for(client=client, organization=None, source="en", target="es")

    assert (len(found), len(asked)) == (glossaries_in_force, 1)
