"""Reading what a model wrote: data to be checked, never trusted."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from ai.errors import InvalidAnswerError


def dig(thing: Any, *path: str) -> Any:
    """A nested attribute or None. The SDKs build their objects without checking them, so any part may be missing."""
    for name in path:
        thing = getattr(thing, name, None)
    return thing


def count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def parse(text: str, schema: dict[str, Any], *, provider: str) -> Any:
    """The JSON value in `text`, valid against `schema`, or InvalidAnswerError."""
    try:
        value = json.loads(text)
        jsonschema.validate(value, schema)
    except (ValueError, RecursionError, jsonschema.ValidationError) as error:
        raise InvalidAnswerError(f"{provider}'s answer does not have the form that was asked for.") from error
    return value
