"""What can go wrong, as meaning. Services raise these; core.rest.errors writes each surface's body from them."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """An expected failure with a sentence for the person who caused it. `details` are extra JSON fields beside the message."""

    status_code = 400
    code = "bad_request"
    default_message = "The request cannot be carried out."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or self.default_message
        self.details = details
        super().__init__(self.message)


class NotSignedInError(DomainError):
    status_code = 401
    code = "unauthorized"
    default_message = "Not authenticated"


class SecondFactorRequiredError(NotSignedInError):
    """The first proof was right; `mfa` says how to give the second, or where to set it up."""

    def __init__(self, *, mfa: dict[str, Any]) -> None:
        super().__init__("A second factor is needed.", mfa=mfa)


class NotAllowedError(DomainError):
    """`action` is what was asked of the policies, for the audit trail."""

    status_code = 403
    code = "forbidden"
    default_message = "Insufficient role permissions"
    action = ""


class ReauthenticationRequiredError(DomainError):
    """Signed in, but too long ago for what is asked. `code` tells programs to ask for the password again."""

    status_code = 403
    code = "reauthentication_required"
    default_message = "Confirm your password to do this."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message, **{"code": self.code, **details})


class NotFoundError(DomainError):
    status_code = 404
    code = "not_found"
    default_message = "Not found"


class WrongStateError(DomainError):
    status_code = 409
    code = "wrong_state"
    default_message = "This is not possible in the current state."


class ConflictError(DomainError):
    status_code = 409
    code = "conflict"
    default_message = "Somebody else changed this."


class TooLargeError(DomainError):
    status_code = 413
    code = "too_large"
    default_message = "File size exceeds limit"


class UnsupportedTypeError(DomainError):
    status_code = 415
    code = "unsupported_type"
    default_message = "This type of file is not supported."


class InvalidFieldError(DomainError):
    """Body, query or path fails its schema. `field` names the place as the caller wrote it."""

    status_code = 422
    code = "validation_error"
    default_message = "Invalid request parameters"

    def __init__(
        self, message: str | None = None, *, field: str = "", kind: str = "value_error", **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.field = field
        self.kind = kind


class UnsafeUrlError(DomainError):
    """An address that the studio must not fetch: private, ambiguous, or not a web address at all."""

    status_code = 422
    code = "unsafe_url"
    default_message = "This address cannot be fetched."


class FetchFailedError(DomainError):
    """A server elsewhere gave no complete answer within the limits."""

    status_code = 502
    code = "fetch_failed"
    default_message = "The other server did not answer."


class AnswerTooLargeError(FetchFailedError):
    """Asking again would bring the same."""

    default_message = "The answer is larger than allowed."


class UpgradeRequiredError(DomainError):
    status_code = 426
    code = "upgrade_required"
    default_message = "Upgrade required"


class TooManyRequestsError(DomainError):
    status_code = 429
    code = "rate_limit_exceeded"
    default_message = "Too many requests, please try again later"

    def __init__(self, message: str | None = None, *, retry_after: int = 60, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class UnavailableError(DomainError):
    """A needed dependency is down; the caller may try again after `retry_after` seconds."""

    status_code = 503
    code = "unavailable"
    default_message = "A service this needs is not available. Try again shortly."

    def __init__(self, message: str | None = None, *, retry_after: int = 5, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class StorageFullError(DomainError):
    status_code = 507
    code = "storage_full"
    default_message = "The studio's storage is full. Free some space and try again."
