"""What an answer is made of before an engine is asked, and what is kept of what it said."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts.models import User
from ai import prompts
from ai.capabilities.chat import ChatRequest, Turn
from chat.models import ClipProposal, Conversation, Message, Record
from chat.services import feedback, grammar, placing, retrieving
from chat.services.asking import Wish, understand
from chat.services.retrieving import Used
from chat.services.sources import Source
from chat.services.verifying import verify
from core import audit

# Nothing beyond is read, so a reader of a stream may hang up there.
MOST_CHARACTERS = grammar.MOST_CHARACTERS
MOST_TOKENS = {"script": 3000, "copy": 1600, "find": 1500, "question": 1000, "edit": 1500}
# What of the conversation before goes along, newest first.
HISTORY_CHARACTERS = 12_000
HISTORY_MESSAGES = 40
LOOKED_BACK = 400
MOST_QUOTED = 32_000
MOST_EXAMPLES = 2
EXAMPLE_CHARACTERS = 2_500

ROLES = (Message.Role.USER.value, Message.Role.ASSISTANT.value)


@dataclass(frozen=True)
class Prepared:
    intent: str
    sources: list[Source]
    request: ChatRequest


@dataclass(frozen=True)
class Settled:
    """`text` is what is kept of the answer: its words without ids, markup and pictures. `rejected` says what was thrown away."""

    text: str
    citations: list[dict[str, Any]] = field(default_factory=list)
    clips: list[ClipProposal] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)


def prepare(
    message: Message,
    *,
    quoted_history: Sequence[Mapping[str, str]] = (),
    previous_clips: Sequence[str] = (),
    repeats_clips: bool | None = None,
) -> Prepared:
    """`message` is the answer that waits; its parent asks. Its intent and sources are stored on it; asked again, it is given the same.

    `quoted_history` ({role, content}) is what a caller says was said elsewhere: quoted as data, never believed. `previous_clips` are ids
    of clips that are not to come again.
    """
    conversation, user = message.conversation, asker_of(message)
    branch = _branch(message)
    ask = branch[-1].content if branch else ""
    cut = list(conversation.clips.listed().filter(in_cut=True).select_related("asset")[:60])
    wish = understand(ask, picked=message.intent, has_cut=bool(cut))
    if message.sources:
        sources = retrieving.with_words(map(_stored, message.sources))
    else:
        used = _used(conversation, previous_clips, repeats=_repeats(conversation, wish, repeats_clips))
        sources = _sources(wish, branch, user=user, conversation=conversation, cut=cut, used=used)
    kept = [source.stored for source in sources]
    if (message.intent, message.sources) != (wish.intent, kept):
        message.intent, message.sources = wish.intent, kept
        message.save(update_fields=["intent", "sources"])
    material = _material(wish, sources, conversation=conversation, user=user, quoted=quoted_history)
    request = ChatRequest(
        turns=[*_history(branch[:-1]), Turn("user", json.dumps(retrieving.told(material), ensure_ascii=False))],
        system=f"{prompts.load('chat_answer')}\n\n{prompts.load(f'chat_{wish.intent}')}",
        max_tokens=MOST_TOKENS[wish.intent],
        material=material,
    )
    return Prepared(wish.intent, sources, request)


@transaction.atomic
def settle(message: Message, text: str, prepared: Prepared, *, partial: bool) -> Settled:
    """Verifies what the engine said against what it was given, and stores its clips, sections and citations. Twice is harmless.

    Called in the transaction that records the answer. The caller stores `Settled.text` as the message's content.
    """
    if partial:
        # The last line may be half of one.
        text = _whole_lines(text)
    verified = verify(text, prepared.sources)
    made = list(message.clips.order_by("position", "pk")), list(message.records.order_by("position", "pk"))
    clips, records = made if any(made) else placing.place(message, verified, asker=asker_of(message))
    citations = [source.stored for source in verified.cited]
    if verified.rejected:
        audit.record(
            "chat.message.ai_output_rejected",
            message,
            actor=None,
            engine=message.engine,
            conversation=str(message.conversation_id),
            counts=dict(verified.rejected),
        )
    return Settled(verified.text, citations, clips, records, verified.rejections)


def asker_of(message: Message) -> User:
    """Whoever wanted this answer: what they see is what it may quote."""
    if message.run and isinstance(message.run.created_by, User):
        return message.run.created_by
    asked = message.parent.author if message.parent else None
    return asked or message.conversation.owner


def _branch(message: Message) -> list[Message]:
    """From the first message that is looked back to, to the one that asks."""
    rows = message.conversation.messages.filter(number__lt=message.number).order_by("-number")
    known = {
        row.pk: row for row in rows.only("id", "parent", "role", "content", "number", "conversation")[:LOOKED_BACK]
    }
    branch: list[Message] = []
    at = message.parent_id
    while at is not None and at in known:
        branch.append(known[at])
        at = known[at].parent_id
    return branch[::-1]


def _history(branch: Sequence[Message]) -> list[Turn]:
    """The newest that there is room for, in turns that alternate and begin with a person."""
    chosen: list[Message] = []
    room = HISTORY_CHARACTERS
    for one in reversed(branch[-HISTORY_MESSAGES:]):
        if not one.content.strip():
            continue
        room -= len(one.content)
        if room < 0:
            break
        chosen.insert(0, one)
    turns: list[Turn] = []
    for one in chosen:
        if turns and turns[-1].role == one.role:
            turns[-1] = Turn(one.role, f"{turns[-1].text}\n\n{one.content}")
        elif turns or one.role == Message.Role.USER:
            turns.append(Turn(one.role, one.content))
    # What asks now is a turn of the person's: before it stands an answer, or nothing.
    while turns and turns[-1].role == Message.Role.USER:
        turns.pop()
    return turns


def _sources(
    wish: Wish,
    branch: Sequence[Message],
    *,
    user: User,
    conversation: Conversation,
    cut: Sequence[ClipProposal],
    used: Sequence[Used],
) -> list[Source]:
    own: list[Source] = []
    if wish.intent == Message.Intent.EDIT:
        own = [
            retrieving.source_of(clip.asset, clip.start, clip.end, n=n, clip_id=clip.pk)
            for n, clip in enumerate(cut, 1)
        ]
    found = retrieving.sources_for(_with_topic(wish, branch), user=user, conversation=conversation, used=used)
    return own + [source.numbered(len(own) + n) for n, source in enumerate(found, 1)]


def _with_topic(wish: Wish, branch: Sequence[Message]) -> Wish:
    """“And a shorter one” is about what was asked before."""
    if wish.topic or wish.phrases:
        return wish
    for one in reversed(branch[:-1]):
        if one.role == Message.Role.USER and (earlier := understand(one.content)).topic:
            return Wish(
                wish.intent, wish.language, f"{earlier.text} {wish.text}", earlier.topic, earlier.phrases,
                (*earlier.filters, *wish.filters), wish.repeats,
            )  # fmt: skip
    return wish


def _repeats(conversation: Conversation, wish: Wish, wanted: bool | None) -> bool:
    return wanted if wanted is not None else conversation.repeats_clips or wish.repeats


def _used(conversation: Conversation, previous: Sequence[str], *, repeats: bool) -> list[Used]:
    rows = ClipProposal.objects.none()
    if not repeats:
        rows = conversation.clips.listed()
    ranges = [Used(*values) for values in rows.order_by().values_list("asset", "start", "end")]
    named = [one for one in map(_uuid, previous) if one is not None]
    if named:
        again = ClipProposal.objects.filter(pk__in=named, conversation__in=Conversation.objects.live())
        ranges += [Used(*values) for values in again.order_by().values_list("asset", "start", "end")]
    return ranges


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


def _stored(kept: dict[str, Any]) -> Source:
    return Source(
        n=kept["n"],
        kind=kept["kind"],
        asset_id=uuid.UUID(kept["asset_id"]),
        title=kept["title"],
        text=kept["text"],
        speaker=kept["speaker"],
        start=kept["start"],
        end=kept["end"],
        language=kept["language"],
        segment_ids=tuple(map(uuid.UUID, kept["segment_ids"])),
        clip_id=uuid.UUID(kept["clip_id"]) if kept["clip_id"] else None,
        free_from=kept["free_from"],
        free_until=kept["free_until"],
        order=kept["order"],
        score=kept["score"],
        similarity=kept["similarity"],
        by_words=kept["by_words"],
    )


def _material(
    wish: Wish,
    sources: Sequence[Source],
    *,
    conversation: Conversation,
    user: User,
    quoted: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Everything that an engine is told, as data. No id stands in it."""
    persona, project = conversation.persona, conversation.project
    material: dict[str, Any] = {
        "task": wish.intent,
        "ask": wish.text,
        "language": wish.language,
        "sources": [retrieving.quoted(source) for source in sources],
    }
    if wish.intent == Message.Intent.EDIT:
        material["cut"] = [
            {"n": one.n, "seconds": round((one.end or 0) - (one.start or 0), 1)} for one in sources if one.clip_id
        ]
    if persona is not None and persona.is_active:
        material["persona"] = {
            name: value
            for name, value in (
                ("name", persona.name),
                ("description", persona.description[:1000]),
                ("tone", persona.tone[:1000]),
                ("style_notes", persona.style_notes[:1000]),
                ("vocabulary", persona.vocabulary[:30]),
            )
            if value
        }
    if project is not None:
        material["project"] = {"name": project.name, "description": project.description[:1000]}
    if wish.intent in {Message.Intent.SCRIPT, Message.Intent.COPY}:
        material["examples"] = [
            {"title": one.title, "text": one.content[:EXAMPLE_CHARACTERS]}
            for one in feedback.examples_for(user, conversation.organization, MOST_EXAMPLES)
        ]
    if quoted:
        room = MOST_QUOTED
        material["earlier"] = []
        for turn in list(quoted)[-50:]:
            said = str(turn.get("content", ""))[: max(0, room)]
            room -= len(said)
            material["earlier"].append({"said_by": str(turn.get("role", "")), "text": said})
    # For engines of our own: what the rules made of the wish.
    material["topic"] = list(wish.topic)
    return material


def _whole_lines(text: str) -> str:
    """A tag that was begun and not ended would be read as words."""
    opened = text.rfind("[[")
    return text[:opened].rstrip() if opened > text.rfind("]]") else text
