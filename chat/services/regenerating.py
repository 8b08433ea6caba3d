"""One clip or one section made again: another range, or other words, by what people said of it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import User
from ai import prompts
from ai import services as ai
from ai.capabilities.chat import ChatRequest, Turn
from ai.written import language_of
from chat.models import ClipProposal, Message, Record, ScriptComment
from chat.services import clips, grammar, retrieving
from chat.services.asking import Wish, is_about_length, understand
from chat.services.retrieving import Used
from chat.services.sources import SPEECH, Source
from chat.services.verifying import cleaned, cut, plain_words
from core import audit
from core.errors import DomainError, WrongStateError
from core.runs import services as runs
from core.runs.errors import StepError
from core.runs.models import Run
from core.runs.waiting import failure_of_run

KIND = "chat.regenerate"
CALL = "@mv-video"
MOST_FEEDBACK = 2_000

MOST_SOURCES = 10
MOST_SECTION = 4_000
NOTHING_ELSE = "Nothing else in the footage fits this. Say in a comment what it should show."
NO_WORDS = "No other words were found for this section."
CHOICE = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "first": {"type": "integer"},
        "last": {"type": "integer"},
        "title": {"type": "string"},
        "description": {"type": "string"},
    },
    "required": ["n", "first", "last", "title", "description"],
    "additionalProperties": False,
}

_CALL = re.compile(re.escape(CALL), re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    asset_id: uuid.UUID
    start: float
    end: float
    title: str
    engine: str


@transaction.atomic
def begin(thing: ClipProposal | Record, *, feedback: str, actor: User, comment: ScriptComment | None = None) -> Run:
    """Refused (409) while the same thing is being made already. Without feedback the open comments on it are what is wished for."""
    is_clip = isinstance(thing, ClipProposal)
    wished = plain(feedback) or (plain(comment.content) if comment else "") or _comments_on(thing)
    params = {"thing": "clip" if is_clip else "record", "feedback": wished[:MOST_FEEDBACK]}
    run = runs.start(KIND, subject_id=thing.pk, params=params, created_by=actor)
    if comment is not None:
        ScriptComment.objects.filter(pk=comment.pk).update(run=run, regeneration_requested=True)
        comment.run, comment.regeneration_requested = run, True
    audit.record(
        "chat.clip.regenerate" if is_clip else "chat.record.regenerate",
        thing,
        actor=actor,
        run=str(run.pk),
        conversation=str(thing.conversation_id),
        comment=str(comment.pk) if comment else "",
    )
    return run


def conversation_of(thing_id: uuid.UUID) -> uuid.UUID | None:
    """Where the clip or section is, while it is there."""
    clips_ = ClipProposal.objects.filter(pk=thing_id).values_list("conversation", flat=True)
    records = Record.objects.filter(pk=thing_id).values_list("conversation", flat=True)
    return clips_.first() or records.first()


def failure_of(run: Run) -> DomainError:
    """That nothing else was found is an answer, and no fault of the studio's."""
    found = run.steps.filter(error_code="nothing_found").values_list("error", flat=True).first()
    return WrongStateError(found) if found else failure_of_run(run)


def plain(feedback: str) -> str:
    """What is wished for, without the word that calls for it."""
    return " ".join(_CALL.sub(" ", feedback).split())


def _comments_on(thing: ClipProposal | Record) -> str:
    open_ones = thing.comments.filter(resolved_at=None).order_by("created_at", "pk").values_list("content", flat=True)
    return " ".join(filter(None, map(plain, open_ones)))


def other_place(clip: ClipProposal, *, feedback: str, user: User, use: ai.Use) -> Place:
    """Somewhere else in what `user` sees, as the feedback wishes; never a range that the conversation shows or showed in this clip.

    Where the feedback is about the length alone, a part of the same place is what was wished for.
    """
    conversation = clip.conversation
    used = [Used(*row) for row in conversation.clips.listed().order_by().values_list("asset", "start", "end")]
    used += [Used(uuid.UUID(was["asset_id"]), was["start"], was["end"]) for was in clip.before]
    wish = understand(feedback or f"{clip.title}. {clip.text}"[:400], picked=Message.Intent.FIND)
    if not wish.topic:
        about = understand(f"{clip.title} {clip.text}"[:400])
        wish = Wish(wish.intent, wish.language, about.text, about.topic, (), wish.filters, wish.repeats)
    sources: list[Source] = []
    if is_about_length(feedback):
        sources.append(retrieving.source_of(clip.asset, clip.start, clip.end, n=1, clip_id=clip.pk))
    found = retrieving.sources_for(wish, user=user, conversation=conversation, used=used, most=MOST_SOURCES)
    allowed = clips.footage(conversation, user).values_list("pk", flat=True)
    seen = set(allowed.filter(pk__in={source.asset_id for source in found}))
    sources += [one for one in found if one.kind == SPEECH and one.words and one.asset_id in seen]
    sources = [source.numbered(n) for n, source in enumerate(sources, 1)]
    if not sources:
        raise StepError(NOTHING_ELSE, code="nothing_found")
    material = {
        "task": "clip",
        "language": language_of(feedback or clip.title),
        "clip": {"title": clip.title, "text": clip.text, "speaker": clip.speaker},
        "feedback": feedback,
        "sources": [retrieving.quoted(source) for source in sources],
        "topic": list(wish.topic),
    }
    answer = ai.chat_complete(_request(material, "chat_clip", schema=CHOICE), use=use, model=conversation.model)
    choice = _chosen(answer.value, sources)
    if choice is None:
        raise StepError(NOTHING_ELSE, code="nothing_found")
    source, start, end, title = choice
    return Place(source.asset_id, start, end, title, str(answer.engine))


def other_words(record: Record, *, feedback: str, user: User, use: ai.Use) -> tuple[str, str]:
    """The section in other words, and whose they are."""
    conversation = record.conversation
    wish = understand(feedback or record.content or record.heading, picked=Message.Intent.QUESTION)
    about = understand(f"{record.heading} {record.content} {feedback}"[:1000])
    wish = Wish(wish.intent, wish.language, about.text, about.topic, (), wish.filters, wish.repeats)
    found = retrieving.sources_for(wish, user=user, conversation=conversation)
    around = list(conversation.records.listed().only("id", "content", "position"))
    at = next((place for place, one in enumerate(around) if one.pk == record.pk), 0)
    material = {
        "task": "section",
        "language": language_of(feedback or record.content),
        "section": {"heading": record.heading, "content": record.content, "is_gap": record.is_gap},
        "before": around[at - 1].content[:600] if at else "",
        "after": around[at + 1].content[:600] if at + 1 < len(around) else "",
        "feedback": feedback,
        "sources": [retrieving.quoted(source) for source in found],
        "topic": list(about.topic),
    }
    answer = ai.chat_complete(_request(material, "chat_section"), use=use, model=conversation.model)
    text, rejected = cleaned(answer.value)
    blocks = [plain_words(block.text) for block in grammar.parse(text) if isinstance(block, grammar.Paragraph)]
    words = "\n\n".join(filter(None, blocks))[:MOST_SECTION].strip()
    if rejected:
        audit.record(
            "chat.record.ai_output_rejected", record, actor=None, engine=str(answer.engine), counts=dict(rejected)
        )
    if not words:
        raise StepError(NO_WORDS, code="nothing_found")
    return words, str(answer.engine)


def _request(material: dict[str, Any], prompt: str, *, schema: dict[str, Any] | None = None) -> ChatRequest:
    return ChatRequest(
        turns=[Turn("user", json.dumps(retrieving.told(material), ensure_ascii=False))],
        system=prompts.load(prompt),
        max_tokens=700,
        schema=schema,
        material=material,
    )


def _chosen(answer: str, sources: Sequence[Source]) -> tuple[Source, float, float, str] | None:
    """What the engine chose, if it is one of what it was given; the range within it, with the transcript's own times."""
    try:
        data = json.loads(answer)
        number, first, last = int(data["n"]), int(data["first"]), int(data["last"])
        title = plain_words(cleaned(str(data["title"]))[0])
    except (ValueError, KeyError, TypeError):
        return None
    source = next((one for one in sources if one.n == number), None)
    if source is None or not 1 <= first <= last or first > len(source.words):
        return None
    last = min(last, len(source.words))
    if source.clip_id and (first, last) == (1, len(source.words)):
        # That is the clip as it was.
        return next(((one, *cut(one, 1, len(one.words))[:2], title) for one in sources if not one.clip_id), None)
    start, end, text = cut(source, first, last)
    return source, start, end, title or text[:60]
