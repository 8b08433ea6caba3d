"""Access and refresh tokens: what they open, how they are renewed, and that they end at once."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.models import RefreshToken, User, UserSession
from accounts.services import api_keys, sign_in, tokens
from accounts.tests.credentials import at_once, bearer, log_in, post, program, status_with
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.issuer import deep_token
from core.errors import NotSignedInError
from core.models import AuditEvent
from core.testing.contract import differences, endpoint

pytestmark = pytest.mark.django_db

REFUSED = {"detail": "Invalid or expired token", "error": "unauthorized", "message": "Invalid or expired token"}
OWN = "http://testserver"


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", name="Ada")


@pytest.fixture
def pair(client: Client, ada: User) -> dict[str, Any]:
    """Signed in by JSON; the client holds the cookie as well."""
    body: dict[str, Any] = log_in(client, ada).json()
    return body


def refresh(token: str | None = None, *, client: Client | None = None, **headers: str) -> Any:
    """With this refresh token as bearer, or with the cookie of `client`."""
    if token is not None:
        headers |= bearer(token)
    return post(client or Client(), "/api/v1/auth/refresh", **headers)


class TestAccessTokens:
    def test_they_name_what_they_are_for(self, ada: User, pair: dict[str, Any]) -> None:
        claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
        session = UserSession.objects.get()
        assert (claims["sub"], claims["sid"], claims["typ"]) == (str(ada.pk), str(session.pk), "access")
        assert claims["exp"] - claims["iat"] == pair["expires_in"] == 3600
        assert (claims["amr"], claims["mfa"]) == (["pwd"], False)
        # The database holds hashes only.
        held = f"{session.access_token} {session.refresh_token} {RefreshToken.objects.get().token_hash}"
        assert pair["access_token"] not in held
        assert pair["refresh_token"] not in held

    def test_who_is_calling_costs_one_query(
        self, pair: dict[str, Any], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            assert status_with(Client(), bearer(pair["access_token"])) == 200

    def test_forged_and_confused_ones_open_nothing(self, ada: User, pair: dict[str, Any], settings: Any) -> None:
        good = jwt.decode(pair["access_token"], options={"verify_signature": False})
        key = settings.JWT_SIGNING_KEY

        def signed(key: str = key, algorithm: str = "HS256", **claims: Any) -> str:
            return jwt.encode({**good, **claims}, key, algorithm=algorithm)

        def without(name: str) -> str:
            return jwt.encode({key: value for key, value in good.items() if key != name}, key, algorithm="HS256")

        header, payload, signature = pair["access_token"].split(".")
        changed = base64.urlsafe_b64encode(json.dumps({**good, "sub": str(UserFactory().pk)}).encode()).decode()
        assert status_with(Client(), bearer(signed())) == 200
        forged = [
            jwt.encode(good, "", algorithm="none"),
            f"{header}.{changed.rstrip('=')}.{signature}",
            f"{header}.{payload}.",
            signed(key="another key of at least thirty-two bytes"),
            signed(algorithm="HS512"),
            signed(typ="challenge"),
            signed(typ="refresh"),
            signed(iss="somebody"),
            signed(aud="somebody"),
            signed(exp=int(time.time()) - 1),
            signed(ver=good["ver"] + 1),
            signed(sub=str(UserFactory().pk)),
            signed(sid=good["rid"]),
            signed(rid=good["sid"]),
            *(without(name) for name in ("iss", "aud", "sub", "sid", "rid", "jti", "typ", "iat", "exp", "ver")),
            pair["refresh_token"],
            "junk",
            "a.b.c",
            "é",
            deep_token(),
        ]
        for token in forged:
            assert status_with(Client(), bearer(token)) == 401, token[:80]

    def test_a_key_that_was_replaced_still_reads_what_it_signed(self, pair: dict[str, Any], settings: Any) -> None:
        settings.JWT_SIGNING_KEY_FALLBACKS = [settings.JWT_SIGNING_KEY]
        settings.JWT_SIGNING_KEY = "a new key that is at least thirty-two bytes long"
        assert status_with(Client(), bearer(pair["access_token"])) == 200
        settings.JWT_SIGNING_KEY_FALLBACKS = []
        assert status_with(Client(), bearer(pair["access_token"])) == 401

    def test_a_bearer_header_counts_alone(self, ada: User, pair: dict[str, Any]) -> None:
        browser = Client()
        browser.force_login(ada)
        assert status_with(browser, {}) == 200
        for header in ("Bearer junk", "Bearer", "Bearer a b", "Basic YWRhOnBhc3N3b3Jk", "Token x", "junk"):
            assert status_with(browser, {"Authorization": header}) == 401, header
        other = UserFactory()
        answer = browser.get("/api/auth/me", headers=program(other))
        assert answer.json()["email"] == other.email

    def test_they_end_when_the_person_changes(self, ada: User) -> None:
        def ends(change: Any) -> None:
            first = log_in(Client(), ada).json()
            assert status_with(Client(), bearer(first["access_token"])) == 200
            change()
            assert status_with(Client(), bearer(first["access_token"])) == 401
            assert refresh(first["refresh_token"]).status_code == 401
            ada.refresh_from_db()

        def update(**fields: Any) -> Any:
            return lambda: User.objects.filter(pk=ada.pk).update(**fields)

        ends(lambda: services.end_sign_ins(ada, because="password changed", actor=ada))
        # Even a change that nobody announced.
        ends(update(is_active=False))
        update(is_active=True)()
        ends(update(deleted_at=timezone.now()))

    def test_a_password_proved_before_it_was_changed_opens_nothing_after(self, ada: User) -> None:
        proved = sign_in.check_password(email=ada.email, password=PASSWORD)
        services.end_sign_ins(ada, because="password changed", actor=ada)
        with pytest.raises(NotSignedInError):
            tokens.issue(proved, methods=["pwd"])
        assert not UserSession.objects.live().exists()

    def test_one_sign_in_can_be_ended_without_the_others(self, client: Client, ada: User, pair: dict[str, Any]) -> None:
        other = log_in(Client(), ada).json()
        session = UserSession.objects.get(refresh_token=tokens.hash_of(pair["refresh_token"]))
        assert sign_in.revoke(session, because="lost laptop", actor=ada)
        assert not sign_in.revoke(session, because="lost laptop", actor=ada)
        assert status_with(Client(), bearer(pair["access_token"])) == 401
        assert status_with(Client(), bearer(other["access_token"])) == 200
        assert AuditEvent.objects.filter(action="accounts.sign_in.revoke").count() == 1


class TestRefresh:
    def test_a_bearer_gets_both_tokens_and_no_cookie(self, ada: User, pair: dict[str, Any]) -> None:
        response = refresh(pair["refresh_token"])
        assert response.status_code == 200
        assert differences(response.json(), endpoint("voice.auth.refresh")["success"]["shape"]) == []
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store"
        assert status_with(Client(), bearer(response.json()["access_token"])) == 200

    def test_the_cookie_gets_a_new_cookie_and_no_refresh_token(self, client: Client, pair: dict[str, Any]) -> None:
        before = client.cookies["refresh_token"].value
        response = refresh(client=client)
        assert response.status_code == 200
        assert differences(response.json(), endpoint("accessible.auth.refresh")["success"]["shape"]) == []
        assert "refresh_token" not in response.json()
        assert client.cookies["refresh_token"].value not in (before, "")

    def test_the_cookie_is_for_our_own_pages_only(self, client: Client, pair: dict[str, Any], settings: Any) -> None:
        cookie = client.cookies["refresh_token"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/api/v1/auth")
        assert (cookie["max-age"], cookie["secure"]) == (14 * 24 * 3600, "")
        settings.PRODUCTION = True
        assert refresh(client=client).cookies["refresh_token"]["secure"] is True
        settings.PRODUCTION = False
        secure = client.post("/api/v1/auth/refresh", secure=True)
        assert secure.cookies["refresh_token"]["secure"] is True

    def test_another_site_cannot_use_the_cookie(self, client: Client, pair: dict[str, Any]) -> None:
        foreign: list[dict[str, str]] = [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
        ]
        for headers in foreign:
            response = refresh(client=client, **headers)
            assert response.status_code == 403, headers
            assert "refresh_token" not in response.cookies
        assert refresh(client=client, **{"Origin": OWN, "Sec-Fetch-Site": "same-origin"}).status_code == 200

    def test_a_bearer_comes_first_and_an_access_token_beside_the_cookie_is_ignored(
        self, client: Client, ada: User, pair: dict[str, Any]
    ) -> None:
        other = log_in(Client(), UserFactory(email="bea@example.com")).json()
        response = refresh(other["refresh_token"], client=client)
        assert response.json()["user"]["email"] == "bea@example.com"
        response = refresh(pair["access_token"], client=client)
        assert response.json()["user"]["email"] == "ada@example.com"

    def test_what_is_no_refresh_token_is_refused_and_a_bad_cookie_cleared(
        self, client: Client, ada: User, pair: dict[str, Any]
    ) -> None:
        _, key = api_keys.create(ada, name="render farm", scopes=["write"])
        for token in (pair["access_token"], key, "junk", "rwr_" + "x" * 43):
            response = refresh(token)
            assert (response.status_code, response.json()) == (401, REFUSED)
        assert refresh().json() == REFUSED
        client.cookies["refresh_token"] = "rwr_" + "x" * 43
        response = refresh(client=client)
        assert response.status_code == 401
        assert response.cookies["refresh_token"].value == ""
        assert response.cookies["refresh_token"]["max-age"] == 0
        assert response.cookies["refresh_token"]["path"] == "/api/v1/auth"

    def test_the_old_access_token_ends_at_once(self, pair: dict[str, Any]) -> None:
        fresh = refresh(pair["refresh_token"]).json()
        assert status_with(Client(), bearer(pair["access_token"])) == 401
        assert status_with(Client(), bearer(fresh["access_token"])) == 200

    def test_two_tabs_that_ask_one_after_the_other_both_work_on(self, pair: dict[str, Any]) -> None:
        tabs = [refresh(pair["refresh_token"]).json() for _ in range(2)]
        for tab in tabs:
            assert status_with(Client(), bearer(tab["access_token"])) == 200
            assert refresh(tab["refresh_token"]).status_code == 200

    def test_a_replaced_token_that_comes_back_later_ends_the_sign_in(self, pair: dict[str, Any]) -> None:
        fresh = refresh(pair["refresh_token"]).json()
        RefreshToken.objects.filter(replaced_at__isnull=False).update(
            replaced_at=timezone.now() - timedelta(seconds=11)
        )
        assert refresh(pair["refresh_token"]).status_code == 401
        # Whoever stole it and whoever owned it are both out.
        assert status_with(Client(), bearer(fresh["access_token"])) == 401
        assert refresh(fresh["refresh_token"]).status_code == 401
        assert AuditEvent.objects.filter(action="auth.refresh_reused").count() == 1
        assert UserSession.objects.get().is_revoked

    def test_it_is_not_renewed_for_ever(self, pair: dict[str, Any]) -> None:
        RefreshToken.objects.update(created_at=timezone.now() - timedelta(days=14, seconds=1))
        assert refresh(pair["refresh_token"]).status_code == 401

    @pytest.mark.django_db(transaction=True)
    def test_tabs_that_race_all_get_working_tokens(self, pair: dict[str, Any]) -> None:
        answers = at_once(4, lambda: refresh(pair["refresh_token"]))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.json()["refresh_token"] for answer in answers}) == 4
        for answer in answers:
            assert status_with(Client(), bearer(answer.json()["access_token"])) == 200
            assert refresh(answer.json()["refresh_token"]).status_code == 200


class TestLogout:
    @pytest.mark.parametrize(("method", "entry"), [("post", "accessible.auth.logout"), ("delete", "voice.auth.logout")])
    def test_both_tokens_end_and_the_cookie_goes(
        self, client: Client, pair: dict[str, Any], method: str, entry: str
    ) -> None:
        headers = bearer(pair["access_token"])
        response = getattr(client, method)("/api/v1/auth/logout", headers=headers)
        assert response.status_code == 200
        assert differences(response.json(), endpoint(entry)["success"]["shape"]) == []
        assert response.cookies["refresh_token"]["max-age"] == 0
        assert status_with(Client(), headers) == 401
        assert refresh(pair["refresh_token"]).status_code == 401
        again = getattr(client, method)("/api/v1/auth/logout", headers=headers)
        literal = next(error["body"] for error in endpoint(entry)["errors"] if error["status"] == 401)
        assert (again.status_code, again.json()) == (401, literal)
        assert AuditEvent.objects.filter(action="auth.logout").count() == 1

    def test_nobody_is_signed_out_without_a_credential(self, client: Client, pair: dict[str, Any]) -> None:
        assert client.post("/api/v1/auth/logout").status_code == 401
        assert client.post("/api/v1/auth/logout", headers=bearer(pair["refresh_token"])).status_code == 401
        assert status_with(Client(), bearer(pair["access_token"])) == 200

    def test_a_browser_signs_out_with_its_csrf_token(self, ada: User) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(ada)
        assert browser.post("/api/v1/auth/logout").status_code == 403
        assert status_with(browser, {}) == 200
        browser.cookies["csrftoken"] = "a" * 32
        assert browser.post("/api/v1/auth/logout", headers={"X-CSRFToken": "a" * 32}).status_code == 200
        assert status_with(browser, {}) == 401
