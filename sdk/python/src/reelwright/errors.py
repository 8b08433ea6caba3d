"""What can go wrong, by what one does about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class ReelwrightError(Exception):
    """`status` is HTTP's, 0 without an answer; `code` the studio's; `details` name fields; `request_id` is for its administrators."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        details: list[dict[str, Any]] | None = None,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = details or []
        self.request_id = request_id
        self.retry_after = retry_after


class NetworkError(ReelwrightError):
    """No answer came. What may be repeated was repeated already."""


class AuthenticationError(ReelwrightError):
    """401: no key, a wrong one, or one that has ended."""


class LimitError(ReelwrightError):
    """402: the tier has no room for more."""


class AccessDeniedError(ReelwrightError):
    """403."""


class NotFoundError(ReelwrightError):
    """404: it is not there, or not for you."""


class ConflictError(ReelwrightError):
    """409: somebody was quicker, or this is not the state for it."""


class ValidationError(ReelwrightError):
    """400, 413, 415, 422: what was sent cannot be taken."""


class RateLimitedError(ReelwrightError):
    """429: `retry_after` says in how many seconds."""


class ServerError(ReelwrightError):
    """5xx."""


KINDS: dict[int, type[ReelwrightError]] = {
    400: ValidationError,
    401: AuthenticationError,
    402: LimitError,
    403: AccessDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: ValidationError,
    415: ValidationError,
    422: ValidationError,
    429: RateLimitedError,
}


def error_of(status: int, body: bytes, headers: Mapping[str, str]) -> ReelwrightError:
    """The studio's surfaces word failures in a few ways; here they are one."""
    try:
        content = json.loads(body)
    except ValueError:
        content = {}
    content = content if isinstance(content, dict) else {}
    told = content.get("error")
    details: list[dict[str, Any]] = []
    code = ""
    if isinstance(told, dict):
        message, code, details = (
            str(told.get("message", "")),
            str(told.get("code", "")),
            list(told.get("details") or []),
        )
    elif isinstance(content.get("detail"), list):
        details = [one for one in content["detail"] if isinstance(one, dict)]
        message = str(details[0].get("msg", "")) if details else ""
    else:
        message = str(content.get("message") or told or content.get("detail") or "")
    after = headers.get("retry-after", "")
    kind = KINDS.get(status, ServerError if status >= 500 else ReelwrightError)
    return kind(
        message or f"The studio answered with {status}.",
        status=status,
        code=code,
        details=details,
        request_id=headers.get("x-request-id", ""),
        retry_after=float(after) if after.isdigit() else None,
    )
