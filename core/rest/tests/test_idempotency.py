"""The same request sent twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import UserFactory
from core.rest import idempotency
from core.rest.models import IdempotentAnswer

pytestmark = [pytest.mark.urls("core.rest.tests.urls"), pytest.mark.django_db]

THINGS = "/api/v1/jobs/things"


@pytest.fixture
def web() -> Client:
    found = Client(raise_request_exception=False)
    found.force_login(UserFactory())
    return found


def post(web: Client, body: Any, *, key: str | None = "abc", path: str = THINGS) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return web.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_a_repetition_gets_the_first_answer_and_does_nothing(web: Client) -> None:
    first, second = post(web, {"name": "a"}), post(web, {"name": "a"})
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["Content-Type"] == "application/json"
    assert second.headers["Location"] == first.headers["Location"]
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    assert Group.objects.count() == 1


def test_without_a_key_every_request_is_carried_out(web: Client) -> None:
    post(web, {"name": "a"}, key=None)
    post(web, {"name": "b"}, key=None)
    assert Group.objects.count() == 2
    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "shape"),
    [(THINGS, {"detail"}), ("/api/v1/projects/things", {"success", "error", "requestId", "timestamp"})],
)
def test_the_key_with_another_body_is_422_on_every_surface(web: Client, path: str, shape: set[str]) -> None:
    post(web, {"name": "a"}, path=path)
    refused = post(web, {"name": "b"}, path=path)
    assert refused.status_code == 422
    assert set(refused.json()) == shape
    assert Group.objects.count() == 1


def test_the_query_belongs_to_the_request(web: Client) -> None:
    post(web, {"name": "a"})
    assert post(web, {"name": "a"}, path=f"{THINGS}?x=1").status_code == 422


def test_keys_belong_to_one_person_and_one_route(web: Client) -> None:
    other = Client()
    other.force_login(UserFactory())
    assert [post(web, {"name": "a"}).status_code, post(other, {"name": "b"}).status_code] == [201, 201]
    assert post(web, {"name": "c"}, path="/api/v1/voices/things").status_code == 201
    assert Group.objects.count() == 3


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "ümlaut"])
def test_a_key_that_cannot_be_one_is_refused(web: Client, key: str) -> None:
    assert post(web, {"name": "a"}, key=key).status_code == 400
    assert Group.objects.count() == 0


def test_a_refusal_is_replayed_but_a_failure_may_be_tried_again(web: Client) -> None:
    assert post(web, {}).status_code == 422
    again = post(web, {})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (422, "true")
    assert post(web, {"name": "a", "raise": "down"}, key="down").status_code == 503
    assert post(web, {"name": "a", "raise": "bug"}, key="bug").status_code == 500
    assert post(web, {"name": "a", "raise": "busy"}, key="busy").status_code == 429
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["abc"]


def test_an_empty_answer_is_replayed_empty(web: Client) -> None:
    first, second = (post(web, {"name": "a", "empty": True}) for _ in range(2))
    assert (first.status_code, second.status_code, second.content) == (204, 204, b"")
    assert "Content-Type" not in second.headers
    assert Group.objects.count() == 1


def test_an_answer_with_a_credential_is_not_stored(web: Client) -> None:
    for _ in range(2):
        assert post(web, {"name": "a", "cookie": True}).status_code == 201
    post(web, {"name": "b"}, path="/api/v1/auth/things")
    assert IdempotentAnswer.objects.count() == 0


def test_stored_answers_cannot_be_read_in_the_database(web: Client, settings: Any) -> None:
    post(web, {"name": "sesame"})
    assert b"sesame" not in bytes(IdempotentAnswer.objects.get().body)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is as long as it should be, at least fifty"
    settings.IDEMPOTENCY_SECONDS = 1
    row = IdempotentAnswer.objects.get()
    assert b"sesame" in idempotency.replayed(row).content
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(idempotency.KeyUsedOtherwiseError):
        idempotency.replayed(row)


def test_who_may_not_come_in_leaves_no_trace() -> None:
    assert post(Client(), {"name": "a"}).status_code == 401
    assert IdempotentAnswer.objects.count() == 0


def test_a_form_with_a_file_is_compared_by_its_bytes(web: Client) -> None:
    def send(content: bytes) -> Any:
        body = {"name": "a", "file": SimpleUploadedFile("a.bin", content)}
        return web.post(THINGS, body, headers={"Idempotency-Key": "file"})

    first = send(b"12345")
    assert first.json()["bytes"] == 5
    assert send(b"12345").headers["Idempotency-Replayed"] == "true"
    assert send(b"12346").status_code == 422
    assert Group.objects.count() == 1


def test_a_crash_frees_the_key_after_the_lease(web: Client) -> None:
    post(web, {"name": "a"})
    IdempotentAnswer.objects.update(state="running", status=None)
    busy = post(web, {"name": "a"})
    assert (busy.status_code, busy.headers["Retry-After"]) == (409, "1")
    IdempotentAnswer.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert post(web, {"name": "b"}).status_code == 201


def test_a_key_is_forgotten_after_a_day_and_swept(web: Client) -> None:
    post(web, {"name": "a"})
    past = timezone.now() - timedelta(seconds=1)
    IdempotentAnswer.objects.update(expires_at=past)
    assert post(web, {"name": "b"}).status_code == 201
    IdempotentAnswer.objects.update(expires_at=past)
    assert idempotency.sweep() == 1
    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_create_one_thing(web: Client) -> None:
    user = UserFactory()

    def send(_: int) -> tuple[int, bytes]:
        one = Client()
        one.force_login(user)
        try:
            response = post(one, {"name": "only"})
            if response.status_code == 409:
                assert response.headers["Retry-After"] == "1"
            return response.status_code, response.content
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(send, range(20)))
    assert {status for status, _ in answers} <= {201, 409}
    assert len({content for status, content in answers if status == 201}) == 1
    assert Group.objects.count() == 1
