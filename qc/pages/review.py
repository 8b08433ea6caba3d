"""The final review: the film, notes at its moments, and the verdict."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import policies
from accounts.models import User
from core.errors import DomainError, NotAllowedError, NotFoundError
from jobs import workflows
from jobs.models import Job
from jobs.pages import player as films
from jobs.pages.views import find_job, viewer
from jobs.services import pausing, slug
from qc.models import GuestVerdict, ReviewNote
from qc.services import note_files, notes
from qc.services.notes import NewNote

SHOWN = ("all", "open", "resolved")
VERDICTS = ("complete", "return_to_qc", "reject_final")


def notes_of(job: Job, user: User) -> list[ReviewNote]:
    found = ReviewNote.objects.visible_to(user).filter(job=job).select_related("author", "share", "resolved_by")
    return list(found.order_by("timestamp", "created_at", "pk"))


@login_required
@never_cache
@require_GET
def review(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = find_job(request, job_id)
    return render(request, "qc/review.html", page(request, job))


def page(request: HttpRequest, job: Job, **more: Any) -> dict[str, Any]:
    user = viewer(request)
    every = notes_of(job, user)
    state, person = request.GET.get("show", "all"), request.GET.get("by", "")
    may = workflows.allowed_actions(job, user)
    people = sorted({writer(note) for note in every if writer(note)})
    shown = [note for note in every if note.parent_id is None and matches(note, state, person)]
    answers: dict[uuid.UUID | None, list[dict[str, Any]]] = {}
    for note in every:
        answers.setdefault(note.parent_id, []).append(row(note, user))
    return {
        "job": job,
        "player": films.player(job),
        "fps": pausing.frame_rate(job),
        "threads": [{**row(note, user), "answers": answers.get(note.pk, [])} for note in shown],
        "marks": [
            {"id": str(note.pk), "at": note.timestamp, "resolved": note.resolved, "drawing": note.drawing}
            for note in shown
        ],
        "open_notes": sum(1 for note in every if note.parent_id is None and not note.resolved),
        "total": sum(1 for note in every if note.parent_id is None),
        "people": people,
        "show": state if state in SHOWN else "all",
        "by": person,
        "shows": SHOWN,
        "verdicts": [verb for verb in VERDICTS if verb in may],
        "guests": list(GuestVerdict.objects.filter(share__job=job).select_related("share").order_by("-at", "-pk")[:5]),
        "may_hide": bool(policies.can(user, "qc.note.internal", job)),
        "may_share": bool(policies.can(user, "qc.share.manage", job)),
        "problem": "",
        "typed": typed(),
        **more,
    }


def typed(request: HttpRequest | None = None) -> dict[str, str]:
    """What the form holds: what was sent, or nothing."""
    sent = request.POST if request is not None else {}
    return {name: sent.get(name, "") for name in ("body", "at", "until", "film", "drawing", "internal")}


def row(note: ReviewNote, user: User) -> dict[str, Any]:
    return {
        "note": note,
        "writer": writer(note),
        "guest": note.author is None,
        "may_change": bool(policies.can(user, "qc.note.change", note)),
        "may_resolve": bool(policies.can(user, "qc.note.resolve", note)),
    }


def writer(note: ReviewNote) -> str:
    return str(note.author) if note.author is not None else note.guest_name


def matches(note: ReviewNote, state: str, person: str) -> bool:
    right_state = state not in {"open", "resolved"} or note.resolved == (state == "resolved")
    return right_state and (not person or writer(note) == person)


@login_required
@never_cache
@require_POST
def add_note(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """What was typed stays on the page when it is refused."""
    job = find_job(request, job_id)
    try:
        made = notes.add(job, new_note(request), author=viewer(request), parent=answered(request, job))
    except NotAllowedError:
        raise
    except DomainError as error:
        context = page(request, job, problem=error.message, typed=typed(request))
        return render(request, "qc/review.html", context, status=error.status_code)
    return redirect(f"{reverse('qc:review', args=[job.pk])}#note-{made.parent_id or made.pk}")


def new_note(request: HttpRequest) -> NewNote:
    body, film = request.POST.get("body", "").strip(), request.POST.get("film", "")
    if not body:
        raise DomainError("Write what you see.")
    try:
        at = max(0.0, float(request.POST.get("at") or 0))
        until = float(request.POST["until"]) if request.POST.get("until") else None
        drawing = json.loads(request.POST.get("drawing") or "[]")
    except ValueError as error:
        raise DomainError("Write moments in seconds.") from error
    return NewNote(
        timestamp=at,
        until=until,
        body=body[:5000],
        language=film,
        asset=ReviewNote.Film.ACCESSIBLE if film else ReviewNote.Film.SOURCE,
        drawing=drawing,
        internal=bool(request.POST.get("internal")),
    )


def answered(request: HttpRequest, job: Job) -> ReviewNote | None:
    parent = request.POST.get("parent", "")
    return find_note(request, job, parent) if parent else None


def find_note(request: HttpRequest, job: Job, note_id: Any) -> ReviewNote:
    try:
        wanted = uuid.UUID(str(note_id))
    except ValueError as error:
        raise NotFoundError("There is no such note.") from error
    notes = ReviewNote.objects.visible_to(viewer(request)).select_related("parent", "author")
    found = notes.filter(job=job, pk=wanted).first()
    if found is None:
        raise NotFoundError("There is no such note.")
    found.job = job
    return found


@login_required
@never_cache
@require_POST
def change_note(request: HttpRequest, job_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """`do` is resolve, reopen, edit or delete."""
    job = find_job(request, job_id)
    note = find_note(request, job, note_id)
    wanted = request.POST.get("do", "")
    try:
        if wanted == "delete":
            notes.remove(note, actor=viewer(request))
        elif wanted in {"resolve", "reopen"}:
            notes.change(note, actor=viewer(request), resolved=wanted == "resolve")
        elif wanted == "edit" and request.POST.get("body", "").strip():
            notes.change(note, actor=viewer(request), body=request.POST["body"].strip()[:5000])
    except NotAllowedError:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    where = "" if wanted == "delete" else f"#note-{note.parent_id or note.pk}"
    return redirect(f"{reverse('qc:review', args=[job.pk])}{where}")


@login_required
@never_cache
@require_GET
def export(request: HttpRequest, job_id: uuid.UUID, form: str) -> HttpResponse:
    """The notes as a table, or as markers for an editing program."""
    job = find_job(request, job_id)
    if form not in note_files.FORMS:
        raise Http404
    content_type, write = note_files.FORMS[form]
    body = write(job, notes_of(job, viewer(request)), fps=pausing.frame_rate(job))
    name = f"{slug(job.title)}.notes.{form}"
    return HttpResponse(
        body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
