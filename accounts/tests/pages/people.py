"""People at a browser, as the tests of pages need them."""

from __future__ import annotations

import re
import time

from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.services import second_factor
from accounts.tests.factories import PASSWORD
from core.mail.models import Letter


def code_of(user: User, *, steps: int = 0) -> str:
    """What the person's app shows, `steps` of 30 seconds from now."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, t0=-30 * steps):06}"


def wrong_code_of(user: User) -> str:
    near = {code_of(user, steps=steps) for steps in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)


def with_second_factor(user: User) -> list[str]:
    """Gives the person a device and returns the recovery codes. The present code is unused."""
    second_factor.begin_setup(user)
    return second_factor.confirm_setup(user, code_of(user, steps=-1))


def type_password(client: Client, user: User, *, password: str = PASSWORD, after: str = ""):
    return client.post("/login", {"email": user.email, "password": password, "next": after})


def sign_in(client: Client, user: User) -> Client:
    assert type_password(client, user).status_code == 302
    if client.session.get("pending_2fa_user_id"):
        assert client.post("/verify-2fa", {"token": code_of(user)}).status_code == 302
    assert client.session["user_id"] == str(user.pk)
    return client


def some_time_later(client: Client, seconds: int) -> None:
    """As if the last proof lay that far back."""
    session = client.session
    session["proved_at"] = time.time() - seconds
    session.save()


def token_in_newest_letter() -> str:
    found = re.search(r"token=(\S+)", Letter.objects.order_by("-created_at", "-id")[0].text)
    assert found
    return found[1]
