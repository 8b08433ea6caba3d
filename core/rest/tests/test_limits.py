"""Limits as callers meet them, surface by surface."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient, Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.rest import counters, throttles

pytestmark = [pytest.mark.urls("core.rest.tests.urls"), pytest.mark.django_db]

FILM = "/api/v1/projects/limited"
HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Tier")


def signed_in(**fields: Any) -> Client:
    web = Client(raise_request_exception=False)
    web.force_login(UserFactory(**fields))
    return web


def standing(response: Any) -> tuple[str, ...]:
    return tuple(response.headers.get(name, "") for name in HEADERS)


@pytest.mark.parametrize(("tier", "limit"), [("free", 100), ("pro", 1000), ("enterprise", 10_000)])
def test_film_answers_tell_where_the_caller_stands(rate_limits: Any, tier: str, limit: int) -> None:
    web = signed_in(tier=tier)
    first, second = standing(web.get(FILM)), standing(web.get(FILM))
    assert first[0] == second[0] == str(limit)
    assert (first[1], second[1]) == (str(limit - 1), str(limit - 2))
    assert first[2] == second[2]
    assert int(first[2]) % 3600 == 0
    assert time.time() < int(first[2]) <= time.time() + 3600
    assert first[3] == tier


def test_the_101st_request_of_an_hour_is_refused_in_the_films_envelope(rate_limits: Any) -> None:
    rate_limits.RATES["film_free"] = (3, 3600)
    web = signed_in()
    assert [web.get(FILM).status_code for _ in range(3)] == [200] * 3
    response = web.get(FILM)
    assert response.status_code == 429
    assert response.json()["error"]["code"] == "RATE_LIMITED"
    assert standing(response)[:2] == ("3", "0")
    assert int(response.headers["Retry-After"]) == pytest.approx(int(standing(response)[2]) - time.time(), abs=2)
    # Somebody else is not held back by it.
    assert signed_in().get(FILM).status_code == 200


@pytest.mark.parametrize("limits", [True, False])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", FILM, 200),
        ("get", "/api/v1/projects/void", 404),
        ("get", "/api/v1/chat/void", 404),
        ("get", "/api/v1/media/void", 404),
        ("delete", FILM, 405),
        ("options", FILM, 204),
        ("head", FILM, 200),
        ("get", f"{FILM}?raise=missing", 404),
        ("get", f"{FILM}?raise=bug", 500),
    ],
)
def test_the_four_headers_stand_on_every_film_answer(
    rate_limits: Any, limits: bool, method: str, path: str, status: int
) -> None:
    rate_limits.RATE_LIMITS = limits
    response = getattr(signed_in(tier="pro"), method)(path)
    assert response.status_code == status
    assert standing(response)[0] == "1000"
    assert standing(response)[3] == "pro"
    assert all(standing(response))


def test_who_is_nobody_stands_as_free_and_is_not_counted(rate_limits: Any) -> None:
    web = Client()
    for _ in range(2):
        response = web.get(FILM)
        assert response.status_code == 401
        assert standing(response)[0:2] == ("100", "100")
        assert standing(response)[3] == "free"


def test_headers_stay_when_limits_are_off(settings: Any) -> None:
    web = signed_in()
    assert [standing(web.get(FILM))[:2] for _ in range(2)] == [("100", "100")] * 2


def test_other_surfaces_carry_no_film_headers(rate_limits: Any) -> None:
    assert standing(signed_in().get("/api/v1/voices/limited")) == ("",) * 4


async def test_the_headers_are_written_under_asgi_too(rate_limits: Any) -> None:
    response = await AsyncClient().get("/api/v1/projects/void")
    assert response.status_code == 404
    assert all(standing(response))


@pytest.mark.django_db(transaction=True)
def test_twenty_requests_at_once_take_exactly_twenty(rate_limits: Any) -> None:
    user = UserFactory()

    def ask(_: int) -> str:
        web = Client()
        web.force_login(user)
        try:
            return standing(web.get(FILM))[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        left = list(threads.map(ask, range(20)))
    assert sorted(int(number) for number in left) == list(range(80, 100))


@pytest.mark.parametrize(
    ("group", "limit", "window"), [("upload", 10, 3600), ("processing", 20, 3600), ("general", 100, 60)]
)
def test_voice_groups_have_their_own_limits(rate_limits: Any, group: str, limit: int, window: int) -> None:
    web = signed_in()
    path = "/api/v1/voices/limited" if group == "general" else f"/api/v1/process/{group}"
    assert {web.post(path).status_code for _ in range(limit)} == {200}
    response = web.post(path)
    assert response.status_code == 429
    seconds = int(response.headers["Retry-After"])
    assert window - 30 < seconds <= window
    assert response.json() == {
        "error": "rate_limit_exceeded",
        "message": "Too many requests, please try again later",
        "retry_after": seconds,
    }


def test_reading_is_not_counted_against_uploading(rate_limits: Any) -> None:
    rate_limits.RATES["upload"] = (1, 3600)
    web = signed_in()
    assert [web.post("/api/v1/process/upload").status_code for _ in range(2)] == [200, 429]
    assert web.get("/api/v1/process/upload").status_code == 200


def test_all_that_mints_credentials_shares_five_a_minute_by_address(rate_limits: Any) -> None:
    web = Client(REMOTE_ADDR="203.0.113.7")
    paths = ["/api/v1/auth/limited", "/api/auth/limited"] * 3
    answers = [web.post(path).status_code for path in paths]
    assert answers == [200] * 5 + [429]
    body = web.post("/api/v1/auth/limited").json()
    assert (body["error"], body["detail"]) == ("rate_limit_exceeded", body["message"])
    assert body["retry_after"] <= 60
    assert Client(REMOTE_ADDR="203.0.113.8").post("/api/v1/auth/limited").status_code == 200


def test_a_forged_forwarded_address_does_not_begin_a_new_count(rate_limits: Any) -> None:
    web = Client(REMOTE_ADDR="203.0.113.7")
    answers = [
        web.post("/api/v1/auth/limited", headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code
        for number in range(6)
    ]
    assert answers == [200] * 5 + [429]


def test_behind_our_proxy_the_address_it_wrote_is_counted(rate_limits: Any) -> None:
    rate_limits.TRUSTED_PROXIES = 1
    web = Client(REMOTE_ADDR="10.0.0.1")
    for number in range(7):
        # What the caller sent stands left of what our proxy appended.
        forged = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.7"}
        status = web.post("/api/v1/auth/limited", headers=forged).status_code
    assert status == 429
    assert web.post("/api/v1/auth/limited", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200


def test_the_addresses_of_one_ipv6_network_are_one_caller(rate_limits: Any) -> None:
    answers = [
        Client(REMOTE_ADDR=f"2a00:1450:4001:82b::{number}").post("/api/v1/auth/limited").status_code
        for number in range(6)
    ]
    assert answers == [200] * 5 + [429]


def test_other_routes_are_limited_by_person_and_generously(rate_limits: Any) -> None:
    assert rate_limits.RATES["others"][0] >= 600
    rate_limits.RATES["others"] = (2, 60)
    web = signed_in()
    assert [web.get("/api/v1/jobs/limited").status_code for _ in range(3)] == [200, 200, 429]
    assert web.get("/api/v1/jobs/limited").json() == {"detail": "Too many requests, please try again later"}


def test_who_is_not_signed_in_hears_that_first(rate_limits: Any) -> None:
    rate_limits.RATES["others"] = (1, 60)
    assert [Client().get("/api/v1/jobs/limited").status_code for _ in range(3)] == [401] * 3


def test_a_dead_counter_closes_sign_in_and_nothing_else(rate_limits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = counters.Store("redis://127.0.0.1:1/0")
    monkeypatch.setattr(throttles, "store", lambda: gone)
    refused = Client().post("/api/v1/auth/limited")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert signed_in().get("/api/v1/jobs/limited").status_code == 200
    film = signed_in().get(FILM)
    assert (film.status_code, standing(film)[1]) == (200, "100")


def test_limits_can_be_switched_off(settings: Any) -> None:
    assert {Client().post("/api/v1/auth/limited").status_code for _ in range(20)} == {200}


def test_the_user_model_has_the_tiers_that_are_configured(settings: Any) -> None:
    assert {f"film_{tier}" for tier in User.Tier.values} <= set(settings.RATES)
