"""Projects, of persons and of clients, and who works on them."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import policies, signals
from accounts.models import Client, Invitation, Project, ProjectMember, User
from accounts.services import invitations
from accounts.workflows import PROJECT, verb_towards
from core import audit
from core.errors import ConflictError, NotAllowedError, NotFoundError, WrongStateError

TAKEN = "Project already exists"
ALREADY_INVITED = "Already invited"


def create_project(
    *, owner: User, name: str, description: str = "", color: str = "", client: Client | None = None
) -> Project:
    """A client's projects have names of their own; a person may use one twice."""
    try:
        with transaction.atomic():
            project = Project.objects.create(
                owner=owner, client=client, name=name.strip(), description=description.strip(), color=color
            )
            audit.record("accounts.project.create", project, actor=owner, name=project.name)
    except IntegrityError as error:
        raise ConflictError(TAKEN) from error
    return project


@transaction.atomic
def find_or_create_project(*, owner: User, name: str) -> Project:
    """The owner's newest own project of this name, made when there is none."""
    # Two uploads at once name the same new project; the lock on its owner makes it one.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    own = Project.objects.live().filter(owner=owner, client=None, name=name.strip())
    found = own.order_by("-created_at", "-pk").first()
    return found or create_project(owner=owner, name=name)


def update_project(project: Project, *, actor: User, status: str | None = None, **wanted: str) -> Project:
    """`wanted` are name, description and color; what is missing stays. A new status is a move of the project's workflow."""
    changed = {key: value.strip() for key, value in wanted.items() if value.strip() != getattr(project, key)}
    try:
        with transaction.atomic():
            if changed:
                for key, value in changed.items():
                    setattr(project, key, value)
                project.save(update_fields=[*changed, "updated_at"])
                audit.record("accounts.project.update", project, actor=actor, changed=sorted(changed))
                _tell(project, actor=actor)
            if status is not None and status != project.status:
                project = _set_status(project, status, actor=actor)
    except IntegrityError as error:
        raise ConflictError(TAKEN) from error
    return project


def _set_status(project: Project, status: str, *, actor: User) -> Project:
    verb = verb_towards(status, now=project.status)
    if verb is None:
        wanted, now = Project.Status(status).label.lower(), project.get_status_display().lower()
        raise WrongStateError(f"A project that is {now} does not become {wanted}.", current_status=project.status)
    return _move(verb, project, actor=actor)


def _move(verb: str, project: Project, *, actor: User) -> Project:
    moved = PROJECT.move(verb, project, actor=actor)
    _tell(moved, actor=actor, verb=verb)
    return moved


def _tell(project: Project, *, actor: User, verb: str = "") -> None:
    signals.project_changed.send(sender=Project, project=project, actor=actor, verb=verb)


@transaction.atomic
def archive(project: Project, *, actor: User) -> Project:
    return _move("archive", project, actor=actor)


@transaction.atomic
def restore(project: Project, *, actor: User) -> Project:
    return _move("restore", project, actor=actor)


@transaction.atomic
def delete_project(project: Project, *, actor: User) -> None:
    """Nobody sees it any more. Who works for it can refuse (`signals.closing_project`); what is finished keeps its project."""
    locked = Project.objects.select_for_update().filter(pk=project.pk, deleted_at=None).first()
    if locked is None:
        raise NotFoundError("Project not found")
    signals.closing_project.send(sender=Project, project=locked, actor=actor)
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at", "updated_at"])
    audit.record("accounts.project.delete", locked, actor=actor, name=locked.name)
    _tell(locked, actor=actor, verb="delete")


# Who else works on a project.


@transaction.atomic
def add_collaborator(project: Project, *, email: str, role: str, invited_by: User) -> Invitation:
    """Mails an invitation, to known and unknown addresses alike: nobody learns here who has an account."""
    policies.require(invited_by, "accounts.project.share", project)
    email = email.strip().lower()
    # Two at once would both find the address uninvited.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    here_already = (
        project.owner.email.lower() == email or project.memberships.filter(user__email__iexact=email).exists()
    )
    if here_already or Invitation.objects.open().filter(project=project, email__iexact=email).exists():
        raise ConflictError(ALREADY_INVITED)
    return invitations.invite(email=email, project=project, project_role=role, invited_by=invited_by)


@transaction.atomic
def change_collaborator_role(project: Project, *, user_id: uuid.UUID, role: str, actor: User) -> ProjectMember:
    policies.require(actor, "accounts.project.share", project)
    member = ProjectMember.objects.select_for_update(of=("self",)).filter(project=project, user=user_id).first()
    if member is None:
        raise NotFoundError("User not found")
    if member.role != role:
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        audit.record(
            "accounts.collaborator.change_role",
            project,
            actor=actor,
            before=before,
            after=role,
            person=str(user_id),
        )
    return member


@transaction.atomic
def remove_collaborator(project: Project, *, user_id: uuid.UUID, actor: User) -> None:
    """By the owner; everybody may leave by themselves."""
    if user_id != actor.pk:
        policies.require(actor, "accounts.project.share", project)
    elif project.owner_id == actor.pk:
        raise NotAllowedError(reason="The owner of a project stays.")
    gone, _ = ProjectMember.objects.filter(project=project, user=user_id).delete()
    if not gone:
        raise NotFoundError("User not found")
    audit.record("accounts.collaborator.remove", project, actor=actor, person=str(user_id))
