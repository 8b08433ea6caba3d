"""The cue editor, and the text files that the player and the waveform read."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ConflictError, DomainError, NotAllowedError, NotFoundError
from core.storage import store
from jobs import policies, services
from jobs.forms import TrackForm
from jobs.models import Job, LanguageOutput
from jobs.pages import player, present
from jobs.pages.views import find_job, viewer
from jobs.services import presence, quality
from media_library.media import webvtt
from media_library.media.pauses import Pause
from media_library.media.profiles import Profile
from media_library.media.timemap import TimeMap
from media_library.models import Asset, Track, TrackVersion


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def editor(request: HttpRequest, job_id: uuid.UUID, language: str, kind: str) -> HttpResponse:
    job = find_job(request, job_id)
    text = services.read_track(job, language=language, kind=checked(kind), reader=viewer(request))
    form = TrackForm(initial={"content": text.version.content, "base_version": text.version.number})
    conflict: dict[str, Any] | None = None
    if request.method == "POST":
        form = TrackForm(request.POST)
        if form.is_valid():
            try:
                saved, _ = services.save_track(
                    job,
                    language=language,
                    kind=kind,
                    content=form.cleaned_data["content"],
                    author=viewer(request),
                    base_version=form.cleaned_data["base_version"],
                )
            except ConflictError as error:
                text = services.read_track(job, language=language, kind=kind, reader=viewer(request))
                conflict = {"message": error.message, "theirs": text.version}
                # Saving once more from here is meant: it goes on top of the version that is shown beside it.
                again = request.POST.copy()
                again["base_version"] = str(text.version.number)
                form = TrackForm(again)
            except NotAllowedError:
                raise
            except DomainError as error:
                form.add_error("content", error.message)
            else:
                messages.success(request, f"Saved as version {saved.version.number}.")
                return redirect("jobs:track", job_id=job.pk, language=language, kind=kind)
    context = editor_context(request, job, text) | {"form": form, "conflict": conflict}
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "jobs/track_editor.html", context, status=status)


# core.rest.body: the longest track, as a form encodes it.
editor.max_body_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # type: ignore[attr-defined]  # core.rest.body reads it


def editor_context(request: HttpRequest, job: Job, text: services.TrackText) -> dict[str, Any]:
    output, kind = text.output, text.track.kind
    state, word = present.language_state(output)
    beside = "" if output.is_source else source_text(job, kind)
    return {
        "job": job,
        "output": output,
        "kind": kind,
        "kind_name": present.KINDS[Track.Kind(kind)],
        "version": text.version,
        "state": state,
        "word": word,
        "writable": policies.offers_editing(viewer(request), output),
        "profile": profile(kind, output.language, quality.find_profile(job.quality_profile)),
        "player": player.player(job, only=output),
        "own_language": [output.language],
        "beside": beside,
        "others": other_tracks(job, output, kind),
    }


def other_tracks(job: Job, output: LanguageOutput, kind: str) -> list[dict[str, Any]]:
    return [
        {"language": other.language, "kind": known, "name": name, "on": other.pk == output.pk and known == kind}
        for other in job.outputs.all()
        for known, name in present.KINDS.items()
        if player.has(other, known)
    ]


def source_text(job: Job, kind: str) -> str:
    """The source language's cues, which stand beside a translation."""
    track = next((output.track(kind) for output in job.outputs.all() if output.is_source), None)
    version = track.versions.first() if track else None
    return version.content if version else ""


def profile(kind: str, language: str, style: Profile) -> dict[str, float | None]:
    """The limits that the editor warns about. A description is spoken, so nothing limits its lines and its reading speed."""
    if kind == Track.Kind.AUDIO_DESCRIPTION:
        return {}
    return {
        "line_length": style.line_limit(language),
        "lines": style.lines,
        "cps": style.cps_limit(language),
        "cps_best": style.cps_optimum(language),
        "shortest": style.shortest(language),
        "longest": style.max_duration,
        "gap_frames": style.gap_frames(language),
    }


@login_required
@require_GET
def track_file(request: HttpRequest, job_id: uuid.UUID, language: str, kind: str) -> HttpResponse:
    """The newest text, from this host: a player reads tracks of another origin only with its consent."""
    job = find_job(request, job_id)
    text = services.read_track(job, language=language, kind=checked(kind), reader=viewer(request))
    return vtt(text.version.content, etag=f'"{text.version.pk}"')


@login_required
@require_GET
def film_captions(request: HttpRequest, job_id: uuid.UUID, film: str, language: str) -> HttpResponse:
    """The newest captions, moved along with the pauses of the film in `film`'s language."""
    job = find_job(request, job_id)
    text = services.read_track(job, language=language, kind=Track.Kind.CAPTIONS, reader=viewer(request))
    return shifted_captions(job, film, text.version)


def shifted_captions(job: Job, film: str, version: TrackVersion) -> HttpResponse:
    """The text in the time of the film in `film`'s language."""
    described = next((output.accessible_video for output in job.outputs.all() if output.language == film), None)
    if described is None:
        raise NotFoundError("This film is not made yet.")
    times = TimeMap(Pause(*pause) for pause in described.technical.get("pauses", []))
    document = webvtt.Document(blocks=list(times.cues(webvtt.parse(version.content).cues)))
    return vtt(document.write(), etag=f'"{version.pk}-{described.sha256[:12]}"')


@login_required
@require_GET
def waveform(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    asset = player.made(find_job(request, job_id)).get(Asset.Purpose.WAVEFORM)
    if asset is None:
        raise NotFoundError("The waveform is not drawn yet.")
    return HttpResponse(
        stored_text(asset), content_type="application/json", headers={"Cache-Control": "private, max-age=3600"}
    )


@login_required
@require_GET
def shots(request: HttpRequest, job_id: uuid.UUID) -> JsonResponse:
    """Where the picture changes, in seconds: none before the video was looked at."""
    source = find_job(request, job_id).source
    found = source.technical.get("shots") if source else None
    return JsonResponse({"shots": sorted(found or [])}, headers={"Cache-Control": "private, no-cache"})


@login_required
@require_POST
def here(request: HttpRequest, job_id: uuid.UUID, language: str, kind: str) -> JsonResponse:
    """The editor says now and then at which cue its person is, and hears who else has the track open."""
    text = services.read_track(find_job(request, job_id), language=language, kind=checked(kind), reader=viewer(request))
    cue = request.POST.get("cue", "")
    people = presence.look_in(
        text,
        viewer(request),
        cue=int(cue) if cue.isdecimal() and len(cue) < 7 else None,
        leaves="leaves" in request.POST,
    )
    return JsonResponse({"people": [asdict(person) for person in people]})


def stored_text(asset: Asset) -> str:
    with store().local(asset.key) as path:
        return path.read_text()


def vtt(content: str, *, etag: str) -> HttpResponse:
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    return HttpResponse(content, content_type="text/vtt; charset=utf-8", headers=headers)


def checked(kind: str) -> str:
    if kind not in Track.Kind.values:
        raise NotFoundError("There is no such track.")
    return kind
