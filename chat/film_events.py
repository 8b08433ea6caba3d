"""What sockets hear of a film that is developed: one stream, keyed by session, in the words of the films' own socket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.models import User
from chat.films import steps
from chat.models import Choice, Film, FilmSession, Message
from core.live import publish

STREAM = "films"


def choice_shape(choice: Choice) -> dict[str, Any]:
    return {
        "id": str(choice.pk),
        "title": choice.title,
        "description": choice.description,
        "metadata": {"difficulty": choice.difficulty, "duration": choice.duration},
    }


def milliseconds(message: Message) -> int:
    return round((message.seconds or 0) * 1000)


def message_received(session: FilmSession, message: Message, author: User) -> None:
    _publish(
        session,
        "message-received",
        messageId=str(message.pk),
        sender={
            "id": str(author.pk),
            "name": author.name or author.email,
            "role": "admin" if author.is_platform_admin else "user",
        },
        content=message.content,
        timestamp=message.created_at,
    )


def ai_response(session: FilmSession, answer: Message, choices: Iterable[Choice]) -> None:
    _publish(
        session,
        "ai-response",
        messageId=str(answer.pk),
        content=answer.content,
        choices=[choice_shape(one) for one in choices],
        processingTime=milliseconds(answer),
        timestamp=answer.created_at,
    )


def progress_update(film: Film, *, completed: str, following: str) -> None:
    """To everybody in any session of the film. `completed` is empty when a step was gone back to."""
    progress = {
        "percentage": steps.percentage(film.completed_steps, film.episode_count),
        "stepCompleted": completed,
        "nextStep": following,
    }
    for session in film.sessions.order_by("pk"):
        _publish(
            session, "progress-update", projectId=str(film.project_id), progress=progress, timestamp=timezone.now()
        )


def _publish(session: FilmSession, kind: str, **payload: Any) -> None:
    publish(STREAM, {"type": kind, "sessionId": str(session.pk), **payload}, key=str(session.pk))
