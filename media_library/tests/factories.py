"""The smallest valid glossary, without a file."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from accounts.tests.factories import ClientFactory, UserFactory
from media_library.models import Glossary, GlossaryTerm, GlossaryVersion


class GlossaryFactory(DjangoModelFactory):
    """Of a client, with one version in force that has one term."""

    class Meta:
        model = Glossary
        skip_postgeneration_save = True

    client = factory.SubFactory(ClientFactory)
    organization = factory.SelfAttribute("client.organization")
    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Glossary {n}")

    @factory.post_generation
    def term(self, create: bool, extracted: str | None, **_: object) -> None:
        if create:
            GlossaryVersionFactory(glossary=self, created_by=self.owner, is_active=True, term=extracted)  # type: ignore[attr-defined]


class GlossaryVersionFactory(DjangoModelFactory):
    class Meta:
        model = GlossaryVersion
        skip_postgeneration_save = True

    glossary = factory.SubFactory(GlossaryFactory)
    number = factory.LazyAttribute(lambda version: version.glossary.versions.count() + 1)
    filename = "terms.xlsx"
    sha256 = "0" * 64
    languages = factory.LazyFunction(lambda: ["es"])
    term_count = 1
    created_by = factory.SubFactory(UserFactory)

    @factory.post_generation
    def term(self, create: bool, extracted: str | None, **_: object) -> None:
        if create:
            source = extracted or "premiere"
            GlossaryTerm.objects.create(
                version=self, position=1, source_term=source, translations={"es": "estreno"}, words=f"{source}\nestreno"
            )
