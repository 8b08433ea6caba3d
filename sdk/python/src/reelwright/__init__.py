"""Reelwright from Python."""

from reelwright.client import AIMovieClient, ReelwrightClient
from reelwright.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConflictError,
    LimitError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    ReelwrightError,
    ServerError,
    ValidationError,
)
from reelwright.media import Upload
from reelwright.streams import Answer, FilmEvents
from reelwright.webhooks import WebhookVerificationError, verify_webhook

__all__ = [
    "AIMovieClient",
    "AccessDeniedError",
    "Answer",
    "AuthenticationError",
    "ConflictError",
    "FilmEvents",
    "LimitError",
    "NetworkError",
    "NotFoundError",
    "RateLimitedError",
    "ReelwrightClient",
    "ReelwrightError",
    "ServerError",
    "Upload",
    "ValidationError",
    "WebhookVerificationError",
    "verify_webhook",
]
