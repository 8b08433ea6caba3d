"""The five documents as test data: finds an entry and holds an answer against its shape."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "contract"


@cache
def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return found


def endpoint(entry: str) -> dict[str, Any]:
    """The entry with this id, such as `accessible.jobs.get`."""
    found = document(entry.split(".", 1)[0])["endpoints"]
    return next(one for one in found if one["id"] == entry)


def differences(value: Any, shape: Any, where: str = "answer") -> list[str]:
    """What of `value` is not as `shape` says. Further keys are allowed; no listed key may be missing."""
    if isinstance(shape, dict):
        return _mapping(value, shape, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        return [line for i, one in enumerate(value) for line in differences(one, shape[0], f"{where}[{i}]")]
    if listed := re.fullmatch(r"list<(.+)>", shape):
        return differences(value, [listed[1]], where)
    if shape.startswith("nullable "):
        return [] if value is None else differences(value, shape.removeprefix("nullable "), where)
    return [] if SCALARS[shape](value) else [f"{where}: {value!r} is no {shape}"]


def _mapping(value: Any, shape: dict[str, Any], where: str) -> list[str]:
    if shape.get("$nullable") and value is None:
        return []
    if not isinstance(value, dict):
        return [f"{where}: not an object"]
    if set(shape) == {"$map"}:
        return [line for key, one in value.items() for line in differences(one, shape["$map"], f"{where}.{key}")]
    lines = []
    for key, inner in shape.items():
        if key == "$nullable":
            continue
        if key not in value:
            lines.append(f"{where}.{key}: missing")
        else:
            lines.extend(differences(value[key], inner, f"{where}.{key}"))
    return lines


def _is_uuid(value: Any) -> bool:
    try:
        canonical = str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        return False
    return canonical == str(value)


def _is_datetime(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (ValueError, TypeError):
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


SCALARS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "uuid": _is_uuid,
    "url": lambda value: isinstance(value, str) and bool(urlsplit(value).scheme in {"http", "https"}),
    "datetime": _is_datetime,
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": _is_number,
    "bool": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
}
