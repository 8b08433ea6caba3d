"""Links for guests: making them, and the page that they open."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from core.errors import DomainError, NotFoundError
from jobs import services as job_services
from jobs.models import Job
from jobs.pages import player as films
from jobs.pages.tracks import shifted_captions, vtt
from jobs.pages.views import find_job, viewer
from jobs.policies import is_approved
from media_library import services as library
from media_library.models import Track, TrackVersion
from media_library.services import provenance
from qc.models import GuestVerdict, ReviewNote, ShareLink
from qc.pages import guest_door
from qc.pages.guest_door import Guest
from qc.services import guests, sharing
from qc.services.notes import NewNote
from qc.services.sharing import DeadShareError, Terms

DAYS = ((1, "one day"), (7, "a week"), (30, "30 days"), (90, "90 days"))
# What a player holds; the page fetches new addresses when they die.
LINK_SECONDS = sharing.PREVIEW_SECONDS


class ShareForm(forms.Form):
    name = forms.CharField(required=False, max_length=100, label="Who it is for")
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial=7, label="Ends after")
    password = forms.CharField(
        required=False, max_length=200, strip=False, label="Password", help_text="Empty: the link alone opens it."
    )
    max_views = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=sharing.MOST_VIEWS,
        label="Most views",
        help_text="Empty: as many as you like.",
    )
    allow_comments = forms.BooleanField(required=False, initial=True, label="May leave notes")
    allow_approval = forms.BooleanField(required=False, label="May approve or ask for changes")
    allow_download = forms.BooleanField(required=False, label="May download the files")

    def terms(self) -> Terms:
        values = dict(self.cleaned_data)
        return Terms(hours=values.pop("days") * 24, **values)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def links(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The job's links, and a form for another. The address of a new one is shown once."""
    job = find_job(request, job_id)
    policies.require(viewer(request), "qc.share.manage", job)
    form = ShareForm(request.POST if request.method == "POST" else None)
    made: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        link, token = sharing.share(job, actor=viewer(request), terms=form.terms())
        made = {"link": link, "address": sharing.address(token)}
        form = ShareForm()
    context = {
        "job": job,
        "form": form,
        "made": made,
        "links": ShareLink.objects.filter(job=job)
        .select_related("created_by")
        .prefetch_related("visits", "verdicts")[:100],
    }
    return render(request, "qc/links.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, job_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    job = find_job(request, job_id)
    policies.require(viewer(request), "qc.share.manage", job)
    found = ShareLink.objects.filter(job=job, pk=share_id).select_related("job").first()
    if found is None:
        raise NotFoundError("There is no such link.")
    sharing.revoke(found, actor=viewer(request))
    messages.success(request, "The link shows nothing any more.")
    return redirect("qc:links", job_id=job.pk)


# ------------------------------------------------------------------------------------------------ the guest's page


@never_cache
@require_http_methods(["GET", "POST"])
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """POST brings the password. What does not open looks the same, whatever the reason."""
    try:
        guest = guest_door.come_in(request, token, password=request.POST.get("password", ""))
    except DeadShareError:
        return dead(request)
    if request.method == "POST":
        return keep(request, redirect("qc:shared", token=token), guest)
    return keep(request, render(request, "qc/shared.html", page(guest)), guest)


def dead(request: HttpRequest) -> HttpResponse:
    response = render(request, "qc/shared_dead.html", {"tried": request.method == "POST"}, status=404)
    for header, value in guest_door.QUIET.items():
        response[header] = value
    return response


def keep(request: HttpRequest, response: HttpResponse, guest: Guest, *, name: str | None = None) -> HttpResponse:
    return guest_door.remember(response, guest, name=name, secure=request.is_secure())


def page(guest: Guest, **more: Any) -> dict[str, Any]:
    share, job = guest.share, guest.share.job
    outputs = list(job.outputs.select_related("review").order_by("-is_source", "language"))
    notes = guests.shown_notes(share)
    threads = [
        {"note": note, "answers": [one for one in notes if one.parent_id == note.pk]}
        for note in notes
        if note.parent_id is None
    ]
    return {
        "share": share,
        "job": job,
        "token": guest.token,
        "guest": guest,
        "house": share.job.organization,
        "ai_generated": job.source is not None and provenance.is_generated(job.source),
        "player": films.player(with_tracks(job), doors=doors(guest)),
        "files": sharing.files(share) if share.allow_download else [],
        "checked": [one.language for one in outputs if is_approved(one)],
        "drafts": [one.language for one in outputs if not is_approved(one)],
        "threads": threads,
        "open_notes": sum(1 for note in notes if note.parent_id is None and not note.resolved),
        "verdict": share.verdicts.first(),
        "problem": "",
        "typed": typed(),
        **more,
    }


def typed(request: HttpRequest | None = None) -> dict[str, str]:
    """What the forms hold: what was sent, or nothing."""
    sent = request.POST if request is not None else {}
    return {name: sent.get(name, "") for name in ("body", "at", "film", "comment")}


def with_tracks(job: Job) -> Job:
    """The job again, with what its player reads, in a constant number of queries."""
    outputs = ("outputs__captions", "outputs__description", "outputs__accessible_video")
    found: Job = Job.objects.select_related("source").prefetch_related(*outputs).get(pk=job.pk)
    return found


def doors(guest: Guest) -> films.Doors:
    token = guest.token
    return films.Doors(
        track=lambda language, kind: reverse("qc:shared_track", args=[token, language, kind]),
        film_captions=lambda film, language: reverse("qc:shared_film_captions", args=[token, film, language]),
        seconds=LINK_SECONDS,
        lines=lambda language: reverse("qc:shared_lines", args=[token, language]),
    )


@never_cache
@require_GET
def track_file(request: HttpRequest, token: str, language: str, kind: str) -> HttpResponse:
    version = text_of(guest_door.inside(request, token), language, kind)
    return vtt(version.content, etag=f'"{version.pk}"')


@never_cache
@require_GET
def film_captions(request: HttpRequest, token: str, film: str, language: str) -> HttpResponse:
    guest = guest_door.inside(request, token)
    return shifted_captions(guest.share.job, film, text_of(guest, language, Track.Kind.CAPTIONS))


@never_cache
@require_GET
def spoken_lines(request: HttpRequest, token: str, language: str) -> HttpResponse:
    """What a guest's player speaks where no film carries the language."""
    guest = guest_door.inside(request, token)
    text_of(guest, language, Track.Kind.AUDIO_DESCRIPTION)
    output = job_services.find_output(guest.share.job, language)
    body = job_services.spoken_lines(output, expires_in=LINK_SECONDS)
    return JsonResponse(body, headers={"Cache-Control": "private, no-store"})


def text_of(guest: Guest, language: str, kind: str) -> TrackVersion:
    outputs = guest.share.job.outputs.select_related("captions", "description").filter(language=language)
    track = next((output.track(kind) for output in outputs if kind in Track.Kind.values), None)
    version = library.newest_versions([track]).get(track.pk) if track is not None else None
    if version is None:
        raise NotFoundError("There is no such track.")
    return version


@never_cache
@require_POST
def say(request: HttpRequest, token: str) -> HttpResponse:
    """A guest's note. What was typed stays on the page when it is refused."""
    guest = guest_door.inside(request, token)
    name = request.POST.get("name", "").strip() or guest.name
    try:
        note = guests.say(
            guest.share, new_note(request), guest_name=name, parent=answered(guest, request.POST.get("parent", ""))
        )
    except DomainError as error:
        context = page(guest, problem=error.message, typed=typed(request))
        return keep(request, render(request, "qc/shared.html", context, status=error.status_code), guest, name=name)
    there = f"{reverse('qc:shared', args=[token])}#note-{note.parent_id or note.pk}"
    return keep(request, redirect(there), guest, name=note.guest_name)


def new_note(request: HttpRequest) -> NewNote:
    """The note as the form sends it: `at` in seconds."""
    try:
        at = max(0.0, float(request.POST.get("at") or 0))
    except ValueError as error:
        raise DomainError("Write the moment in seconds.") from error
    film = request.POST.get("film", "")
    return NewNote(
        timestamp=at,
        body=request.POST.get("body", "").strip()[:5000],
        language=film,
        asset=ReviewNote.Film.ACCESSIBLE if film else ReviewNote.Film.SOURCE,
    )


def answered(guest: Guest, note_id: str) -> ReviewNote | None:
    if not note_id:
        return None
    for note in guests.shown_notes(guest.share):
        if str(note.pk) == note_id:
            return note
    raise DomainError("The note you answer is gone.")


@never_cache
@require_POST
def decide(request: HttpRequest, token: str) -> HttpResponse:
    guest = guest_door.inside(request, token)
    name = request.POST.get("name", "").strip() or guest.name
    verdict = request.POST.get("verdict", "")
    try:
        made: GuestVerdict = guests.decide(
            guest.share, verdict, guest_name=name, comment=request.POST.get("comment", "")
        )
    except DomainError as error:
        context = page(guest, problem=error.message, typed=typed(request))
        return keep(request, render(request, "qc/shared.html", context, status=error.status_code), guest, name=name)
    return keep(request, redirect(f"{reverse('qc:shared', args=[token])}#verdict"), guest, name=made.guest_name)
