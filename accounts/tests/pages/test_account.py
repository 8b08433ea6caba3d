"""One's own account. Contract: platform.setup_2fa."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import ApiKey, ExternalIdentity, User, UserSession
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages.people import (
    code_of,
    sign_in,
    some_time_later,
    type_password,
    with_second_factor,
    wrong_code_of,
)
from core.mail.models import Letter
from core.models import AuditEvent

pytestmark = pytest.mark.django_db
NEW = "quite-another-long-one"
PAGES = ["/account", "/account/password", "/account/security", "/account/sessions", "/account/keys", "/setup-2fa"]


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", name="Ada Lovelace")


@pytest.fixture
def here(ada: User) -> Client:
    return sign_in(Client(), ada)


@pytest.mark.parametrize("path", [*PAGES, "/account/confirm"])
def test_nobody_sees_them_without_signing_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login")


@pytest.mark.parametrize("path", [*PAGES, "/account/confirm"])
def test_they_are_nobody_elses_to_keep(here: Client, path: str) -> None:
    page = here.get(path)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]


# ---- profile and password


def test_a_profile_is_changed(here: Client, ada: User) -> None:
    answer = here.post("/account", {"name": " Ada King ", "avatar_url": "https://example.com/ada.png", "role": "admin"})
    assert answer["Location"] == "/account"
    ada.refresh_from_db()
    assert (ada.name, ada.avatar_url, ada.role) == ("Ada King", "https://example.com/ada.png", User.Role.CLIENT)
    assert "Ada King" in here.get("/account").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 151),
        ("avatar_url", "http://example.com/ada.png"),
        ("avatar_url", "javascript:alert(1)"),
        ("avatar_url", "https://user:secret@example.com/"),
        ("avatar_url", "https://example.com/" + "x" * 500),
    ],
)
def test_a_profile_that_cannot_be_is_refused_beside_the_field(here: Client, ada: User, field: str, value: str) -> None:
    answer = here.post("/account", {"name": "Ada", "avatar_url": "", field: value})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.text
    ada.refresh_from_db()
    assert (ada.name, ada.avatar_url) == ("Ada Lovelace", "")


def test_a_new_password_ends_everything_but_this(here: Client, ada: User) -> None:
    other = sign_in(Client(), ada)
    before = here.session.session_key
    answer = here.post("/account/password", {"current": PASSWORD, "new": NEW})
    assert answer["Location"] == "/account/password"
    assert here.get("/account").status_code == 200
    assert here.session.session_key != before
    assert other.get("/account").status_code == 302
    assert Letter.objects.get().template == "password_changed"
    assert UserSession.objects.live().get().session_key == here.session.session_key
    assert type_password(Client(), ada, password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "field"), [("wrong", NEW, "current"), (PASSWORD, "short", "new"), ("", NEW, "current")]
)
def test_a_password_that_is_refused_stays(here: Client, ada: User, current: str, new: str, field: str) -> None:
    answer = here.post("/account/password", {"current": current, "new": new})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.text
    assert here.get("/account").status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_guessing_the_present_password_is_counted(here: Client, rate_limits: Any) -> None:
    rate_limits.RATES["password_change"] = (2, 900)
    statuses = [here.post("/account/password", {"current": "wrong", "new": NEW}).status_code for _ in range(3)]
    assert statuses == [400, 400, 429]


# ---- the second factor


def test_a_second_factor_is_set_up_and_its_secret_never_shown_again(here: Client, ada: User) -> None:
    page = here.get("/setup-2fa")
    assert page.status_code == 200
    assert "otpauth://totp/" in page.text
    assert 'name="token"' in page.text
    wrong = here.post("/setup-2fa", {"token": wrong_code_of(ada)})
    assert wrong.status_code == 400
    assert "data:image/svg+xml" in wrong.text
    missing = here.post("/setup-2fa", {})
    assert (missing.status_code, "field__error" in missing.text) == (400, True)
    done = here.post("/setup-2fa", {"token": code_of(ada)})
    assert done.status_code == 200
    assert done.text.count("<li>") == 10
    assert "no-store" in done["Cache-Control"]
    key = TOTPDevice.objects.get().key
    for answer in (here.get("/setup-2fa", follow=True), here.post("/setup-2fa", {"token": "123456"}, follow=True)):
        assert answer.redirect_chain[-1][0] == "/account/security"
        assert "otpauth" not in answer.text
        assert key not in answer.text
    assert here.get("/account").status_code == 200
    assert type_password(Client(), ada)["Location"] == "/verify-2fa"


def test_the_recovery_codes_that_are_shown_work(here: Client, ada: User) -> None:
    here.get("/setup-2fa")
    shown = re.findall(r"<li>([a-z0-9-]+)</li>", here.post("/setup-2fa", {"token": code_of(ada)}).text)
    other = Client()
    type_password(other, ada)
    assert other.post("/verify-2fa", {"token": shown[7]}).status_code == 302


def test_setting_up_signs_out_everywhere_else(here: Client, ada: User) -> None:
    other = sign_in(Client(), ada)
    here.get("/setup-2fa")
    here.post("/setup-2fa", {"token": code_of(ada)})
    assert other.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


PROTECTED = ["/setup-2fa", "/account/security/remove", "/account/security/recovery-codes", "/account/keys"]


@pytest.mark.parametrize("path", PROTECTED)
def test_a_browser_left_open_changes_nothing_that_protects_the_account(ada: User, path: str) -> None:
    if path != "/setup-2fa":
        with_second_factor(ada)
    here = sign_in(Client(), ada)
    some_time_later(here, 301)
    answer = here.post(path, {"token": "123456", "name": "x", "scopes": ["read"]})
    assert answer.status_code == 403
    assert 'action="/account/confirm"' in answer.text
    assert TOTPDevice.objects.filter(confirmed=True).exists() == (path != "/setup-2fa")
    assert not ApiKey.objects.exists()


def test_the_set_up_page_of_a_browser_left_open_asks_first(here: Client) -> None:
    some_time_later(here, 301)
    assert here.get("/setup-2fa")["Location"] == "/account/confirm?next=%2Fsetup-2fa"
    answer = here.post("/account/confirm", {"password": PASSWORD, "next": "/setup-2fa"})
    assert answer["Location"] == "/setup-2fa"
    assert here.get("/setup-2fa").status_code == 200


@pytest.mark.parametrize("fields", [{}, {"password": "wrong"}, {"token": "abc"}, {"password": "", "token": ""}])
def test_a_wrong_proof_confirms_nothing(ada: User, fields: dict[str, str]) -> None:
    with_second_factor(ada)
    here = sign_in(Client(), ada)
    some_time_later(here, 301)
    answer = here.post("/account/confirm", {**fields, "next": "//evil.example"})
    assert answer.status_code == 400
    assert "field__error" in answer.text
    assert here.post("/account/security/remove").status_code == 403


def test_guessing_at_the_confirmation_is_counted(here: Client, rate_limits: Any) -> None:
    rate_limits.RATES["password_change"] = (2, 900)
    statuses = [here.post("/account/confirm", {"password": "wrong"}).status_code for _ in range(3)]
    assert statuses == [400, 400, 429]


def test_a_code_confirms_as_well(ada: User) -> None:
    codes = with_second_factor(ada)
    here = sign_in(Client(), ada)
    some_time_later(here, 301)
    assert here.post("/account/confirm", {"token": codes[0], "next": "/account/security"}).status_code == 302
    assert here.post("/account/security/remove").status_code == 302
    assert not TOTPDevice.objects.exists()
    assert here.get("/account").status_code == 200
    assert here.post("/account/security/remove")["Location"] == "/account/security"


def test_where_the_policy_wants_one_removing_leads_to_the_next(ada: User, settings: Any) -> None:
    settings.MFA_POLICY = "required"
    with_second_factor(ada)
    here = sign_in(Client(), ada)
    assert here.post("/account/security/remove")["Location"] == "/setup-2fa"
    assert here.get("/setup-2fa").status_code == 200


def test_new_recovery_codes_replace_the_old(ada: User) -> None:
    old = with_second_factor(ada)
    here = sign_in(Client(), ada)
    shown = re.findall(r"<li>([a-z0-9-]+)</li>", here.post("/account/security/recovery-codes").text)
    assert len(shown) == 10
    assert not set(shown) & set(old)
    assert "10 left" in here.get("/account/security").text


def test_another_issuers_account_is_unlinked_by_its_person_only(here: Client, ada: User) -> None:
    mine = ExternalIdentity.objects.create(user=ada, issuer="https://issuer.example", subject="1")
    theirs = ExternalIdentity.objects.create(user=UserFactory(), issuer="https://issuer.example", subject="2")
    assert "https://issuer.example" in here.get("/account/security").text
    assert here.post(f"/account/identities/{theirs.pk}/forget").status_code == 404
    assert here.post(f"/account/identities/{mine.pk}/forget").status_code == 302
    assert ExternalIdentity.objects.get() == theirs


# ---- sign-ins


def test_the_list_of_sign_ins_costs_the_same_however_long(here: Client, ada: User) -> None:
    def more(count: int) -> int:
        """Queries of the page after `count` more sign-ins."""
        for _ in range(count):
            UserSession.objects.create(user=ada, kind="token", expires_at="2100-01-01T00:00:00Z", user_agent="curl/8.5")
        with CaptureQueriesContext(connection) as queries:
            page = here.get("/account/sessions")
        assert page.text.count(">Sign out<") == UserSession.objects.count() + 1
        assert page.text.count("This one") == 1
        return len(queries)

    more(1)
    assert more(1) == more(15)


def test_one_sign_in_is_ended_at_once(here: Client, ada: User) -> None:
    other = sign_in(Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}), ada)
    row = UserSession.objects.get(user_agent__contains="Firefox")
    assert "Firefox on Linux" in here.get("/account/sessions").text
    assert here.post(f"/account/sessions/{row.pk}/end")["Location"] == "/account/sessions"
    assert other.get("/account").status_code == 302
    assert other.get("/api/v1/jobs").status_code == 401
    assert here.get("/account").status_code == 200
    assert AuditEvent.objects.filter(action="accounts.sign_in.revoke").exists()


def test_nobody_ends_anothers(here: Client) -> None:
    other = UserFactory()
    theirs = sign_in(Client(), other)
    row = UserSession.objects.get(user=other)
    assert here.post(f"/account/sessions/{row.pk}/end").status_code == 404
    assert theirs.get("/account").status_code == 200


def test_ending_this_one_signs_out(here: Client, ada: User) -> None:
    row = UserSession.objects.get()
    assert here.post(f"/account/sessions/{row.pk}/end")["Location"] == "/login"
    assert here.get("/account").status_code == 302


def test_all_others_end_together(here: Client, ada: User) -> None:
    others = [sign_in(Client(), ada) for _ in range(2)]
    assert here.post("/account/sessions/end-others").status_code == 302
    assert [other.get("/account").status_code for other in others] == [302, 302]
    assert here.get("/account").status_code == 200
    assert UserSession.objects.live().count() == 1


# ---- keys


def test_a_key_is_shown_once_works_and_is_revoked(here: Client, ada: User) -> None:
    answer = here.post("/account/keys", {"name": "Nightly", "scopes": ["read"], "lifetime": "30"})
    assert answer.status_code == 200
    found = re.search(r'id="new-key">([^<]+)<', answer.text)
    assert found
    key = ApiKey.objects.get()
    assert (key.user, key.scopes) == (ada, ["read"])
    assert key.expires_at
    assert found[1] not in here.get("/account/keys").text
    program = Client(headers={"Authorization": f"Bearer {found[1]}"})
    assert program.get("/api/v1/jobs").status_code == 200
    assert here.post(f"/account/keys/{key.pk}/revoke").status_code == 302
    assert program.get("/api/v1/jobs").status_code == 401


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("scopes", []), ("scopes", ["admin"]), ("scopes", ["all"]), ("lifetime", "7")]
)
def test_a_key_that_cannot_be_is_refused_beside_the_field(here: Client, field: str, value: Any) -> None:
    answer = here.post("/account/keys", {"name": "Nightly", "scopes": ["read"], "lifetime": "30", field: value})
    assert answer.status_code == 400
    assert "field__error" in answer.text
    assert not ApiKey.objects.exists()


def test_nobody_revokes_anothers_key(here: Client) -> None:
    other = sign_in(Client(), UserFactory())
    other.post("/account/keys", {"name": "Theirs", "scopes": ["read"], "lifetime": ""})
    key = ApiKey.objects.get()
    assert here.post(f"/account/keys/{key.pk}/revoke").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
