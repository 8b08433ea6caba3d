"""The catalogue of story material: the studio's own, which comes with it, and what houses add."""

from __future__ import annotations

from typing import Any

from django.apps import apps as registry
from django.apps.registry import Apps
from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from chat.films import bible, seeding, shapes
from chat.films.combining import AUDIENCES, ROLES
from chat.films.shapes import Each, Text
from chat.models import StoryMaterial
from core import audit
from core.errors import InvalidFieldError

K = StoryMaterial.Kind
LINE = Text(1000)
# What combining needs of each kind.
NEEDED: dict[str, dict[str, shapes.Shape]] = {
    K.CONCEPT: {"logline": LINE},
    K.GENRE: {"tone": LINE},
    K.SETTING: {},
    K.CHARACTER: {"role": LINE, "want": LINE, "need": LINE, "flaw": LINE},
    K.DESIGN: {"look": LINE},
    K.CONFLICT: {"conflict": LINE, "turn": LINE, "cliffhanger": LINE, "ending": LINE},
    K.STRUCTURE: {"acts": bible.ACTS},
    K.STORYBOARD: {"notes": Each(LINE, 40)},
}
ALSO: dict[str, dict[str, shapes.Shape]] = {
    K.CONCEPT: {"themes": Each(LINE, 12)},
    K.SETTING: {"texture": LINE, "period": Text(120), "names": Each(Text(120), 40)},
    K.DESIGN: {"people": Each(LINE, 12)},
    K.CONFLICT: {"episode": Text(120)},
}
ANY: dict[str, shapes.Shape] = {"audience": Text(10), "difficulty": Text(20)}


def seed(*, apps: Apps = registry, **_: Any) -> None:
    """Adds what is missing of the studio's own. What somebody edited or switched off stays as it is.

    Called after migrations, with the `apps` of that state: a database that was taken back further has no table for it.
    """
    if not any(model._meta.label_lower == "chat.storymaterial" for model in apps.get_models()):  # noqa: SLF001  (the documented way to a model's label)
        return
    StoryMaterial.objects.bulk_create(
        (StoryMaterial(**entry) for entry in seeding.entries()), batch_size=200, ignore_conflicts=True
    )


@transaction.atomic
def save_material(material: StoryMaterial, *, actor: User) -> StoryMaterial:
    """New or changed. Its details have what its kind needs, or it is refused."""
    material.slug = material.slug or slugify(material.title)[:80]
    material.details = checked(material.kind, material.details)
    material.save()
    audit.record("chat.story_material.save", material, actor=actor, kind=material.kind, title=material.title)
    return material


def checked(kind: str, details: Any) -> dict[str, Any]:
    if not isinstance(details, dict):
        raise InvalidFieldError("Details are an object", field="details")
    needed = NEEDED[kind]
    known = {**needed, **{name: shape for name, shape in {**ALSO.get(kind, {}), **ANY}.items() if name in details}}
    cleaned: dict[str, Any] = shapes.cleaned(details, shapes.Parts(known), "details")
    for name in needed:
        if not cleaned[name]:
            raise InvalidFieldError(f"{StoryMaterial.Kind(kind).label} material needs {name}", field=f"details.{name}")
    if kind == K.CHARACTER and cleaned["role"] not in ROLES:
        raise InvalidFieldError(f"The role is one of {', '.join(ROLES)}", field="details.role")
    if cleaned.get("audience") and cleaned["audience"] not in AUDIENCES:
        raise InvalidFieldError(f"The audience is one of {', '.join(AUDIENCES)}", field="details.audience")
    return cleaned
