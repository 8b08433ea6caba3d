"""For whom a job is made: house, client and project must be one's own and agree with each other."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Organization
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, UserFactory
from core.errors import InvalidFieldError, NotAllowedError, NotFoundError
from core.models import AuditEvent
from jobs import services
from jobs.tests.factories import JobFactory


def order(**places: Any) -> services.NewJob:
    return services.NewJob(filename="film.mp4", source_language="en", **places)


@pytest.fixture
def film(tmp_path: Path, own_store: None) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"0" * 100)
    return path


@pytest.fixture
def house(db: None) -> Organization:
    return OrganizationFactory()


def make(film: Path, owner: Any, **places: Any) -> Any:
    return services.create_from_file(film, owner=owner, new=order(**places), content_type="video/mp4")


@pytest.mark.django_db
class TestWhereAJobIsMade:
    def test_a_project_brings_its_client_and_house(self, film: Path, house: Organization) -> None:
        manager = UserFactory(role="project_manager", house=house)
        project = ProjectFactory(client=ClientFactory(organization=house, manager=manager))
        job = make(film, manager, project_id=project.pk)
        assert (job.project, job.client, job.organization) == (project, project.client, house)

    def test_one_s_only_house_is_meant_where_none_is_named(self, film: Path, house: Organization) -> None:
        assert make(film, UserFactory(house=house)).organization == house

    @pytest.mark.parametrize("place", ["organization_id", "client_id", "project_id"])
    def test_what_is_not_visible_does_not_exist(self, place: str, film: Path, house: Organization) -> None:
        elsewhere = ClientFactory()
        foreign = {
            "organization_id": elsewhere.organization_id,
            "client_id": elsewhere.pk,
            "project_id": ProjectFactory(client=elsewhere).pk,
        }
        person = UserFactory(house=house)
        said = []
        for id_ in (foreign[place], uuid.uuid4()):
            with pytest.raises(NotFoundError) as refused:
                make(film, person, **{place: id_})
            said.append(refused.value.message)
        assert said[0] == said[1]

    def test_a_project_of_another_client_is_refused(self, film: Path, house: Organization) -> None:
        manager = UserFactory(role="project_manager", house=house)
        one, other = (ClientFactory(organization=house, manager=manager) for _ in range(2))
        with pytest.raises(InvalidFieldError):
            make(film, manager, client_id=one.pk, project_id=ProjectFactory(client=other).pk)

    def test_a_linguist_of_the_house_starts_no_job_in_it(self, film: Path, house: Organization) -> None:
        person = UserFactory(role="client")
        person.memberships.create(organization=house, role="linguist")
        with pytest.raises(NotAllowedError):
            make(film, person, organization_id=house.pk)


@pytest.mark.django_db
def test_the_list_filters_by_client_and_project(api: Any, house: Organization) -> None:
    client = ClientFactory(organization=house)
    project = ProjectFactory(client=client)
    job = JobFactory(organization=house, client=client, project=project)
    JobFactory(organization=house)
    for query in (f"client_id={client.pk}", f"project_id={project.pk}"):
        found = api("production").get(f"/api/v1/jobs?{query}").json()
        assert [row["id"] for row in found["items"]] == [str(job.pk)]
        assert (found["items"][0]["client_id"], found["items"][0]["project_id"]) == (str(client.pk), str(project.pk))
    assert api("production").get(f"/api/v1/jobs?client_id={uuid.uuid4()}").json()["total"] == 0


@pytest.mark.django_db
def test_an_admin_who_looks_into_another_house_leaves_a_trace_once(api: Any, house: Organization) -> None:
    job = JobFactory(organization=house)
    for path in (f"/api/v1/jobs/{job.pk}", f"/jobs/{job.pk}", f"/jobs/{job.pk}"):
        assert api("admin").get(path).status_code == 200
    api("production").get(f"/api/v1/jobs/{job.pk}")
    assert AuditEvent.objects.filter(action="accounts.admin.read_foreign", subject_id=str(job.pk)).count() == 1
