"""Small descriptions of nested values, from which input is cleaned and a JSON schema for models is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidFieldError

# What no text of a document needs, and readers of PDF and XML refuse.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Text:
    most: int


@dataclass(frozen=True)
class Number:
    least: int
    most: int


@dataclass(frozen=True)
class Each:
    """A list of `of`, at most so many."""

    of: Shape
    most: int


@dataclass(frozen=True)
class Parts:
    """A mapping. What is left out is empty; what is unknown is ignored."""

    of: Mapping[str, Shape]


Shape = Text | Number | Each | Parts


def plain(text: str) -> str:
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def empty(shape: Shape) -> Any:
    match shape:
        case Text():
            return ""
        case Number():
            return shape.least
        case Each():
            return []
        case Parts():
            return {name: empty(inner) for name, inner in shape.of.items()}


def cleaned(value: Any, shape: Shape, where: str) -> Any:
    """`value` with nothing in it but what `shape` says, or InvalidFieldError naming the place."""
    match shape:
        case Text():
            if not isinstance(value, str):
                raise InvalidFieldError("This is a text", field=where)
            if len(text := plain(value)) > shape.most:
                raise InvalidFieldError(f"At most {shape.most} characters", field=where)
            return text
        case Number():
            if isinstance(value, bool) or not isinstance(value, int) or not shape.least <= value <= shape.most:
                raise InvalidFieldError(f"A number from {shape.least} to {shape.most}", field=where)
            return value
        case Each():
            if not isinstance(value, list):
                raise InvalidFieldError("This is a list", field=where)
            if len(value) > shape.most:
                raise InvalidFieldError(f"At most {shape.most} entries", field=where)
            return [cleaned(one, shape.of, f"{where}.{index}") for index, one in enumerate(value)]
        case Parts():
            if not isinstance(value, Mapping):
                raise InvalidFieldError("This is an object", field=where)
            return {
                name: cleaned(value[name], inner, f"{where}.{name}") if name in value else empty(inner)
                for name, inner in shape.of.items()
            }


def schema_of(shape: Shape) -> dict[str, Any]:
    """JSON Schema, as hosted models take it: every field named and required, lengths checked afterwards."""
    match shape:
        case Text():
            return {"type": "string"}
        case Number():
            return {"type": "integer"}
        case Each():
            return {"type": "array", "items": schema_of(shape.of)}
        case Parts():
            return {
                "type": "object",
                "properties": {name: schema_of(inner) for name, inner in shape.of.items()},
                "required": list(shape.of),
                "additionalProperties": False,
            }
