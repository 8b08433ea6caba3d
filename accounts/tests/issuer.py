"""A foreign issuer of tokens on the loopback: its keys, its published set, and how often that was fetched."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@cache
def rsa_key(name: str) -> RSAPrivateKey:
    """Made once for all tests: it takes a while. `name` tells keys apart."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: Any) -> str:
    """The public half, as a deployment would configure it."""
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


@dataclass
class Issuer:
    """Signs whatever it is asked to. `keys` are published by their id."""

    url: str = ""
    keys: dict[str, RSAPrivateKey] = field(default_factory=lambda: {"first": rsa_key("first")})
    fetched: int = 0
    down: bool = False

    def sign(self, claims: dict[str, Any], *, kid: str = "first", key: Any = None, algorithm: str = "RS256") -> str:
        return jwt.encode(claims, key or self.keys[kid], algorithm=algorithm, headers={"kid": kid})

    def published(self) -> bytes:
        listed = [
            {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}
            for kid, key in self.keys.items()
        ]
        # What a careless issuer might publish beside them.
        return json.dumps(
            {"keys": [*listed, {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}, {"kty": "RSA"}]}
        ).encode()


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetched += 1
            body = b"" if issuer.down else issuer.published()
            self.send_response(503 if issuer.down else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests print nothing of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def hs256_with(secret: str, claims: dict[str, Any]) -> str:
    """Signed with any text as the secret, the text of a public key too, which PyJWT itself refuses."""
    header = {"alg": "HS256", "kid": "first"}
    head = ".".join(part(json.dumps(given).encode()) for given in (header, claims))
    return f"{head}.{part(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())}"


def deep_token() -> str:
    """No token at all, but JSON that is nested too deep to be read."""
    deep = b'{"alg": "RS256", "kid": ' + b"[" * 2000 + b"]" * 2000 + b"}"
    return f"{part(deep)}.{part(deep)}.{part(b'x')}"


def lifetime(*, age: int = 0, seconds: int = 60) -> dict[str, Any]:
    """Made `age` seconds ago, for so long; with an id of its own."""
    made = int(time.time()) - age
    return {"iat": made, "exp": made + seconds, "jti": str(uuid.uuid4())}
