"""Choices: taken once, and taken back by going to an earlier step."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Project, User
from accounts.services import projects
from chat import film_events
from chat.films import bible as contents
from chat.films import own_words, steps
from chat.films.proposals import Draft
from chat.films.shapes import plain
from chat.models import Choice, Film, FilmSession, Message
from chat.services import bible, proposing, sessions
from core import audit
from core.errors import ConflictError, InvalidFieldError, WrongStateError

S = Choice.Status
PERSON = "person"
LONGEST_CUSTOM = 5000
TAKEN_ALREADY = "This choice was taken already."
OUT_OF_DATE = "This choice is out of date: the film has gone on."
UNKNOWN = "Unknown choice"


@dataclass(frozen=True)
class Taken:
    """`step` was completed, `film` stands at its next one."""

    choice: Choice
    step: str
    film: Film
    answer: Message
    choices: list[Choice]


@dataclass(frozen=True)
class Rewound:
    film: Film
    session: FilmSession
    undone: list[Choice]
    answer: Message
    choices: list[Choice]


def take(session: FilmSession, *, actor: User, choice_id: uuid.UUID | None = None, custom: str = "") -> Taken:
    """Completes the current step with a pending choice, or with the person's own words, which count more when both are given.

    What follows is prepared before anything changes: when no answer can be had, the choice is still there to be taken.
    """
    film = session.film
    step = film.current_step or steps.current(film.completed_steps, film.episode_count)
    custom = plain(custom)
    pending = _pending(session, choice_id, step) if choice_id is not None else None
    if step == steps.DONE:
        raise WrongStateError("Every step of this film is done. Go back to a step to change it.")
    if custom:
        details = own_words.details(step, custom, bible.content_of(film))
        draft = Draft(own_words.title(custom), custom, details=details, engine=PERSON)
    elif pending is not None:
        draft = Draft(pending.title, pending.description, pending.difficulty, pending.duration, pending.details)
    else:
        raise InvalidFieldError("Choice is required", field="choiceId", kind="missing")
    following = steps.after(step, film.completed_steps, film.episode_count)
    proposal = proposing.propose(
        session,
        asked_by=actor,
        endpoint="/api/v1/chat/choice",
        step=following,
        content=contents.merged(bible.content_of(film), step, draft.details),
        decided=draft.title,
        completed=step,
    )
    with transaction.atomic():
        film = sessions.locked(film)
        if (film.current_step or step) != step or step in film.completed_steps:
            raise ConflictError(OUT_OF_DATE)
        # Before the choice, so that it does not count as a wish for what follows.
        sessions.add_message(session.conversation, role=Message.Role.USER, author=actor, content=custom or draft.title)
        chosen = _put_in_force(session, pending, draft if custom else None, step=step, actor=actor)
        Choice.objects.filter(session__film=film, status=S.PENDING).update(status=S.PASSED)
        film.completed_steps = [*film.completed_steps, step]
        _stand_at(film, following)
        if step == steps.GENRE and draft.details.get("genre"):
            film.genre = draft.details["genre"][:100]
            film.save(update_fields=["genre"])
        content = contents.merged(bible.content_of(film), step, draft.details)
        bible.revise(film, content, actor=actor, comment=f"{steps.title_of(step)}: {draft.title}")
        audit.record("chat.choice.take", chosen, actor=actor, step=step, custom=bool(custom))
        film_events.progress_update(film, completed=step, following=following)
        session.film = film
        answer, choices = sessions.offer(session, proposal, step=following)
        if following == steps.DONE:
            _finish(film, actor=actor)
            session.status = FilmSession.Status.COMPLETED
    return Taken(chosen, step, film, answer, choices)


def rewind(film: Film, *, step: str, actor: User) -> Rewound:
    """Back to a step that was done. What was chosen there and later is taken back, stays readable, and is offered again on the way."""
    _rewindable(film, step)
    session = sessions.session_for(film, user=actor)
    film = session.film
    kept = steps.steps_of(film.episode_count)
    gone = kept[kept.index(step) :]
    proposal = proposing.propose(
        session,
        asked_by=actor,
        endpoint="/api/v1/projects/{id}/rewind",
        step=step,
        content=contents.without(bible.content_of(film), gone),
        back=True,
    )
    with transaction.atomic():
        film = sessions.locked(film)
        _rewindable(film, step)
        undone = list(Choice.objects.filter(session__film=film, status=S.TAKEN, step__in=gone).order_by("taken_at"))
        Choice.objects.filter(pk__in=[one.pk for one in undone]).update(status=S.UNDONE)
        Choice.objects.filter(session__film=film, status=S.PENDING).update(status=S.PASSED)
        film.completed_steps = [one for one in film.completed_steps if one not in gone]
        _stand_at(film, step)
        content = contents.without(bible.content_of(film), gone)
        bible.revise(film, content, actor=actor, comment=f"Back to {steps.title_of(step)}")
        if film.project.status == Project.Status.COMPLETED:
            projects.update_project(film.project, actor=actor, status=Project.Status.ACTIVE)
        audit.record("chat.film.rewind", film, actor=actor, step=step, undone=[str(one.pk) for one in undone])
        film_events.progress_update(film, completed="", following=step)
        session.film = film
        answer, choices = sessions.offer(session, proposal, step=step)
    return Rewound(film, session, undone, answer, choices)


def _pending(session: FilmSession, choice_id: uuid.UUID, step: str) -> Choice:
    found = session.choices.filter(pk=choice_id).first()
    if found is None:
        raise InvalidFieldError(UNKNOWN, field="choiceId")
    if found.status != S.PENDING or found.step != step:
        raise ConflictError(TAKEN_ALREADY if found.status == S.TAKEN else OUT_OF_DATE)
    return found


def _put_in_force(session: FilmSession, pending: Choice | None, own: Draft | None, *, step: str, actor: User) -> Choice:
    """One of those who press at once; the constraint holds even where the lock would not."""
    force: dict[str, Any] = {"status": S.TAKEN, "taken_by": actor, "taken_at": timezone.now()}
    try:
        with transaction.atomic():
            if own is not None:
                return Choice.objects.create(
                    session=session,
                    step=step,
                    title=own.title,
                    description=own.description,
                    details=own.details,
                    engine=PERSON,
                    **force,
                )
            assert pending is not None  # noqa: S101  (one of the two was given)
            if not Choice.objects.filter(pk=pending.pk, status=S.PENDING).update(**force):
                raise ConflictError(OUT_OF_DATE)
    except IntegrityError as error:
        raise ConflictError(OUT_OF_DATE) from error
    pending.refresh_from_db()
    return pending


def _stand_at(film: Film, step: str) -> None:
    """The film, and whatever sessions are open on it."""
    film.current_step = step
    film.save(update_fields=["completed_steps", "current_step", "updated_at"])
    film.project.save(update_fields=["updated_at"])
    film.sessions.filter(status=FilmSession.Status.ACTIVE).update(step=step)


def _finish(film: Film, *, actor: User) -> None:
    """The last step is done: so are its sessions, and the project."""
    film.sessions.exclude(status=FilmSession.Status.COMPLETED).update(
        status=FilmSession.Status.COMPLETED, step=steps.DONE
    )
    if film.project.status in {Project.Status.ACTIVE, Project.Status.ON_HOLD}:
        projects.update_project(film.project, actor=actor, status=Project.Status.COMPLETED)


def _rewindable(film: Film, step: str) -> None:
    if step not in steps.steps_of(film.episode_count):
        raise InvalidFieldError("Unknown step", field="step")
    if step not in film.completed_steps:
        raise WrongStateError("Only a step that is done can be gone back to.", current_step=film.current_step)
