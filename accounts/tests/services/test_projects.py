"""Projects of persons: what the pages and the other surfaces call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import Invitation, Project, ProjectMember, User
from accounts.services import projects
from accounts.tests.factories import ProjectFactory, UserFactory
from core.errors import ConflictError, NotAllowedError, NotFoundError, WrongStateError
from core.models import AuditEvent

Status = Project.Status
# What each move makes of each status; where nothing stands, it is refused.
MOVES = {
    "archive": {Status.ACTIVE: "archived", Status.COMPLETED: "archived", Status.ON_HOLD: "archived"},
    "restore": {Status.ARCHIVED: "active"},
}


@pytest.fixture
def owner(db: None) -> User:
    return UserFactory()


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("verb", MOVES)
def test_each_move_from_each_status(verb: str, status: str, owner: User) -> None:
    project: Project = ProjectFactory(owner=owner, status=status)
    do: Callable[..., Project] = getattr(projects, verb)
    if status in MOVES[verb]:
        assert do(project, actor=owner).status == MOVES[verb][Status(status)]
        assert AuditEvent.objects.get(action=f"accounts.project.{verb}").before == status
    else:
        with pytest.raises(WrongStateError):
            do(project, actor=owner)


@pytest.mark.parametrize(
    ("before", "after"),
    [("active", "on-hold"), ("on-hold", "active"), ("active", "completed"), ("on-hold", "archived")],
)
def test_a_new_status_is_a_move(before: str, after: str, owner: User) -> None:
    project: Project = ProjectFactory(owner=owner, status=before)
    assert projects.update_project(project, actor=owner, status=after).status == after
    assert AuditEvent.objects.filter(subject_id=str(project.pk), before=before, after=after).count() == 1


def test_an_archived_project_is_restored_before_it_goes_on(owner: User) -> None:
    project: Project = ProjectFactory(owner=owner, status=Status.ARCHIVED)
    with pytest.raises(WrongStateError) as error:
        projects.update_project(project, actor=owner, status=Status.COMPLETED, name="Renamed")
    assert error.value.details == {"current_status": "archived"}
    project.refresh_from_db()
    assert project.name != "Renamed"


def test_a_name_leads_to_the_owners_own_project_or_makes_it(owner: User) -> None:
    ProjectFactory(name="Film")
    made = projects.find_or_create_project(owner=owner, name=" Film ")
    assert made.owner == owner
    assert projects.find_or_create_project(owner=owner, name="Film") == made
    projects.delete_project(made, actor=owner)
    assert projects.find_or_create_project(owner=owner, name="Film") != made


@pytest.mark.django_db(transaction=True)
def test_ten_uploads_at_once_make_one_project() -> None:
    owner, start = UserFactory(), threading.Barrier(10)

    def find() -> None:
        try:
            start.wait(20)
            projects.find_or_create_project(owner=owner, name="Film")
        finally:
            connection.close()

    threads = [threading.Thread(target=find) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Project.objects.filter(owner=owner, name="Film").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_five_invitations_to_one_project_at_once_one_is_sent() -> None:
    project: Project = ProjectFactory()
    start, refused = threading.Barrier(5), []

    def invite() -> None:
        try:
            start.wait(20)
            projects.add_collaborator(project, email="a@example.com", role="viewer", invited_by=project.owner)
        except ConflictError as error:
            refused.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=invite) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refused == ["Already invited"] * 4
    assert Invitation.objects.filter(project=project).count() == 1


class TestCollaborators:
    @pytest.fixture
    def project(self, owner: User) -> Project:
        made: Project = ProjectFactory(owner=owner, collaborator=UserFactory(), viewer=UserFactory())
        return made

    def member(self, project: Project, role: str) -> User:
        return project.memberships.get(role=role).user

    def test_the_owner_changes_roles_and_takes_people_out(self, owner: User, project: Project) -> None:
        viewer = self.member(project, "viewer")
        projects.change_collaborator_role(project, user_id=viewer.pk, role="collaborator", actor=owner)
        assert ProjectMember.objects.get(project=project, user=viewer).role == "collaborator"
        projects.remove_collaborator(project, user_id=viewer.pk, actor=owner)
        assert not project.memberships.filter(user=viewer).exists()
        for again in (
            lambda: projects.remove_collaborator(project, user_id=viewer.pk, actor=owner),
            lambda: projects.change_collaborator_role(project, user_id=viewer.pk, role="viewer", actor=owner),
        ):
            with pytest.raises(NotFoundError, match="User not found"):
                again()

    @pytest.mark.parametrize("role", ["viewer", "collaborator"])
    def test_nobody_but_the_owner_decides_about_others(self, role: str, project: Project) -> None:
        actor = self.member(project, role)
        other = self.member(project, "viewer" if role == "collaborator" else "collaborator")
        calls: list[Callable[[], Any]] = [
            lambda: projects.remove_collaborator(project, user_id=other.pk, actor=actor),
            lambda: projects.change_collaborator_role(project, user_id=actor.pk, role="collaborator", actor=actor),
            lambda: projects.add_collaborator(project, email="b@example.com", role="viewer", invited_by=actor),
        ]
        for call in calls:
            with pytest.raises(NotAllowedError):
                call()
        assert project.memberships.count() == 2

    def test_everybody_but_the_owner_leaves_by_themselves(self, owner: User, project: Project) -> None:
        viewer = self.member(project, "viewer")
        projects.remove_collaborator(project, user_id=viewer.pk, actor=viewer)
        assert project.memberships.count() == 1
        with pytest.raises(NotAllowedError):
            projects.remove_collaborator(project, user_id=owner.pk, actor=owner)

    def test_who_is_here_is_not_invited(self, owner: User, project: Project) -> None:
        for email in (owner.email.upper(), self.member(project, "viewer").email):
            with pytest.raises(ConflictError, match="Already invited"):
                projects.add_collaborator(project, email=email, role="viewer", invited_by=owner)
