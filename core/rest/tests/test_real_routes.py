"""The routes that the studio really has keep the rules that core.rest sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Organization, User
from accounts.tests.factories import UserFactory
from core.rest.idempotency import REPLAYED
from core.rest.models import IdempotentAnswer
from core.rest.views import ApiView

pytestmark = pytest.mark.django_db

# Their answers are credentials, or hold one: they must not be stored, not even encrypted.
NEVER_STORED = (
    "/api/auth/login",
    "/api/auth/exchange",
    "/api/v1/auth/login",
    "/api/v1/auth/microsoft",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/api/v1/invitations/accept",
    "/api/v1/webhooks/media-processed",
)


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for one in resolver.url_patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield path, getattr(one.callback, "cls", None) or one.callback
        else:
            yield from patterns(one, path)


def api_routes() -> dict[str, Any]:
    return {path: view for path, view in patterns(get_resolver()) if path.startswith("/api/")}


def test_every_route_of_the_api_is_an_api_view() -> None:
    routes = api_routes()
    assert len(routes) > 30
    wrong = [path for path, view in routes.items() if not (isinstance(view, type) and issubclass(view, ApiView))]
    assert wrong == []


def test_no_route_below_api_ends_in_a_slash() -> None:
    """The door takes the slash away before routes are looked at."""
    assert [path for path in api_routes() if path.endswith("/")] == []


def test_answers_that_are_credentials_are_never_stored() -> None:
    routes = api_routes()
    assert [path for path in NEVER_STORED if path in routes and routes[path].idempotent] == []


def test_every_limit_that_a_view_names_is_configured() -> None:
    named: set[str] = set()
    for view in api_routes().values():
        group = view.throttle_group
        named.update(group.values() if isinstance(group, dict) else [group] if group else [])
    assert named <= set(django_settings.RATES)


def test_everything_that_mints_a_token_counts_as_sign_in() -> None:
    routes = api_routes()
    minting = (
        "/api/auth/login",
        "/api/auth/exchange",
        "/api/v1/auth/login",
        "/api/v1/auth/microsoft",
        "/api/v1/auth/refresh",
    )
    assert {path: routes[path].throttle_group for path in minting} == dict.fromkeys(minting, "auth")


def test_a_stranger_hears_the_same_of_every_id(subtests: Any) -> None:
    """401 before anything about the path is known, whether the id could exist, cannot be one, or has a slash behind it."""
    web = Client()
    for path, view in api_routes().items():
        if "<uuid:" not in path or "get" not in dir(view) or not needs_somebody(view):
            continue
        with subtests.test(path):
            shown = [filled(path, text) for text in ("7c1f7d1e-5f6a-4e6e-9f0e-2f4a1f6b3c11", "12", "x'--")]
            assert [web.get(url).status_code for url in (*shown, shown[0] + "/")] == [401] * 4


def needs_somebody(view: Any) -> bool:
    return all(permission.__name__ != "AllowAny" for permission in view.permission_classes)


def filled(path: str, text: str) -> str:
    """With a place in a list, which no id could be, the first one."""
    parts = ["0" if part.startswith("<int:") else text if part.startswith("<") else part for part in path.split("/")]
    return "/".join(parts)


def test_creating_a_house_twice_with_one_key_creates_it_once() -> None:
    web = Client()
    web.force_login(UserFactory(role=User.Role.ADMIN))
    body = json.dumps({"name": "Northlight"})
    first, second = (
        web.post("/api/v1/organizations", body, content_type="application/json", headers={"Idempotency-Key": "k-1"})
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (REPLAYED in first.headers, second.headers[REPLAYED]) == (False, "true")
    assert Organization.objects.filter(name="Northlight").count() == 1
    assert IdempotentAnswer.objects.count() == 1
