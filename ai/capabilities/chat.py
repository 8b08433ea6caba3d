"""Writing: a conversation becomes the next turn, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from ai.capabilities.base import Engine, Usage


@dataclass(frozen=True)
class Turn:
    role: str  # user or assistant
    text: str


@dataclass(frozen=True)
class ChatRequest:
    """`schema` asks for one JSON object of that JSON schema; the answer is validated against it before it is returned.

    `material` is what the last turn holds, as data: {task, ask, language, sources, …}. Engines that compose rather than write work from it.
    """

    turns: list[Turn]
    system: str = ""
    max_tokens: int = 2048
    temperature: float | None = None
    schema: dict[str, Any] | None = field(default=None)
    material: dict[str, Any] | None = field(default=None)


class ChatStream(Protocol):
    """Iterate for pieces of text; `usage` is complete when the iteration ended."""

    usage: Usage

    def __iter__(self) -> Iterator[str]: ...

    def close(self) -> None:
        """Stops reading and frees the connection."""


class Chat(Protocol):
    engine: Engine

    def stream(self, request: ChatRequest) -> ChatStream: ...

    def complete(self, request: ChatRequest) -> tuple[str, Usage]: ...
