"""Names for speakers who have none, from what is said and from voices that are known: proposed, never written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from pgvector.django import CosineDistance

from accounts.models import User
from ai import prompts, routing
from ai import services as ai
from ai.capabilities.chat import ChatRequest, Turn
from core.errors import DomainError
from media_library.media.speaker_names import Said, names_in
from media_library.models import Asset, Speaker, Suggestion, Transcript

log = structlog.get_logger(__name__)

# One person is above this with some seconds of clean speech; similar voices of two reach 0.8 (docs/speakers.md).
SAME_VOICE = 0.85
FOUND_IN_WORDS = "local:name-patterns"
# What a model reads of a long recording: people say their names when they begin.
MOST_CHARACTERS = 12_000
LONGEST_REASON = 200
ANSWER = {
    "type": "object",
    "properties": {
        "speakers": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("label", "name", "because")},
                "required": ["label", "name", "because"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["speakers"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Proposal:
    label: str
    name: str
    because: str


def suggest_names(transcript: Transcript, *, by: User | None) -> Suggestion | None:
    """Proposes names for the nameless; None when nothing was found. A model reads along where one is there and a person asked."""
    speakers = list(transcript.speakers.all())
    nameless = [speaker for speaker in speakers if not speaker.name]
    if not nameless:
        return None
    said = _said(transcript)
    found = {one.label: one for one in _by_voice(transcript, nameless)}
    engine, measured, call_id = FOUND_IN_WORDS, True, None
    for one in names_in(said, language=transcript.language):
        found.setdefault(one.speaker, Proposal(one.speaker, one.name, f"“{one.because}”"))
    if by is not None and (read := _by_reading(transcript, said, by=by)):
        proposals, engine, call_id = read
        measured = False
        for proposal in proposals:
            found.setdefault(proposal.label, proposal)
    content = _sorted_out(found, nameless, taken={speaker.name.casefold() for speaker in speakers if speaker.name})
    return _propose(transcript, content, engine=engine, measured=measured, call_id=call_id)


def _said(transcript: Transcript) -> list[Said]:
    """Turns: what one speaker says until another begins."""
    rows = transcript.segments.order_by("position").values_list("speaker__label", "text")
    turns = groupby(rows, key=lambda row: row[0] or "")
    return [Said(label, " ".join(text for _, text in group if text)) for label, group in turns if label]


def _by_voice(transcript: Transcript, nameless: Sequence[Speaker]) -> list[Proposal]:
    """The same voice in another transcript of the house (or of the owner, who has none) that carries a name."""
    asset = transcript.asset
    if asset.organization_id:
        theirs = Asset.objects.filter(organization=asset.organization_id, shelf__in=Asset.SHARED)
        if asset.client_id:
            # What is said for one customer is not told to another.
            theirs = theirs.filter(Q(client=None) | Q(client=asset.client_id))
    else:
        theirs = Asset.objects.filter(owner=asset.owner_id, organization=None)
    known = Speaker.objects.filter(transcript__asset__in=theirs.filter(deleted_at=None)).exclude(name="")
    found = []
    for speaker in nameless:
        if speaker.voice is None:
            continue
        near = (
            known.exclude(transcript=transcript)
            .filter(voice_engine=speaker.voice_engine, voice__isnull=False)
            .annotate(distance=CosineDistance("voice", speaker.voice))
            .order_by("distance", "pk")
            .values_list("name", "distance", "transcript__asset__title", "transcript__asset__filename")
            .first()
        )
        if near is not None and 1 - near[1] >= SAME_VOICE:
            name, _, title, filename = near
            found.append(Proposal(speaker.label, name, f"sounds like {name} in “{(title or filename)[:80]}”"))
    return found


def _by_reading(transcript: Transcript, said: Sequence[Said], *, by: User) -> tuple[list[Proposal], str, Any] | None:
    """What a model makes of the words. Where none is configured, or it fails, the patterns are what there is."""
    if not any(route.hosted for route in routing.routes("chat")):
        return None
    asked = {"language": transcript.language, "turns": [{"label": one.speaker, "text": one.text} for one in said]}
    while len(text := json.dumps(asked, ensure_ascii=False)) > MOST_CHARACTERS and len(asked["turns"]) > 1:
        asked["turns"] = asked["turns"][: len(asked["turns"]) * 3 // 4]
    request = ChatRequest([Turn("user", text[: 2 * MOST_CHARACTERS])], prompts.load("name_speakers"), schema=ANSWER)
    use = ai.Use("media_library.name_speakers", user_id=by.pk, organization_id=transcript.asset.organization_id)
    try:
        answer = ai.chat_complete(request, use=use)
    except DomainError as error:
        log.warning("transcripts.naming_failed", transcript=str(transcript.pk), error=error.message)
        return None
    rows = json.loads(answer.value)["speakers"]
    return [Proposal(row["label"], row["name"], row["because"]) for row in rows], str(answer.engine), answer.call_id


def _sorted_out(found: dict[str, Proposal], nameless: Sequence[Speaker], *, taken: set[str]) -> list[dict[str, str]]:
    """Only of speakers that are there and have no name, and no name twice: whoever proposed it, it is data."""
    content = []
    for speaker in nameless:
        proposal = found.get(speaker.label)
        name = _one_line(proposal.name)[:150] if proposal else ""
        if proposal is None or not name or name.casefold() in taken:
            continue
        taken.add(name.casefold())
        because = _one_line(proposal.because)[:LONGEST_REASON]
        content.append({"label": speaker.label, "name": name, "because": because})
    return content


def _one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


@transaction.atomic
def _propose(
    transcript: Transcript, content: list[dict[str, str]], *, engine: str, measured: bool, call_id: Any
) -> Suggestion | None:
    """One proposal of a kind is open at a time: the newest."""
    asset = Asset.objects.select_for_update(of=("self",)).filter(pk=transcript.asset_id, deleted_at=None).first()
    if asset is None:
        return None
    kind, status = Suggestion.Kind.SPEAKERS, Suggestion.Status.OPEN
    Suggestion.objects.filter(asset=asset, kind=kind, status=status).delete()
    if not content:
        return None
    return Suggestion.objects.create(
        asset=asset, kind=kind, content=content, engine=engine[:100], measured=measured, call_id=call_id
    )
