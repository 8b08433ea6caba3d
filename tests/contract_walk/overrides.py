"""Where a decision of ours overrides a line of the contract: what holds instead, and which decision says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Override:
    """What is None stays as in the contract. `says` is a pattern of the page that is shown instead of going elsewhere."""

    because: str
    status: int | None = None
    body: Mapping[str, Any] | None = None
    shape: Mapping[str, Any] | None = None
    says: str = ""


# Keyed by entry and by "success", "alternative (…)" or the error's literal message.
CODES_FIRST = Override(
    because="D23: recovery codes are shown once, after set-up. The entry's notes accept a page that confirms success.",
    status=200,
    says="recovery codes",
)
OVERRIDES: dict[tuple[str, str], Override] = {
    ("platform.setup_2fa.submit", "success"): CODES_FIRST,
    ("platform.setup_2fa_required.submit", "success"): CODES_FIRST,
}
