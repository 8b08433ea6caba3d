"""Keyed hashes of the trail. Whoever can write SQL but has not the key cannot make one."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

START = "0" * 64
FIELDS = (
    "id",
    "at",
    "category",
    "actor_id",
    "actor_email",
    "action",
    "subject_type",
    "subject_id",
    "before",
    "after",
    "details",
    "request_id",
    "ip_address",
    "user_agent",
)


def signed(kind: str, value: Any, *, key: str = "") -> str:
    """`kind` keeps apart what is hashed for different ends, so that none can pass for another."""
    text = json.dumps([kind, canonical(value)], sort_keys=True, separators=(",", ":"))
    return hmac.new((key or settings.AUDIT_KEY).encode(), text.encode(), hashlib.sha256).hexdigest()


def is_signed(signature: str, kind: str, value: Any) -> bool:
    """With the key of today or one of those before it."""
    keys: Iterable[str] = (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS)
    return any(hmac.compare_digest(signature, signed(kind, value, key=key)) for key in keys)


def content(row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row is hashed, the same before it is written and after it is read."""
    values = {name: row[name] for name in FIELDS}
    if values["ip_address"]:
        # Postgres and Python write some addresses of version 6 differently.
        values["ip_address"] = ipaddress.ip_address(values["ip_address"]).packed.hex()
    return values


def canonical(value: Any) -> Any:
    """One way to write each value. Numbers become text: a database may give 1e3 back as 1000."""
    match value:
        case Mapping():
            return {str(name): canonical(inner) for name, inner in value.items()}
        case list() | tuple():
            return [canonical(inner) for inner in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case None | bool():
            return value
        case int() | float() | Decimal():
            return f"number:{Decimal(str(value)).normalize()}"
    return str(value)
