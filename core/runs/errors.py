"""How a step ends other than well."""

from __future__ import annotations

from core.errors import DomainError


class HaltedError(Exception):
    """The step must stop now: cancelled, taken over by another worker, or out of time. Not a failure of the work itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  # cancelled, lost or timeout


class StepError(DomainError):
    """The work cannot be done as it stands. `message` is shown to people; `retryable` lets the studio try again by itself."""

    status_code = 500
    code = "step_failed"
    default_message = "This step could not be finished."
    retryable = False

    def __init__(self, message: str | None = None, *, code: str = "", retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.retryable = retryable
