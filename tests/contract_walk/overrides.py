"""Where a decision of ours overrides a line of the contract: what holds instead, and which decision says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Override:
    """What is None stays as in the contract."""

    because: str
    status: int | None = None
    body: Mapping[str, Any] | None = None
    shape: Mapping[str, Any] | None = None


# Keyed by entry and by "success", "alternative (…)" or the error's literal message.
OVERRIDES: dict[tuple[str, str], Override] = {}
