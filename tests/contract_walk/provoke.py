"""How to provoke the errors that the contract's own words describe: bad fields, nobody, the wrong role, ids that are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN_ID = re.compile(r"(\w+) unknown")
BODY_ID = re.compile(r"user(?:_id)?(?: is)? unknown")
# What no field of this type takes. A number is no text for a name; an object is nothing but an object.
WRONG_TYPE: dict[str, tuple[Any, ...]] = {
    "string": ({"a": 1}, ["a"]),
    "uuid": ("not-a-uuid", 7, {}),
    "int": ("many", [1]),
    "float": ("many", [1]),
    "bool": ("perhaps", {}),
    "datetime": ("yesterday",),
    "object": ("text",),
    "list<string>": ("es", [{"a": 1}]),
    "list<url>": ("not-a-list", [7], {}),
    "list<uuid>": ("not-a-list", [7], ["not-a-uuid"]),
    **dict.fromkeys(("file", "file (video)", "file (.xlsx)", "file (.vtt)"), ("no file",)),
}
WRONG_FORMAT = {"email": ("no-address", "two@@signs.example", "")}


@dataclass(frozen=True)
class BadInput:
    """A body or query that the schema refuses, and where. `missing` when the field was left out."""

    place: str
    field: str
    values: Mapping[str, Any]
    missing: bool = False

    def __str__(self) -> str:
        return f"{self.place}.{self.field}={self.values.get(self.field, 'left out')!r}"


def unknown_id(when: str, path: str) -> str:
    """The parameter of `path` that an error's `when` says is unknown ("client_id unknown, …", "video unknown"); empty for none."""
    found = UNKNOWN_ID.match(when)
    if found is None:
        return ""
    named = found[1].lower()
    return next((name for name in re.findall(r"{(\w+)}", path) if name in (named, f"{named}_id")), "")


def bad_bodies(entry: Mapping[str, Any], good: Mapping[str, Any], skip: tuple[str, ...]) -> Iterator[BadInput]:
    request = entry.get("request") or {}
    # The parts of a form with a file are text, all but the file.
    parts = str(request.get("content_type", "")).startswith("multipart/")
    for name, about in (request.get("fields") or {}).items():
        if name in skip:
            continue
        if about.get("required"):
            yield BadInput("body", name, {key: value for key, value in good.items() if key != name}, missing=True)
        for value in bad_values(about, wire=parts):
            yield BadInput("body", name, {**good, name: value})


def bad_queries(entry: Mapping[str, Any], good: Mapping[str, Any], skip: tuple[str, ...]) -> Iterator[BadInput]:
    for name, about in (entry.get("query") or {}).items():
        if name in skip:
            continue
        for value in bad_values(about, wire=True):
            yield BadInput("query", name, {**good, name: value})


def bad_values(about: Mapping[str, Any], *, wire: bool) -> Iterator[Any]:
    """`wire`: in a query everything is text, so a text is never of the wrong type."""
    kind = str(about["type"]).removeprefix("nullable ")
    if not (wire and kind == "string"):
        yield from (value for value in WRONG_TYPE[kind] if not wire or isinstance(value, str))
    if "enum" in about:
        yield "no-such-word"
    if "min" in about:
        yield about["min"] - 1
    if about.get("min_items"):
        yield []
    if about.get("min_length") and not wire:
        yield "x" * (about["min_length"] - 1)
    if about.get("format") and not wire:
        yield from WRONG_FORMAT[about["format"]]
