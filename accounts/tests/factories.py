"""The smallest valid people, houses, clients and projects."""

from __future__ import annotations

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import (
    Client,
    ClientManager,
    Membership,
    Organization,
    Project,
    ProjectMember,
    Team,
    TeamMember,
    User,
)

PASSWORD = "a-long-enough-password"


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"House {n}")
    slug = factory.Sequence(lambda n: f"house-{n}")


class UserFactory(DjangoModelFactory):
    """`house` is an organisation the person belongs to, with their own role there."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)
    role = User.Role.CLIENT
    email_verified_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def house(self, create: bool, extracted: Organization | None, **_: object) -> None:
        if create and extracted is not None:
            Membership.objects.create(user=self, organization=extracted)


class ClientFactory(DjangoModelFactory):
    """`manager` is a project manager of the client, `person` somebody of the client's own (in a team of it)."""

    class Meta:
        model = Client
        skip_postgeneration_save = True

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Client {n}")

    @factory.post_generation
    def manager(self, create: bool, extracted: User | None, **_: object) -> None:
        if create and extracted is not None:
            ClientManager.objects.create(client=self, user=extracted)

    @factory.post_generation
    def person(self, create: bool, extracted: User | None, **_: object) -> None:
        if create and extracted is not None:
            TeamFactory(client=self, member=extracted)


class TeamFactory(DjangoModelFactory):
    class Meta:
        model = Team
        skip_postgeneration_save = True

    client = factory.SubFactory(ClientFactory)
    name = factory.Sequence(lambda n: f"Team {n}")

    @factory.post_generation
    def member(self, create: bool, extracted: User | None, **_: object) -> None:
        if create and extracted is not None:
            TeamMember.objects.create(team=self, user=extracted)


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = Project
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Project {n}")

    @factory.post_generation
    def collaborator(self, create: bool, extracted: User | None, **_: object) -> None:
        if create and extracted is not None:
            ProjectMember.objects.create(project=self, user=extracted, role=ProjectMember.Role.COLLABORATOR)

    @factory.post_generation
    def viewer(self, create: bool, extracted: User | None, **_: object) -> None:
        if create and extracted is not None:
            ProjectMember.objects.create(project=self, user=extracted, role=ProjectMember.Role.VIEWER)
