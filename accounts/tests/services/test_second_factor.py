"""The second factor: counted once, shown once, taken away with everything that hung on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import RecoveryCode, User, UserSession
from accounts.services import second_factor
from accounts.tests.factories import UserFactory
from core.errors import InvalidFieldError, WrongStateError
from core.mail.models import Letter
from core.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com")


def code_of(user: User, *, steps: int = 0) -> str:
    """What the person's app shows, `steps` of 30 seconds from now."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, t0=-30 * steps):06}"


def set_up(user: User) -> list[str]:
    second_factor.begin_setup(user)
    # The step before, so that the present one is still unused.
    return second_factor.confirm_setup(user, code_of(user, steps=-1))


def test_a_code_proves_once(ada: User) -> None:
    set_up(ada)
    code = code_of(ada)
    assert second_factor.verify(ada, code) == "totp"
    assert second_factor.verify(ada, code) is None


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_proves_nothing(ada: User, steps: int) -> None:
    set_up(ada)
    assert second_factor.verify(ada, code_of(ada, steps=steps)) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "aaaaa-aaaaa", "x" * 5000, "\x00"])
def test_what_is_no_code_proves_nothing(ada: User, code: str) -> None:
    set_up(ada)
    assert second_factor.verify(ada, code) is None


def test_a_code_may_be_typed_with_a_gap(ada: User) -> None:
    set_up(ada)
    code = code_of(ada)
    assert second_factor.verify(ada, f" {code[:3]} {code[3:]} ") == "totp"


@pytest.mark.parametrize("typed", [str, str.upper, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_a_recovery_code_proves_once(ada: User, typed: Callable[[str], str]) -> None:
    code = set_up(ada)[3]
    assert second_factor.verify(ada, typed(code)) == "recovery_code"
    assert second_factor.verify(ada, typed(code)) is None
    assert second_factor.codes_left(ada) == 9


def test_codes_of_somebody_else_prove_nothing(ada: User) -> None:
    set_up(ada)
    other = UserFactory()
    theirs = set_up(other)
    assert second_factor.verify(ada, theirs[0]) is None
    assert second_factor.verify(ada, code_of(other)) is None


def test_no_code_is_kept_as_it_was_shown(ada: User) -> None:
    codes = set_up(ada)
    kept = set(RecoveryCode.objects.values_list("code_hash", flat=True))
    assert len(set(codes)) == len(kept) == 10
    assert not kept & {code.replace("-", "") for code in codes}


def test_recovery_codes_survive_a_rotation_of_the_key(ada: User, settings: Any) -> None:
    code = set_up(ada)[0]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key" * 10, [settings.SECRET_KEY]
    assert second_factor.verify(ada, code) == "recovery_code"


def test_new_recovery_codes_replace_the_old(ada: User) -> None:
    old = set_up(ada)
    new = second_factor.new_recovery_codes(ada)
    assert second_factor.verify(ada, old[0]) is None
    assert second_factor.verify(ada, new[0]) == "recovery_code"


def test_setting_up_keeps_one_secret_until_it_is_confirmed(ada: User) -> None:
    first = second_factor.begin_setup(ada)
    assert second_factor.begin_setup(ada).key == first.key
    assert second_factor.methods(ada) == []
    with pytest.raises(InvalidFieldError):
        second_factor.confirm_setup(ada, "000000" if code_of(ada) != "000000" else "111111")
    assert not second_factor.has_second_factor(ada)
    second_factor.confirm_setup(ada, code_of(ada))
    assert second_factor.methods(ada) == ["totp", "recovery_code"]
    with pytest.raises(WrongStateError):
        second_factor.begin_setup(ada)


def test_the_code_that_turned_it_on_does_not_sign_in(ada: User) -> None:
    second_factor.begin_setup(ada)
    code = code_of(ada)
    second_factor.confirm_setup(ada, code)
    assert second_factor.verify(ada, code) is None


def test_setting_up_and_removing_end_the_other_sign_ins_and_tell_the_person(ada: User) -> None:
    def sign_in() -> UserSession:
        return UserSession.objects.create(user=ada, kind="token", expires_at="2100-01-01T00:00:00Z")

    here, elsewhere = sign_in(), sign_in()
    second_factor.begin_setup(ada)
    second_factor.confirm_setup(ada, code_of(ada), keep=here)
    elsewhere.refresh_from_db()
    here.refresh_from_db()
    assert (elsewhere.is_revoked, here.is_revoked) == (True, False)
    second_factor.remove(ada, ada)
    here.refresh_from_db()
    assert here.is_revoked
    assert second_factor.methods(ada) == []
    assert not RecoveryCode.objects.exists()
    assert (
        list(Letter.objects.order_by("created_at").values_list("to", "template"))
        == [(ada.email, "second_factor_changed")] * 2
    )
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"accounts.second_factor.set_up", "accounts.second_factor.remove"} <= actions
    with pytest.raises(WrongStateError):
        second_factor.remove(ada, ada)


@pytest.mark.django_db(transaction=True)
def test_the_same_code_at_the_same_moment_counts_once() -> None:
    ada = UserFactory()
    recovery = set_up(ada)[0]
    # Not on the edge of a step: both shall see the same one.
    time.sleep(max(0, 3 - (30 - time.time() % 30)))
    for code in (code_of(ada), recovery):
        barrier, results = Barrier(6), []

        def prove(code: str = code, barrier: Barrier = barrier, results: list[str | None] = results) -> None:
            barrier.wait()
            results.append(second_factor.verify(ada, code))
            connection.close()

        threads = [Thread(target=prove) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([result for result in results if result]) == 1
