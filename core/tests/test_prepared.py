from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef

from accounts.models import ApiKey, Membership, User, UserSession
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.prepared import Prepared

pytestmark = pytest.mark.django_db(transaction=True)


def by_name(name: str) -> Any:
    member = Membership.objects.filter(user=OuterRef("user_id"))
    keys = ApiKey.objects.live().filter(name=name, scopes__contains=["read"]).select_related("user")
    return keys.annotate(housed=Exists(member)).order_by()


@pytest.fixture
def prepared() -> Prepared[ApiKey]:
    return Prepared(by_name, name="an example")


def key(name: str, **facts: Any) -> ApiKey:
    user = UserFactory(name=f"Owner of {name}")
    return ApiKey.objects.create(user=user, name=name, token_hash=name, scopes=["read", "write"], **facts)


def test_a_prepared_query_gives_what_the_query_gives(prepared: Prepared[ApiKey]) -> None:
    first, second = key("first"), key("second")
    Membership.objects.create(user=second.user, organization=OrganizationFactory())
    for made in (first, second):
        found, plain = prepared.first(name=made.name), by_name(made.name).get()
        fields = [field.attname for field in ApiKey._meta.concrete_fields]
        assert found == plain
        assert [getattr(found, name) for name in fields] == [getattr(plain, name) for name in fields]
        assert found.scopes == ["read", "write"]
        assert found.housed is (made is second)
        assert not found._state.adding


def test_related_rows_come_along_and_cost_nothing_more(
    prepared: Prepared[ApiKey], django_assert_num_queries: Any
) -> None:
    made = key("first")
    prepared.first(name="first")
    with django_assert_num_queries(1):
        found = prepared.first(name="first")
        assert (found.user, found.user.name) == (made.user, "Owner of first")


def test_nothing_found_is_none(prepared: Prepared[ApiKey]) -> None:
    assert prepared.first(name="nobody's") is None


def test_a_value_is_a_value_and_never_sql(prepared: Prepared[ApiKey]) -> None:
    key("first")
    assert prepared.first(name="' OR 1=1 --") is None
    assert key("50% 'off'").pk == prepared.first(name="50% 'off'").pk


def test_times_are_those_of_the_asking_and_not_of_the_preparing() -> None:
    prepared = Prepared(lambda pk: UserSession.objects.live().filter(pk=pk), pk=uuid.UUID(int=1))
    session = UserSession.objects.create(user=UserFactory(), kind="token", expires_at="2000-01-01T00:00Z")
    assert prepared.first(pk=session.pk) is None
    UserSession.objects.update(expires_at="2999-01-01T00:00Z")
    assert prepared.first(pk=session.pk) == session


def test_threads_ask_on_their_own_connections(prepared: Prepared[ApiKey]) -> None:
    names = [f"key {number}" for number in range(8)]
    for name in names:
        key(name)

    def ask(name: str) -> str:
        try:
            return prepared.first(name=name).user.name
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, names)) == [f"Owner of {name}" for name in names]


def test_a_value_that_the_query_does_not_ask_for_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="does not ask for name"):
        Prepared(lambda pk, name: User.objects.filter(pk=pk), pk=uuid.uuid4(), name="Ada").first(pk=1, name="Ada")
