"""Films: projects with a genre, episodes and steps. Their rows follow the project, whoever changes it."""

from __future__ import annotations

from typing import Any

from django.conf import settings as conf
from django.db import IntegrityError, transaction

from accounts.models import Invitation, Project, User
from accounts.services import projects
from chat import film_events
from chat.errors import TITLE_TAKEN, FilmLimitError, TitleTakenError
from chat.films import steps
from chat.models import Choice, Film, FilmSession
from chat.services import sessions
from core import audit
from core.errors import ConflictError

DEFAULTS: dict[str, Any] = {"aspectRatio": "16:9", "episodeDuration": 25, "qualityTier": "professional"}


def key_of(title: str) -> str:
    return title.strip().lower()[:255]


def create_film(
    *,
    owner: User,
    title: str,
    description: str = "",
    genre: str = "Drama",
    episode_count: int = 1,
    target_audience: str = "PG",
    settings: dict[str, Any] | None = None,
) -> Film:
    """A project with a film and its first session. Refused when the tier has no room, or the owner another film of that title."""
    with transaction.atomic():
        _require_room(owner, wanted=1)
        _require_free_title(owner, title)
        project = projects.create_project(owner=owner, name=title, description=description)
        try:
            with transaction.atomic():
                film = Film.objects.create(
                    project=project,
                    owner=owner,
                    title_key=key_of(title),
                    genre=genre.strip(),
                    episode_count=episode_count,
                    target_audience=target_audience.strip(),
                    settings={**DEFAULTS, **(settings or {})},
                )
        except IntegrityError as error:
            raise TitleTakenError from error
        audit.record("chat.film.create", film, actor=owner, title=project.name)
        sessions.open_session(film, user=owner)
    return film


def update_film(
    film: Film,
    *,
    actor: User,
    title: str | None = None,
    description: str | None = None,
    status: str | None = None,
    settings: dict[str, Any] | None = None,
    **facts: Any,
) -> Film:
    """Only what is given changes. `facts` are genre, episode_count and target_audience."""
    with transaction.atomic():
        locked = sessions.locked(film)
        if title is not None:
            _require_free_title(locked.owner, title, but=locked)
        words = {"name": title, "description": description}
        locked.project = projects.update_project(
            locked.project,
            actor=actor,
            status=status,
            **{key: value for key, value in words.items() if value is not None},
        )
        # Its own row was written by whoever follows the project.
        locked.title_key = key_of(locked.project.name)
        changed = {key: value for key, value in facts.items() if value is not None and value != getattr(locked, key)}
        if settings is not None and {**locked.settings, **settings} != locked.settings:
            changed["settings"] = {**locked.settings, **settings}
        for key, value in changed.items():
            setattr(locked, key, value)
        if "episode_count" in changed:
            _recount(locked)
        locked.save(update_fields=[*changed, "current_step", "updated_at"])
        if changed:
            # The project's date is the film's in every list.
            locked.project.save(update_fields=["updated_at"])
            audit.record("chat.film.update", locked, actor=actor, changed=sorted(changed))
    return locked


def invite(film: Film, *, email: str, role: str, invited_by: User) -> Invitation:
    return projects.add_collaborator(film.project, email=email, role=role, invited_by=invited_by)


def _recount(film: Film) -> None:
    """More episodes are more to do; of fewer, what was written stays and is not counted."""
    if not film.current_step:
        return
    now = steps.current(film.completed_steps, film.episode_count)
    if now == film.current_step:
        return
    film.current_step = now
    Choice.objects.filter(session__film=film, status=Choice.Status.PENDING).update(status=Choice.Status.PASSED)
    film.sessions.filter(status=FilmSession.Status.ACTIVE).update(step=now)
    film_events.progress_update(film, completed="", following=now)


def follow(project: Project, *, verb: str) -> None:
    """What a change of the project, by any door, means for its film. In the transaction of that change."""
    film = Film.objects.select_for_update(of=("self",), no_key=True).filter(project=project).first()
    if film is None:
        return
    if verb == "restore":
        _require_room(film.owner, wanted=0)
    key = None if verb == "delete" else key_of(project.name)
    if film.title_key != key:
        film.title_key = key
        try:
            with transaction.atomic():
                film.save(update_fields=["title_key", "updated_at"])
        except IntegrityError as error:
            raise ConflictError(TITLE_TAKEN) from error


def _require_room(owner: User, *, wanted: int) -> None:
    """Counted behind the owner's row, so that of many at once only as many as fit get through."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    limit = conf.FILM_COUNT_LIMITS.get(owner.tier)
    if limit is None:
        return
    mine = Film.objects.live().filter(owner=owner).exclude(project__status=Project.Status.ARCHIVED)
    if mine.count() + wanted > limit:
        raise FilmLimitError(f"Subscription limit exceeded ({owner.tier} tier allows {limit} projects)")


def _require_free_title(owner: User, title: str, *, but: Film | None = None) -> None:
    """For the sentence; what holds is the constraint."""
    same = Film.objects.filter(owner=owner, title_key=key_of(title))
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise TitleTakenError
