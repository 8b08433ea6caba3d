"""What can go wrong with films beyond what can go wrong with anything."""

from __future__ import annotations

from core.errors import DomainError, InvalidFieldError

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
