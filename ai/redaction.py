"""What the log of model use may keep and show: no keys, no tokens, no addresses of people, and no more than fits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Of one request as JSON; what was asked is read by people.
MOST_KEPT = 32_000
# Of one answer, when it is shown. It is kept whole, because a retry replays it.
MOST_SHOWN = 64_000
DEEPEST = 12

EMAIL, KEY, TOKEN, HIDDEN = "[e-mail]", "[key]", "[token]", "[hidden]"
MARKS = (EMAIL, KEY, TOKEN, HIDDEN)
SECRET_NAMES = re.compile(
    r"(?i)^(authorization|cookie|set-cookie|password|passwd|passphrase|secret|client_secret|credentials?"
    r"|(?:x-)?api[-_]?key|(?:access|refresh|id|csrf|session|auth)[-_]?token|token|otp|private[-_]?key)$"
)
# Signs of a key's kind, as their makers publish them for such searches, and ours.
KEYS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|pk|rk)-(?:ant-|proj-|live-|test-)?[A-Za-z0-9_-]{16,}"
    r"|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|rwk_[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{30,}|hf_[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r")"
)
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")
BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{12,}")
# In an address or a line of settings: the name stays, the value goes.
ASSIGNED = re.compile(
    r"(?i)\b(password|passwd|secret|client_secret|api[-_]?key|access[-_]?token|refresh[-_]?token|token|signature|sig)"
    r"(\s*[=:]\s*[\"']?)([^\s\"'&,;]{6,})"
)
LOGIN_IN_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{1,100}:[^\s/@]{1,200}@")
ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}"
)

LAST_WORD = re.compile(r"\S{1,4000}\Z")


def clean(text: str) -> str:
    text = PRIVATE_KEY.sub(KEY, text)
    text = LOGIN_IN_ADDRESS.sub(rf"\1{HIDDEN}@", text)
    text = JWT.sub(TOKEN, text)
    text = BEARER.sub(rf"\1\2{TOKEN}", text)
    text = KEYS.sub(KEY, text)
    text = ASSIGNED.sub(lambda found: found[0] if found[3] in MARKS else f"{found[1]}{found[2]}{HIDDEN}", text)
    return ADDRESS.sub(EMAIL, text)


def kept(request: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As it is written into the log."""
    return None if request is None else _object(request, MOST_KEPT)


def shown(content: Any) -> dict[str, Any]:
    """As it is read from the log: what was written under older rules is cleaned by today's."""
    if content is None:
        return {}
    return _object(content if isinstance(content, Mapping) else {"content": content}, MOST_SHOWN)


def marks_in(*contents: Any) -> list[str]:
    """Which kinds were taken out of these, for people to know."""
    text = json.dumps(contents, ensure_ascii=False, default=str)
    return [mark for mark in MARKS if mark in text]


def _object(content: Mapping[str, Any], room: int) -> dict[str, Any]:
    found = _Room(room).walked(content, 0)
    return found if isinstance(found, dict) else {}


class _Room:
    """Walks a value once and stops writing when there is no more room; what is left out is counted, not silently gone."""

    def __init__(self, room: int) -> None:
        self.room = room

    def walked(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool | int | float) or value is None:
            self.room -= 8
            return value
        if depth >= DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, list | tuple):
            return self.row(value, depth)
        # Bytes and whatever else is no JSON: its kind, never its content.
        return f"[{type(value).__name__}]"

    def mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, inner in value.items():
            if self.room <= 0:
                made["…"] = f"{len(value) - len(made)} more left out"
                break
            self.room -= len(str(name)) + 4
            secret = SECRET_NAMES.match(str(name)) and inner not in (None, "")
            made[clean(str(name))[:200]] = HIDDEN if secret else self.walked(inner, depth + 1)
        return made

    def row(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        made: list[Any] = []
        for inner in value:
            if self.room <= 0:
                made.append(f"… {len(value) - len(made)} more left out")
                break
            made.append(self.walked(inner, depth + 1))
        return made

    def text(self, value: str) -> str:
        # A text of megabytes is not searched to its end, and half a key at the cut is no key to any pattern: that word goes.
        most = max(self.room, 0)
        part = value[: most + 4000]
        part = part if len(part) == len(value) else LAST_WORD.sub("", part)
        head = clean(part.replace("\x00", "\ufffd"))
        self.room -= min(len(head), most) + 2
        if len(head) <= most and len(value) <= most + 4000:
            return head
        return f"{head[:most]}… ({len(value) - min(most, len(value)):,} characters left out)"
