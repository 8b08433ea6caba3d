"""JSON as the standard has it, within limits that the database and the stack can bear."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core.errors import TooLargeError
from core.rest.body import limit_of
from core.rest.dialects import PLATFORM, dialect_of

DEEPEST = 50


class StrictJSONParser(JSONParser):
    """Refuses (400) NaN and infinities, NUL and lone surrogates, nesting beyond 50, and (413) bodies beyond the view's limit."""

    nul_allowed = False
    any_number = False

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  (the framework's signature)
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        context = parser_context or {}
        self.check_length(context)
        try:
            text = stream.read().decode(context.get("encoding", "utf-8"))
            constant, number = (None, None) if self.any_number else (refuse_constant, finite)
            value = json.loads(text, parse_constant=constant, parse_float=number)
        except RecursionError as error:
            raise ParseError(f"The JSON is nested deeper than {DEEPEST} levels.") from error
        except (ValueError, LookupError) as error:
            if counts_as_empty(context):
                return {}
            raise ParseError(f"The body is not valid JSON: {error}") from error
        self.check(value, 0)
        return value  # type: ignore[no-any-return]  # may be any JSON; serializers say so when it is no object

    def check_length(self, context: Mapping[str, Any]) -> None:
        """The ASGI guard has done this already; other servers and the test client have not."""
        request, view = context.get("request"), context.get("view")
        length = str(request.META.get("CONTENT_LENGTH") or "") if request is not None else ""
        if length.isdigit() and int(length) > limit_of(view):
            raise TooLargeError("The request is larger than allowed here.")

    def check(self, value: Any, depth: int) -> None:
        if isinstance(value, str):
            self.check_text(value)
        elif isinstance(value, dict | list):
            if depth >= DEEPEST:
                raise ParseError(f"The JSON is nested deeper than {DEEPEST} levels.")
            for inner in value.values() if isinstance(value, dict) else value:
                self.check(inner, depth + 1)
            if isinstance(value, dict):
                for key in value:
                    self.check_text(key)

    def check_text(self, text: str) -> None:
        if "\0" in text and not self.nul_allowed:
            raise ParseError("The JSON holds a NUL character, which cannot be stored.")
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise ParseError("The JSON holds half of a surrogate pair, which is not text.") from error


class TrackJSONParser(StrictJSONParser):
    """For WebVTT in JSON: the WebVTT reader turns NUL into U+FFFD itself."""

    nul_allowed = True


class TimesJSONParser(StrictJSONParser):
    """For times: NaN and infinities come through to those who judge times, and say what is wrong with them in their own words."""

    any_number = True


def counts_as_empty(context: Mapping[str, Any]) -> bool:
    """The platform's document reads what is no JSON as an empty object: its answer is then about the first field that is missing."""
    request = context.get("request")
    return request is not None and dialect_of(request.path) is PLATFORM


def refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is out of range")
    return number
