"""Keys of programs: what their scopes open, and what no key ever opens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.models import ApiKey, User
from accounts.services import api_keys
from accounts.tests.credentials import add_device, bearer, post, status_with
from accounts.tests.factories import PASSWORD, OrganizationFactory, UserFactory
from core.errors import InvalidFieldError
from core.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com", role=User.Role.PRODUCTION, house=OrganizationFactory())


def header(user: User, *scopes: str, **more: Any) -> dict[str, str]:
    return bearer(api_keys.create(user, name="render farm", scopes=list(scopes), **more)[1])


def test_the_secret_is_shown_once_and_stored_as_a_hash(ada: User) -> None:
    key, secret = api_keys.create(ada, name=" render farm ", scopes=["write", "read", "read"])
    assert re.fullmatch(r"rwk_[A-Za-z0-9_-]{43}", secret)
    assert (key.name, key.scopes, key.prefix) == ("render farm", ["read", "write"], secret[:12])
    assert secret not in str(ApiKey.objects.values_list().get())
    event = AuditEvent.objects.get(action="accounts.api_key.create")
    assert secret not in str(event.details)


def test_reading_and_writing_are_different_scopes(client: Client, ada: User) -> None:
    upload = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 10}
    reading, writing = header(ada, "read"), header(ada, "write")
    assert client.get("/api/v1/jobs", headers=reading).status_code == 200
    assert client.get("/api/v1/jobs", headers=writing).status_code == 200
    refused = post(client, "/api/v1/jobs/upload/init", upload, **reading)
    assert (refused.status_code, refused.json()) == (403, {"detail": "This API key lacks the scope write."})
    assert post(client, "/api/v1/jobs/upload/init", upload, **writing).status_code == 200


def test_administration_is_a_scope_of_admins(client: Client, ada: User) -> None:
    with pytest.raises(InvalidFieldError):
        api_keys.create(ada, name="x", scopes=["admin"])
    admin = UserFactory(role=User.Role.ADMIN)
    for scopes, status in ((["read"], 403), (["read", "write"], 403), (["read", "admin"], 200)):
        assert client.get("/api/v1/admin/users", headers=header(admin, *scopes)).status_code == status
    # The scope gives no role: the person's own role is asked as well.
    demoted = header(admin, "read", "admin")
    User.objects.filter(pk=admin.pk).update(role=User.Role.CLIENT)
    assert client.get("/api/v1/admin/users", headers=demoted).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/api/v1/admin/users"),
        ("PATCH", "/api/v1/admin/users/00000000-0000-4000-8000-000000000000"),
        ("POST", "/api/v1/organizations/00000000-0000-4000-8000-000000000000/members"),
        ("DELETE", "/api/v1/organizations/{id}/members/{id}"),
        ("POST", "/api/v1/clients/00000000-0000-4000-8000-000000000000/pm"),
        ("POST", "/api/v1/clients/{id}/teams/{id}/members"),
    ],
)
def test_a_key_changes_no_credentials_people_or_roles(client: Client, method: str, path: str) -> None:
    admin = UserFactory(role=User.Role.ADMIN)
    path = path.replace("{id}", "00000000-0000-4000-8000-000000000000")
    keyed = header(admin, "read", "write", "admin")
    answer = client.generic(method, path, b"{}", content_type="application/json", headers=keyed)
    assert answer.status_code == 403
    assert "An API key cannot" in answer.content.decode()


def test_a_key_neither_signs_in_nor_renews(client: Client, ada: User) -> None:
    keyed = header(ada, "read", "write")
    assert post(client, "/api/v1/auth/refresh", **keyed).status_code == 401
    assert post(client, "/api/auth/exchange", {"email": ada.email}, **keyed).status_code == 401
    # The password signs in; the key beside it adds nothing.
    body = {"email": ada.email, "password": "wrong"}
    assert post(client, "/api/v1/auth/login", body, **keyed).status_code == 401
    assert post(client, "/api/v1/auth/login", {**body, "password": PASSWORD}, **keyed).status_code == 200


def test_a_key_ends_when_it_is_revoked_runs_out_or_its_person_is_shut_out(client: Client, ada: User) -> None:
    key, secret = api_keys.create(ada, name="x", scopes=["read"])
    assert status_with(client, bearer(secret)) == 200
    assert api_keys.revoke(key, actor=ada)
    assert not api_keys.revoke(key, actor=ada)
    assert status_with(client, bearer(secret)) == 401
    soon = header(ada, "read", expires_at=timezone.now() + timedelta(hours=1))
    assert status_with(client, soon) == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status_with(client, soon) == 401
    other = header(ada, "read")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert status_with(client, other) == 401


def test_a_key_outlives_a_new_password(client: Client, ada: User) -> None:
    keyed = header(ada, "read")
    services.end_sign_ins(ada, because="password changed", actor=ada)
    assert status_with(client, keyed) == 200


def test_the_policy_is_asked_of_keys_too(client: Client, ada: User, settings: Any) -> None:
    keyed = header(ada, "read")
    settings.MFA_POLICY = "required"
    assert status_with(client, keyed) == 401
    add_device(ada)
    assert status_with(client, keyed) == 200


def test_what_cannot_be_made_is_said(ada: User) -> None:
    wrong: list[dict[str, Any]] = [
        {"name": " ", "scopes": ["read"]},
        {"name": "x" * 101, "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": ["read"], "expires_at": timezone.now()},
    ]
    for given in wrong:
        with pytest.raises(InvalidFieldError):
            api_keys.create(ada, **given)


def test_its_use_costs_one_query_and_is_noted_once_a_minute(
    client: Client, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keyed = header(ada, "read")
    with django_assert_num_queries(2):
        status_with(client, keyed)
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        status_with(client, keyed)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    status_with(client, keyed)
    assert ApiKey.objects.get().last_used_at > first
