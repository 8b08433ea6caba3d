"""What all capabilities share: what a use cost, and how an engine is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

Progress = Callable[[float, str], None]
"""Called with a fraction 0..1 and a short sentence; raises when the work was cancelled, so engines call it between pieces."""


def silent(_fraction: float, _message: str) -> None:
    """Progress for callers that show none."""


@dataclass(frozen=True)
class Engine:
    """Who does the work. `provider` is `local` or a hosted one; `model` is the engine's own name, as results state it."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"


@dataclass(frozen=True)
class Usage:
    """What one use consumed, for the ledger. `cost` is in US dollars; local engines cost nothing."""

    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0  # of audio heard or spoken, of video made
    images: int = 0
    characters: int = 0
    cost: Decimal = field(default=Decimal(0))
    provider_ref: str = ""  # the provider's id of the request
