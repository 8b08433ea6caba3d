"""Briefs: written, submitted, approved; then jobs are made from them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import policies, queries
from accounts.models import Client, User
from accounts.services.notifications import notify
from core import audit, languages
from core.errors import NotFoundError, WrongStateError
from core.workflow import Machine, Move
from jobs import brief_policies as _rules
from jobs.models import Brief
from jobs.services.places import place_of
from media_library.services import placing

S = Brief.Status
WRITABLE = ("title", "description", "source_language", "languages", "requested_outputs", "priority", "due_date")
PLACES = ("organization_id", "client_id", "project_id")

BRIEF = Machine(
    name="jobs.brief",
    field="status",
    refusal=lambda verb, brief: f"Cannot {verb} a brief in status '{brief.status}'",
    moves={
        "submit": Move(frozenset({S.DRAFT}), S.SUBMITTED, frozenset(_rules.WRITERS)),
        "approve": Move(frozenset({S.SUBMITTED}), S.APPROVED, frozenset(_rules.APPROVERS)),
    },
)


class Said(TypedDict, total=False):
    """What somebody says in a brief. What is missing is not said; `requested_outputs` has the contract's keys."""

    title: str
    description: str
    source_language: str
    languages: list[str]
    requested_outputs: dict[str, Any] | None
    priority: int
    due_date: datetime | None
    organization_id: uuid.UUID | None
    client_id: uuid.UUID | None
    project_id: uuid.UUID | None


@transaction.atomic
def create_brief(said: Said, *, actor: User) -> Brief:
    """A draft, where `actor` may write briefs."""
    policies.require(actor, "jobs.brief.create")
    place = _place(actor, said)
    brief = Brief(created_by=actor, organization=place.organization, client=place.client, project=place.project)
    policies.require(actor, "jobs.brief.create", brief)
    for name, value in _checked(said).items():
        setattr(brief, name, value)
    brief.save()
    audit.record("jobs.brief.create", brief, actor=actor, after=brief.status)
    return brief


@transaction.atomic
def update_brief(brief: Brief, said: Said, *, actor: User) -> Brief:
    """Only what is said changes, and only while nobody has been asked to approve it."""
    brief = BRIEF.lock(brief)
    policies.require(actor, "jobs.brief.change", brief)
    if brief.status != S.DRAFT:
        raise WrongStateError("Only draft briefs can be edited", current_status=brief.status)
    values: dict[str, Any] = dict(_checked(said))
    if any(name in said for name in PLACES):
        place = _place(actor, {**{name: getattr(brief, name) for name in PLACES}, **said})
        values |= {"organization": place.organization, "client": place.client, "project": place.project}
    changed = [name for name, value in values.items() if getattr(brief, name) != value]
    for name in changed:
        setattr(brief, name, values[name])
    policies.require(actor, "jobs.brief.change", brief)
    if changed:
        brief.save(update_fields=[*changed, "updated_at"])
        audit.record("jobs.brief.update", brief, actor=actor, fields=changed)
    return brief


@transaction.atomic
def submit_brief(brief: Brief, *, actor: User) -> Brief:
    """Asks the client's project managers to approve it. Nothing of it changes from here on."""
    policies.require(actor, "jobs.brief.submit", brief)
    brief = BRIEF.move("submit", brief, actor=actor, changes={"submitted_by": actor, "submitted_at": timezone.now()})
    notify(
        [
            person
            for person in queries.in_charge(client_id=brief.client_id, organization_id=brief.organization_id)
            if person != actor
        ],
        kind="brief.submitted",
        text=f"{actor} asks you to approve the brief “{brief.title}”.",
        url=way_to(brief),
        subject=f"brief:{brief.pk}",
    )
    return brief


@transaction.atomic
def approve_brief(brief: Brief, *, actor: User) -> Brief:
    """Jobs may be made from it. None is made by itself."""
    # Judged on the locked row: whoever submits it this moment may not approve it.
    policies.require(actor, "jobs.brief.approve", BRIEF.lock(brief))
    brief = BRIEF.move("approve", brief, actor=actor, changes={"approved_by": actor, "approved_at": timezone.now()})
    notify(
        [brief.created_by, brief.submitted_by],
        kind="brief.approved",
        text=f"{actor} approved the brief “{brief.title}”.",
        url=way_to(brief),
        subject=f"brief:{brief.pk}",
    )
    return brief


def for_new_job(user: User, brief_id: uuid.UUID) -> Brief:
    """The brief that a job is made from: one that `user` sees, approved."""
    brief = Brief.objects.visible_to(user).filter(pk=brief_id).first()
    if brief is None:
        raise NotFoundError("Brief not found")
    if brief.status != S.APPROVED:
        raise WrongStateError(f"Cannot make a job from a brief in status '{brief.status}'", current_status=brief.status)
    return brief


def way_to(brief: Brief) -> str:
    return reverse("jobs:brief", args=[brief.pk])


def _place(actor: User, said: Mapping[str, Any]) -> placing.Place:
    """As a new job's. A customer who names no client means their only one, where that is clear."""
    place = place_of(
        actor,
        organization_id=said.get("organization_id"),
        client_id=said.get("client_id"),
        project_id=said.get("project_id"),
    )
    if place.client is None and place.organization and actor.role_in(place.organization.pk) == User.Role.CLIENT:
        own = list(Client.objects.visible_to(actor).filter(organization=place.organization).order_by("pk")[:2])
        if len(own) == 1:
            place = replace(place, client=own[0])
    placing.hold(place)
    return place


def _checked(said: Said) -> dict[str, Any]:
    """What is said, in the way it is kept: languages canonical, each once, and in one place."""
    values: dict[str, Any] = {name: said[name] for name in WRITABLE if name in said}  # type: ignore[literal-required]  # the names are its keys
    if "source_language" in values:
        values["source_language"] = languages.canonical(values["source_language"]) if values["source_language"] else ""
    if wanted := values.get("requested_outputs"):
        wanted = dict(wanted)
        named = wanted.pop("languages", [])
        values["requested_outputs"] = wanted
        if named:
            values["languages"] = [*values.get("languages", []), *named]
    if "languages" in values:
        values["languages"] = list(dict.fromkeys(languages.canonical(tag) for tag in values["languages"]))
    if "title" in values:
        values["title"] = values["title"].strip()
    return values
