"""What must not be so in production. `manage.py check --deploy` says it, and `manage.py up` does not start there while it is so."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

SIGNING_KEYS = ("SECRET_KEY", "LINK_SIGNING_KEY", "AUDIT_KEY", "JWT_SIGNING_KEY")
SHORTEST_KEY = 50
FEWEST_CHARACTERS = 12
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "testserver", "0.0.0.0"})  # noqa: S104  (compared, not bound)
# They keep or show letters instead of sending them.
LOCAL_MAIL = ("filebased", "console", "locmem", "dummy")
# Each process would count for itself, or nothing would count at all.
LOCAL_CACHES = ("dummy", "locmem", "filebased", "db.")
WIDEST_OPENING = {4: 8, 6: 7}


@register(Tags.security, deploy=True)
def production(**_: Any) -> list[CheckMessage]:
    return [Error(message, hint=hint or None, id=f"reelwright.{number}") for number, message, hint in faults()]


def faults() -> Iterator[tuple[str, str, str]]:
    yield from mode()
    yield from keys()
    yield from hosts()
    yield from services()
    yield from doors()


def mode() -> Iterator[tuple[str, str, str]]:
    if not settings.PRODUCTION:
        yield "E001", "The studio runs in local mode.", "Set REELWRIGHT_MODE=production."
    if settings.DEBUG:
        yield "E002", "DEBUG shows the inside of the studio to everybody.", "Unset DEBUG."


def keys() -> Iterator[tuple[str, str, str]]:
    """Signing keys: long, their own, and not lying in the source tree."""
    hint = "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
    values = {name: getattr(settings, name) for name in SIGNING_KEYS}
    for name, value in values.items():
        if len(value) < SHORTEST_KEY or len(set(value)) < FEWEST_CHARACTERS:
            yield "E003", f"{name} is too short or too simple to sign anything with.", hint
        if not os.environ.get(name, "").strip() and settings.HOME.is_relative_to(settings.ROOT):
            yield "E004", f"{name} was generated into the source tree.", f"Set {name}, or REELWRIGHT_HOME elsewhere."
    if len(set(values.values())) < len(values):
        yield "E005", "Two of the signing keys are the same.", f"Each has its own: {', '.join(SIGNING_KEYS)}."


def hosts() -> Iterator[tuple[str, str, str]]:
    if not set(settings.ALLOWED_HOSTS) - LOCAL_HOSTS or any(host in {"*", "."} for host in settings.ALLOWED_HOSTS):
        yield "E006", "ALLOWED_HOSTS must name the hosts that people use, and no others.", ""
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "https" or (address.hostname or "") in LOCAL_HOSTS:
        yield "E007", "PUBLIC_URL must be the https address that people use: links in letters begin with it.", ""
    for name in ("CSRF_TRUSTED_ORIGINS", "CORS_ALLOWED_ORIGINS"):
        if any(not origin.startswith("https://") or "*" in origin for origin in getattr(settings, name)):
            yield "E008", f"{name} may hold complete https origins only.", ""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) and not settings.TRUSTED_PROXIES:
        yield (
            "E009",
            "Everybody behind the proxy counts as one caller, so one can use up the sign-in limit of all.",
            "Set TRUSTED_PROXIES to the number of proxies that append to X-Forwarded-For.",
        )


def services() -> Iterator[tuple[str, str, str]]:
    if any(word in settings.EMAIL_BACKEND for word in LOCAL_MAIL):
        yield "E010", "Letters are not sent but kept here.", "Set EMAIL_URL to a mail server."
    if any(word in settings.CACHES["default"]["BACKEND"] for word in LOCAL_CACHES):
        yield "E011", "The cache is not shared between processes, and limits count in it.", "Set CACHE_URL."


def doors() -> Iterator[tuple[str, str, str]]:
    if settings.MFA_POLICY != "required":
        yield "E012", "Nobody needs a second factor.", "Unset MFA_POLICY."
    if not settings.RATE_LIMITS:
        yield "E013", "Passwords can be guessed without limit.", "Unset RATE_LIMITS."
    for entry in settings.OUTBOUND_ALLOW:
        try:
            network = ipaddress.ip_network(entry)
        except ValueError:
            continue
        if network.prefixlen < WIDEST_OPENING[network.version]:
            yield "E014", f"OUTBOUND_ALLOW opens nearly everything ({entry}).", "Name hosts or small networks."
