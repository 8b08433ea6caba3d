"""An address alone never yields a token; a browser's session or a configured issuer's word does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User, UserSession
from accounts.services import issuer_keys
from accounts.tests.credentials import add_device, bearer, code_of, post, program, status_with
from accounts.tests.factories import UserFactory
from accounts.tests.issuer import deep_token, hs256_with, lifetime, pem_of, rsa_key, running
from core.models import AuditEvent
from core.testing.contract import differences, endpoint

pytestmark = pytest.mark.django_db

REFUSED = (401, b'{"detail":"Could not validate credentials"}')
FRONT = "https://front.example"
AUDIENCE = "https://studio.example"


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", name="Ada")


@pytest.fixture
def issuer(settings: Any) -> dict[str, Any]:
    """A front end that may vouch for people. The fixture's value is what its assertions say."""
    settings.EXCHANGE_ISSUERS = {FRONT: pem_of(rsa_key("front"))}
    settings.EXCHANGE_AUDIENCE = AUDIENCE
    return {"iss": FRONT, "aud": AUDIENCE, "email": "ada@example.com", "email_verified": True}


def signed(claims: dict[str, Any], *, key: Any = None, algorithm: str = "RS256", **headers: str) -> str:
    return jwt.encode(claims, key or rsa_key("front"), algorithm=algorithm, headers=headers or None)


def exchange(client: Client, email: str = "ada@example.com", *, assertion: str | None = None, **headers: str) -> Any:
    headers |= bearer(assertion) if assertion is not None else {}
    return post(client, "/api/auth/exchange", {"email": email}, **headers)


def refused(response: Any) -> bool:
    return (response.status_code, response.content) == REFUSED


class TestWithoutProof:
    def test_known_and_unknown_addresses_get_the_same_bytes(self, ada: User, issuer: Any) -> None:
        for email in ("ada@example.com", "nobody@example.com"):
            response = exchange(Client(), email)
            assert refused(response)
            assert response.headers["WWW-Authenticate"] == "Bearer"
        assert not UserSession.objects.exists()
        assert User.objects.count() == 1

    def test_nobody_is_looked_up_for_an_address_alone(self, ada: User, issuer: Any) -> None:
        """So that known and unknown addresses cannot take different times."""

        def asked(email: str) -> list[str]:
            with CaptureQueriesContext(connection) as queries:
                exchange(Client(), email)
            return [query["sql"].split("VALUES")[0] for query in queries]

        assert asked("ada@example.com") == asked("nobody@example.com")
        assert not [sql for sql in asked("ada@example.com") if "accounts_user" in sql]

    def test_a_malformed_address_is_named(self) -> None:
        for body in ({}, {"email": "nonsense"}, {"email": None}, []):
            response = post(Client(), "/api/auth/exchange", body)
            assert response.status_code == 422
            assert response.json()["detail"][0]["loc"][0] == "body"


class TestByTheBrowsersSession:
    def test_the_session_of_that_address_gets_a_token(self, ada: User) -> None:
        browser = Client()
        browser.force_login(ada)
        response = exchange(browser, **{"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"})
        assert response.status_code == 200
        assert differences(response.json(), endpoint("pipeline.auth.exchange")["success"]["shape"]) == []
        assert response.json()["token_type"] == "bearer"
        assert status_with(Client(), bearer(response.json()["access_token"])) == 200

    def test_another_address_another_site_and_a_bearer_token_do_not(self, ada: User) -> None:
        bea = UserFactory(email="bea@example.com")
        browser = Client()
        browser.force_login(ada)
        assert refused(exchange(browser, bea.email))
        assert refused(exchange(browser, "nobody@example.com"))
        assert refused(exchange(browser, Origin="https://evil.example"))
        assert refused(exchange(browser, **{"Sec-Fetch-Site": "cross-site"}))
        # Junk beside a good session is never skipped over.
        assert refused(exchange(browser, Authorization="Bearer junk"))
        assert refused(exchange(browser, Authorization="Basic x"))
        assert refused(exchange(Client(), **program(ada)))

    def test_a_session_that_still_owes_its_code_does_not(self, ada: User) -> None:
        browser = Client()
        browser.force_login(ada)
        add_device(ada)
        assert refused(exchange(browser))


class TestByAnAssertion:
    def test_it_opens_a_sign_in_once(self, ada: User, issuer: dict[str, Any]) -> None:
        assertion = signed({**issuer, **lifetime()})
        response = exchange(Client(), assertion=assertion)
        assert response.status_code == 200
        assert differences(response.json(), endpoint("pipeline.auth.exchange")["success"]["shape"]) == []
        token = response.json()["access_token"]
        assert Client().get("/api/auth/me", headers=bearer(token)).json()["id"] == str(ada.pk)
        assert refused(exchange(Client(), assertion=assertion))
        assert AuditEvent.objects.filter(action="auth.login_failed").count() == 1

    def test_a_new_person_is_made_a_client(self, issuer: dict[str, Any]) -> None:
        assertion = signed({**issuer, **lifetime(), "email": "New@Example.com"})
        assert exchange(Client(), "new@example.com", assertion=assertion).status_code == 200
        made = User.objects.get(email="new@example.com")
        assert (made.role, made.is_staff, made.has_usable_password()) == (User.Role.CLIENT, False, False)
        assert made.email_verified_at

    def test_elliptic_keys_may_sign_too(self, ada: User, issuer: dict[str, Any], settings: Any) -> None:
        for key, algorithm in ((ec_key(SECP256R1()), "ES256"), (Ed25519PrivateKey.generate(), "EdDSA")):
            settings.EXCHANGE_ISSUERS = {FRONT: pem_of(key).replace("\n", "\\n")}
            assertion = signed({**issuer, **lifetime()}, key=key, algorithm=algorithm)
            assert exchange(Client(), assertion=assertion).status_code == 200
            assert refused(exchange(Client(), assertion=signed({**issuer, **lifetime()})))

    def test_everything_else_is_refused_alike(self, ada: User, issuer: dict[str, Any], settings: Any) -> None:
        def said(**claims: Any) -> dict[str, Any]:
            return {**issuer, **lifetime(), **claims}

        def without(name: str) -> dict[str, Any]:
            return {key: value for key, value in said().items() if key != name}

        public = pem_of(rsa_key("front"))
        forged = [
            jwt.encode(said(), "", algorithm="none"),
            # PyJWT itself refuses to sign with a public key; an attacker's library does not.
            hs256_with(public, said()),
            signed(said(), key=rsa_key("stranger")),
            signed(said(), algorithm="RS512"),
            signed(said(iss="https://elsewhere.example")),
            signed(said(aud="https://elsewhere.example")),
            signed(said(email="bea@example.com")),
            signed(said(email_verified=False)),
            signed(said(email_verified="true")),
            signed(said(**lifetime(age=120, seconds=60))),
            # Still valid by its own words, but not said just now.
            signed(said(**lifetime(age=61, seconds=600))),
            signed(said(iat=int(time.time()) + 120)),
            *(signed(without(name)) for name in ("iss", "aud", "iat", "exp", "jti", "email", "email_verified")),
            "junk",
            "a.b.c",
            deep_token(),
            "",
        ]
        for assertion in forged:
            assert refused(exchange(Client(), assertion=assertion)), assertion[:80]
        good = signed(said())
        settings.EXCHANGE_ISSUERS = {}
        assert refused(exchange(Client(), assertion=good))
        assert not UserSession.objects.exists()

    def test_people_who_may_not_sign_in_are_refused_alike(self, ada: User, issuer: dict[str, Any]) -> None:
        for change in ({"is_active": False}, {"is_active": True, "email_verified_at": None}):
            User.objects.filter(pk=ada.pk).update(**change)
            assert refused(exchange(Client(), assertion=signed({**issuer, **lifetime()})))

    def test_the_second_factor_is_still_asked_for(self, ada: User, issuer: dict[str, Any]) -> None:
        device = add_device(ada)
        response = exchange(Client(), assertion=signed({**issuer, **lifetime()}))
        assert response.status_code == 401
        challenge = response.json()["mfa"]["challenge"]
        body = {"email": "ada@example.com", "challenge": challenge, "otp": code_of(device)}
        wrong = post(Client(), "/api/auth/exchange", {**body, "email": "bea@example.com", "otp": "000000"})
        assert wrong.status_code == 401
        assert post(Client(), "/api/auth/exchange", body).status_code == 200

    def test_an_issuer_may_publish_its_keys(
        self, ada: User, issuer: dict[str, Any], published: Any, settings: Any
    ) -> None:
        settings.EXCHANGE_ISSUERS = {FRONT: published.url}
        assert exchange(Client(), assertion=published.sign({**issuer, **lifetime()})).status_code == 200
        assert refused(
            exchange(Client(), assertion=published.sign({**issuer, **lifetime()}, kid="x", key=rsa_key("x")))
        )


@pytest.fixture
def published(settings: Any) -> Iterator[Any]:
    with running() as server:
        settings.OUTBOUND_ALLOW = [server.url.removeprefix("http://")]
        issuer_keys.SETS.clear()
        yield server
        issuer_keys.SETS.clear()
