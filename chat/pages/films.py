"""Pages of films: the list, and the room in which one is developed in conversation."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.models import Project, User
from accounts.pages.parts import carry_out, found, paged, refusal, sentence_of, viewer
from chat.films import steps
from chat.models import Choice, Film, FilmSession, StoryMaterial
from chat.pages.film_forms import FilmForm
from chat.pages.film_shown import bible_shown, board_shown, card_shown, steps_shown
from chat.queries import films as film_queries
from chat.services import bible, choices, films, sessions
from core.errors import DomainError

UNKNOWN = "There is no such film, or you have no access to it."
SORTS = (("updated_at", "Last changed"), ("created_at", "Newest"), ("title", "Title"), ("progress", "Progress"))
NEWEST_MESSAGES = 100


def find_film(request: HttpRequest, project_id: uuid.UUID) -> Film:
    rows = Film.objects.visible_to(viewer(request)).select_related("project", "owner")
    film = rows.filter(project=project_id).first()
    return film or found(rows, None, UNKNOWN)


def find_for_writing(request: HttpRequest, project_id: uuid.UUID) -> Film:
    film = find_film(request, project_id)
    policies.require(viewer(request), "chat.film.write", film)
    return film


def find_session(film: Film, session_id: uuid.UUID) -> FilmSession:
    rows = FilmSession.objects.filter(film=film, conversation__deleted_at=None)
    session: FilmSession = found(rows.select_related("conversation", "user"), session_id, UNKNOWN)
    session.film = film
    return session


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def film_list(request: HttpRequest) -> HttpResponse:
    user, form, status = viewer(request), FilmForm(), None
    if request.method == "POST":
        form = FilmForm(request.POST)
        made: list[Film] = []
        status = refusal(form, lambda: made.append(films.create_film(owner=user, **facts(form))))
        if status is None:
            return redirect("chat:film", made[0].project_id)
    wanted = request.GET.get("status", "")
    wanted = wanted if wanted in Project.Status.values else ""
    sort = request.GET.get("sort", "updated_at")
    sort = sort if sort in dict(SORTS) else "updated_at"
    rows = film_queries.listed(
        user,
        film_queries.FilmFilters(
            status=wanted,
            search=request.GET.get("search", "").strip()[:200],
            sort=sort,
            descending=sort != "title",
            archived=False,
        ),
    )
    page = paged(request, rows)
    context = {
        "page": page,
        "cards": [card_shown(film) for film in page],
        "form": form,
        "q": request.GET.get("search", "").strip()[:200],
        "status": wanted,
        "sort": sort,
        "sorts": SORTS,
        "statuses": Project.Status.choices,
        "genres": genres(user),
        "limit_note": "Three films at a time are free; archive one to begin another." if user.tier == "free" else "",
    }
    return render(request, "chat/films.html", context, status=status or 200)


def facts(form: FilmForm) -> dict[str, Any]:
    """What a film is, in the words of its service."""
    wanted = form.cleaned_data
    names = ("title", "description", "genre", "episode_count", "target_audience")
    return {**{name: wanted[name] for name in names}, "settings": form.settings()}


def genres(user: User) -> list[str]:
    rows = StoryMaterial.objects.visible_to(user).filter(kind=StoryMaterial.Kind.GENRE).order_by("title", "id")
    return list(rows.values_list("title", flat=True))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def film_edit(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    film = find_for_writing(request, project_id)
    form, status = FilmForm.of(film), None
    if request.method == "POST":
        form = FilmForm.of(film, request.POST)
        status = refusal(form, lambda: films.update_film(film, actor=viewer(request), **facts(form)))
        if status is None:
            messages.success(request, "The film is changed.")
            return redirect("chat:film", project_id)
    way = [("Movies", reverse("chat:movies")), (film.project.name, reverse("chat:film", args=[project_id]))]
    context = {
        "form": form,
        "heading": f"Edit “{film.project}”",
        "button": "Save",
        "back": reverse("chat:film", args=[project_id]),
        "section": "movies",
        "crumbs": way,
    }
    return render(request, "accounts/form_page.html", context, status=status or 200)


@login_required
@never_cache
@require_GET
def film(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """The newest session of the viewer, or of anybody, or the one that is asked for."""
    shown, user = find_film(request, project_id), viewer(request)
    asked = request.GET.get("session", "")
    session = find_session(shown, uuid.UUID(asked)) if is_uuid(asked) else newest_session(shown, user)
    return room(request, shown, session)


@login_required
@never_cache
@require_GET
def film_room(request: HttpRequest, project_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    """One session by its own address, from which a page that is open takes what changed."""
    shown = find_film(request, project_id)
    return room(request, shown, find_session(shown, session_id))


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def newest_session(film: Film, user: User) -> FilmSession:
    rows = film.sessions.filter(conversation__deleted_at=None).select_related("conversation", "user")
    ordered = rows.order_by("-last_activity", "-pk")
    session = ordered.filter(user=user, status=FilmSession.Status.ACTIVE).first() or ordered.first()
    if session is None:
        # Its conversations were all deleted; the film goes on in a new one.
        session = sessions.open_session(film, user=film.owner)
    session.film = film
    return session


def room(
    request: HttpRequest, film: Film, session: FilmSession, *, part: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    user = viewer(request)
    shown = steps_shown(film)
    proposed = list(session.choices.filter(status=Choice.Status.PENDING).order_by("position", "pk"))
    talk = session.conversation.messages.select_related("author").order_by("-number", "-pk")[:NEWEST_MESSAGES]
    context = {
        "film": film,
        "session": session,
        "sessions": film.sessions.filter(conversation__deleted_at=None).select_related("user")[:20],
        "steps": shown,
        "done_count": sum(one.status == "completed" for one in shown),
        "percentage": steps.percentage(film.completed_steps, film.episode_count),
        "talk": list(talk)[::-1],
        "choices": proposed,
        "step_title": steps.title_of(film.current_step or steps.CONCEPT),
        "proposed_by": f"Proposed by {proposed[0].engine}." if proposed and proposed[0].engine else "",
        "finished": film.current_step == steps.DONE,
        "bible": bible_shown(bible.content_of(film)),
        "columns": board_shown(film),
        "may_write": policies.can(user, "chat.film.write", film),
        "problem": problem,
    }
    return render(request, f"chat/partials/_film_{part}.html" if part else "chat/film.html", context, status=status)


def answered(request: HttpRequest, film: Film, session: FilmSession, change: Callable[[], object]) -> HttpResponse:
    """What was said or chosen; with scripts the conversation comes back, otherwise the page."""
    problem = ""
    try:
        change()
    except DomainError as error:
        problem = sentence_of(error)
    if request.headers.get("HX-Request"):
        film.refresh_from_db()
        session.refresh_from_db()
        return room(request, film, session, part="talk", problem=problem)
    if problem:
        messages.error(request, problem)
    return redirect(f"{reverse('chat:film', args=[film.project_id])}?session={session.pk}")


@login_required
@require_POST
def film_say(request: HttpRequest, project_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    shown = find_for_writing(request, project_id)
    session, user, words = find_session(shown, session_id), viewer(request), request.POST.get("message", "").strip()
    if request.POST.get("as") == "own":
        return answered(request, shown, session, lambda: choices.take(session, actor=user, custom=words))
    return answered(request, shown, session, lambda: sessions.say(session, author=user, message=words))


@login_required
@require_POST
def film_choose(request: HttpRequest, project_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    shown = find_for_writing(request, project_id)
    session, user, chosen = find_session(shown, session_id), viewer(request), request.POST.get("choice", "")
    picked = uuid.UUID(chosen) if is_uuid(chosen) else None
    return answered(request, shown, session, lambda: choices.take(session, actor=user, choice_id=picked))


@login_required
@require_POST
def film_rewind(request: HttpRequest, project_id: uuid.UUID, session_id: uuid.UUID) -> HttpResponse:
    shown = find_for_writing(request, project_id)
    find_session(shown, session_id)
    step = request.POST.get("step", "")
    return carry_out(
        request,
        lambda: choices.rewind(shown, step=step, actor=viewer(request)),
        done=f"Back at {steps.title_of(step)}. What was chosen later is kept and offered again on the way.",
        to=reverse("chat:film", args=[project_id]),
    )


@login_required
@require_POST
def film_session_add(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    shown = find_for_writing(request, project_id)
    session = sessions.open_session(shown, user=viewer(request))
    return redirect(f"{reverse('chat:film', args=[project_id])}?session={session.pk}")
