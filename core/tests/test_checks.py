"""Settings that production must not have, and those that are fine."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from accounts.checks import demo_people
from accounts.tests.factories import UserFactory
from core import checks
from core.embedded.errors import EmbeddedError
from core.embedded.places import Home
from core.management.commands import up

ROOT = Path(__file__).resolve().parents[2]


def good(home: Path) -> dict[str, str]:
    """A whole production environment, and nothing of this process's own but what a program needs to run."""
    keys = {name: secrets.token_urlsafe(48) for name in checks.SIGNING_KEYS}
    return {
        "PATH": os.environ["PATH"],
        "REELWRIGHT_MODE": "production",
        "REELWRIGHT_HOME": str(home),
        "DATABASE_URL": "postgresql://studio:secret@127.0.0.1:1/studio",
        "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
        "ALLOWED_HOSTS": "studio.agency.org",
        "PUBLIC_URL": "https://studio.agency.org",
        "CSRF_TRUSTED_ORIGINS": "https://studio.agency.org",
        "BEHIND_PROXY": "on",
        "TRUSTED_PROXIES": "1",
        "EMAIL_URL": "smtp+tls://studio:secret@mail.agency.org:587",
        **keys,
    }


def checked(environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_proper_production_environment_is_clean(tmp_path: Path) -> None:
    code, said = checked(good(tmp_path))
    assert (code, "no issues" in said) == (0, True), said


def test_every_fault_is_named_at_once_and_fails(tmp_path: Path) -> None:
    wrong = {
        "DEBUG": "on",
        "SECRET_KEY": "secret",
        "LINK_SIGNING_KEY": "secret",
        "ALLOWED_HOSTS": "*",
        "PUBLIC_URL": "http://studio.agency.org",
        "CORS_ALLOWED_ORIGINS": "http://partner.org",
        "TRUSTED_PROXIES": "0",
        "EMAIL_URL": "",
        "MFA_POLICY": "optional",
        "RATE_LIMITS": "off",
        "OUTBOUND_ALLOW": "0.0.0.0/0",
    }
    code, said = checked({**good(tmp_path), **wrong})
    assert code != 0
    expected = {f"reelwright.E0{number:02}" for number in (2, 3, 5, 6, 7, 8, 9, 10, 12, 13, 14)}
    assert set(re.findall(r"reelwright\.E\d{3}", said)) == expected
    # What is wrong is said, never the secret itself.
    assert "'secret'" not in said


def test_a_laptop_is_not_ready_for_production(tmp_path: Path) -> None:
    code, said = checked({**good(tmp_path), "REELWRIGHT_MODE": "local"})
    assert code != 0
    assert "reelwright.E001" in said


@pytest.fixture
def sound(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings that pass every check; a test spoils one of them."""
    for name in checks.SIGNING_KEYS:
        key = secrets.token_urlsafe(48)
        setattr(settings, name, key)
        monkeypatch.setenv(name, key)
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["studio.agency.org"]
    settings.PUBLIC_URL = "https://studio.agency.org"
    settings.CSRF_TRUSTED_ORIGINS = ["https://studio.agency.org"]
    settings.CORS_ALLOWED_ORIGINS = []
    settings.SECURE_PROXY_SSL_HEADER = None
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.MFA_POLICY = "required"
    settings.RATE_LIMITS = True
    settings.OUTBOUND_ALLOW = []
    assert checks.production() == []
    return settings


SPOILED: dict[str, dict[str, Any]] = {
    "E001": {"PRODUCTION": False},
    "E002": {"DEBUG": True},
    "E003": {"LINK_SIGNING_KEY": "a" * 80},
    "E006": {"ALLOWED_HOSTS": []},
    "E007": {"PUBLIC_URL": "https://localhost:8000"},
    "E008": {"CSRF_TRUSTED_ORIGINS": ["https://*.agency.org"]},
    "E009": {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"), "TRUSTED_PROXIES": 0},
    "E010": {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"},
    "E011": {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}},
    "E012": {"MFA_POLICY": "optional"},
    "E013": {"RATE_LIMITS": False},
    "E014": {"OUTBOUND_ALLOW": ["intranet.agency.org", "10.0.0.0/8", "::/0"]},
}


@pytest.mark.parametrize("number", SPOILED)
def test_one_fault_is_one_message(number: str, sound: Any) -> None:
    for name, value in SPOILED[number].items():
        setattr(sound, name, value)
    assert [message.id for message in checks.production()] == [f"reelwright.{number}"]


def test_keys_that_were_generated_into_the_source_tree_are_refused(sound: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("AUDIT_KEY")
    assert checks.production() == []
    sound.HOME = ROOT / "var"
    assert [message.id for message in checks.production()] == ["reelwright.E004"]


def test_keys_must_differ(sound: Any) -> None:
    sound.AUDIT_KEY = sound.SECRET_KEY
    assert [message.id for message in checks.production()] == ["reelwright.E005"]


@pytest.mark.django_db
def test_people_of_the_demo_must_not_be_able_to_sign_in() -> None:
    person = UserFactory(email="demo@example.com")
    UserFactory(email="mara@agency.org")
    assert demo_people() == []
    (message,) = demo_people(databases=["default"])
    assert (message.id, message.msg.startswith("1 people")) == ("reelwright.E015", True)
    person.is_active = False
    person.save(update_fields=["is_active"])
    assert demo_people(databases=["default"]) == []


def test_the_studio_does_not_start_in_production_while_a_check_fails(
    sound: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = []

    def manage(home: Home, *arguments: str) -> None:
        done.append(arguments)
        if arguments[0] == "check":
            raise EmbeddedError("reelwright.E012")

    monkeypatch.setattr(up, "manage", manage)
    monkeypatch.setattr(up, "Supervisor", lambda *_, **__: pytest.fail("started"))
    with pytest.raises(EmbeddedError, match="E012"):
        up.Command()._run(Home.at(tmp_path))
    assert done[-1] == ("check", "--deploy", "--database", "default", "--fail-level", "WARNING")
