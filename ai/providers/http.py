"""What all adapters share on the wire: time and size limits, and one reading of how a request can fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from json import JSONDecodeError
from typing import Any

import httpx2
from django.conf import settings

from ai.errors import InvalidAnswerError, ProviderBusyError, ProviderError, ProviderRefusedError
from ai.routing import KEYS

TEXT_BYTES = 8 * 2**20
AUDIO_BYTES = 128 * 2**20
PICTURE_BYTES = 64 * 2**20
CLIP_BYTES = 512 * 2**20
LONGEST_RETRY_AFTER = 3600.0


class TooMuchError(httpx2.TransportError):
    """The answer is longer than any honest answer to this request."""


class TooSlowError(httpx2.ReadTimeout):
    """The answer as a whole took too long, even though bytes kept dripping."""


class Unasked(httpx2.TransportError):
    """The answer came compressed although identity was asked for: its real size cannot be bounded by counting."""


class Guarded(httpx2.SyncByteStream):
    """A response body that is cut off at a size and at a moment."""

    def __init__(self, inner: httpx2.SyncByteStream, *, limit: int, seconds: float) -> None:
        self._inner = inner
        self._limit = limit
        self._until = time.monotonic() + seconds

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._inner:
            received += len(chunk)
            if received > self._limit:
                raise TooMuchError("the answer is too long")
            if time.monotonic() > self._until:
                raise TooSlowError("the answer took too long")
            yield chunk

    def close(self) -> None:
        self._inner.close()


def client(*, limit: int = TEXT_BYTES) -> httpx2.Client:
    """A shared client per process whose answers cannot grow beyond `limit` bytes or drip for ever."""
    return _client(limit, settings.AI_CONNECT_SECONDS, settings.AI_READ_SECONDS, settings.AI_TOTAL_SECONDS)


@lru_cache(maxsize=8)
def _client(limit: int, connect: int, read: int, total: int) -> httpx2.Client:
    def guard(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unasked("compressed answer")
        stream = response.stream
        if isinstance(stream, httpx2.SyncByteStream):
            response.stream = Guarded(stream, limit=limit, seconds=total)

    return httpx2.Client(
        timeout=httpx2.Timeout(read, connect=connect),
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,  # a key must not travel to where an answer points
        event_hooks={"response": [guard]},
    )


@contextmanager
def failures(provider: str, *, sdk: Any) -> Iterator[None]:
    """Turns what the SDK, the wire and our own reading of an answer can raise into provider errors.

    `sdk` is the SDK's module: both name their exceptions alike.
    """
    try:
        yield
    except ProviderError:
        raise
    except sdk.APIStatusError as error:
        raise of_status(provider, error) from error
    except sdk.APIConnectionError as error:
        raise of_transport(provider, error.__cause__ or error) from error
    except (sdk.APIResponseValidationError, JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidAnswerError(f"{provider}'s answer could not be read.") from error
    except sdk.APIError as error:
        # An error object inside a stream, without a status: overload and limits are told by their type.
        raise _of_event(provider, error.body) from error
    except httpx2.TransportError as error:
        raise of_transport(provider, error) from error


def of_status(provider: str, error: Any) -> ProviderError:
    status = int(error.status_code)
    if status < 400:  # an error event inside a stream that began well
        return _of_event(provider, error.body)
    if status == 429 and _code(error.body) != "insufficient_quota":
        return ProviderBusyError(
            f"{provider} has reached its rate limit. The studio tries again by itself.",
            retry_after=retry_after(error.response.headers.get("retry-after", "")),
        )
    if status in {408, 409, 425, 529} or status >= 500:
        return ProviderBusyError(
            f"{provider} has a problem at the moment. The studio tries again by itself.",
            retry_after=retry_after(error.response.headers.get("retry-after", "")),
        )
    return ProviderRefusedError(_refusal(provider, status, error.body))


def _refusal(provider: str, status: int, body: Any) -> str:
    if status == 401:
        return f"{provider} does not accept the key. An administrator must check {KEYS[provider.lower()]}."
    if status == 402 or _code(body) == "insufficient_quota":
        return f"The studio's account at {provider} has no credit left."
    if status == 403:
        return f"{provider} does not allow this with the studio's key."
    if status == 404:
        return f"{provider} does not know the model or address that is configured."
    if status == 413:
        return f"The request is too large for {provider}."
    return f"{provider} refused the request as malformed (status {status})."


def of_transport(provider: str, error: BaseException) -> ProviderError:
    if isinstance(error, TooMuchError | Unasked):
        return InvalidAnswerError(f"{provider}'s answer is larger than this request can have.")
    if isinstance(error, httpx2.TimeoutException):
        return ProviderBusyError(f"{provider} did not answer in time. The studio tries again by itself.")
    return ProviderBusyError(f"The connection to {provider} was lost. The studio tries again by itself.")


def _of_event(provider: str, body: Any) -> ProviderError:
    if _code(body) in {"invalid_request_error", "authentication_error", "permission_error", "not_found_error"}:
        return ProviderRefusedError(f"{provider} refused the request.")
    return ProviderBusyError(f"{provider} broke off its answer. The studio tries again by itself.")


def _code(body: Any) -> str:
    """The error's own code or type, of either provider's shape."""
    inner = body.get("error", body) if isinstance(body, dict) else {}
    return str(inner.get("code") or inner.get("type") or "") if isinstance(inner, dict) else ""


def retry_after(header: str) -> float | None:
    """Seconds of a Retry-After header, which is a number or an HTTP date (RFC 9110 10.2.3)."""
    value = header.strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER) if seconds == seconds else None  # noqa: PLR0124 - NaN
