"""Pages of voices: the list, one voice with its sample, match and consent, and what ends them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.models import User
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads
from ai import speaking
from ai.errors import ProviderError
from core import languages
from core.rest.middleware import permissions
from core.runs.models import Run
from core.storage.spooling import spooled
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library import uses
from media_library.models import Asset, Speaker, VoiceProfile
from media_library.pages.voice_forms import AgreementForm, VoiceChangeForm, VoiceForm
from media_library.queries.links import link
from media_library.services import intake, voice_speaking, voices

UNKNOWN = "There is no such voice, or you have no access to it."
HELLO = "Hello. This is how I sound when I read a sentence or two aloud."


def find_voice(request: HttpRequest, voice_id: uuid.UUID) -> VoiceProfile:
    rows = VoiceProfile.objects.visible_to(viewer(request)).with_consent().select_related("owner", "sample", "run")
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
    form = VoiceForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST":
        policies.require(user, "media_library.voice.create")
        form = VoiceForm(request.POST, request.FILES, user=user)
        made: list[VoiceProfile] = []
        status = refusal(form, lambda: made.append(_create(user, form)))
        if status is None:
            said = "is being matched to its sample." if made[0].run_id else "is there."
            rest = "" if form.cleaned_data["agreed"] else " Record the speaker's consent before it is used."
            messages.success(request, f"“{made[0]}” {said}{rest}")
            return redirect(way_to(made[0]))
    rows = VoiceProfile.objects.visible_to(user).with_consent().select_related("owner").order_by("name", "pk")
    filters = {name: request.GET.get(name, "").strip()[:35] for name in ("language", "gender")}
    context: dict[str, Any] = {"choices": _choices(rows), "filters": filters, "filtered": any(filters.values())}
    if text := words(request):
        rows = rows.filter(name__icontains=text)
    rows = rows.filter(**{name: value for name, value in filters.items() if value})
    context |= {"page": paged(request, rows), "q": text, "kept": [pair for pair in filters.items() if pair[1]]}
    return _with_microphone(
        render(
            request,
            "media_library/voices.html",
            {**context, "form": form, "terms": voices.TERMS_TEXT},
            status=status or 200,
        )
    )


def _with_microphone(answer: HttpResponse) -> HttpResponse:
    answer.headers["Permissions-Policy"] = permissions("microphone")
    return answer


def _choices(rows: Any) -> dict[str, list[tuple[str, str]]]:
    """What there is to filter by, in the words of the list."""
    pairs = set(rows.order_by().values_list("language", "gender").distinct())
    spoken = sorted({language for language, _ in pairs}, key=languages.name)
    return {
        "language": [(code, languages.name(code)) for code in spoken],
        "gender": [(word, word) for word in sorted({gender for _, gender in pairs if gender})],
    }


def _create(user: User, form: VoiceForm) -> VoiceProfile:
    said = form.cleaned_data
    speaker: Speaker | None = said["speaker"]
    sample: Asset | None = said["sample"] or (speaker.transcript.asset if speaker else None)
    if said["recording"]:
        sample = brought(user, said["recording"], title=f"Sample of {said['name']}")
    consent = None
    if said["agreed"]:
        proof = brought(user, said["proof"], title=f"Consent of {said['given_by']}") if said["proof"] else None
        consent = voices.Agreement(
            given_by=said["given_by"],
            statement=said["statement"],
            given_at=form.moment(),
            audio=proof,
            terms=voices.TERMS,
        )
    about = {name: said[name] for name in ("name", "language", "gender", "description")}
    return voices.create_voice(owner=user, sample=sample, speaker=speaker, consent=consent, **about)


def brought(user: User, file: UploadedFile[Any], *, title: str) -> Asset:
    """A recording that came with a form, kept with the person's voice work."""
    name = file.name or "recording"
    with spooled(file) as path:
        return intake.take_in(
            path,
            owner=user,
            filename=name,
            content_type=file.content_type or "",
            shelf=Asset.Shelf.VOICE,
            title=title,
        )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def voice(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    shown, user = find_voice(request, voice_id), viewer(request)
    if request.method == "POST":
        policies.require(user, "media_library.voice.change", shown)
        form = VoiceChangeForm(request.POST)
        if status := refusal(form, lambda: voices.change_voice(shown, actor=user, **form.cleaned_data)):
            return page_of_voice(request, shown, change=form, status=status)
        messages.success(request, "The changes are saved.")
        return redirect(way_to(shown))
    return page_of_voice(request, shown)


def page_of_voice(
    request: HttpRequest,
    shown: VoiceProfile,
    *,
    form: AgreementForm | None = None,
    change: VoiceChangeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = viewer(request)
    may_change = bool(policies.can(user, "media_library.voice.change", shown))
    in_force = getattr(shown, "consented", False)
    context: dict[str, Any] = {
        **state_of(shown),
        "consents": list(shown.consents.select_related("recorded_by", "revoked_by", "audio")) if may_change else [],
        "sample_url": _sample(shown) if may_change else "",
        "speaker": _speaker(shown) if may_change else None,
        "form": (form or AgreementForm()) if may_change and not in_force else None,
        "change": (change or VoiceChangeForm(initial=VoiceChangeForm.values_of(shown))) if may_change else None,
        "may_change": may_change,
        "terms": voices.TERMS_TEXT,
        "spoken": _spoken(shown) if in_force else [],
        "hello": HELLO,
        "uses": list(uses.of_voice(shown, user)),
    }
    return _with_microphone(render(request, "media_library/voice.html", context, status=status))


def state_of(shown: VoiceProfile) -> dict[str, Any]:
    """What changes while the voice is matched."""
    run = shown.run if shown.run and shown.run.status in Run.ACTIVE else None
    measured = shown.characteristics
    return {
        "voice": shown,
        "run": run,
        "percent": round(run.progress * 100) if run else 0,
        "best_default": measured.get("best_default"),
        "measured": {name: measured[name] for name in ("pitch", "spread", "speech_seconds") if measured.get(name)},
    }


@login_required
@never_cache
@require_GET
def voice_state(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """The match alone, for the page to ask while it is under way."""
    shown = find_voice(request, voice_id)
    may_change = bool(policies.can(viewer(request), "media_library.voice.change", shown))
    answer = render(request, "media_library/partials/_voice_match.html", {**state_of(shown), "may_change": may_change})
    if shown.status != VoiceProfile.Status.PENDING:
        # The rest of the page depends on it too: what can be heard, and what to do next.
        answer.headers["HX-Refresh"] = "true"
    return answer


@login_required
@never_cache
@require_POST
def voice_match(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    shown, user = find_voice(request, voice_id), viewer(request)
    policies.require(user, "media_library.voice.change", shown)
    return carry_out(
        request,
        lambda: voices.begin_match(shown, actor=user),
        done="The voice is being matched again.",
        to=way_to(shown),
    )


def _sample(shown: VoiceProfile) -> str:
    """A link to listen to it; empty where it is a film, which has a page of its own."""
    sample = shown.sample
    if sample is None or sample.deleted_at is not None or sample.kind != Asset.Kind.AUDIO:
        return ""
    return link(sample, inline=True)


def _speaker(shown: VoiceProfile) -> Speaker | None:
    chosen = shown.characteristics.get("speaker")
    return Speaker.objects.select_related("transcript__asset").filter(pk=chosen).first() if chosen else None


def _spoken(shown: VoiceProfile) -> list[tuple[str, str]]:
    """The languages that the matched voice speaks here; none before it is matched, nor where its engine is not configured."""
    if not shown.model_key and not shown.hosted_voice:
        return []
    try:
        return [(code, name) for code, name in speaking.languages().items() if voice_speaking.speaks(shown, code)]
    except ProviderError:
        return []


@login_required
@never_cache
@require_POST
def consent_record(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    shown, user = find_voice(request, voice_id), viewer(request)
    policies.require(user, "media_library.voice.consent", shown)
    form = AgreementForm(request.POST, request.FILES)

    def record() -> None:
        said = dict(form.cleaned_data)
        proof = said.pop("proof")
        audio = brought(user, proof, title=f"Consent of {said['given_by']}") if proof else None
        said["given_at"] = form.moment()
        voices.record_consent(shown, actor=user, audio=audio, terms=voices.TERMS, **said)

    if status := refusal(form, record):
        return page_of_voice(request, shown, form=form, status=status)
    messages.success(request, "The consent is recorded. The voice may be used.")
    return redirect(way_to(shown))


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
            follows="The voice speaks no more from now on. What was fitted is deleted here and where a provider keeps it, and what was "
            "made with it is marked. The record stays, with the time and your name.",
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
