"""The smallest valid people and houses."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from accounts.models import Membership, Organization, User

PASSWORD = "a-long-enough-password"


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"House {n}")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)
    role = User.Role.CLIENT

    @factory.post_generation
    def house(self, create: bool, extracted: Organization | None, **_: object) -> None:
        if create and extracted is not None:
            Membership.objects.create(user=self, organization=extracted)
