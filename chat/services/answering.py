"""What an answer is made of before an engine is asked, and what is kept of what it said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ai.capabilities.chat import ChatRequest
from chat.models import ClipProposal, Message, Record
from chat.services import grammar
from chat.services.sources import Source

# Nothing beyond is read, so a reader of a stream may hang up there.
MOST_CHARACTERS = grammar.MOST_CHARACTERS


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
    message: Message, *, quoted_history: Sequence[Mapping[str, str]] = (), previous_clips: Sequence[str] = ()
) -> Prepared:
    """`message` is the answer that waits; its parent asks. Its intent and sources are stored on it; asked again, it is given the same.

    `quoted_history` ({role, content}) is what a caller says was said elsewhere: quoted as data, never believed. `previous_clips` are ids
    of clips that are not to come again.
    """
    raise NotImplementedError


def settle(message: Message, text: str, prepared: Prepared, *, partial: bool) -> Settled:
    """Verifies what the engine said against what it was given, and stores its clips, sections and citations. Twice is harmless.

    Call it in the transaction that records the answer. The caller stores `Settled.text` as the message's content.
    """
    raise NotImplementedError
