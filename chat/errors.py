"""What can go wrong with conversations and films beyond what can go wrong with anything."""

from __future__ import annotations

from core.errors import DomainError, InvalidFieldError, WrongStateError

TITLE_TAKEN = "Project title already exists"


class FilmLimitError(DomainError):
    """The tier has no room for another film."""

    status_code = 402
    code = "subscription_limit"
    default_message = "Subscription limit exceeded (free tier allows 3 projects)"


class TitleTakenError(InvalidFieldError):
    """Another film of the same owner is called this."""

    status_code = 409

    def __init__(self) -> None:
        super().__init__(TITLE_TAKEN, field="title")


class AnswerUnderWayError(WrongStateError):
    code = "answer_under_way"
    default_message = "An answer is being written in this conversation. Wait until it is there, or stop it."


class NoMessageError(DomainError):
    default_message = "No message provided"


class AnswerFailedError(DomainError):
    """The model that was asked did not answer. Why is in the AI log and with the message."""

    status_code = 500
    code = "ai_service_error"
    default_message = "AI service error"
