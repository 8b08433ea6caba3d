from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext

from accounts.models import Client, Membership, Organization, Team, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, TeamFactory, UserFactory
from core.testing.contract import differences, endpoint

CSRF = "a" * 32


class Api:
    """JSON over HTTP as a signed-in browser, with the CSRF check switched on; nobody's without a user."""

    def __init__(self, user: User | None = None) -> None:
        self.client = HttpClient(enforce_csrf_checks=True)
        self.token = ""
        if user is not None:
            self.client.force_login(user)
            self.client.cookies["csrftoken"] = self.token = CSRF

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        headers = {**({"X-CSRFToken": self.token} if self.token else {}), **headers}
        return self.client.generic(
            method,
            path,
            b"" if body is None else body if isinstance(body, bytes) else _json(body),
            content_type="application/json",
            headers=headers,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def _json(body: Any) -> bytes:
    return json.dumps(body, default=str).encode()


@pytest.fixture
def house(db: None) -> Organization:
    return OrganizationFactory(name="Northlight", slug="northlight")


@pytest.fixture
def people(house: Organization) -> dict[str, User]:
    """One person of each role in one house; its own admin; the platform's admin; and a stranger who rules another house."""
    inside = {role: UserFactory(role=role, house=house) for role in User.Role.values if role != User.Role.ADMIN}
    ruler, stranger = UserFactory(), UserFactory(role=User.Role.PRODUCTION)
    Membership.objects.create(user=ruler, organization=house, role=User.Role.ADMIN)
    Membership.objects.create(user=stranger, organization=OrganizationFactory(), role=User.Role.ADMIN)
    return {**inside, "admin": UserFactory(role=User.Role.ADMIN), "house_admin": ruler, "stranger": stranger}


@pytest.fixture
def client_of_house(house: Organization, people: dict[str, User]) -> Client:
    """A client that the project manager looks after, with one team of everybody else who has to do with it."""
    client: Client = ClientFactory(
        organization=house,
        name="Meridian",
        manager=people["project_manager"],
        notes="pays late",
        contact_email="m@e.org",
    )
    team: Team = TeamFactory(client=client, name="Subtitles")
    for role in ("client", "linguist", "reviewer"):
        team.members.add(people[role])
    return client


@pytest.fixture
def api(people: dict[str, User]) -> Callable[[str | None], Api]:
    """`api("reviewer")` is that person's API; `api(None)` is nobody's."""
    return lambda role: Api(people[role] if role else None)


@pytest.fixture
def keeps_contract() -> Callable[[Any, str], None]:
    """Holds an answer against the status and the shape of a contract entry."""

    def check(answer: Any, entry: str) -> None:
        success = endpoint(entry)["success"]
        assert answer.status_code == success["status"], answer.content
        assert differences(answer.json() if answer.content else {}, success["shape"]) == []

    return check


@pytest.fixture
def count_queries() -> Callable[[Callable[[], Any]], int]:
    """How many queries something costs."""

    def count(do: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as seen:
            do()
        return len(seen)

    return count
