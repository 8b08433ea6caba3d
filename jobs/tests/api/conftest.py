from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory


class Api:
    """JSON over HTTP as a signed-in person, with the CSRF check switched on."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.token = ""
        if user is not None:
            self.client.force_login(user)
            self.client.cookies["csrftoken"] = self.token = "a" * 32

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(path, body, content_type="application/json", headers=self._with_token(headers))

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.patch(path, body, content_type="application/json", headers=self._with_token(headers))

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(path, body, content_type="application/json", headers=self._with_token({}))

    def delete(self, path: str) -> Any:
        return self.client.delete(path, headers=self._with_token({}))

    def _with_token(self, headers: dict[str, str]) -> dict[str, str]:
        return {**({"X-CSRFToken": self.token} if self.token else {}), **headers}


@pytest.fixture
def house(db: None) -> Organization:
    return OrganizationFactory()


@pytest.fixture
def people(house: Organization) -> dict[str, User]:
    """One person of each role in one house, and a stranger of another."""
    inside = {role: UserFactory(role=role, house=house) for role in User.Role.values if role != User.Role.ADMIN}
    return {
        **inside,
        "admin": UserFactory(role=User.Role.ADMIN),
        "stranger": UserFactory(role=User.Role.PRODUCTION, house=OrganizationFactory()),
    }


@pytest.fixture
def api(people: dict[str, User]) -> Any:
    """`api("reviewer")` is that person's API; `api(None)` is nobody's."""
    return lambda role: Api(people[role] if role else None)
