"""Browsers' sessions: opened under a new key, proved as the person must, ended by time, by people and by other devices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.authentication import person_of
from accounts.models import User, UserSession
from accounts.services import sign_in
from accounts.tests.credentials import add_device, code_of, status_with, wrong_code_of
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.errors import NotSignedInError, ReauthenticationRequiredError, TooManyRequestsError
from core.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", name="Ada", role=User.Role.PRODUCTION, house=OrganizationFactory())


@pytest.fixture
def request_() -> HttpRequest:
    """A request of a browser that nobody has signed in with."""
    return request_of(SessionStore())


def request_of(session: SessionStore) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = session
    request.user = AnonymousUser()
    return request


def browser_of(request: HttpRequest) -> Client:
    """A browser that holds this request's session."""
    request.session.save()
    client = Client()
    client.cookies["sessionid"] = request.session.session_key or ""
    return client


def signed_in(user: User, *, methods: list[str] | None = None) -> Client:
    request = request_of(SessionStore())
    sign_in.open_browser_session(request, user, methods=methods or ["pwd"])
    return browser_of(request)


def change_session(client: Client, **values: Any) -> None:
    session = SessionStore(client.cookies["sessionid"].value)
    session.update(values)
    session.save()


class TestOpening:
    def test_a_key_known_before_is_worth_nothing_after(self, ada: User, request_: HttpRequest) -> None:
        request_.session["planted"] = True
        request_.session.save()
        before = request_.session.session_key
        sign_in.open_browser_session(request_, ada, methods=["pwd"])
        assert request_.session.session_key not in (None, before)
        assert "planted" not in request_.session
        assert not Session.objects.filter(pk=before).exists()
        assert {key: request_.session[key] for key in ("user_id", "user_name", "user_email")} == {
            "user_id": str(ada.pk),
            "user_name": "Ada",
            "user_email": "ada@example.com",
        }

    def test_the_sign_in_is_listed_and_audited(self, ada: User) -> None:
        client = signed_in(ada)
        row = UserSession.objects.get()
        assert (row.kind, row.methods, row.session_key) == ("browser", ["pwd"], client.cookies["sessionid"].value)
        assert timedelta(days=6, hours=23) < row.expires_at - timezone.now() <= timedelta(days=7)
        assert AuditEvent.objects.get(action="auth.login").actor_id == ada.pk

    def test_signing_in_again_ends_what_this_browser_was_before(self, ada: User, request_: HttpRequest) -> None:
        first = sign_in.open_browser_session(request_, ada, methods=["pwd"])
        second = sign_in.open_browser_session(request_, UserFactory(), methods=["pwd"])
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.is_revoked, second.is_revoked) == (True, False)


class TestSecondFactor:
    def test_a_held_browser_is_nobodys_until_the_code_comes(self, ada: User, request_: HttpRequest) -> None:
        device = add_device(ada)
        sign_in.hold_for_second_factor(request_, ada)
        held_key = request_.session.session_key
        assert request_.session["pending_2fa_user_id"] == str(ada.pk)
        assert "user_id" not in request_.session
        assert sign_in.held(request_) == ada
        assert status_with(browser_of(request_), {}) == 401
        with pytest.raises(NotSignedInError):
            sign_in.prove_held(request_, wrong_code_of(device))
        assert sign_in.held(request_) == ada
        user, methods = sign_in.prove_held(request_, code_of(device))
        sign_in.open_browser_session(request_, user, methods=methods)
        assert request_.session.session_key != held_key
        assert "pending_2fa_user_id" not in request_.session
        assert status_with(browser_of(request_), {}) == 200
        assert UserSession.objects.get().methods == ["pwd", "otp", "mfa"]

    def test_a_browser_that_owes_its_code_is_no_longer_whom_it_was(self, ada: User, request_: HttpRequest) -> None:
        row = sign_in.open_browser_session(request_, ada, methods=["pwd"])
        sign_in.hold_for_second_factor(request_, ada)
        row.refresh_from_db()
        assert row.is_revoked

    def test_five_wrong_codes_release_the_browser(self, ada: User, request_: HttpRequest) -> None:
        device = add_device(ada)
        sign_in.hold_for_second_factor(request_, ada)
        for _ in range(4):
            with pytest.raises(NotSignedInError):
                sign_in.prove_held(request_, wrong_code_of(device))
        with pytest.raises(TooManyRequestsError):
            sign_in.prove_held(request_, wrong_code_of(device))
        assert sign_in.held(request_) is None
        with pytest.raises(NotSignedInError):
            sign_in.prove_held(request_, code_of(device))

    def test_only_the_set_up_is_open_to_whom_the_policy_wants_it_of(self, ada: User, request_: HttpRequest) -> None:
        sign_in.hold_for_setup(request_, ada)
        assert sign_in.held_for_setup(request_) == ada
        assert status_with(browser_of(request_), {}) == 401
        request_.session["pending_2fa_setup_since"] -= 601
        assert sign_in.held_for_setup(request_) is None

    def test_a_set_up_that_somebody_finished_elsewhere_is_closed(self, ada: User, request_: HttpRequest) -> None:
        sign_in.hold_for_setup(request_, ada)
        add_device(ada)
        assert sign_in.held_for_setup(request_) is None

    def test_a_session_without_it_is_refused_as_soon_as_it_is_needed(self, ada: User, settings: Any) -> None:
        without, proved = signed_in(ada), signed_in(ada, methods=["pwd", "totp"])
        assert (status_with(without, {}), status_with(proved, {})) == (200, 200)
        settings.MFA_POLICY = "required"
        assert (status_with(without, {}), status_with(proved, {})) == (401, 200)
        settings.MFA_POLICY = "optional"
        assert (status_with(without, {}), status_with(proved, {})) == (200, 200)
        add_device(ada)
        assert (status_with(without, {}), status_with(proved, {})) == (401, 200)


class TestEnds:
    def test_a_session_left_alone_ends_and_a_busy_one_goes_on(self, ada: User, settings: Any) -> None:
        client = signed_in(ada)
        now = timezone.now().timestamp()
        change_session(client, seen_at=now - settings.SESSION_IDLE_SECONDS + 60)
        assert status_with(client, {}) == 200
        change_session(client, seen_at=now - settings.SESSION_IDLE_SECONDS - 60)
        assert status_with(client, {}) == 401
        # It is gone for good, also from the list of where the person is signed in.
        assert not Session.objects.exists()
        assert UserSession.objects.get().is_revoked

    def test_seven_days_are_the_end_however_busy_it_was(self, ada: User) -> None:
        client = signed_in(ada)
        row = Session.objects.get()
        assert timedelta(days=6, hours=23) < row.expire_date - timezone.now() <= timedelta(days=7)
        change_session(client, seen_at=timezone.now().timestamp() - 400)
        assert status_with(client, {}) == 200
        # Being seen has written the session again, and not moved its end.
        assert abs(Session.objects.get().expire_date - row.expire_date) < timedelta(seconds=1)

    def test_being_seen_is_written_down_now_and_then(
        self, ada: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = signed_in(ada)
        with django_assert_num_queries(2):
            status_with(client, {})
        UserSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=6))
        change_session(client, seen_at=timezone.now().timestamp() - 360)
        status_with(client, {})
        assert timezone.now() - UserSession.objects.get().last_seen_at < timedelta(minutes=1)

    def test_one_session_can_be_ended_from_another(self, ada: User) -> None:
        lost, kept = signed_in(ada), signed_in(ada)
        row = UserSession.objects.get(session_key=lost.cookies["sessionid"].value)
        assert sign_in.revoke(row, because="lost laptop", actor=ada)
        assert (status_with(lost, {}), status_with(kept, {})) == (401, 200)

    def test_a_change_ends_every_session_but_the_one_that_makes_it(self, ada: User, request_: HttpRequest) -> None:
        other = signed_in(ada)
        row = sign_in.open_browser_session(request_, ada, methods=["pwd"])
        request_.user = ada
        services.end_sign_ins(ada, because="password changed", actor=ada, keep=row)
        sign_in.keep_browser_session(request_, ada, methods=["totp"])
        assert (status_with(other, {}), status_with(browser_of(request_), {})) == (401, 200)
        row.refresh_from_db()
        assert (row.session_key, row.methods) == (request_.session.session_key, ["pwd", "otp", "mfa"])

    def test_signing_out_clears_the_whole_session(self, ada: User, request_: HttpRequest) -> None:
        row = sign_in.open_browser_session(request_, ada, methods=["pwd"])
        client = browser_of(request_)
        sign_in.close_browser_session(request_)
        row.refresh_from_db()
        assert row.is_revoked
        assert request_.session.is_empty()
        assert status_with(client, {}) == 401
        assert AuditEvent.objects.filter(action="auth.logout", actor=ada).count() == 1

    def test_a_closed_or_deleted_account_ends_with_its_next_request(self, ada: User) -> None:
        client = signed_in(ada)
        User.objects.filter(pk=ada.pk).update(deleted_at=timezone.now())
        assert status_with(client, {}) == 401
        User.objects.filter(pk=ada.pk).update(deleted_at=None, is_active=False)
        assert status_with(client, {}) == 401


class TestWhatMayBeDone:
    def test_writes_want_the_csrf_token_and_our_own_page(self, ada: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.cookies = signed_in(ada).cookies
        client.cookies["csrftoken"] = "a" * 32
        token = {"X-CSRFToken": "a" * 32}
        upload = b'{"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 10}'

        def write(**headers: str) -> int:
            kind = "application/json"
            path = "/api/v1/jobs/upload/init"
            status: int = client.post(path, upload, content_type=kind, headers=headers).status_code
            return status

        assert write() == 403
        assert write(**{"X-CSRFToken": "b" * 32}) == 403
        assert write(**token, Origin="https://evil.example") == 403
        assert write(**token, **{"Sec-Fetch-Site": "cross-site"}) == 403
        assert write(**token, Origin="http://testserver", **{"Sec-Fetch-Site": "same-origin"}) == 200
        # Reading needs none.
        assert client.get("/api/v1/jobs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200

    def test_what_matters_wants_a_proof_of_the_last_five_minutes(self, ada: User, request_: HttpRequest) -> None:
        sign_in.open_browser_session(request_, ada, methods=["pwd"])
        sign_in.require_recent_sign_in(request_)
        request_.session["proved_at"] -= 301
        with pytest.raises(ReauthenticationRequiredError):
            sign_in.require_recent_sign_in(request_)
        sign_in.reauthenticated(request_, ada)
        sign_in.require_recent_sign_in(request_)

    def test_the_person_is_looked_up_once_for_each_request(
        self, ada: User, request_: HttpRequest, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        sign_in.open_browser_session(request_, ada, methods=["pwd"])
        request_.session.save()
        later = request_of(SessionStore(request_.session.session_key))
        with django_assert_num_queries(2):
            assert person_of(later) == person_of(later) == ada
