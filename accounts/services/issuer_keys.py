"""The public keys of foreign issuers, fetched when they are needed and kept for a while."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field

import jwt
import structlog

from core import outbound
from core.errors import DomainError, UnavailableError

log = structlog.get_logger(__name__)

SECONDS_KEPT = 3600.0
# Issuers publish new keys before they use them; a key id we do not know is asked for, but not as often as somebody can invent one.
SECONDS_BETWEEN_FETCHES = 60.0
LARGEST_SET = 256 * 2**10
SECONDS_TO_FETCH = 5.0


@dataclass
class KeySet:
    """The keys at one address. The lock lets one caller fetch while others wait."""

    url: str
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    fetched_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key_id: str) -> jwt.PyJWK | None:
        with self.lock:
            age = time.monotonic() - self.fetched_at
            if age > SECONDS_KEPT or (key_id not in self.keys and age > SECONDS_BETWEEN_FETCHES):
                self.fetch()
            return self.keys.get(key_id)

    def fetch(self) -> None:
        try:
            answer = outbound.fetch(self.url, max_bytes=LARGEST_SET, seconds=SECONDS_TO_FETCH)
            found = read(answer.content) if answer.status == 200 else {}
        except DomainError as error:
            log.warning("issuer_keys.not_fetched", url=self.url, error=error.message)
            found = {}
        if found:
            self.keys = found
        elif not self.keys:
            raise UnavailableError
        # Keys that we have go on serving while the issuer is away.
        self.fetched_at = time.monotonic()


SETS: dict[str, KeySet] = {}


def key_at(url: str, key_id: str) -> jwt.PyJWK | None:
    """The issuer's key with this id; UnavailableError when there is none at all to be had."""
    return SETS.setdefault(url, KeySet(url)).find(key_id)


def read(content: bytes) -> dict[str, jwt.PyJWK]:
    """The keys of a JWK set (RFC 7517) that we can use, by their id."""
    try:
        listed = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError):
        return {}
    found: dict[str, jwt.PyJWK] = {}
    for one in listed if isinstance(listed, list) else []:
        # A secret key in a public set would let anybody sign.
        if not isinstance(one, dict) or one.get("kty") not in {"RSA", "EC", "OKP"} or one.get("use", "sig") != "sig":
            continue
        try:
            found[str(one.get("kid", ""))] = jwt.PyJWK.from_dict(one)
        except (jwt.PyJWKError, jwt.InvalidKeyError):
            continue
    return found
