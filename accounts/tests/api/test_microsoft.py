"""Microsoft's id tokens: only those meant for us, and no account taken over by an address that a tenant's admin typed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.test import Client

from accounts.models import ExternalIdentity, User, UserSession
from accounts.services import issuer_keys
from accounts.tests.credentials import add_device, bearer, code_of, post, status_with
from accounts.tests.factories import UserFactory
from accounts.tests.issuer import Issuer, deep_token, hs256_with, lifetime, pem_of, rsa_key, running
from core.models import AuditEvent
from core.testing.contract import differences, endpoint

pytestmark = pytest.mark.django_db

TENANT, ELSEWHERE = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
REFUSED = (401, {"detail": "Invalid Microsoft token"})


@pytest.fixture
def microsoft(settings: Any) -> Iterator[Issuer]:
    """A stand-in for the identity platform; the studio trusts one of its tenants."""
    with running() as server:
        settings.OUTBOUND_ALLOW = [server.url.removeprefix("http://")]
        settings.MICROSOFT_CLIENT_ID = "studio"
        settings.MICROSOFT_TENANTS = [TENANT]
        settings.MICROSOFT_ISSUER = server.url + "/{tenant}/v2.0"
        settings.MICROSOFT_JWKS_URL = server.url + "/keys"
        issuer_keys.SETS.clear()
        yield server
        issuer_keys.SETS.clear()


def claims(server: Issuer, *, tenant: str = TENANT, **more: Any) -> dict[str, Any]:
    return {
        "iss": f"{server.url}/{tenant}/v2.0",
        "aud": "studio",
        "tid": tenant,
        "sub": "subject-1",
        "name": "Ada Byron",
        "email": "ada@example.com",
        **lifetime(seconds=600),
        **more,
    }


def enter(token: str, client: Client | None = None, **body: Any) -> Any:
    return post(client or Client(), "/api/v1/auth/microsoft", {"id_token": token, **body})


def refused(response: Any) -> bool:
    return (response.status_code, response.json()) == REFUSED


class TestComingIn:
    def test_a_new_person_is_made_and_found_again(self, microsoft: Issuer) -> None:
        client = Client()
        response = enter(microsoft.sign(claims(microsoft, xms_edov=True)), client)
        assert response.status_code == 200
        assert differences(response.json(), endpoint("accessible.auth.microsoft")["success"]["shape"]) == []
        assert client.cookies["refresh_token"]["httponly"] is True
        assert status_with(Client(), bearer(response.json()["access_token"])) == 200
        ada = User.objects.get()
        assert (ada.email, ada.name, ada.role, ada.is_staff) == (
            "ada@example.com",
            "Ada Byron",
            User.Role.CLIENT,
            False,
        )
        assert ada.email_verified_at
        assert not ada.has_usable_password()
        # Found by issuer and subject, whatever the address has become there.
        again = enter(microsoft.sign(claims(microsoft, email="countess@example.com")))
        assert again.json()["user"]["id"] == str(ada.pk)
        assert User.objects.count() == 1

    def test_an_address_that_the_tenant_does_not_own_proves_nothing_about_the_mailbox(self, microsoft: Issuer) -> None:
        assert enter(microsoft.sign(claims(microsoft))).status_code == 200
        assert User.objects.get().email_verified_at is None

    def test_a_verified_address_here_and_there_links_the_two(self, microsoft: Issuer) -> None:
        ada = UserFactory(email="ada@example.com")
        response = enter(microsoft.sign(claims(microsoft, xms_edov=True)))
        assert response.json()["user"]["id"] == str(ada.pk)
        assert ExternalIdentity.objects.get().user == ada
        assert AuditEvent.objects.filter(action="accounts.external_identity.link").count() == 1

    def test_the_second_factor_is_still_asked_for(self, microsoft: Issuer) -> None:
        device = add_device(UserFactory(email="ada@example.com"))
        token = microsoft.sign(claims(microsoft, xms_edov=True))
        response = enter(token)
        assert response.status_code == 401
        challenge = response.json()["mfa"]["challenge"]
        assert enter(token, challenge=challenge, otp=code_of(device)).status_code == 200
        assert UserSession.objects.get().methods == ["ext", "otp", "mfa"]

    def test_the_policy_holds_here_too(self, microsoft: Issuer, settings: Any) -> None:
        settings.MFA_POLICY = "required"
        response = enter(microsoft.sign(claims(microsoft)))
        assert response.status_code == 401
        assert response.json()["mfa"]["setup_required"] is True


class TestRefusals:
    def test_tokens_that_are_forged_or_meant_for_others(self, microsoft: Issuer) -> None:
        good = claims(microsoft)

        def signed(**more: Any) -> str:
            return microsoft.sign({**good, **more})

        def without(name: str) -> str:
            return microsoft.sign({key: value for key, value in good.items() if key != name})

        now = int(time.time())
        forged = [
            jwt.encode(good, "", algorithm="none", headers={"kid": "first"}),
            hs256_with(pem_of(rsa_key("first")), good),
            jwt.encode(good, "secret" * 6, algorithm="HS256", headers={"kid": "secret"}),
            microsoft.sign(good, key=rsa_key("stranger")),
            microsoft.sign(good, kid="unknown", key=rsa_key("stranger")),
            microsoft.sign(good, algorithm="RS512"),
            signed(aud="another application"),
            signed(iss=f"{microsoft.url}/{ELSEWHERE}/v2.0"),
            signed(iss="https://evil.example"),
            signed(tid=ELSEWHERE),
            microsoft.sign(claims(microsoft, tenant=ELSEWHERE, xms_edov=True)),
            signed(exp=now - 120),
            signed(nbf=now + 120),
            signed(email="nonsense"),
            *(without(name) for name in ("iss", "aud", "exp", "iat", "sub", "tid", "email")),
            "junk",
            "a.b.c",
            deep_token(),
        ]
        for token in forged:
            assert refused(enter(token)), token[:80]
        assert not ExternalIdentity.objects.exists()
        assert not User.objects.exists()

    def test_clocks_may_differ_by_a_minute(self, microsoft: Issuer) -> None:
        now = int(time.time())
        assert enter(microsoft.sign(claims(microsoft, exp=now - 30, nbf=now + 30))).status_code == 200

    def test_the_nonce_must_be_the_one_that_was_asked_with(self, microsoft: Issuer) -> None:
        token = microsoft.sign(claims(microsoft, nonce="n-1"))
        assert refused(enter(token, nonce="n-2"))
        assert refused(enter(microsoft.sign(claims(microsoft)), nonce="n-1"))
        assert enter(token, nonce="n-1").status_code == 200

    def test_no_account_is_taken_over_by_its_address(self, microsoft: Issuer) -> None:
        ada = UserFactory(email="ada@example.com")
        # Nobody vouches for the address; another tenant does; the account here never proved it.
        assert refused(enter(microsoft.sign(claims(microsoft))))
        assert refused(enter(microsoft.sign(claims(microsoft, email_verified=False))))
        assert refused(enter(microsoft.sign(claims(microsoft, tenant=ELSEWHERE, xms_edov=True))))
        User.objects.filter(pk=ada.pk).update(email_verified_at=None)
        assert refused(enter(microsoft.sign(claims(microsoft, xms_edov=True))))
        assert not ExternalIdentity.objects.exists()

    def test_closed_accounts_stay_closed(self, microsoft: Issuer) -> None:
        enter(microsoft.sign(claims(microsoft)))
        User.objects.update(is_active=False)
        assert refused(enter(microsoft.sign(claims(microsoft))))

    def test_it_says_when_it_is_not_configured(self) -> None:
        response = enter("x")
        assert (response.status_code, response.json()) == (503, {"detail": "Microsoft sign-in is not configured"})
        assert post(Client(), "/api/v1/auth/microsoft", {}).status_code == 422


class TestKeys:
    def test_they_are_fetched_once_and_again_for_a_new_one(
        self, microsoft: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            assert enter(microsoft.sign(claims(microsoft))).status_code == 200
        assert microsoft.fetched == 1
        # Invented key ids do not make us ask again and again.
        for number in range(3):
            assert refused(enter(microsoft.sign(claims(microsoft), kid=f"k{number}", key=rsa_key("stranger"))))
        assert microsoft.fetched == 1
        microsoft.keys["second"] = rsa_key("second")
        monkeypatch.setattr(issuer_keys, "SECONDS_BETWEEN_FETCHES", 0.0)
        assert enter(microsoft.sign(claims(microsoft), kid="second")).status_code == 200
        assert microsoft.fetched == 2

    def test_an_issuer_that_is_away_is_no_refusal_and_known_keys_go_on(
        self, microsoft: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        microsoft.down = True
        response = enter(microsoft.sign(claims(microsoft)))
        assert response.status_code == 503
        assert "Retry-After" in response.headers
        microsoft.down = False
        assert enter(microsoft.sign(claims(microsoft))).status_code == 200
        microsoft.down = True
        monkeypatch.setattr(issuer_keys, "SECONDS_KEPT", 0.0)
        assert enter(microsoft.sign(claims(microsoft))).status_code == 200
