"""What people say they can do with languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts import policies
from accounts.models import User
from core import audit, languages
from core.errors import InvalidFieldError
from qc.models import LanguageSkill


@dataclass(frozen=True)
class Skill:
    """`weekly_minutes` of film; 0 is no limit."""

    language: str
    level: int
    weekly_minutes: int = 0


@transaction.atomic
def set_skills(person: User, skills: Sequence[Skill], *, actor: User) -> list[LanguageSkill]:
    """These and no others, from now on. None at all means every language."""
    policies.require(actor, "qc.skills.change", person)
    # The person's row keeps two who write at once apart.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    wanted: dict[str, Skill] = {}
    for skill in skills:
        language = languages.canonical(skill.language)
        if language in wanted:
            raise InvalidFieldError(f"{languages.name(language)} stands there twice", field="skills")
        wanted[language] = skill
    kept = {one.language: one for one in LanguageSkill.objects.filter(user=person)}
    before = sorted(kept)
    LanguageSkill.objects.filter(user=person).exclude(language__in=wanted).delete()
    for language, skill in wanted.items():
        LanguageSkill.objects.update_or_create(
            user=person, language=language, defaults={"level": skill.level, "weekly_minutes": skill.weekly_minutes}
        )
    audit.record("qc.skills.set", person, actor=actor, languages=sorted(wanted), languages_before=before)
    return list(LanguageSkill.objects.filter(user=person).order_by("language", "pk"))
