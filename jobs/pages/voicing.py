"""Whose voice speaks each language of a job, how it sounds, and having a translation follow its source."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Client, User
from accounts.pages.parts import found, sentence_of
from ai import previews, speaking
from core import languages
from core.errors import DomainError, NotAllowedError, WrongStateError
from jobs import policies, services
from jobs.models import Job, LanguageOutput
from jobs.pages.views import find_job, viewer
from jobs.panels import register
from jobs.services import translating, voicing
from jobs.services.pausing import require_describing

LONGEST_TEXT = 500


@login_required
@never_cache
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The sound itself, for browsers without scripts."""
    wish = {name: request.POST.get(name, "")[:80] for name in ("voice", "language")}
    client = None
    if client_id := request.POST.get("client_id", ""):
        client = found(Client.objects.visible_to(viewer(request)), _id(client_id), "There is no such client.")
    text = request.POST.get("text", "").strip()
    if not 0 < len(text) <= LONGEST_TEXT or not any(map(str.isalnum, text)):
        raise DomainError(f"Write something to say, at most {LONGEST_TEXT} characters.")
    heard = voicing.preview(text, client=client, listener=viewer(request), **wish)
    headers = {"X-Engine": heard.engine, "X-Voice": heard.voice, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(heard.sound, content_type=previews.CONTENT_TYPE, headers=headers)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


@login_required
@never_cache
@require_POST
def choose(request: HttpRequest, job_id: uuid.UUID, language: str) -> HttpResponse:
    job = find_job(request, job_id)
    output = services.find_output(job, language)
    require_describing(viewer(request), output)
    try:
        voicing.choose_voice(output, request.POST.get("voice", ""), actor=viewer(request))
    except NotAllowedError:
        raise
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, f"{voicing.voice_of(output)} speaks {languages.name(output.language)} from now on.")
    return redirect("jobs:detail", job_id=job.pk)


@login_required
@never_cache
@require_POST
def translate(request: HttpRequest, job_id: uuid.UUID, language: str) -> HttpResponse:
    job = find_job(request, job_id)
    output = services.find_output(job, language)
    policies.require(viewer(request), "translate", job)
    try:
        translating.translate_changes(output, actor=viewer(request))
    except NotAllowedError:
        raise
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(
            request, f"What changed is being translated to {languages.name(output.language)}. What people wrote stays."
        )
    return redirect("jobs:detail", job_id=job.pk)


@register("voices", template="jobs/partials/_voices.html", order=25)
def voices(job: Job, user: User) -> dict[str, Any] | None:
    """For those who may do something here."""
    if job.is_read_only:
        return None
    may_translate = policies.allowed(user, "translate", job)
    rows = [_row(job, output, user, may_translate=may_translate) for output in job.outputs.all()]
    shown = [row for row in rows if row["choices"] or row["translates"]]
    return {"rows": shown, "client_id": job.client_id} if shown else None


def _row(job: Job, output: LanguageOutput, user: User, *, may_translate: bool) -> dict[str, Any]:
    may_choose = job.wants_speech and _may_choose(user, output)
    return {
        "output": output,
        "voice": output.tts_voice or job.tts_voice,
        "choices": _choices(output.language) if may_choose else [],
        "translates": may_translate and not output.is_source and not policies.is_approved(output),
        "busy": output.translation_status == LanguageOutput.Work.RUNNING,
        "stale": output.tts_status == LanguageOutput.Work.STALE,
        "sample": SAMPLES.get(output.language.partition("-")[0], SAMPLES["en"]),
    }


def _may_choose(user: User, output: LanguageOutput) -> bool:
    try:
        require_describing(user, output)
    except (NotAllowedError, WrongStateError):
        return False
    return True


def _choices(language: str) -> list[tuple[str, list[speaking.Offered]]]:
    """Voices that speak the language, by their provider; the studio's own first, because they are what they say."""
    found: dict[str, list[speaking.Offered]] = {"local": []}
    for voice in speaking.offered(language=language):
        found.setdefault(voice.provider, []).append(voice)
    return [(speaking.TITLES[one], voices) for one, voices in found.items() if voices]


# Something to hear where nothing is described yet.
SAMPLES = {
    "en": "A woman crosses the bridge and looks down at the river.",
    "es": "Una mujer cruza el puente y mira el río.",
    "fr": "Une femme traverse le pont et regarde la rivière.",
    "de": "Eine Frau geht über die Brücke und schaut auf den Fluss.",
    "it": "Una donna attraversa il ponte e guarda il fiume.",
    "pt": "Uma mulher atravessa a ponte e olha para o rio.",
    "nl": "Een vrouw loopt over de brug en kijkt naar de rivier.",
    "pl": "Kobieta przechodzi przez most i patrzy na rzekę.",
}
