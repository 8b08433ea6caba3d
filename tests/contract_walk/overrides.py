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
SECRET_ONCE = Override(
    because="D27: a share link's token and URL are shown once, at creation; in lists both are null.",
    shape={
        "items": [
            {
                "id": "uuid",
                "job_id": "uuid",
                "token": "nullable string",
                "url": "nullable url",
                "expires_at": "nullable datetime",
                "allow_download": "bool",
                "view_count": "int",
                "created_by": "uuid",
                "created_at": "datetime",
            }
        ],
        "total": "int",
        "page": "int",
        "size": "int",
    },
)
BY_CODE = Override(
    because="The contract's languages are an example; wherever several are listed they stand in the order of their codes.",
    body={"detail": "Languages not approved: de, fr"},
)
SUBSCRIBES = Override(
    because="C2, D6 and D8: movie's webhook routes are real. POST subscribes an address: 201 with its id and its secret.",
    status=201,
    shape={
        "success": "bool",
        "id": "uuid",
        "url": "url",
        "events": "list<string>",
        "status": "string",
        "failures": "int",
        "createdAt": "datetime",
        "secret": "string",
    },
)
OVERRIDES: dict[tuple[str, str], Override] = {
    ("movie.webhooks.project_completed", "success"): SUBSCRIBES,
    ("movie.webhooks.media_processed", "success"): SUBSCRIBES,
    ("movie.webhooks.ai_response_ready", "success"): SUBSCRIBES,
    ("platform.setup_2fa.submit", "success"): CODES_FIRST,
    ("platform.setup_2fa_required.submit", "success"): CODES_FIRST,
    ("accessible.share.list", "success"): SECRET_ONCE,
    ("accessible.jobs.actions.complete", "Languages not approved: fr, de"): BY_CODE,
}
