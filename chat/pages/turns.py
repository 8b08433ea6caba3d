"""Messages and clips as their templates read them. As many queries for a page of them as for one."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User
from chat.models import Attachment, ClipProposal, Message
from chat.queries.thread import Thread
from chat.queries.thread import Turn as Row
from chat.services import showing
from media_library.models import Asset
from media_library.pages.cards import SIGNS, shown
from media_library.queries import links

PROVIDERS = {"openai": "OpenAI"}
# Where the footage is hidden from this reader, so is its name: the words in the answer are all they were given.
HIDDEN = "Footage that you cannot open"


@dataclass(frozen=True)
class Brought:
    """A file that came with a message, as a chip."""

    pk: uuid.UUID
    asset_id: uuid.UUID
    name: str
    kind: str
    milliseconds: float | None

    @property
    def sign(self) -> str:
        return SIGNS.get(self.kind, "doc")


@dataclass(frozen=True)
class ClipCard:
    id: uuid.UUID
    index: int
    asset_id: uuid.UUID
    title: str
    description: str
    text: str
    speaker: str
    start: float
    end: float
    in_cut: bool
    version: int
    source: str = HIDDEN
    kind: str = ""
    picture: str = ""
    is_open: bool = False

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def start_ms(self) -> float:
        return round(self.start * 1000)

    @property
    def end_ms(self) -> float:
        return round(self.end * 1000)

    @property
    def start_thousandths(self) -> str:
        return f"{round(self.start_ms) % 1000:03}"

    @property
    def end_thousandths(self) -> str:
        return f"{round(self.end_ms) % 1000:03}"

    @property
    def sign(self) -> str:
        return SIGNS.get(self.kind, "movie")

    @property
    def download_url(self) -> str:
        span = urlencode({"start": f"{self.start:.3f}", "end": f"{self.end:.3f}"})
        return f"{reverse('media_library:clip_download', args=[self.asset_id])}?{span}"


@dataclass(frozen=True)
class Turn:
    message: Message
    html: SafeString
    siblings: list[uuid.UUID]
    is_mine: bool
    clips: list[ClipCard] = field(default_factory=list)
    attachments: list[Brought] = field(default_factory=list)

    @property
    def is_answer(self) -> bool:
        return self.message.role == Message.Role.ASSISTANT

    @property
    def is_coming(self) -> bool:
        return self.message.status in Message.UNDER_WAY

    @property
    def place(self) -> int:
        return self.siblings.index(self.message.pk) + 1

    @property
    def total(self) -> int:
        return len(self.siblings)

    @property
    def before(self) -> uuid.UUID | None:
        return self.siblings[self.place - 2] if self.place > 1 else None

    @property
    def after(self) -> uuid.UUID | None:
        return self.siblings[self.place] if self.place < self.total else None

    @property
    def engine(self) -> str:
        """What ran, in words: engines of this machine are called what they are."""
        provider, _, model = self.message.engine.partition(":")
        if provider == "local":
            return f"Put together on this machine ({model})" if self.message.composed else f"On this machine: {model}"
        return f"{model} by {PROVIDERS.get(provider, provider.capitalize())}"

    @property
    def is_free(self) -> bool:
        return self.message.engine.startswith("local:") and not self.message.cost

    @property
    def stamp(self) -> str:
        """The same as long as there is nothing new to show of it."""
        message = self.message
        parts = [message.status, len(message.content), message.finished_at, *self.siblings, len(self.attachments)]
        parts += [f"{clip.id}.{clip.version}.{clip.index}.{clip.in_cut}" for clip in self.clips]
        return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]

    @property
    def sources_json(self) -> str:
        """What its words may quote while they come."""
        keys = ("n", "asset_id", "title", "start", "end")
        return json.dumps([{key: one.get(key) for key in keys} for one in self.message.sources])

    @property
    def rejected(self) -> list[str]:
        return [str(one.get("reason") or one) if isinstance(one, dict) else str(one) for one in self.message.rejected]


def turns(thread: Thread, user: User) -> list[Turn]:
    of_message = defaultdict(list)
    for message_id, card in cards(thread.clips, user):
        of_message[message_id].append(card)
    return [_turn(row, user, of_message[row.message.pk]) for row in thread.messages]


def turn(message: Message, user: User) -> Turn:
    """One alone."""
    siblings = message.conversation.messages.filter(parent=message.parent_id).order_by("number")
    clips = [card for of, card in cards(message.conversation.clips.listed(), user) if of == message.pk]
    return _turn(Row(message, list(siblings.values_list("pk", flat=True))), user, clips)


def _turn(row: Row, user: User, clips: list[ClipCard]) -> Turn:
    message = row.message
    return Turn(
        message=message,
        html=showing.html_of(message),
        siblings=row.siblings,
        is_mine=message.role == Message.Role.USER and message.author_id == user.pk,
        clips=clips,
        attachments=brought(message.attachments.all()),
    )


def brought(attachments: Iterable[Attachment]) -> list[Brought]:
    return [
        Brought(
            pk=one.pk,
            asset_id=one.asset_id,
            name=one.original_filename,
            kind=one.asset.kind,
            milliseconds=one.asset.duration * 1000 if one.asset.duration else None,
        )
        for one in attachments
    ]


def cards(clips: Iterable[ClipProposal], user: User) -> list[tuple[uuid.UUID | None, ClipCard]]:
    """The clips in their order, each with the message that proposed it."""
    clips = list(clips)
    seen = Asset.objects.visible_to(user).filter(pk__in={clip.asset_id for clip in clips}, deleted_at=None)
    assets = {asset.pk: asset for asset in seen}
    pictures = links.pictures(assets.values()) if assets else {}
    return [
        (clip.message_id, _card(clip, index, assets.get(clip.asset_id), pictures)) for index, clip in enumerate(clips)
    ]


def _card(clip: ClipProposal, index: int, asset: Asset | None, pictures: dict[uuid.UUID, Asset]) -> ClipCard:
    open_to_reader: dict[str, Any] = {}
    if asset is not None:
        open_to_reader = {
            "source": asset.name, "kind": asset.kind, "picture": shown(pictures.get(asset.pk)), "is_open": True,
        }  # fmt: skip
    return ClipCard(
        id=clip.pk,
        index=index,
        asset_id=clip.asset_id,
        title=clip.title,
        description=clip.description,
        text=clip.text,
        speaker=clip.speaker,
        start=clip.start,
        end=clip.end,
        in_cut=clip.in_cut,
        version=clip.version,
        **open_to_reader,
    )
