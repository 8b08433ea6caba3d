"""Closing a client or a project while somebody makes a job for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Project, User
from accounts.services import clients, projects
from accounts.tests.factories import ClientFactory, ProjectFactory, UserFactory
from core.errors import NotFoundError, WrongStateError
from jobs import services
from jobs.models import Job
from jobs.tests.test_contention import Aside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    made: Project = ProjectFactory(client=ClientFactory())
    return made


@pytest.fixture
def admin() -> User:
    made: User = UserFactory(role=User.Role.ADMIN)
    return made


@pytest.fixture
def make_job(project: Project, admin: User, tmp_path: Path) -> Callable[[], Job]:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"0" * 1000)
    new = services.NewJob(filename=film.name, source_language="en", project_id=project.pk)
    return lambda: services.create_from_file(film, owner=admin, new=new, content_type="video/mp4")


@pytest.fixture(params=["client", "project"])
def close(request: Any, project: Project, admin: User) -> Callable[[], None]:
    assert project.client is not None
    client = project.client
    if request.param == "client":
        return lambda: clients.delete_client(client, actor=admin)
    return lambda: projects.delete_project(project, actor=admin)


def test_whoever_closes_waits_for_the_job_and_is_refused(
    make_job: Callable[[], Job], close: Callable[[], None], project: Project
) -> None:
    with transaction.atomic():
        make_job()
        closing = Aside(close)
        closing.stands_still()
        assert closing.is_alive()
    closing.ends()
    assert isinstance(closing.error, WrongStateError)
    assert Project.objects.live().filter(pk=project.pk).exists()


def test_whoever_makes_a_job_waits_for_the_closing_and_finds_nothing(
    make_job: Callable[[], Job], close: Callable[[], None]
) -> None:
    with transaction.atomic():
        close()
        making = Aside(make_job)
        making.stands_still()
        assert making.is_alive()
    making.ends()
    assert isinstance(making.error, NotFoundError)
    assert not Job.objects.exists()
