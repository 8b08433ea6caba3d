"""The doors: password, second factor, out again. Contract: platform.login, verify_2fa, setup_2fa_required, logout."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User, UserSession
from accounts.tests.factories import UserFactory
from accounts.tests.pages.people import code_of, sign_in, type_password, with_second_factor, wrong_code_of
from core.models import AuditEvent

pytestmark = pytest.mark.django_db
REFUSED = "The e-mail or password is not right."


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", name="Ada Lovelace")


def test_the_page_has_the_form_of_the_contract(client: Client) -> None:
    page = client.get("/login")
    assert page.status_code == 200
    assert page["Content-Type"].startswith("text/html")
    for part in ('method="post"', 'action="/login"', 'name="email"', 'name="password"'):
        assert part in page.text
    assert "no-store" in page["Cache-Control"]


def test_who_is_signed_in_already_goes_on(client: Client, ada: User) -> None:
    sign_in(client, ada)
    for path in ("/login", "/register", "/verify-2fa", "/setup-2fa-required"):
        assert client.get(path)["Location"] == "/chat"


def test_without_a_second_factor_the_password_is_enough_where_the_policy_allows(client: Client, ada: User) -> None:
    answer = type_password(client, ada)
    assert (answer.status_code, answer["Location"]) == (302, "/chat")
    session = client.session
    assert [session[key] for key in ("user_id", "user_name", "user_email")] == [
        str(ada.pk),
        "Ada Lovelace",
        "ada@example.com",
    ]
    assert UserSession.objects.live().get().session_key == session.session_key


def test_where_the_policy_wants_one_the_set_up_comes_first(client: Client, ada: User, settings: Any) -> None:
    settings.MFA_POLICY = "required"
    answer = type_password(client, ada)
    assert answer["Location"] == "/setup-2fa-required"
    assert "user_id" not in client.session
    assert client.get("/account").status_code == 302
    page = client.get("/setup-2fa-required")
    assert page.status_code == 200
    assert "otpauth://totp/" in page.text
    assert "data:image/svg+xml" in page.text
    assert 'name="token"' in page.text
    assert "no-store" in page["Cache-Control"]
    done = client.post("/setup-2fa-required", {"token": code_of(ada)})
    assert done.status_code == 200
    assert done.text.count("<li>") == 10
    assert client.session["user_id"] == str(ada.pk)
    assert client.get("/account").status_code == 200


def test_with_a_second_factor_the_password_opens_nothing(client: Client, ada: User) -> None:
    with_second_factor(ada)
    answer = type_password(client, ada)
    assert answer["Location"] == "/verify-2fa"
    assert client.session["pending_2fa_user_id"] == str(ada.pk)
    assert "user_id" not in client.session
    for path in ("/account", "/jobs", "/setup-2fa"):
        assert client.get(path)["Location"].startswith("/login")
    assert client.get("/api/v1/jobs").status_code == 401
    assert not UserSession.objects.exists()


def test_the_code_opens_the_door(client: Client, ada: User) -> None:
    with_second_factor(ada)
    type_password(client, ada)
    page = client.get("/verify-2fa")
    assert (page.status_code, 'name="token"' in page.text) == (200, True)
    answer = client.post("/verify-2fa", {"token": code_of(ada)})
    assert (answer.status_code, answer["Location"]) == (302, "/chat")
    assert client.session["user_id"] == str(ada.pk)
    assert "pending_2fa_user_id" not in client.session
    assert client.get("/account").status_code == 200


def test_a_recovery_code_opens_it_too_once(ada: User) -> None:
    code = with_second_factor(ada)[0]
    for status in (302, 401):
        client = Client()
        type_password(client, ada)
        assert client.post("/verify-2fa", {"token": code}).status_code == status


def test_the_same_code_does_not_work_twice(ada: User) -> None:
    with_second_factor(ada)
    code = code_of(ada)
    for status in (302, 401):
        client = Client()
        type_password(client, ada)
        assert client.post("/verify-2fa", {"token": code}).status_code == status


@pytest.mark.parametrize("token", [None, "", "12", "abc", "x" * 100, "\x00"])
def test_a_wrong_code_is_refused_and_the_wait_goes_on(client: Client, ada: User, token: str | None) -> None:
    with_second_factor(ada)
    type_password(client, ada)
    answer = client.post("/verify-2fa", {} if token is None else {"token": token})
    assert answer.status_code == 401
    assert "field__error" in answer.text
    assert client.session["pending_2fa_user_id"] == str(ada.pk)
    assert "user_id" not in client.session


def test_five_wrong_codes_end_the_try(client: Client, ada: User) -> None:
    with_second_factor(ada)
    type_password(client, ada)
    wrong = wrong_code_of(ada)
    statuses = [client.post("/verify-2fa", {"token": wrong}).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 401, 429]
    assert "pending_2fa_user_id" not in client.session
    sixth = client.post("/verify-2fa", {"token": code_of(ada)})
    assert sixth["Location"] == "/login"
    assert "user_id" not in client.session
    # Nobody is locked out by that: the password begins anew.
    type_password(client, ada)
    assert client.post("/verify-2fa", {"token": code_of(ada)}).status_code == 302


def test_half_way_through_every_page_leads_to_the_other_half(client: Client, ada: User, settings: Any) -> None:
    settings.MFA_POLICY = "required"
    type_password(client, ada)
    assert client.get("/jobs", follow=True).redirect_chain[-1][0] == "/setup-2fa-required?next=%2Fjobs"
    with_second_factor(ada)
    type_password(client, ada)
    assert client.get("/jobs", follow=True).redirect_chain[-1][0] == "/verify-2fa?next=%2Fjobs"
    assert client.get("/login").status_code == 200


@pytest.mark.parametrize("path", ["/verify-2fa", "/setup-2fa-required"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_password_first_these_pages_lead_to_the_sign_in(client: Client, path: str, method: str) -> None:
    answer = getattr(client, method)(path)
    assert (answer.status_code, answer["Location"]) == (302, "/login")


@pytest.mark.parametrize(
    "changes", [{}, {"is_active": False}, {"email_verified_at": None}, {"deleted_at": "2026-01-01T00:00:00Z"}]
)
def test_every_refusal_looks_the_same(client: Client, ada: User, changes: dict[str, Any]) -> None:
    User.objects.filter(pk=ada.pk).update(**changes)
    password = {} if changes else {"password": "not-the-password"}
    answer = type_password(client, ada, **password)
    unknown = client.post("/login", {"email": "ada@example.com", "password": "x"})
    assert answer.status_code == unknown.status_code == 200
    assert REFUSED in answer.text
    assert REFUSED in unknown.text
    assert "sessionid" not in client.cookies
    assert AuditEvent.objects.filter(action="auth.login_failed").count() == 2


@pytest.mark.parametrize(
    "fields", [{}, {"email": "ada@example.com"}, {"password": "x"}, {"email": "no", "password": "x"}]
)
def test_a_missing_field_is_said_beside_it(client: Client, fields: dict[str, str]) -> None:
    answer = client.post("/login", fields)
    assert answer.status_code == 200
    assert "field__error" in answer.text


def test_the_sixth_try_in_a_minute_waits(client: Client, ada: User, rate_limits: Any) -> None:
    for _ in range(5):
        assert type_password(client, ada, password="wrong").status_code == 200
    answer = type_password(client, ada)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    # The right person elsewhere is not locked out by it.
    assert Client(REMOTE_ADDR="192.0.2.7").post("/login", {"email": ada.email, "password": "wrong"}).status_code == 200


def test_the_session_gets_a_new_key_at_each_step(client: Client, ada: User) -> None:
    with_second_factor(ada)
    client.post("/register", {"name": "X", "email": "x@example.com", "password": "a-long-enough-password"})
    keys = [client.session.session_key]
    type_password(client, ada)
    keys.append(client.session.session_key)
    client.post("/verify-2fa", {"token": code_of(ada)})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/jobs?status=failed", "/jobs?status=failed"),
        ("//evil.example", "/chat"),
        ("https://evil.example/", "/chat"),
        ("/\\evil.example", "/chat"),
        ("javascript:alert(1)", "/chat"),
        ("", "/chat"),
    ],
)
def test_next_stays_on_this_host(client: Client, ada: User, wanted: str, location: str) -> None:
    assert type_password(client, ada, after=wanted)["Location"] == location


def test_next_is_kept_on_the_way_through_the_second_factor(client: Client, ada: User) -> None:
    with_second_factor(ada)
    answer = type_password(client, ada, after="/jobs")
    assert answer["Location"] == "/verify-2fa?next=%2Fjobs"
    assert 'value="/jobs"' in client.get(answer["Location"]).text
    assert client.post("/verify-2fa", {"token": code_of(ada), "next": "/jobs"})["Location"] == "/jobs"


def test_a_form_of_another_site_signs_nobody_in_or_out(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    fields = {"email": ada.email, "password": "a-long-enough-password"}
    assert client.post("/login", fields, headers={"Origin": "https://evil.example"}).status_code == 403
    client.force_login(ada)
    for path in ("/logout", "/account", "/account/sessions/end-others", "/account/security/remove", "/setup-2fa"):
        assert client.post(path, {"name": "Mallory"}, headers={"Origin": "https://evil.example"}).status_code == 403
    ada.refresh_from_db()
    assert ada.name == "Ada Lovelace"
    assert client.get("/account").status_code == 200


# ---- out again


def test_signing_out_clears_the_whole_session(client: Client, ada: User) -> None:
    sign_in(client, ada)
    cookie = client.cookies["sessionid"].value
    answer = client.get("/logout")
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    client.cookies["sessionid"] = cookie
    assert client.get("/api/v1/jobs").status_code == 401
    assert not UserSession.objects.live().exists()
    assert AuditEvent.objects.filter(action="auth.logout").exists()


def test_signing_out_twice_is_harmless(client: Client) -> None:
    assert client.get("/logout")["Location"] == "/login"
    assert client.post("/logout")["Location"] == "/login"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "https://evil.example/page"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch"},
    ],
)
def test_a_picture_on_another_page_does_not_sign_out(client: Client, ada: User, headers: dict[str, str]) -> None:
    sign_in(client, ada)
    answer = client.get("/logout", headers=headers)
    assert answer.status_code == 200
    assert 'action="/logout"' in answer.text
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Referer": "http://testserver/jobs"}],
)
def test_a_link_of_ours_signs_out(client: Client, ada: User, headers: dict[str, str]) -> None:
    sign_in(client, ada)
    assert client.get("/logout", headers=headers).status_code == 302
    assert client.get("/account").status_code == 302


# ---- the Django admin


def test_the_administration_has_no_door_of_its_own(client: Client, settings: Any) -> None:
    settings.MFA_POLICY = "required"
    root = UserFactory(role=User.Role.ADMIN, is_staff=True, is_superuser=True)
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login?next=%2Fadmin%2F"
    assert (
        client.post("/admin/login/", {"username": root.email, "password": "a-long-enough-password"}).status_code == 405
    )
    assert type_password(client, root, after="/admin/")["Location"] == "/setup-2fa-required?next=%2Fadmin%2F"
    assert client.get("/admin/").status_code == 302
    client.get("/setup-2fa-required")
    client.post("/setup-2fa-required", {"token": code_of(root)})
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/password_change/")["Location"] == "/account/password"
    assert client.post("/admin/logout/")["Location"] == "/login"
    assert client.get("/admin/").status_code == 302


def test_somebody_without_the_right_is_told_so_and_not_sent_in_circles(client: Client, ada: User) -> None:
    sign_in(client, ada)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
