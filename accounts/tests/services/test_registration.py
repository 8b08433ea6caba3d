"""Registering, proving the address, forgetting the password: what the services promise their doors."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import OneTimeLink, User
from accounts.services import passwords, registration, sign_in
from accounts.services.links import DeadLinkError
from accounts.tests.factories import PASSWORD, UserFactory
from core.errors import InvalidFieldError, NotSignedInError
from core.mail.models import Letter

pytestmark = pytest.mark.django_db

NEW = "quite-another-long-one"


def newest_token() -> str:
    found = re.search(r"token=(\S+)", Letter.objects.order_by("-created_at")[0].text)
    assert found
    return found[1]


def register(email: str = "ada@example.com", password: str = PASSWORD) -> str:
    registration.register(name="Ada Lovelace", email=email, password=password)
    return newest_token()


def test_a_registration_waits_for_the_letter() -> None:
    token = register(" Ada@Example.com ")
    user = User.objects.get()
    assert (user.email, user.email_verified_at, user.role) == ("ada@example.com", None, User.Role.CLIENT)
    assert len(token) >= 43
    assert not OneTimeLink.objects.filter(token_hash=token).exists()
    assert registration.verify(token) == user
    user.refresh_from_db()
    assert user.email_verified_at
    assert user.check_password(PASSWORD)


def test_a_link_works_once() -> None:
    token = register()
    registration.verify(token)
    with pytest.raises(DeadLinkError):
        registration.verify(token)


def test_an_old_link_a_changed_address_and_a_closed_account_are_dead() -> None:
    token = register()
    for change in ({"is_active": False}, {"email": "new@example.com"}, {"deleted_at": timezone.now()}):
        before = User.objects.values(*change).get()
        User.objects.update(**change)
        with pytest.raises(DeadLinkError):
            registration.verify(token)
        User.objects.update(**before)
    OneTimeLink.objects.update(expires_at=timezone.now())
    with pytest.raises(DeadLinkError):
        registration.verify(token)


def test_the_link_of_one_purpose_is_worth_nothing_for_the_other() -> None:
    token = register()
    with pytest.raises(DeadLinkError):
        passwords.reset(token, NEW)


def test_a_known_address_gets_a_letter_and_no_second_account() -> None:
    ada = UserFactory(email="ada@example.com")
    made = registration.register(name="Mallory", email="ADA@example.com", password=NEW)
    assert made != ada.pk
    assert User.objects.count() == 1
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert Letter.objects.get().template == "address_known"


def test_ones_own_letter_puts_ones_own_password_in_force() -> None:
    """Somebody registers another's address first, and again in between: the owner's letter still means the owner's password."""
    register(password="password-of-mallory")
    mine = register(password=NEW)
    register(password="password-of-mallory")
    registration.verify(mine)
    assert User.objects.get().check_password(NEW)


def test_a_letter_that_was_left_over_changes_nothing_later() -> None:
    first, second = register(), register(password=NEW)
    registration.verify(first)
    with pytest.raises(DeadLinkError):
        registration.verify(second)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 151}),
        ("email", {"email": "nobody"}),
        ("email", {"email": f"{'x' * 250}@example.com"}),
        ("password", {"password": "short"}),
        ("password", {"password": "ada@example.com"}),
        ("password", {"password": "x" * 5000}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, values: dict[str, str]) -> None:
    with pytest.raises(InvalidFieldError) as refusal:
        registration.register(**{"name": "Ada", "email": "ada@example.com", "password": PASSWORD, **values})
    assert refusal.value.field == field
    assert not User.objects.exists()
    assert not Letter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_openings_of_one_link_count_once() -> None:
    token, barrier = register(), Barrier(8)

    def opening(_: int) -> bool:
        barrier.wait()
        try:
            registration.verify(token)
        except DeadLinkError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(opening, range(8))) == 1


@pytest.mark.django_db(transaction=True)
def test_registering_twice_at_once_makes_one_person() -> None:
    barrier = Barrier(4)

    def registering(_: int) -> None:
        barrier.wait()
        registration.register(name="Ada", email="ada@example.com", password=PASSWORD)
        connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(registering, range(4)))
    assert User.objects.count() == 1
    assert Letter.objects.count() == 4


def test_a_reset_sets_the_password_once_and_ends_everything() -> None:
    ada = UserFactory(email="ada@example.com")
    version = ada.token_version
    passwords.request_reset("ADA@example.com")
    token = newest_token()
    with pytest.raises(InvalidFieldError):
        passwords.reset(token, "short")
    passwords.reset(token, NEW)
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert ada.token_version == version + 1
    assert Letter.objects.filter(template="password_changed").count() == 1
    with pytest.raises(DeadLinkError):
        passwords.reset(token, PASSWORD)


def test_a_reset_voids_the_other_links() -> None:
    ada = UserFactory()
    passwords.request_reset(ada.email)
    first = newest_token()
    passwords.request_reset(ada.email)
    passwords.reset(newest_token(), NEW)
    with pytest.raises(DeadLinkError):
        passwords.reset(first, PASSWORD)


def test_a_reset_for_nobody_leaves_nothing_behind() -> None:
    passwords.request_reset("nobody@example.com")
    passwords.request_reset(UserFactory(is_active=False).email)
    assert not Letter.objects.exists()
    assert not OneTimeLink.objects.exists()


def test_a_change_wants_the_present_password() -> None:
    ada = UserFactory()
    with pytest.raises(InvalidFieldError) as refusal:
        passwords.change_password(ada, current="wrong", new=NEW, keep=None)
    assert refusal.value.field == "current"
    passwords.change_password(ada, current=PASSWORD, new=NEW, keep=None)
    assert User.objects.get().check_password(NEW)


def test_the_right_password_before_the_address_is_proved_sends_the_letter_again() -> None:
    register()
    for password, letters in (("wrong-" + PASSWORD, 1), (PASSWORD, 2)):
        with pytest.raises(NotSignedInError):
            sign_in.check_password(email="ada@example.com", password=password, address="192.0.2.1")
        assert Letter.objects.count() == letters
    registration.verify(newest_token())
    assert (
        sign_in.check_password(email="ada@example.com", password=PASSWORD, address="192.0.2.1").name == "Ada Lovelace"
    )
