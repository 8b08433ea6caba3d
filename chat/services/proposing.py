"""Who proposes what comes next: the hosted model where one is configured, else the studio's catalogue."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import structlog

from accounts.models import User
from ai import prompts, routing
from ai import services as ai
from ai.capabilities.chat import ChatRequest, Turn
from ai.errors import ProviderError
from chat.films import bible as contents
from chat.films import combining, shapes, steps
from chat.films.combining import Entry
from chat.films.proposals import Draft, Proposal, Situation
from chat.films.shapes import Each, Parts, Text
from chat.models import Choice, Film, FilmSession, Message, StoryMaterial
from chat.services import bible
from core.errors import InvalidFieldError, UnavailableError

log = structlog.get_logger(__name__)

CATALOGUE = "local:catalogue"
LEAST, MOST = 3, 5
MOST_WISHES = 8
LONGEST_WISH = 2000
MOST_OFFERED = 40
WORDS_OF_CHOICE = {"title": Text(255), "description": Text(2000), "difficulty": Text(20), "duration": Text(40)}
DIFFICULTIES = ("low", "medium", "high")


def propose(
    session: FilmSession,
    *,
    asked_by: User,
    endpoint: str,
    step: str,
    key: str = "",
    content: Mapping[str, Any] | None = None,
    decided: str = "",
    completed: str = "",
    back: bool = False,
) -> Proposal:
    """For `step`, over the bible as it would be then. Nothing is stored and nothing is held while a model works.

    `completed` is the step that is being left, `back` that this one is gone back to. Raises UnavailableError when no answer comes.
    """
    film, fresh = session.film, bool(completed) or back
    now = Situation(
        film=str(film.pk),
        title=film.project.name,
        description=film.project.description,
        genre=_genre(film, content),
        audience=film.target_audience,
        episodes=film.episode_count,
        minutes=int(film.settings.get("episodeDuration") or 25),
        step=step,
        bible=dict(content if content is not None else bible.content_of(film)),
        wishes=() if fresh else _wishes(film),
        offered=_offered(film, step),
        before=_before(film, step) if fresh else None,
        decided=decided,
    )
    began = time.monotonic()
    if step != steps.DONE and any(route.hosted for route in routing.routes("chat")):
        use = ai.Use(
            purpose="film",
            user_id=asked_by.pk,
            organization_id=session.conversation.organization_id,
            key=key and f"{key}:{step}",
            endpoint=endpoint,
            conversation_id=session.pk,
        )
        return _written(now, use, began=began)
    entries = [
        Entry(one.kind, one.slug, one.title, one.description, tuple(one.genres), one.details)
        for one in StoryMaterial.objects.visible_to(asked_by).order_by("kind", "slug", "pk")
    ]
    answer, drafts = combining.combine(now, entries)
    return Proposal(answer.strip(), tuple(drafts), CATALOGUE, composed=True, seconds=time.monotonic() - began)


def _genre(film: Film, content: Mapping[str, Any] | None) -> str:
    return str((content or {}).get("genre") or film.genre)


def _wishes(film: Film) -> tuple[str, ...]:
    """What people said since the film entered this step."""
    decided = Choice.objects.filter(session__film=film, status__in=[Choice.Status.TAKEN, Choice.Status.UNDONE])
    since = decided.order_by("-taken_at").values_list("taken_at", flat=True).first()
    said = Message.objects.filter(conversation__film_session__film=film, role=Message.Role.USER)
    if since is not None:
        said = said.filter(created_at__gt=since)
    texts = said.order_by("-created_at", "-pk").values_list("content", flat=True)[:MOST_WISHES]
    return tuple(text[:LONGEST_WISH] for text in reversed(texts))


def _offered(film: Film, step: str) -> tuple[str, ...]:
    seen = Choice.objects.filter(
        session__film=film, step=step, status__in=[Choice.Status.PENDING, Choice.Status.PASSED]
    )
    return tuple(seen.order_by("-created_at", "position", "pk").values_list("title", flat=True)[:MOST_OFFERED])


def _before(film: Film, step: str) -> Draft | None:
    """What is in force here, or was before somebody went back: it is offered again."""
    known = Choice.objects.filter(session__film=film, step=step, status__in=[Choice.Status.TAKEN, Choice.Status.UNDONE])
    one = known.order_by("-taken_at", "-pk").first()
    if one is None:
        return None
    return Draft(one.title, one.description, one.difficulty, one.duration, one.details, one.engine)


def _written(now: Situation, use: ai.Use, *, began: float) -> Proposal:
    """By the hosted model, held to a schema and checked; what people and files say is data in it."""
    data = {
        "film": {
            "title": now.title,
            "description": now.description,
            "genre": now.genre,
            "target_audience": now.audience,
            "episodes": now.episodes,
            "minutes_per_episode": now.minutes,
        },
        "step": now.step,
        "bible": now.bible,
        "just_decided": now.decided,
        "said_in_this_step": list(now.wishes),
        "already_offered": list(now.offered),
        "chosen_here_before": now.before.title if now.before else "",
    }
    shape = contents.shape_of(now.step)
    one = Parts({**WORDS_OF_CHOICE, "details": shape})
    whole = Parts({"content": Text(4000), "choices": Each(one, MOST)})
    request = ChatRequest(
        turns=[Turn("user", json.dumps(data, ensure_ascii=False, sort_keys=True))],
        system=prompts.load("film_choices"),
        max_tokens=8192,
        schema=shapes.schema_of(whole),
    )
    try:
        answer = ai.chat_complete(request, use=use)
        drafts, said = _checked(answer.value, whole, now)
    except ProviderError as error:
        log.warning("film.no_answer", film=now.film, step=now.step, code=error.code)
        raise UnavailableError("AI processing service unavailable", reason=error.message) from error
    except (InvalidFieldError, ValueError, RecursionError) as error:
        log.warning("film.answer_refused", film=now.film, step=now.step, why=str(error))
        raise UnavailableError("AI processing service unavailable", reason="The answer could not be used.") from error
    return Proposal(
        said,
        drafts,
        str(answer.engine),
        composed=False,
        seconds=time.monotonic() - began,
        call=answer.call_id,
    )


def _checked(text: str, whole: Parts, now: Situation) -> tuple[tuple[Draft, ...], str]:
    """What was taken over from before stands first and is not counted."""
    answer = shapes.cleaned(json.loads(text), whole, "answer")
    drafts: dict[str, Draft] = {now.before.title.casefold(): now.before} if now.before else {}
    for one in answer["choices"]:
        if not one["title"] or not one["description"]:
            raise InvalidFieldError("A choice has no words")
        difficulty = one["difficulty"].lower()
        drafts.setdefault(
            one["title"].casefold(),
            Draft(
                one["title"],
                one["description"],
                difficulty if difficulty in DIFFICULTIES else "medium",
                one["duration"],
                one["details"],
            ),
        )
    if not answer["content"] or len(drafts) < LEAST:
        raise InvalidFieldError("Too little to choose from")
    return tuple(drafts.values())[:MOST], answer["content"]
