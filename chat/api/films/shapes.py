"""What goes out, in the document's spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chat.film_events import choice_shape, milliseconds
from chat.films import steps
from chat.models import BibleRevision, BoardCard, Choice, Film, FilmSession, Message
from core.rest.paging import Page
from media_library.models import Asset

MOST_ROWS = 100

CHOICE = {
    "id": "uuid",
    "title": "string",
    "description": "string",
    "metadata": {"difficulty": "string", "duration": "string"},
}
ANSWER = {"content": "string", "choices": [CHOICE], "engine": "string"}
SAID = {
    "success": "bool",
    "messageId": "uuid",
    "aiResponse": {**ANSWER, "nextStep": "string"},
    "session": {"id": "uuid", "currentStep": "string", "progress": "int"},
}
ADVANCED = {
    "success": "bool",
    "workflowAdvanced": "bool",
    "newStep": "string",
    "progressUpdate": {"percentage": "int", "completedSteps": "list<string>", "nextSteps": "list<string>"},
    "aiResponse": ANSWER,
}
REWOUND = {**ADVANCED, "sessionId": "uuid", "undone": [{**CHOICE, "step": "string"}]}
UPLOADED = {
    "success": "bool",
    "mediaId": "uuid",
    "processingStatus": "string",
    "aiAnalysis": {
        "description": "string",
        "tags": "list<string>",
        "styleElements": "list<string>",
        "suitableFor": "list<string>",
    },
    "embedding": {"status": "string", "estimatedCompletion": "string"},
}
SESSION = {
    "id": "uuid",
    "projectId": "uuid",
    "userId": "uuid",
    "currentStep": "string",
    "status": "string",
    "createdAt": "datetime",
    "lastActivity": "datetime",
    "conversationHistory": [
        {
            "id": "uuid",
            "role": "string",
            "content": "string",
            "timestamp": "datetime",
            "attachments": "list<uuid>",
            "choices": [{**CHOICE, "status": "string"}],
            "metadata": {"processingTime": "int", "engine": "string", "composed": "bool"},
        }
    ],
    "contextData": {"genre": "string", "currentFocus": "string", "mediaReferences": "list<uuid>"},
}
SESSION_ROW = {
    "id": "uuid",
    "projectId": "uuid",
    "projectTitle": "string",
    "currentStep": "string",
    "status": "string",
    "progress": "int",
    "lastActivity": "datetime",
    "messageCount": "int",
}
PAGINATION = {
    "page": "int",
    "limit": "int",
    "total": "int",
    "totalPages": "int",
    "hasNext": "bool",
    "hasPrev": "bool",
}
COUNTS = {"percentage": "int", "currentPhase": "string", "completedSteps": "int", "totalSteps": "int"}
SETTINGS = {"aspectRatio": "string", "episodeDuration": "int", "qualityTier": "string"}
FACTS = {
    "id": "uuid",
    "title": "string",
    "description": "string",
    "genre": "string",
    "episodeCount": "int",
    "targetAudience": "string",
    "status": "string",
}
FILM_ROW = {
    **FACTS,
    "progress": COUNTS,
    "createdAt": "datetime",
    "updatedAt": "datetime",
    "mediaCount": "int",
    "activeSessionsCount": "int",
}
NEW_FILM = {
    **FACTS,
    "progress": COUNTS,
    "createdBy": "uuid",
    "createdAt": "datetime",
    "updatedAt": "datetime",
    "projectSettings": SETTINGS,
}
FILM = {
    **FACTS,
    "progress": {
        "percentage": "int",
        "currentPhase": "string",
        "completedSteps": "list<string>",
        "nextSteps": "list<string>",
        "workflowSteps": [{"id": "string", "title": "string", "status": "string"}],
    },
    "createdBy": "uuid",
    "collaborators": [{"userId": "uuid", "role": "string", "addedAt": "datetime"}],
    "media": [{"id": "uuid", "filename": "string", "mediaType": "string", "uploadedAt": "datetime"}],
    "activeSessions": [{"id": "uuid", "userId": "uuid", "currentStep": "string", "lastActivity": "datetime"}],
    "createdAt": "datetime",
    "updatedAt": "datetime",
    "projectSettings": SETTINGS,
}
INVITATION = {
    "id": "uuid",
    "email": "string",
    "role": "string",
    "status": "string",
    "sentAt": "datetime",
    "expiresAt": "datetime",
}
BIBLE = {
    "success": "bool",
    "bible": {
        "revision": "int",
        "content": "object",
        "notes": "list<string>",
        "comment": "string",
        "author": "nullable uuid",
        "createdAt": "nullable datetime",
    },
}
REVISION = {"number": "int", "comment": "string", "author": "nullable uuid", "createdAt": "datetime"}
CARD = {
    "id": "uuid",
    "mediaId": "uuid",
    "filename": "string",
    "column": "string",
    "position": "int",
    "note": "string",
    "status": "string",
    "analysis": {
        "description": "nullable string",
        "palette": "list<string>",
        "objects": "list<string>",
        "suitability": "list<string>",
        "measured": "bool",
    },
    "addedAt": "datetime",
}


def pagination(page: Page[Any]) -> dict[str, Any]:
    pages = -(-page.total // page.size)
    return {
        "page": page.page,
        "limit": page.size,
        "total": page.total,
        "totalPages": pages,
        "hasNext": page.page < pages,
        "hasPrev": page.page > 1 and page.total > 0,
    }


def answer_shape(answer: Message, choices: Iterable[Choice]) -> dict[str, Any]:
    return {"content": answer.content, "choices": [choice_shape(one) for one in choices], "engine": answer.engine}


def following(film: Film) -> list[str]:
    return [step for step in steps.steps_of(film.episode_count) if step not in film.completed_steps]


def progress_update(film: Film) -> dict[str, Any]:
    return {
        "percentage": steps.percentage(film.completed_steps, film.episode_count),
        "completedSteps": steps.counted(film.completed_steps, film.episode_count),
        "nextSteps": following(film),
    }


def counts(film: Film) -> dict[str, Any]:
    return {
        "percentage": steps.percentage(film.completed_steps, film.episode_count),
        "currentPhase": film.current_step or steps.INITIAL,
        "completedSteps": len(steps.counted(film.completed_steps, film.episode_count)),
        "totalSteps": len(steps.steps_of(film.episode_count)),
    }


def facts(film: Film) -> dict[str, Any]:
    return {
        "id": film.project_id,
        "title": film.project.name,
        "description": film.project.description,
        "genre": film.genre,
        "episodeCount": film.episode_count,
        "targetAudience": film.target_audience,
        "status": film.project.status,
    }


def dates(film: Film) -> dict[str, Any]:
    return {"createdAt": film.project.created_at, "updatedAt": film.project.updated_at}


def film_row(film: Film) -> dict[str, Any]:
    """Of a film that was counted."""
    counted = vars(film)
    return {
        **facts(film),
        "progress": counts(film),
        **dates(film),
        "mediaCount": counted["media_count"],
        "activeSessionsCount": counted["active_sessions"],
    }


def new_film(film: Film) -> dict[str, Any]:
    return {
        **facts(film),
        "progress": counts(film),
        "createdBy": film.owner_id,
        **dates(film),
        "projectSettings": film.settings,
    }


def film_detail(film: Film, media: Iterable[Asset]) -> dict[str, Any]:
    states = steps.states(film.completed_steps, film.current_step, film.episode_count)
    sessions = film.sessions.filter(status=FilmSession.Status.ACTIVE, conversation__deleted_at=None)
    return {
        **facts(film),
        "progress": {
            **progress_update(film),
            "currentPhase": film.current_step or steps.INITIAL,
            "workflowSteps": [{"id": one.id, "title": one.title, "status": one.status} for one in states],
        },
        "createdBy": film.owner_id,
        "collaborators": [
            {"userId": one.user_id, "role": one.role, "addedAt": one.created_at}
            for one in film.project.memberships.order_by("created_at", "pk")
        ],
        "media": [
            {
                "id": one.pk,
                "filename": one.filename,
                "mediaType": one.media_type or one.kind,
                "uploadedAt": one.created_at,
            }
            for one in media
        ],
        "activeSessions": [
            {
                "id": one.pk,
                "userId": one.user_id,
                "currentStep": one.step or steps.INITIAL,
                "lastActivity": one.last_activity,
            }
            for one in sessions.order_by("-last_activity", "-pk")
        ],
        **dates(film),
        "projectSettings": film.settings,
    }


def session_row(session: FilmSession) -> dict[str, Any]:
    film = session.film
    return {
        "id": session.pk,
        "projectId": film.project_id,
        "projectTitle": film.project.name,
        "currentStep": session.step or steps.INITIAL,
        "status": session.status,
        "progress": steps.percentage(film.completed_steps, film.episode_count),
        "lastActivity": session.last_activity,
        "messageCount": vars(session)["message_count"],
    }


def session_detail(session: FilmSession, messages: Iterable[Message]) -> dict[str, Any]:
    """`messages` bring their attachments and choices."""
    told = list(messages)
    brought = [one.asset_id for one in session.conversation.attachments.order_by("uploaded_at", "pk")]
    return {
        "id": session.pk,
        "projectId": session.film.project_id,
        "userId": session.user_id,
        "currentStep": session.step or steps.INITIAL,
        "status": session.status,
        "createdAt": session.created_at,
        "lastActivity": session.last_activity,
        "conversationHistory": [history_row(one) for one in told],
        "contextData": {
            "genre": session.film.genre,
            "currentFocus": steps.title_of(session.step or steps.INITIAL),
            "mediaReferences": list(dict.fromkeys(brought)),
        },
    }


def history_row(message: Message) -> dict[str, Any]:
    return {
        "id": message.pk,
        "role": message.role,
        "content": message.content,
        "timestamp": message.created_at,
        "attachments": [one.asset_id for one in message.attachments.all()],
        "choices": [{**choice_shape(one), "status": one.status} for one in message.choices.all()],
        "metadata": {
            "processingTime": milliseconds(message),
            "engine": message.engine,
            "composed": message.composed,
        },
    }


def bible_shape(content: Mapping[str, Any], revision: BibleRevision | None, notes: list[str]) -> dict[str, Any]:
    return {
        "revision": revision.number if revision else 0,
        "content": content,
        "notes": notes,
        "comment": revision.comment if revision else "",
        "author": revision.author_id if revision else None,
        "createdAt": revision.created_at if revision else None,
    }


def revision_row(revision: BibleRevision) -> dict[str, Any]:
    return {
        "number": revision.number,
        "comment": revision.comment,
        "author": revision.author_id,
        "createdAt": revision.created_at,
    }


def card_shape(card: BoardCard) -> dict[str, Any]:
    seen = card.asset.analysis
    return {
        "id": card.pk,
        "mediaId": card.asset_id,
        "filename": card.asset.filename,
        "column": card.column,
        "position": card.position,
        "note": card.note,
        "status": card.asset.status,
        "analysis": {
            "description": seen.get("description"),
            "palette": card.asset.technical.get("palette", []),
            "objects": seen.get("objects", []),
            "suitability": seen.get("suitability", []),
            "measured": bool(seen.get("measured")),
        },
        "addedAt": card.created_at,
    }
