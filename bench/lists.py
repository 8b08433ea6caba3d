"""Every list: as many queries for 500 rows as for one, as an admin and as somebody of a house."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.measure import Row, at_most
from bench.studio import studio

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Organization, Project, User

NAME = "lists"
GOAL = at_most(1)
ROWS = 500
# Libraries and the list of jobs grow faster than anything else: 2,000 files and 2,000 jobs beside 500 of everything.
FILES_EACH = 4
MORE_JOBS = ("pending_qc", "failed", "completed")
LONGEST_PAGE = 100


@dataclass(frozen=True)
class Listed:
    """`total` reads from an answer how many rows the list has."""

    name: str
    path: str
    total: Callable[[Any], int]
    admins_only: bool = False
    owners_only: bool = False


def rows(*, quick: bool) -> Iterator[Row]:
    most = 60 if quick else ROWS
    with studio():
        from django.conf import settings
        from django.test.utils import setup_test_environment

        # Lets the test client see what a page was made of.
        setup_test_environment()
        # What is measured is queries; hashing hundreds of passwords would take minutes.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        settings.RATE_LIMITS = False
        world = World()
        world.grow(1)
        few = world.measured()
        world.grow(most)
        many = world.measured()
        for name, (queries, total) in many.items():
            # A list without a total shows its longest page.
            assert total >= min(most, LONGEST_PAGE), f"{name} lists {total} rows"
            assert few[name][1] < min(most, LONGEST_PAGE), f"{name} had {few[name][1]} rows already"
            yield Row(name, ours=queries, peer=few[name][0], unit="queries")


class World:
    """A house with an admin of the platform and a producer, and as much of everything as it was grown to."""

    def __init__(self) -> None:
        from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory

        self.house: Organization = OrganizationFactory()
        self.client = ClientFactory(organization=self.house)
        self.people: dict[str, User] = {
            role: UserFactory(role=role, house=self.house) for role in ("admin", "production")
        }
        self.size = 0

    def grow(self, size: int) -> None:
        from accounts.models import Membership
        from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, UserFactory
        from ai.tests.factories import BudgetFactory, CallFactory
        from core import audit
        from jobs.tests.factories import JobFactory

        producer = self.people["production"]
        for number in range(self.size, size):
            member = UserFactory(house=self.house)
            elsewhere = OrganizationFactory()
            for person in self.people.values():
                Membership.objects.create(organization=elsewhere, user=person)
            ClientFactory(organization=self.house, manager=member, person=member)
            project = ProjectFactory(owner=member, client=self.client, collaborator=producer)
            JobFactory(created_by=member, organization=self.house, project=project, languages=["es"])
            self.add_jobs(member, number)
            CallFactory(user=member, organization=self.house, model=f"model {number}")
            BudgetFactory(user=member, organization=None)
            audit.record("accounts.member.add", member, actor=member, number=number)
            self.add_files(project, number)
        self.size = size

    def add_jobs(self, owner: User, number: int) -> None:
        """Jobs in other states, in two languages, each with its review."""
        from jobs.models import Job, LanguageOutput
        from qc.models import LanguageReview

        jobs = [
            Job(
                title=f"Job {number} {status}",
                created_by=owner,
                organization=self.house,
                client=self.client,
                source_language="en",
                filename="take.mp4",
                status=status,
                failed_step="rendering" if status == "failed" else "",
            )
            for status in MORE_JOBS
        ]
        outputs = [
            LanguageOutput(job=job, language=language, is_source=language == "en")
            for job in jobs
            for language in ("en", "es")
        ]
        Job.objects.bulk_create(jobs)
        LanguageOutput.objects.bulk_create(outputs)
        LanguageReview.objects.bulk_create(LanguageReview(output=output) for output in outputs)

    def add_files(self, project: Project, number: int) -> None:
        """Films with their picture and transcript, in a collection. Nobody opens them, so their bytes are nowhere."""
        from media_library.models import Asset, Collection, Speaker, Transcript

        owner = self.people["production"]
        stored = {"owner": owner, "organization": self.house, "size": 1, "sha256": "", "technical": {"height": 720}}
        films = [
            Asset(
                key=f"bench/{number}/{one}",
                filename=f"take {number} {one}.mp4",
                kind="video",
                content_type="video/mp4",
                project=project,
                language="en",
                tags=[f"tag {number}", "bench"],
                duration=60,
                **stored,
            )
            for one in range(FILES_EACH)
        ]
        posters = [
            Asset(key=f"{film.key}/p", filename="p.jpg", kind="image", purpose="poster", made_from=film, **stored)
            for film in films
        ]
        heard = [Transcript(asset=film, language="en", engine="bench") for film in films]
        speakers = [Speaker(transcript=one, label="speaker_1", name=f"Person {number}") for one in heard]
        for rows in (films, posters, heard, speakers):
            type(rows[0]).objects.bulk_create(rows)  # type: ignore[attr-defined]  # each list is of one model
        Collection.objects.create(owner=owner, organization=self.house, name=f"Collection {number}").assets.add(*films)

    def lists(self) -> list[Listed]:
        client = f"/api/v1/clients/{self.client.pk}"
        return [
            Listed("jobs", "/api/v1/jobs", in_page),
            Listed("failed jobs", "/api/v1/production/failures", in_page),
            Listed("organizations", "/api/v1/organizations", plain),
            Listed("memberships", "/api/v1/organizations/me/memberships", plain),
            Listed("members", f"/api/v1/organizations/{self.house.pk}/members", plain),
            Listed("clients", "/api/v1/clients", plain),
            Listed("all projects", "/api/v1/clients/all-projects", plain),
            Listed("a client's projects", f"{client}/projects", plain),
            Listed("admin users", "/api/v1/admin/users", in_page, admins_only=True),
            Listed("audit logs", "/api/v1/admin/audit-logs", in_page, admins_only=True),
            Listed("security logs", "/api/v1/admin/audit-logs/security", in_page, admins_only=True),
            Listed("assets", "/api/library/assets?size=100", in_page),
            Listed("collections", "/api/library/collections?size=100", in_page),
            Listed("page of jobs", "/jobs", on_page),
            Listed("page of production", "/production", on_page),
            Listed("page of people", "/people", on_page),
            Listed("page of organisations", "/organizations", on_page),
            Listed("page of clients", "/clients", on_page),
            Listed("page of projects", "/projects", on_page),
            Listed("page of the library", "/library", on_page),
            Listed("library as a list", "/library?view=list", on_page),
            Listed("page of videos", "/videos", on_page),
            Listed("page of collections", "/library/collections", on_page),
            Listed("page of storage", "/library/files", on_page, owners_only=True),
            Listed("page of usage", "/usage", lambda answer: answer.context["total"].calls),
            Listed("page of the audit trail", "/audit", on_page, admins_only=True),
        ]

    def measured(self) -> dict[str, tuple[int, int]]:
        """By list and person: queries, and how many rows there are."""
        from django.test import Client

        found = {}
        for role, person in self.people.items():
            browser = Client()
            browser.force_login(person)
            for listed in self.lists():
                if (listed.admins_only and role != "admin") or (listed.owners_only and role == "admin"):
                    continue
                found[f"{listed.name}, {role}"] = ask(browser, listed)
        return found


def ask(browser: Client, listed: Listed) -> tuple[int, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser.get(listed.path)  # what is asked once in a while is asked here
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(listed.path, {"size": LONGEST_PAGE})
    assert answer.status_code == 200, (listed.path, answer.status_code)
    return len(queries), listed.total(answer)


def plain(answer: Any) -> int:
    body = answer.json()
    return len(body if isinstance(body, list) else body.get("items", body))


def in_page(answer: Any) -> int:
    return int(answer.json()["total"])


def on_page(answer: Any) -> int:
    return int(answer.context["page"].paginator.count)
