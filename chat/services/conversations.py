"""Conversations: begun, named, starred, moved into projects, opened, deleted."""

from __future__ import annotations

import unicodedata

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import policies
from accounts.models import Organization, Project, User
from chat import events
from chat.models import Conversation, FilmSession, Participant, Star
from chat.models.conversations import NEW
from core import audit
from core.errors import NotFoundError, WrongStateError

By = Conversation.TitleBy


@transaction.atomic
def begin(
    owner: User, *, title: str = "", project: Project | None = None, organization: Organization | None = None
) -> Conversation:
    """Empty, of nobody else. The house whose library it asks is the one named, the project's, or the owner's only one."""
    if project is not None:
        policies.require(owner, "accounts.project.update", project)
        organization = organization or (project.client.organization if project.client else None)
    if organization is None:
        houses = list(Organization.objects.filter(is_active=True, memberships__user=owner).order_by("pk")[:2])
        organization = houses[0] if len(houses) == 1 else None
    title = _plain(title)
    conversation = Conversation.objects.create(
        owner=owner,
        project=project,
        organization=organization,
        title=title or NEW,
        title_by=By.PERSON if title else By.NOBODY,
    )
    audit.record("chat.conversation.begin", conversation, actor=owner)
    return conversation


@transaction.atomic
def rename(conversation: Conversation, title: str, *, actor: User) -> None:
    """By a person, whose title no machine replaces unasked."""
    locked = _locked(conversation)
    locked.title, locked.title_by = _plain(title) or NEW, By.PERSON
    locked.save(update_fields=["title", "title_by", "updated_at"])
    audit.record("chat.conversation.rename", locked, actor=actor)
    events.title_changed(locked)
    _copy(locked, conversation, "title", "title_by", "updated_at")


def star(conversation: Conversation, *, user: User, starred: bool) -> None:
    """For this person alone; twice is once."""
    if starred:
        Star.objects.bulk_create([Star(conversation=conversation, user=user)], ignore_conflicts=True)
    else:
        Star.objects.filter(conversation=conversation, user=user).delete()


@transaction.atomic
def move(conversation: Conversation, project: Project | None, *, actor: User) -> None:
    """Into a project that the actor may change, or out of its project. The project's people can read it from then on."""
    if project is not None:
        policies.require(actor, "accounts.project.update", project)
    locked = _locked(conversation)
    _refuse_film(locked)
    before, locked.project = locked.project_id, project
    if project is not None and project.client is not None and locked.organization_id is None:
        locked.organization = project.client.organization
    locked.save(update_fields=["project", "organization", "updated_at"])
    audit.record(
        "chat.conversation.move",
        locked,
        actor=actor,
        before=str(before or ""),
        after=str(project.pk) if project else "",
    )
    # Who only read it as one of the old project's people reads it no more.
    events.participants_changed(locked.pk)
    _copy(locked, conversation, "project", "organization", "updated_at")


def leave_project(project: Project) -> int:
    """All of them, because the project is going. Where a film is developed stays with the film."""
    return Conversation.objects.filter(project=project, film_session=None).update(project=None)


@transaction.atomic
def set_model(conversation: Conversation, model: str, *, actor: User) -> None:
    """The name of the catalogue that answers from now on; empty leaves it to the studio."""
    locked = _locked(conversation)
    locked.model = model
    locked.save(update_fields=["model", "updated_at"])
    audit.record("chat.conversation.set_model", locked, actor=actor, model=model)
    _copy(locked, conversation, "model", "updated_at")


def opened(conversation: Conversation, user: User) -> None:
    """Whoever was invited and looks for the first time has accepted."""
    Participant.objects.filter(conversation=conversation, user=user, accepted_at=None).update(accepted_at=Now())


@transaction.atomic
def delete(conversation: Conversation, *, actor: User) -> None:
    """Nobody sees it any more, nor what hangs on it."""
    locked = _locked(conversation)
    _refuse_film(locked)
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at", "updated_at"])
    audit.record("chat.conversation.delete", locked, actor=actor, title=locked.title)
    events.participants_changed(locked.pk)
    _copy(locked, conversation, "deleted_at")


def _refuse_film(conversation: Conversation) -> None:
    if FilmSession.objects.filter(conversation=conversation).exists():
        raise WrongStateError("A film is developed in this conversation: it stays with the film.")


def _plain(title: str) -> str:
    """One line, without characters that only steer a terminal."""
    return " ".join("".join(" " if unicodedata.category(one) == "Cc" else one for one in title).split())


def _locked(conversation: Conversation) -> Conversation:
    found = Conversation.objects.live().select_for_update(of=("self",)).filter(pk=conversation.pk).first()
    if found is None:
        raise NotFoundError("Conversation not found")
    return found


def _copy(source: Conversation, target: Conversation, *fields: str) -> None:
    for name in fields:
        setattr(target, name, getattr(source, name))
