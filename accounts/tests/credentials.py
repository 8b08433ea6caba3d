"""What people and programs prove themselves with, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.services import tokens
from accounts.tests.factories import PASSWORD


def add_device(user: User) -> TOTPDevice:
    """A confirmed second factor."""
    return TOTPDevice.objects.create(user=user, name="Authenticator app", confirmed=True)


def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
    """The device's code now, or so many steps of 30 seconds away."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06}"


def wrong_code_of(device: TOTPDevice) -> str:
    right = {code_of(device, steps=steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def program(user: User) -> dict[str, str]:
    """The header of a program that this person has signed in."""
    return bearer(tokens.issue(user, methods=["pwd"]).access_token)


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(path, body if body is not None else {}, content_type="application/json", headers=headers)


def log_in(client: Client, user: User, **body: Any) -> Any:
    return post(client, "/api/v1/auth/login", {"email": user.email, "password": PASSWORD, **body})


def status_with(client: Client, headers: dict[str, str]) -> int:
    """Whether these headers open a route that wants somebody."""
    status: int = client.get("/api/auth/me", headers=headers).status_code
    return status


def at_once(calls: int, function: Callable[[], Any]) -> list[Any]:
    """The answers of so many calls made together, each in a thread with a database connection of its own."""
    together = threading.Barrier(calls)
    answers: list[Any] = []

    def one() -> None:
        together.wait()
        try:
            answers.append(function())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
