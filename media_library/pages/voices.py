"""Pages of voices: the list, one voice with its sample and consent, and what ends them."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.models import VoiceProfile
from media_library.pages.persona_forms import ConsentForm, VoiceForm
from media_library.queries.links import link
from media_library.services import voices

UNKNOWN = "There is no such voice, or you have no access to it."


def find_voice(request: HttpRequest, voice_id: uuid.UUID) -> VoiceProfile:
    rows = VoiceProfile.objects.visible_to(viewer(request)).with_consent().select_related("owner", "sample")
    voice = found(rows, voice_id, UNKNOWN)
    foreign_reads.note(viewer(request), voice)
    return voice


def way_to(voice: VoiceProfile) -> str:
    return reverse("media_library:voice", args=[voice.pk])


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def voice_list(request: HttpRequest) -> HttpResponse:
    user, status = viewer(request), None
    form = VoiceForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST":
        policies.require(user, "media_library.voice.create")
        made: list[VoiceProfile] = []
        status = refusal(form, lambda: made.append(voices.create_voice(owner=user, **form.cleaned_data)))
        if status is None:
            messages.success(request, f"“{made[0]}” is there. Record the speaker's consent before it is used.")
            return redirect(way_to(made[0]))
    rows = VoiceProfile.objects.visible_to(user).with_consent().select_related("owner").order_by("name", "pk")
    if text := words(request):
        rows = rows.filter(name__icontains=text)
    context: dict[str, Any] = {"page": paged(request, rows), "q": text, "kept": [], "form": form}
    return render(request, "media_library/voices.html", context, status=status or 200)


@login_required
@never_cache
@require_GET
def voice(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    shown = find_voice(request, voice_id)
    return page_of_voice(request, shown, ConsentForm(user=viewer(request)))


def page_of_voice(request: HttpRequest, shown: VoiceProfile, form: ConsentForm, *, status: int = 200) -> HttpResponse:
    user = viewer(request)
    may_change = bool(policies.can(user, "media_library.voice.change", shown))
    context: dict[str, Any] = {
        "voice": shown,
        "consents": list(shown.consents.select_related("recorded_by", "revoked_by", "audio")) if may_change else [],
        "sample_url": link(shown.sample, inline=True) if may_change and shown.sample else "",
        "form": form if may_change and not shown.consents.filter(revoked_at=None).exists() else None,
        "may_change": may_change,
    }
    return render(request, "media_library/voice.html", context, status=status)


@login_required
@never_cache
@require_POST
def consent_record(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    shown, user = find_voice(request, voice_id), viewer(request)
    policies.require(user, "media_library.voice.consent", shown)
    form = ConsentForm(request.POST, user=user)

    def record() -> None:
        said = dict(form.cleaned_data)
        said["given_at"] = _moment(said["given_at"])
        voices.record_consent(shown, actor=user, **said)

    if status := refusal(form, record):
        return page_of_voice(request, shown, form, status=status)
    messages.success(request, "The consent is recorded. The voice may be used.")
    return redirect(way_to(shown))


def _moment(day: datetime.date) -> datetime.datetime:
    """Today is now; an earlier day is its beginning, in the viewer's zone."""
    if day == timezone.localdate():
        return timezone.now()
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def consent_revoke(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    shown, user = find_voice(request, voice_id), viewer(request)
    policies.require(user, "media_library.voice.consent", shown)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: voices.revoke_consent(shown, actor=user, because=request.POST.get("because", "")[:500]),
            done="The consent is revoked. The voice is used no more.",
            to=way_to(shown),
        )
    return ask(
        request,
        Question(
            title=f"Revoke the consent for “{shown}”?",
            follows="The voice speaks no more from now on. The record stays, with the time and your name.",
            button="Revoke the consent",
            back=way_to(shown),
            section="voices",
            crumbs=[("Voices", reverse("media_library:voices")), (shown.name, way_to(shown))],
        ),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def voice_delete(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    shown, user = find_voice(request, voice_id), viewer(request)
    policies.require(user, "media_library.voice.delete", shown)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: voices.delete_voice(shown, actor=user),
            done=f"“{shown}” is deleted.",
            to=reverse("media_library:voices"),
        )
    return ask(
        request,
        Question(
            title=f"Delete the voice “{shown}”?",
            follows="Its consents go with it. Its sample stays in the library.",
            button="Delete the voice",
            back=way_to(shown),
            section="voices",
            crumbs=[("Voices", reverse("media_library:voices")), (shown.name, way_to(shown))],
        ),
    )
