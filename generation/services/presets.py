"""Settings that a person keeps to use again."""

from __future__ import annotations

import json
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from core import audit
from core.errors import ConflictError, InvalidFieldError
from generation.models import Preset

NOT_FOUND = "Preset not found"
SAME_NAME = "You have a preset of this name."
MOST = 100
LARGEST = 16 * 2**10


def create(owner: User, *, name: str, values: dict[str, Any]) -> Preset:
    """`values` are what a form sends; they are judged when they are used."""
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise InvalidFieldError("A name has 1 to 120 characters.", field="name")
    if len(json.dumps(values)) > LARGEST:
        raise InvalidFieldError("A preset has at most 16 KB.", field="values")
    if Preset.objects.filter(owner=owner).count() >= MOST:
        raise ConflictError(f"You have {MOST} presets. Delete one first.")
    try:
        with transaction.atomic():
            preset = Preset.objects.create(owner=owner, name=name, values=values)
            audit.record("generation.preset.create", preset, actor=owner, name=name)
    except IntegrityError as error:
        raise ConflictError(SAME_NAME) from error
    return preset


@transaction.atomic
def delete(preset: Preset, *, actor: User) -> None:
    audit.record("generation.preset.delete", preset, actor=actor, name=preset.name)
    preset.delete()
