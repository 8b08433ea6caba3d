"""Sessions: the conversations in which a film is developed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import Project, User
from chat import film_events
from chat.films import steps
from chat.films.proposals import Proposal
from chat.models import Attachment, Choice, Conversation, Film, FilmSession, Message
from chat.services import conversations, proposing
from chat.signals import answered
from core import audit
from core.errors import ConflictError, InvalidFieldError, WrongStateError
from media_library.models import Asset

MOST_ATTACHMENTS = 20
# Somebody else may take a choice while an answer is made; then the answer is made for the step that follows.
TRIES = 3
ENDPOINT = "/api/v1/chat/message"


@dataclass(frozen=True)
class Said:
    user: Message
    answer: Message
    choices: list[Choice]


def locked(film: Film) -> Film:
    """The film as it is now, which nobody else changes meanwhile. The project first, as whoever renames it does."""
    Project.objects.select_for_update(no_key=True).get(pk=film.project_id)
    return Film.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=film.pk)


@transaction.atomic
def open_session(film: Film, *, user: User) -> FilmSession:
    conversation = conversations.begin(user, title=film.project.name, project=film.project)
    session = FilmSession.objects.create(conversation=conversation, film=film, user=user, step=film.current_step)
    audit.record("chat.film_session.open", session, actor=user, project=str(film.project_id))
    return session


@transaction.atomic
def session_for(film: Film, *, user: User) -> FilmSession:
    """The newest active one of this person, opened when there is none."""
    locked(film)
    active = film.sessions.filter(
        user=user, status=FilmSession.Status.ACTIVE, conversation__deleted_at=None
    ).select_related("conversation")
    return active.order_by("-last_activity", "-pk").first() or open_session(film, user=user)


@transaction.atomic
def set_status(session: FilmSession, status: str, *, actor: User) -> None:
    """Set aside, or taken up again. What was said in it stays."""
    current = FilmSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if current.status == status:
        return
    if FilmSession.Status.COMPLETED in {current.status, status}:
        raise WrongStateError("A session is complete when its film is.", current_status=current.status)
    FilmSession.objects.filter(pk=session.pk).update(status=status)
    session.status = status
    audit.record("chat.film_session.set_status", session, actor=actor, before=current.status, after=status)


def say(session: FilmSession, *, author: User, message: str, attachments: Sequence[uuid.UUID] = ()) -> Said:
    """Keeps what was said, then answers with choices for the step in which the film is. What was said stays when no answer comes."""
    assets = _attachable(session.film, attachments, author)
    user = _keep(session, author=author, message=message, assets=assets)
    for _ in range(TRIES):
        proposal = proposing.propose(
            session, asked_by=author, endpoint=ENDPOINT, key=f"film:{user.pk}", step=session.film.current_step
        )
        with transaction.atomic():
            film = locked(session.film)
            if film.current_step == session.film.current_step:
                answer, choices = offer(session, proposal, step=film.current_step)
                return Said(user, answer, choices)
            session.film = film
    raise ConflictError("The film went on meanwhile. Send the message again.")


@transaction.atomic
def _keep(session: FilmSession, *, author: User, message: str, assets: Iterable[Asset]) -> Message:
    film = locked(session.film)
    if not film.current_step:
        film.current_step = steps.current(film.completed_steps, film.episode_count)
        film.save(update_fields=["current_step", "updated_at"])
    kept = add_message(session.conversation, role=Message.Role.USER, author=author, content=message)
    Attachment.objects.bulk_create(
        Attachment(
            conversation=session.conversation,
            message=kept,
            asset=asset,
            original_filename=asset.filename,
            uploaded_by=author,
        )
        for asset in assets
    )
    session.film, session.step = film, film.current_step
    session.last_activity = timezone.now()
    if session.status == FilmSession.Status.PAUSED:
        session.status = FilmSession.Status.ACTIVE
    session.save(update_fields=["step", "last_activity", "status"])
    film_events.message_received(session, kept, author)
    return kept


def offer(session: FilmSession, proposal: Proposal, *, step: str) -> tuple[Message, list[Choice]]:
    """Stores an answer and its choices, which replace those that waited in this session. The caller holds the film."""
    session.choices.filter(status=Choice.Status.PENDING).update(status=Choice.Status.PASSED)
    answer = add_message(
        session.conversation,
        role=Message.Role.ASSISTANT,
        content=proposal.content,
        engine=proposal.engine,
        composed=proposal.composed,
        seconds=proposal.seconds,
        calls=[str(proposal.call)] if proposal.call else [],
        finished_at=timezone.now(),
    )
    choices = Choice.objects.bulk_create(
        Choice(
            session=session,
            message=answer,
            step=step,
            position=position,
            title=draft.title[:255],
            description=draft.description,
            difficulty=draft.difficulty[:20],
            duration=draft.duration[:40],
            details=draft.details,
            engine=draft.engine or proposal.engine,
        )
        for position, draft in enumerate(proposal.drafts)
    )
    session.step = step
    session.last_activity = timezone.now()
    session.save(update_fields=["step", "last_activity"])
    film_events.ai_response(session, answer, choices)
    answered.send(sender=Message, message=answer)
    return answer, choices


def add_message(conversation: Conversation, **values: object) -> Message:
    """The next one on the branch that is shown. Two at once get numbers of their own."""
    current = Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=conversation.pk)
    last = current.messages.aggregate(last=Max("number"))["last"]
    message = Message.objects.create(
        conversation=current, parent=current.head, number=0 if last is None else last + 1, **values
    )
    current.head = message
    current.save(update_fields=["head", "updated_at"])
    conversation.head = message
    return message


def attach(session: FilmSession, asset: Asset, *, actor: User) -> Attachment:
    """A file that was brought into the session without a message."""
    attachment = Attachment.objects.create(
        conversation=session.conversation, asset=asset, original_filename=asset.filename, uploaded_by=actor
    )
    FilmSession.objects.filter(pk=session.pk).update(last_activity=timezone.now())
    return attachment


def _attachable(film: Film, ids: Sequence[uuid.UUID], author: User) -> list[Asset]:
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_ATTACHMENTS:
        raise InvalidFieldError(f"At most {MOST_ATTACHMENTS} attachments", field="attachments")
    found = Asset.objects.visible_to(author).filter(project=film.project_id).in_bulk(wanted) if wanted else {}
    if len(found) < len(wanted):
        raise InvalidFieldError("Attachments are media of the same project", field="attachments")
    return [found[one] for one in wanted]
