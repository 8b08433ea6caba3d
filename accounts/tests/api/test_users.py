"""Finding people, held against platform.yaml and row P11 of the threats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.api.conftest import Api
from accounts.tests.factories import OrganizationFactory, ProjectFactory, TeamFactory, UserFactory

SEARCH = "/api/users/search"

ApiFor = Callable[[str | None], Any]


def found(api: Any, text: str) -> list[str]:
    answer = api.client.get(SEARCH, {"q": text})
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["users"]]


@pytest.fixture
def me(db: None) -> User:
    return UserFactory(name="Zoe Myself", house=OrganizationFactory())


def test_answers_keep_the_contract(me: User, keeps_contract: Any) -> None:
    house = me.organizations.get()
    UserFactory(name="Zoe Colleague", house=house, avatar_url="https://example.com/z.png")
    UserFactory(name="Zoe Plain", house=house)
    answer = Api(me).get(f"{SEARCH}?q=ZOE")
    keeps_contract(answer, "platform.users.search")
    assert [row["name"] for row in answer.json()["users"]] == ["Zoe Colleague", "Zoe Plain"]
    assert answer.json()["users"][1]["avatar_url"] is None


def test_nobody_finds_nobody(me: User) -> None:
    answer = Api().get(f"{SEARCH}?q=zoe")
    assert (answer.status_code, answer.json()) == (401, {"error": "Not logged in"})


@pytest.mark.parametrize("text", ["", " ", "z", " z ", "%", "%%", "__", "z%e", "x" * 201])
def test_too_short_too_long_and_wildcards_find_nothing(text: str, me: User) -> None:
    UserFactory(name="Zoe Colleague", house=me.organizations.get())
    assert found(Api(me), text) == []


def test_without_a_text_nobody_is_found(me: User) -> None:
    assert Api(me).get(SEARCH).json() == {"users": []}


def test_what_is_no_text_is_refused(me: User) -> None:
    answer = Api(me).get(f"{SEARCH}?q=zo%00e")
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


def test_people_of_ones_houses_teams_and_projects_are_found_and_strangers_are_not(me: User) -> None:
    house = me.organizations.get()
    UserFactory(name="Zoe House", house=house)
    team = TeamFactory(member=me)
    team.members.add(UserFactory(name="Zoe Team"))
    ProjectFactory(owner=me, collaborator=UserFactory(name="Zoe Guest"))
    ProjectFactory(owner=UserFactory(name="Zoe Host"), viewer=me)
    UserFactory(name="Zoe Stranger", email="stranger@example.com", house=OrganizationFactory())
    assert found(Api(me), "zoe") == ["Zoe Guest", "Zoe Host", "Zoe House", "Zoe Team"]
    assert found(Api(me), "stranger@example.com") == []


def test_the_closed_and_the_deleted_are_not_found(me: User) -> None:
    house = me.organizations.get()
    UserFactory(name="Zoe Closed", house=house, is_active=False)
    UserFactory(name="Zoe Deleted", house=house, deleted_at="2026-01-01T00:00:00Z")
    assert found(Api(me), "zoe") == []


def test_twenty_are_the_most_and_cost_what_one_costs(me: User, count_queries: Any) -> None:
    house = me.organizations.get()
    UserFactory(name="Zoe 0", house=house)
    person = Api(me)
    one = count_queries(lambda: found(person, "zoe"))
    UserFactory.create_batch(25, name="Zoe More", house=house)
    assert len(found(person, "zoe")) == 20
    assert count_queries(lambda: found(person, "zoe")) == one


def test_thirty_a_minute_are_the_most(me: User, rate_limits: Any) -> None:
    person = Api(me)
    for _ in range(30):
        assert found(person, "zoe") == []
    answer = person.get(f"{SEARCH}?q=zoe")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert set(answer.json()) == {"error"}
