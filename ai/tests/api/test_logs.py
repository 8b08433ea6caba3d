from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from ai.models import Call
from ai.tests.factories import CallFactory

pytestmark = pytest.mark.django_db
R = User.Role


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory(name="Hawthorn")


@pytest.fixture
def ana(house: Organization) -> User:
    return UserFactory(role=R.CLIENT, house=house)


def asked(reader: User, path: str, **query: Any) -> Any:
    client = Client()
    client.force_login(reader)
    return client.get(f"/api/ai-logs{path}", query)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["logs"]]


def test_people_read_their_own_calls_and_planners_those_of_their_house(ana: User, house: Organization) -> None:
    own = CallFactory(user=ana, organization=house)
    colleague = CallFactory(user=UserFactory(house=house), organization=house)
    other = CallFactory(user=UserFactory(house=OrganizationFactory()), organization=OrganizationFactory())
    keeper = UserFactory(role=R.CLIENT)
    Membership.objects.create(organization=house, user=keeper, role=R.ADMIN)

    assert ids(asked(ana, "")) == [str(own.pk)]
    assert set(ids(asked(keeper, ""))) == {str(own.pk), str(colleague.pk)}
    assert len(ids(asked(UserFactory(role=R.ADMIN), ""))) == 3
    assert ids(asked(ana, "", user=other.user_id)) == []
    for hidden in (colleague.pk, other.pk, uuid.uuid4()):
        answer = asked(ana, f"/{hidden}")
        assert (answer.status_code, answer.json()) == (404, {"error": "Log not found"})


def test_the_whole_entry_shows_what_was_asked_and_answered_without_secrets(ana: User) -> None:
    call = CallFactory(
        user=ana,
        request={"system": "Mail ana@studio.example"},
        response={"text": "Use sk-ant-api03-abcdefghijklmnopqrst"},
        input_tokens=3,
        output_tokens=4,
        endpoint="/api/chat",
        conversation_id=uuid.UUID(int=5),
    )
    body = asked(ana, f"/{call.pk}").json()
    assert (body["request_data"], body["response_data"]) == ({"system": "Mail [e-mail]"}, {"text": "Use [key]"})
    assert (body["tokens_input"], body["tokens_output"], body["success"], body["error"]) == (3, 4, True, None)
    assert (body["endpoint"], body["conversation_id"]) == ("/api/chat", str(uuid.UUID(int=5)))


def test_a_failed_call_tells_why_and_has_no_answer(ana: User) -> None:
    call = CallFactory(user=ana, outcome=Call.Outcome.FAILED, error="No reply.", response={"text": "half"})
    body = asked(ana, f"/{call.pk}").json()
    assert (body["success"], body["error"], body["response_data"]) == (False, "No reply.", {})


def test_calls_are_narrowed_by_time_model_and_person(ana: User, house: Organization) -> None:
    early = CallFactory(user=ana, at=datetime(2026, 3, 1, 23, 59, 59, 900_000, tzinfo=UTC))
    late = CallFactory(user=ana, model="whisper-small", at=datetime(2026, 3, 2, tzinfo=UTC))
    assert ids(asked(ana, "", end="2026-03-01")) == [str(early.pk)]
    assert ids(asked(ana, "", start="2026-03-02")) == [str(late.pk)]
    assert ids(asked(ana, "", start="2026-03-02T01:00:00+01:00", end="2026-03-02T00:00:00Z")) == [str(late.pk)]
    assert ids(asked(ana, "", model="whisper-small")) == [str(late.pk)]
    assert ids(asked(ana, "", model="whisper")) == []
    assert ids(asked(ana, "", user=ana.pk)) == [str(late.pk), str(early.pk)]


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-02-30", "2026-13-01T00:00", "0001-01-01T00:00:00+14:00", "9999-12-31"]
)
@pytest.mark.parametrize("name", ["start", "end"])
def test_what_is_no_date_is_refused(ana: User, name: str, text: str) -> None:
    answer = asked(ana, "", **{name: text})
    if (name, text) == ("start", "9999-12-31"):
        assert ids(answer) == []
    else:
        assert (answer.status_code, answer.json()) == (400, {"error": "Invalid date"})


def test_pages_count_all_and_say_whether_there_are_more(ana: User) -> None:
    CallFactory.create_batch(3, user=ana)
    first, last = asked(ana, "", limit=2).json(), asked(ana, "", limit=2, offset=2).json()
    assert [(len(page["logs"]), page["total"], page["has_more"]) for page in (first, last)] == [
        (2, 3, True),
        (1, 3, False),
    ]
    assert asked(ana, "", limit=100_000).status_code == 200
    assert {asked(ana, "", **bad).status_code for bad in ({"limit": 0}, {"offset": -1}, {"user": "x"})} == {400}


@pytest.mark.parametrize("count", [1, 20])
def test_a_list_costs_the_same_however_many_calls(ana: User, count: int, django_assert_num_queries: Any) -> None:
    CallFactory.create_batch(count, user=ana)
    client = Client()
    client.force_login(ana)
    client.get("/api/ai-logs")
    with django_assert_num_queries(5):
        client.get("/api/ai-logs")
