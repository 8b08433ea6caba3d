"""How engines and providers fail, so that callers can wait, ask a person, or give up."""

from __future__ import annotations

from core.errors import DomainError, InvalidFieldError


class ProviderError(DomainError):
    """Base of everything a provider can do wrong. `retryable`: the same request may succeed later."""

    status_code = 502
    code = "provider_error"
    retryable = False
    default_message = "The AI provider could not do this."


class ProviderBusyError(ProviderError):
    """Rate limit, overload, time-out, cut connection. `retry_after` is what the provider asked for, in seconds, if it did."""

    status_code = 503
    code = "provider_busy"
    retryable = True
    default_message = "The AI provider is busy. The studio tries again by itself."

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderRefusedError(ProviderError):
    """Wrong key, unknown model, content refused: asking again changes nothing."""

    code = "provider_refused"
    default_message = "The AI provider refused the request."


class InvalidAnswerError(ProviderError):
    """The answer does not have the shape that was asked for. Worth one more try; never used.

    `raw` is how it began, for the operator: the ledger keeps it without secrets. `retryable` is false where one more order
    would cost once more, which a person decides.
    """

    code = "provider_invalid_response"
    default_message = "The AI provider's answer could not be read."

    def __init__(self, message: str | None = None, *, raw: str = "", retryable: bool = True) -> None:
        super().__init__(message)
        self.raw = raw[:4000]
        self.retryable = retryable


class EngineMissingError(ProviderError):
    """A local engine has no weights or no program. The message names what is missing and the command that gets it."""

    status_code = 503
    code = "engine_missing"
    default_message = "The engine for this is not installed. Run: manage.py models"


class LanguageUnsupportedError(ProviderError):
    """No configured engine speaks this language or pair: the work goes to a person."""

    status_code = 422
    code = "language_unsupported"
    default_message = "No engine here speaks this language."


class BudgetExceededError(ProviderError):
    status_code = 402
    code = "budget_exceeded"
    default_message = "The budget for AI use is used up."


class UnknownNameError(InvalidFieldError):
    """A model, provider or voice that is not in the catalogue."""


class InvalidDateError(DomainError):
    """A filter of the log that is no date."""

    default_message = "Invalid date"
