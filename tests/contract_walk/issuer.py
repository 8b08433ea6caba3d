"""An issuer of signed tokens with keys of its own, published over HTTP as other issuers do."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from core.testing.server import free_port

TENANT = "3f0b2c9e-1111-4222-8333-444455556666"
CLIENT_ID = "reelwright-client"


@cache
def key(name: str) -> RSAPrivateKey:
    """Making one takes a while, so each is made once."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str = "ours") -> str:
    return key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwks() -> dict[str, Any]:
    return {
        "keys": [
            {**RSAAlgorithm.to_jwk(key("ours").public_key(), as_dict=True), "kid": "ours", "use": "sig", "alg": "RS256"}
        ]
    }


def signed(claims: Mapping[str, Any], *, by: str = "ours", kid: str = "ours", algorithm: str = "RS256") -> str:
    return jwt.encode(dict(claims), key(by), algorithm=algorithm, headers={"kid": kid})


# Where the keys are served while `published` lasts.
KEYS_PORT = free_port()
KEYS_AT = f"http://127.0.0.1:{KEYS_PORT}/keys"


@contextmanager
def published() -> Iterator[None]:
    """Serves the issuer's keys."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(jwks()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", KEYS_PORT), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def microsoft_claims(**changed: Any) -> dict[str, Any]:
    """What a Microsoft id token says of somebody whose address its tenant owns."""
    now = int(time.time())
    claims = {
        "iss": f"https://issuer.example/{TENANT}/v2.0",
        "aud": CLIENT_ID,
        "tid": TENANT,
        "sub": "subject-1",
        "oid": "object-1",
        "email": "ms@tenant.example",
        "preferred_username": "ms@tenant.example",
        "name": "Mona Soft",
        "email_verified": True,
        "xms_edov": True,
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def microsoft_settings(keys_at: str) -> dict[str, Any]:
    return {
        "MICROSOFT_CLIENT_ID": CLIENT_ID,
        "MICROSOFT_TENANTS": [TENANT],
        "MICROSOFT_ISSUER": "https://issuer.example/{tenant}/v2.0",
        "MICROSOFT_JWKS_URL": keys_at,
        "OUTBOUND_ALLOW": ["127.0.0.1"],
    }


ASSERTION_ISSUER = "https://front.example"


def assertion_claims(email: str, **changed: Any) -> dict[str, Any]:
    """What a front end says of somebody it has signed in."""
    from django.conf import settings

    now = int(time.time())
    claims = {
        "iss": ASSERTION_ISSUER,
        "aud": settings.EXCHANGE_AUDIENCE,
        "email": email,
        "email_verified": True,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 55,
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def exchange_settings() -> dict[str, Any]:
    return {"EXCHANGE_ISSUERS": {ASSERTION_ISSUER: public_pem()}}
