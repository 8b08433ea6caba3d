"""Signing in over JSON and forms: bodies as the documents have them, and nothing told to whoever guesses."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User, UserSession
from accounts.services import second_factor
from accounts.tests.credentials import add_device, at_once, bearer, code_of, log_in, post, status_with, wrong_code_of
from accounts.tests.factories import PASSWORD, UserFactory
from core.models import AuditEvent
from core.testing.contract import differences, endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", name="Ada")


def refusal(entry: str, status: int) -> dict[str, Any]:
    """What the contract writes literally about this refusal, without what differs from call to call."""
    body = next(error["body"] for error in endpoint(entry)["errors"] if error["status"] == status)
    return {key: value for key, value in body.items() if key not in {"requestId", "timestamp", "retry_after"}}


def form(client: Client, user: User, password: str = PASSWORD) -> Any:
    return client.post("/api/auth/login", {"username": user.email, "password": password})


def film(client: Client, user: User, password: str = PASSWORD) -> Any:
    return post(client, "/api/auth/login", {"email": user.email, "password": password})


class TestBodies:
    def test_the_accessible_and_the_voice_document_get_one_answer(self, client: Client, ada: User) -> None:
        response = log_in(client, ada)
        assert response.status_code == 200
        for entry in ("accessible.auth.login", "voice.auth.login"):
            assert differences(response.json(), endpoint(entry)["success"]["shape"]) == []
        body = response.json()
        assert (body["token"], body["token_type"], body["success"]) == (body["access_token"], "bearer", True)
        assert body["expires_in"] == 3600
        assert body["user"] == {"id": str(ada.pk), "email": "ada@example.com", "name": "Ada", "role": "client"}
        assert response.headers["Cache-Control"] == "no-store"
        assert status_with(client, bearer(body["access_token"])) == 200

    def test_the_film_and_the_pipeline_document_get_one_answer(self, client: Client, ada: User) -> None:
        for response in (form(client, ada), film(client, ada)):
            assert response.status_code == 200
            for entry in ("movie.auth.login", "pipeline.auth.login"):
                assert differences(response.json(), endpoint(entry)["success"]["shape"]) == []
            assert response.json()["token"] == response.json()["access_token"]
            assert response.json()["user"]["role"] == "user"
            assert "refresh_token" not in response.cookies

    def test_the_film_document_knows_users_and_admins(self, client: Client) -> None:
        admin = UserFactory(role=User.Role.ADMIN)
        assert film(client, admin).json()["user"]["role"] == "admin"

    def test_each_body_takes_the_others_name_for_the_address(self, client: Client, ada: User) -> None:
        assert client.post("/api/auth/login", {"email": ada.email, "password": PASSWORD}).status_code == 200
        assert post(client, "/api/auth/login", {"username": ada.email, "password": PASSWORD}).status_code == 200

    def test_the_address_is_taken_in_any_case(self, client: Client, ada: User) -> None:
        assert (
            post(client, "/api/v1/auth/login", {"email": " Ada@Example.COM ", "password": PASSWORD}).status_code == 200
        )

    def test_who_one_is(self, client: Client, ada: User) -> None:
        token = log_in(client, ada).json()["access_token"]
        response = client.get("/api/auth/me", headers=bearer(token))
        assert differences(response.json(), endpoint("pipeline.auth.me")["success"]["shape"]) == []
        assert response.json()["email"] == "ada@example.com"
        nobody = Client().get("/api/auth/me")
        assert (nobody.status_code, nobody.json()) == (401, {"detail": "Could not validate credentials"})
        assert nobody.headers["WWW-Authenticate"] == "Bearer"

    def test_what_is_missing_or_malformed_is_named(self, client: Client, ada: User) -> None:
        response = post(client, "/api/v1/auth/login", {"email": "nonsense", "password": "x"})
        assert response.status_code == 400
        assert response.json() == refusal("accessible.auth.login", 400)
        response = post(client, "/api/auth/login", {"email": "nonsense", "password": "x"})
        assert response.status_code == 400
        assert response.json()["error"] == refusal("movie.auth.login", 400)["error"]
        for body in ({"email": ada.email}, {"password": PASSWORD}, [], "text"):
            assert post(client, "/api/v1/auth/login", body).status_code == 400
            assert post(client, "/api/auth/login", body).status_code == 400
        assert client.post("/api/auth/login", {"username": ada.email}).status_code == 400

    def test_other_kinds_of_content_are_415(self, client: Client) -> None:
        assert client.post("/api/auth/login", "x", content_type="text/plain").status_code == 415
        assert client.post("/api/v1/auth/login", {"email": "a@b.example"}).status_code == 415
        assert client.post("/api/v1/auth/login", "{", content_type="application/json").status_code == 400


class TestRefusals:
    def test_wrong_unknown_inactive_deleted_and_unverified_look_alike(self, client: Client, ada: User) -> None:
        gone = UserFactory(deleted_at=timezone.now())
        shut = UserFactory(is_active=False)
        unverified = UserFactory(email_verified_at=None)
        stranger = User(email="nobody@example.com")
        tries = [(ada, "wrong"), *((user, PASSWORD) for user in (gone, shut, unverified, stranger))]
        for user, password in tries:
            response = post(client, "/api/v1/auth/login", {"email": user.email, "password": password})
            assert (response.status_code, response.json()) == (401, refusal("accessible.auth.login", 401))
            assert response.headers["WWW-Authenticate"] == "Bearer"
            for response in (form(client, user, password), film(client, user, password)):
                assert response.status_code == 401
                literal = refusal("movie.auth.login", 401)
                assert {key: response.json()[key] for key in literal} == literal
        assert not UserSession.objects.exists()

    def test_unknown_and_known_cost_the_same_work(
        self, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The password is hashed once either way, and the database is asked as often. bench/auth.py measures the time."""
        hashed = []
        encode = hashers.MD5PasswordHasher.encode
        monkeypatch.setattr(
            hashers.MD5PasswordHasher, "encode", lambda *args, **kw: hashed.append(1) or encode(*args, **kw)
        )

        def work(email: str) -> tuple[int, int]:
            hashed.clear()
            with CaptureQueriesContext(connection) as queries:
                post(client, "/api/v1/auth/login", {"email": email, "password": "wrong"})
            return len(hashed), len(queries)

        assert work(ada.email) == work("nobody@example.com")
        assert hashed == [1]

    def test_the_trail_says_what_happened_and_holds_no_password(self, client: Client, ada: User) -> None:
        post(client, "/api/v1/auth/login", {"email": ada.email, "password": "hunter2hunter2"})
        post(client, "/api/v1/auth/login", {"email": "nobody@example.com", "password": "hunter2hunter2"})
        log_in(client, ada)
        events = list(AuditEvent.objects.filter(action__startswith="auth.").order_by("at"))
        assert [event.action for event in events] == ["auth.login_failed", "auth.login_failed", "auth.login"]
        assert [event.details.get("reason") for event in events] == ["password", "unknown", None]
        assert events[2].actor_id == ada.pk
        assert "hunter2" not in "".join(str(event.details) for event in events)


class TestLimits:
    def test_five_failures_shut_out_that_address_and_nobody_else(self, ada: User, rate_limits: Any) -> None:
        rate_limits.RATES["auth"] = (1000, 60)
        here, elsewhere = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
        body = {"email": ada.email, "password": "wrong"}
        for _ in range(5):
            assert post(here, "/api/v1/auth/login", body).status_code == 401
        refused = log_in(here, ada)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 900
        assert refused.json()["retry_after"] == int(refused.headers["Retry-After"])
        # A remote lock-out would let anybody keep somebody out.
        assert log_in(elsewhere, ada).status_code == 200

    def test_the_right_password_clears_the_failures(self, client: Client, ada: User, rate_limits: Any) -> None:
        rate_limits.RATES["auth"] = (1000, 60)
        for _ in range(2):
            for _ in range(4):
                post(client, "/api/v1/auth/login", {"email": ada.email, "password": "wrong"})
            assert log_in(client, ada).status_code == 200

    def test_every_route_that_mints_shares_five_calls_a_minute(
        self, client: Client, ada: User, rate_limits: Any
    ) -> None:
        assert log_in(client, ada).status_code == 200
        assert form(client, ada).status_code == 200
        assert post(client, "/api/auth/exchange", {"email": ada.email}).status_code == 401
        assert post(client, "/api/v1/auth/microsoft", {"id_token": "x"}).status_code == 503
        assert post(client, "/api/v1/auth/refresh").status_code == 200
        for path in ("/api/v1/auth/login", "/api/v1/auth/refresh"):
            response = post(client, path, {"email": ada.email, "password": PASSWORD})
            assert response.status_code == 429
            literal = refusal("voice.auth.login", 429)
            assert {key: response.json()[key] for key in literal} == literal
            assert response.json()["retry_after"] == int(response.headers["Retry-After"]) > 0
        response = film(client, ada)
        assert response.status_code == 429
        assert response.json()["error"] == refusal("movie.auth.login", 429)["error"]
        assert "detail" in response.json()

    def test_a_forged_address_does_not_reset_the_count(self, client: Client, ada: User, rate_limits: Any) -> None:
        body = {"email": ada.email, "password": "wrong"}
        answers = [
            post(client, "/api/v1/auth/login", body, **{"X-Forwarded-For": f"198.51.100.{i}"}).status_code
            for i in range(6)
        ]
        assert answers == [401, 401, 401, 401, 401, 429]

    def test_without_the_counters_nobody_signs_in(self, client: Client, ada: User, rate_limits: Any) -> None:
        away = {"default": {**rate_limits.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        with override_settings(CACHES=away):
            response = log_in(client, ada)
        assert response.status_code == 503
        assert "Retry-After" in response.headers


class TestSecondFactor:
    """Every route that mints asks for it in the same way."""

    def test_a_password_alone_gets_a_challenge_and_no_token(self, client: Client, ada: User) -> None:
        add_device(ada)
        for response in (log_in(client, ada), form(client, ada), film(client, ada)):
            assert response.status_code == 401
            mfa = response.json()["mfa"]
            assert (mfa["expires_in"], mfa["methods"]) == (600, ["totp"])
            assert "access_token" not in response.json()
            assert not response.cookies
            # The challenge is no credential: neither a bearer token nor a refresh token.
            assert status_with(client, bearer(mfa["challenge"])) == 401
            refused = post(client, "/api/v1/auth/refresh", **bearer(mfa["challenge"]))
            assert refused.status_code == 401
        assert not UserSession.objects.exists()

    def test_the_code_completes_the_call_once(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        first, second = (log_in(client, ada).json()["mfa"]["challenge"] for _ in range(2))
        code = code_of(device)
        done = log_in(client, ada, challenge=first, otp=code)
        assert done.status_code == 200
        assert status_with(client, bearer(done.json()["access_token"])) == 200
        assert UserSession.objects.get().methods == ["pwd", "otp", "mfa"]
        # The challenge is used up, and so is the code.
        assert log_in(client, ada, challenge=first, otp=code_of(device, steps=1)).status_code == 401
        assert log_in(client, ada, challenge=second, otp=code).status_code == 401

    def test_the_repeated_call_needs_no_password_but_the_same_address(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        other = UserFactory()
        challenge = log_in(client, ada).json()["mfa"]["challenge"]
        answer = log_in(client, other, challenge=challenge, otp=code_of(device))
        assert answer.status_code == 401
        assert "access_token" not in answer.json()

    def test_forms_and_film_complete_in_the_same_way(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        challenge = form(client, ada).json()["mfa"]["challenge"]
        body = {"username": ada.email, "password": PASSWORD, "challenge": challenge}
        assert client.post("/api/auth/login", {**body, "otp": wrong_code_of(device)}).status_code == 401
        assert client.post("/api/auth/login", {**body, "otp": code_of(device)}).status_code == 200

    def test_a_recovery_code_stands_in_once(self, client: Client, ada: User) -> None:
        add_device(ada)
        codes = second_factor.new_recovery_codes(ada)
        mfa = log_in(client, ada).json()["mfa"]
        assert mfa["methods"] == ["totp", "recovery_code"]
        assert log_in(client, ada, challenge=mfa["challenge"], otp=codes[0]).status_code == 200
        again = log_in(client, ada).json()["mfa"]["challenge"]
        assert log_in(client, ada, challenge=again, otp=codes[0]).status_code == 401

    def test_five_wrong_codes_void_the_challenge(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        challenge = log_in(client, ada).json()["mfa"]["challenge"]
        wrong = wrong_code_of(device)
        answers = [log_in(client, ada, challenge=challenge, otp=wrong).status_code for _ in range(6)]
        assert answers == [401, 401, 401, 401, 429, 429]
        late = log_in(client, ada, challenge=challenge, otp=code_of(device))
        assert late.status_code == 429
        assert "Retry-After" in late.headers
        # A new sign-in gets a new challenge.
        fresh = log_in(client, ada).json()["mfa"]["challenge"]
        assert log_in(client, ada, challenge=fresh, otp=code_of(device)).status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_guesses_that_come_together_count_one_by_one(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        challenge = log_in(client, ada).json()["mfa"]["challenge"]
        wrong = wrong_code_of(device)
        answers = at_once(12, lambda: log_in(Client(), ada, challenge=challenge, otp=wrong).status_code)
        assert sorted(answers) == [401] * 4 + [429] * 8

    @pytest.mark.django_db(transaction=True)
    def test_the_right_code_sent_twice_at_once_signs_in_once(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        challenge = log_in(client, ada).json()["mfa"]["challenge"]
        code = code_of(device)
        answers = at_once(4, lambda: log_in(Client(), ada, challenge=challenge, otp=code).status_code)
        assert sorted(answers) == [200, 401, 401, 401]
        assert UserSession.objects.count() == 1

    def test_guesses_count_across_challenges(self, client: Client, ada: User, rate_limits: Any) -> None:
        rate_limits.RATES["auth"] = (1000, 60)
        device = add_device(ada)
        wrong = wrong_code_of(device)
        answers = []
        for _ in range(3):
            challenge = log_in(client, ada).json()["mfa"]["challenge"]
            answers += [log_in(client, ada, challenge=challenge, otp=wrong).status_code for _ in range(4)]
        assert answers == [401] * 10 + [429] * 2

    def test_an_invented_challenge_is_refused(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        assert log_in(client, ada, challenge="x" * 43, otp=code_of(device)).status_code == 401

    def test_a_challenge_ends_with_the_persons_sign_ins(self, client: Client, ada: User) -> None:
        device = add_device(ada)
        challenge = log_in(client, ada).json()["mfa"]["challenge"]
        ada.token_version += 1
        ada.save()
        assert log_in(client, ada, challenge=challenge, otp=code_of(device)).status_code == 401

    def test_the_policy_sends_people_without_a_device_to_its_set_up(
        self, client: Client, ada: User, settings: Any
    ) -> None:
        settings.MFA_POLICY = "required"
        for response in (log_in(client, ada), form(client, ada), film(client, ada)):
            assert response.status_code == 401
            mfa = response.json()["mfa"]
            assert mfa["setup_required"] is True
            assert mfa["setup_url"].endswith("/setup-2fa-required")
            assert not response.cookies

    def test_a_device_added_later_ends_what_was_signed_in_without_it(self, client: Client, ada: User) -> None:
        token = log_in(client, ada).json()["access_token"]
        add_device(ada)
        assert status_with(client, bearer(token)) == 401
        assert post(client, "/api/v1/auth/refresh").status_code == 401

    def test_a_stricter_policy_ends_what_was_signed_in_without_it(
        self, client: Client, ada: User, settings: Any
    ) -> None:
        token = log_in(client, ada).json()["access_token"]
        settings.MFA_POLICY = "required"
        assert status_with(client, bearer(token)) == 401


def test_the_description_of_the_api_says_how_to_sign_in(client: Client) -> None:
    described = client.get("/openapi.json").json()
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    # Either a bearer token or a session, not both.
    assert described["paths"]["/api/auth/me"]["get"]["security"] == [{"bearer": []}, {"session": []}]
    assert described["paths"]["/api/v1/auth/login"]["post"]["security"] == [{}]
    forms = described["paths"]["/api/auth/login"]["post"]["requestBody"]["content"]
    assert set(forms) == {"application/json", "application/x-www-form-urlencoded"}


def test_the_page_counts_against_the_same_limit(client: Client, ada: User, rate_limits: Any) -> None:
    for _ in range(4):
        log_in(client, ada)
    page = {"email": ada.email, "password": PASSWORD}
    assert client.post("/login", page).status_code == 302
    assert Client().post("/login", page).status_code == 429
    assert log_in(Client(), ada).status_code == 429
