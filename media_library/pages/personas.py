"""Pages of personas: the list, and one persona to read and edit."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import policies
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.models import Persona, VoiceProfile
from media_library.pages.persona_forms import PersonaForm
from media_library.services import personas

UNKNOWN = "Persona not found"


def find_persona(request: HttpRequest, persona_id: uuid.UUID) -> Persona:
    rows = Persona.objects.visible_to(viewer(request)).active().select_related("organization", "owner", "voice")
    persona = found(rows, persona_id, UNKNOWN)
    foreign_reads.note(viewer(request), persona)
    return persona


def form_of(request: HttpRequest, persona: Persona | None = None) -> PersonaForm:
    voices = VoiceProfile.objects.visible_to(viewer(request)).order_by("name", "pk")
    initial = None if persona is None else PersonaForm.values_of(persona)
    return PersonaForm(request.POST if request.method == "POST" else None, initial=initial, voices=voices)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def persona_list(request: HttpRequest) -> HttpResponse:
    user, status, form = viewer(request), None, form_of(request)
    if request.method == "POST":
        house = personas.home_of_new(user)
        policies.require(user, "media_library.persona.create", house)
        made: list[Persona] = []
        status = refusal(
            form, lambda: made.append(personas.create_persona(actor=user, organization=house, **form.values()))
        )
        if status is None:
            messages.success(request, f"“{made[0]}” is there.")
            return redirect("media_library:persona", made[0].pk)
    rows = Persona.objects.visible_to(user).active().select_related("organization", "voice").order_by("name", "pk")
    if text := words(request):
        rows = rows.filter(name__icontains=text)
    context: dict[str, Any] = {"page": paged(request, rows), "q": text, "kept": [], "form": form}
    return render(request, "media_library/personas.html", context, status=status or 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def persona(request: HttpRequest, persona_id: uuid.UUID) -> HttpResponse:
    shown, user, status = find_persona(request, persona_id), viewer(request), None
    may_change = policies.can(user, "media_library.persona.change", shown)
    form = form_of(request, shown)
    if request.method == "POST":
        policies.require(user, "media_library.persona.change", shown)
        status = refusal(form, lambda: personas.update_persona(shown, actor=user, **form.values()))
        if status is None:
            messages.success(request, "The changes are saved.")
            return redirect("media_library:persona", shown.pk)
    context = {"persona": shown, "form": form, "may_change": bool(may_change), "why_not": may_change.reason}
    return render(request, "media_library/persona.html", context, status=status or 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def persona_delete(request: HttpRequest, persona_id: uuid.UUID) -> HttpResponse:
    shown, user = find_persona(request, persona_id), viewer(request)
    policies.require(user, "media_library.persona.delete", shown)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: personas.delete_persona(shown, actor=user),
            done=f"“{shown}” is deleted.",
            to=reverse("media_library:personas"),
        )
    question = Question(
        title=f"Delete “{shown}”?",
        follows="It leaves every list and its name is free again. What was written with it stays as it is.",
        button="Delete the persona",
        back=reverse("media_library:persona", args=[shown.pk]),
        section="personas",
        crumbs=[
            ("Personas", reverse("media_library:personas")),
            (shown.name, reverse("media_library:persona", args=[shown.pk])),
        ],
    )
    return ask(request, question)
