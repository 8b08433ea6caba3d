"""Personas: how somebody writes and speaks, for scripts that should sound like them."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from core import audit
from core.errors import DomainError, NotFoundError
from media_library.models import Persona

TAKEN = "A persona with this name already exists"
FIELDS = (
    "name",
    "description",
    "tone",
    "style_notes",
    "topics",
    "vocabulary",
    "speaker_name_in_videos",
    "avatar_url",
    "voice",
)


def home_of_new(user: User) -> Organization | None:
    """The only house where the person may keep personas; who has none or several keeps them for themselves."""
    houses = Organization.objects.filter(
        pk__in=[house for house, role in user.roles_by_house.items() if role != "client"]
    )
    found = list(houses.order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def create_persona(*, actor: User, organization: Organization | None = None, **values: Any) -> Persona:
    """`values` are of FIELDS, name among them. Refused when an active persona of the house, or of the person, has that name."""
    try:
        with transaction.atomic():
            persona = Persona.objects.create(owner=actor, organization=organization, **values)
            audit.record("media_library.persona.create", persona, actor=actor, name=persona.name)
    except IntegrityError as error:
        raise _in_words(error) from error
    return persona


def update_persona(persona: Persona, *, actor: User, **values: Any) -> Persona:
    """Only what is given changes."""
    try:
        with transaction.atomic():
            locked = _locked(persona)
            changed = [name for name in FIELDS if name in values and getattr(locked, name) != values[name]]
            for name in changed:
                setattr(locked, name, values[name])
            if changed:
                locked.save(update_fields=[*changed, "updated_at"])
                audit.record("media_library.persona.change", locked, actor=actor, fields=changed)
    except IntegrityError as error:
        raise _in_words(error) from error
    return locked


@transaction.atomic
def delete_persona(persona: Persona, *, actor: User) -> None:
    """Out of all lists; the row stays, and its name is free."""
    locked = _locked(persona)
    locked.is_active = False
    locked.save(update_fields=["is_active", "updated_at"])
    audit.record("media_library.persona.delete", locked, actor=actor, name=locked.name)


@transaction.atomic
def restore_persona(persona: Persona, *, actor: User) -> Persona:
    """What deleting did, taken back, as long as nobody else has the name now."""
    locked = Persona.objects.select_for_update().get(pk=persona.pk)
    locked.is_active = True
    try:
        with transaction.atomic():
            locked.save(update_fields=["is_active", "updated_at"])
    except IntegrityError as error:
        raise _in_words(error) from error
    audit.record("media_library.persona.restore", locked, actor=actor, name=locked.name)
    return locked


def _locked(persona: Persona) -> Persona:
    locked = Persona.objects.active().select_for_update().filter(pk=persona.pk).first()
    if locked is None:
        raise NotFoundError("Persona not found")
    return locked


def _in_words(error: IntegrityError) -> Exception:
    return DomainError(TAKEN) if "persona_name_unique" in str(error) else error
