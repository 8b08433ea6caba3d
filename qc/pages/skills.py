"""The page where people say which languages they work in, and how much of each a week."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import policies
from accounts.models import User
from accounts.pages.parts import found, sentence_of, viewer
from core import languages
from core.errors import DomainError
from jobs.forms import OFFERED_LANGUAGES
from qc.models import LanguageSkill
from qc.pages.forms import SkillForms
from qc.services.skills import Skill, set_skills


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def skills(request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    person = found(User.objects.visible_to(user), user_id, "There is no such person, or you have no access to them.")
    policies.require(user, "qc.skills.change", person)
    kept = list(person.language_skills.order_by("language", "pk"))
    initial = [
        {"language": shown(one.language), "level": one.level, "weekly_minutes": one.weekly_minutes} for one in kept
    ]
    forms: Any = SkillForms(request.POST if request.method == "POST" else None, initial=initial, prefix="skill")
    problem, status = "", 200
    if request.method == "POST":
        if forms.is_valid():
            try:
                set_skills(person, [_skill(row) for row in forms.cleaned_data if row.get("language")], actor=user)
            except DomainError as error:
                problem, status = sentence_of(error), 422
            else:
                messages.success(request, "Kept.")
                return redirect("qc:skills", user_id=person.pk)
        else:
            status = 422
    context = {
        "person": person,
        "own": person == user,
        "forms": forms,
        "problem": problem,
        "known": sorted(languages.name(tag) for tag in OFFERED_LANGUAGES),
    }
    return render(request, "qc/skills.html", context, status=status)


def shown(tag: str) -> str:
    """By its name where the form knows that, else as its tag."""
    return languages.name(tag) if tag in OFFERED_LANGUAGES else tag


def _skill(row: dict[str, Any]) -> Skill:
    return Skill(row["language"], row["level"] or LanguageSkill.Level.EXPERT, row["weekly_minutes"] or 0)
