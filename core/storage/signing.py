"""Links that carry their own permission: an HMAC over everything they allow."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from core.errors import NotAllowedError

LONGEST_TOKEN = 4096


class BadLinkError(NotAllowedError):
    code = "bad_link"
    default_message = "This link has expired or is not valid. Ask for a new one."


@dataclass(frozen=True)
class Link:
    method: str
    key: str
    content_type: str
    inline: bool
    filename: str
    # Seconds since 1970; set when the link is made.
    expires_at: int = 0


def url(link: Link, *, expires_in: int) -> str:
    return f"{settings.PUBLIC_URL}/files/{token_of(link, expires_in=expires_in)}"


def for_page(address: str) -> str:
    """A link of ours as our own pages write it: without the origin, so that it works under whichever name the studio was opened."""
    return address.removeprefix(settings.PUBLIC_URL)


def token_of(link: Link, *, expires_in: int) -> str:
    claims = [
        link.method,
        link.key,
        link.content_type,
        int(link.inline),
        link.filename,
        int(time.time()) + expires_in,
        version_of(settings.LINK_SIGNING_KEY),
    ]
    payload = encode(json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode())
    return f"{payload}.{encode(mac(settings.LINK_SIGNING_KEY, 'files', payload))}"


def link_from(token: str, *, method: str) -> Link:
    """The link, if it was made here, is still alive and permits `method`; otherwise BadLinkError, whatever is wrong."""
    payload, _, signature = token.partition(".")
    if len(token) > LONGEST_TOKEN or not genuine("files", payload, signature):
        raise BadLinkError
    allowed, key, content_type, inline, filename, expires_at, _version = json.loads(decode(payload))
    # Whoever may read a file may ask how long it is.
    if expires_at <= time.time() or method not in (allowed, "HEAD"):
        raise BadLinkError
    return Link(allowed, key, content_type, bool(inline), filename, expires_at)


def key_of(token: str) -> str:
    """Which file a link of ours names, though it may have ended. Empty when it was not made here. It permits nothing."""
    payload, _, signature = token.partition(".")
    if len(token) > LONGEST_TOKEN or not genuine("files", payload, signature):
        return ""
    return str(json.loads(decode(payload))[1])


def upload_signature(upload: str) -> str:
    """Permits writing to one upload. How long is a matter of its row, which activity extends and an abort ends."""
    return encode(mac(settings.LINK_SIGNING_KEY, "uploads", f"PUT {upload}"))


def check_upload_signature(upload: str, signature: str) -> None:
    if not genuine("uploads", f"PUT {upload}", signature):
        raise BadLinkError


def genuine(purpose: str, message: str, signature: str) -> bool:
    try:
        given = decode(signature)
    except ValueError:
        return False
    # The text as well: two spellings of the same bytes are not the same link.
    return encode(given) == signature and any(
        hmac.compare_digest(mac(key, purpose, message), given) for key in signing_keys()
    )


def signing_keys() -> Iterator[str]:
    yield settings.LINK_SIGNING_KEY
    yield from settings.LINK_SIGNING_KEY_FALLBACKS


def mac(key: str, purpose: str, message: str) -> bytes:
    # The purpose is part of the key, so that a signature for one kind of link is none for another.
    return hmac.digest(f"{purpose}:{key}".encode(), message.encode(), "sha256")


def version_of(key: str) -> str:
    return hashlib.sha256(f"version:{key}".encode()).hexdigest()[:8]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
