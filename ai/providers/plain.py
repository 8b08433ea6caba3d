"""Providers without a client library of their own: requests over plain HTTP, with the same limits and the same errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

import httpx2

from ai.errors import InvalidAnswerError
from ai.providers import http


class StatusError(Exception):
    """An answer that says no. `code` is the provider's own name of the reason, `status` what the answer's should have been."""

    def __init__(self, response: Any, code: str = "", *, status: int = 0) -> None:
        super().__init__(response.status_code)
        self.response = response
        self.status_code = status or response.status_code
        self.code = code
        self.body = {"code": code}


@contextmanager
def failures(provider: str) -> Iterator[None]:
    try:
        yield
    except StatusError as error:
        raise http.of_status(provider, error) from error
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidAnswerError(f"{provider}'s answer could not be read.") from error
    except httpx2.TransportError as error:
        raise http.of_transport(provider, error) from error


def json_of(response: httpx2.Response) -> Any:
    """The answer as JSON, whatever else it says it is; inside `failures`."""
    response.read()
    if "json" not in response.headers.get("content-type", ""):
        raise JSONDecodeError("not JSON", "", 0)
    return response.json()
