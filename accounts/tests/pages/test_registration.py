"""Registering, the letter's link, a forgotten password. Contract: platform.register, verify_email."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import OneTimeLink, User
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.pages.people import code_of, sign_in, token_in_newest_letter, type_password
from core.mail.models import Letter

pytestmark = pytest.mark.django_db
NEW = "quite-another-long-one"


def shown(answer: Any, email: str) -> str:
    """The page without what differs from one request to the next."""
    return re.sub(r'(csrf-token" content=|middlewaretoken" value=)"[^"]+"', "", answer.text).replace(email, "…")


def register(client: Client, **fields: str):
    return client.post("/register", {"name": "Ada", "email": "ada@example.com", "password": PASSWORD, **fields})


def test_the_page_has_the_form_of_the_contract(client: Client) -> None:
    page = client.get("/register")
    assert page.status_code == 200
    for part in ('method="post"', 'name="name"', 'name="email"', 'name="password"'):
        assert part in page.text


def test_registering_sends_a_letter_and_says_so(client: Client) -> None:
    answer = register(client)
    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.text
    user, letter = User.objects.get(), Letter.objects.get()
    assert user.email_verified_at is None
    assert (letter.to, letter.template) == ("ada@example.com", "verify_email")
    assert "/verify-email?token=" in letter.text
    assert "/verify-email?token=" in letter.html
    assert type_password(Client(), user).status_code == 200


def test_a_known_address_gets_the_same_answer(client: Client) -> None:
    unknown = register(client, email="new@example.com")
    UserFactory(email="ada@example.com")
    known = register(Client())
    assert known.status_code == unknown.status_code
    assert shown(known, "ada@example.com") == shown(unknown, "new@example.com")
    assert set(known.headers) == set(unknown.headers)
    assert User.objects.count() == 2
    assert Letter.objects.filter(to="ada@example.com").get().template == "address_known"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"email": ""},
        {"email": "nobody"},
        {"password": ""},
        {"password": "short"},
        {"password": "password1234"},
        {"name": "x" * 151},
        {"name": "a\x00b"},
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_the_rest_is_kept(client: Client, fields: dict[str, str]) -> None:
    answer = register(client, **fields)
    assert answer.status_code == 400
    assert f'id="id_{next(iter(fields))}_error"' in answer.text
    assert PASSWORD not in answer.text
    assert not User.objects.exists()


def test_the_link_goes_on_to_the_set_up_in_the_browser_that_registered(client: Client) -> None:
    register(client)
    answer = client.get("/verify-email", {"token": token_in_newest_letter()})
    assert (answer.status_code, answer["Location"]) == (302, "/setup-2fa-required")
    assert "user_id" not in client.session
    user = User.objects.get()
    assert user.email_verified_at
    assert client.get("/setup-2fa-required").status_code == 200
    assert client.post("/setup-2fa-required", {"token": code_of(user)}).status_code == 200
    assert client.session["user_id"] == str(user.pk)


def test_the_link_signs_no_other_browser_in(client: Client) -> None:
    register(client)
    other = Client()
    assert other.get("/verify-email", {"token": token_in_newest_letter()})["Location"] == "/login"
    assert not {"user_id", "pending_2fa_setup_user_id"} & set(other.session.keys())
    assert other.get("/setup-2fa-required")["Location"] == "/login"
    assert type_password(other, User.objects.get())["Location"] == "/chat"


def test_registering_another_person_does_not_open_their_account_here(client: Client) -> None:
    """A browser that registered twice goes on as the last one only."""
    register(client, email="one@example.com")
    first = token_in_newest_letter()
    register(client, email="two@example.com")
    assert client.get("/verify-email", {"token": first})["Location"] == "/login"


@pytest.mark.parametrize("token", [None, "", "unknown", "x" * 5000])
def test_a_link_that_never_was_is_a_page_with_a_way_out(client: Client, token: str | None) -> None:
    answer = client.get("/verify-email", {} if token is None else {"token": token})
    assert answer.status_code == 400
    assert 'href="/login"' in answer.text


def test_a_link_works_once_and_not_for_programs_that_look_ahead(client: Client) -> None:
    register(client)
    token = token_in_newest_letter()
    assert client.head("/verify-email", {"token": token}).status_code == 405
    assert client.get("/verify-email", {"token": token}).status_code == 302
    assert client.get("/verify-email", {"token": token}).status_code == 400


def test_registrations_from_one_address_are_counted(client: Client, rate_limits: Any) -> None:
    rate_limits.RATES["register"] = (2, 3600)
    statuses = [register(Client(), email=f"person{n}@example.com").status_code for n in range(3)]
    assert statuses == [200, 200, 429]


def test_letters_to_one_address_are_counted_silently(client: Client, rate_limits: Any) -> None:
    rate_limits.RATES["letters"] = (2, 3600)
    answers = {register(Client()).status_code for _ in range(4)}
    assert answers == {200}
    assert Letter.objects.count() == 2


# ---- a forgotten password


def test_a_reset_by_letter(client: Client) -> None:
    ada = UserFactory(email="ada@example.com")
    here = sign_in(Client(), ada)
    answer = client.post("/password-reset", {"email": "ADA@example.com"})
    unknown = client.post("/password-reset", {"email": "xda@example.com"})
    assert (answer.status_code, unknown.status_code) == (200, 200)
    assert shown(answer, "ADA@example.com") == shown(unknown, "xda@example.com")
    token = token_in_newest_letter()
    page = client.get("/password-reset/confirm", {"token": token})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    short = client.post("/password-reset/confirm", {"token": token, "password": "short"})
    assert short.status_code == 400
    assert "field__error" in short.text
    done = client.post("/password-reset/confirm", {"token": token, "password": NEW})
    assert done["Location"] == "/login"
    assert "user_id" not in client.session
    assert here.get("/account").status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    for answer in (
        client.get("/password-reset/confirm", {"token": token}),
        client.post("/password-reset/confirm", {"token": token, "password": PASSWORD}),
    ):
        assert answer.status_code == 400
    assert not OneTimeLink.objects.filter(used_at=None).exists()


def test_an_unknown_address_costs_what_a_known_one_does_and_leaves_nothing(client: Client) -> None:
    ada = UserFactory(email="ada@example.com")
    cost = {}
    for email in (ada.email, "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            client.post("/password-reset", {"email": email})
        cost[email] = [query["sql"].split(" ")[0] for query in queries]
    for kind in ("SELECT", "UPDATE"):
        assert len({times.count(kind) for times in cost.values()}) == 1
    assert cost["nobody@example.com"].count("INSERT") == cost[ada.email].count("INSERT") + 1
    assert Letter.objects.get().to == ada.email
    assert User.objects.get() == ada
