"""One failure, worded by each surface; asked for through HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import AsyncClient, Client

pytestmark = pytest.mark.urls("core.rest.tests.urls")

PLATFORM, PIPELINE, ACCESSIBLE = "/api/conversations/1", "/api/sessions/1", "/api/v1/jobs/1"
MOVIE, VOICE, SHARED, UNKNOWN = "/api/v1/projects/1", "/api/v1/voices/1", "/api/v1/auth/login", "/api/nowhere"
EVERYWHERE = (PLATFORM, PIPELINE, ACCESSIBLE, MOVIE, VOICE, SHARED, UNKNOWN, "/api/auth/login")


@pytest.fixture
def web() -> Client:
    return Client(raise_request_exception=False)


def failed(web: Client, path: str, kind: str) -> tuple[int, dict[str, Any]]:
    response = web.get(path, {"raise": kind})
    return response.status_code, response.json()


def posted(web: Client, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    response = web.post(path, body if isinstance(body, str) else json.dumps(body), content_type="application/json")
    return response.status_code, response.json()


def test_a_missing_thing_is_worded_by_each_surface(web: Client) -> None:
    assert failed(web, PLATFORM, "missing") == (404, {"error": "Job not found"})
    assert failed(web, PIPELINE, "missing") == (404, {"detail": "Job not found"})
    assert failed(web, ACCESSIBLE, "missing") == (404, {"detail": "Job not found"})
    assert failed(web, VOICE, "missing") == (404, {"error": "not_found", "message": "Job not found"})
    assert failed(web, UNKNOWN, "missing") == (404, {"error": "Job not found", "detail": "Job not found"})
    assert failed(web, SHARED, "missing")[1] == {
        "detail": "Job not found",
        "error": "not_found",
        "message": "Job not found",
    }


def test_the_film_surface_answers_in_its_envelope(web: Client) -> None:
    status, body = failed(web, MOVIE, "missing")
    assert status == 404
    assert body["success"] is False
    assert body["error"] == {"code": "NOT_FOUND", "message": "Job not found", "details": []}
    assert body["timestamp"].endswith("Z")
    assert len(body["requestId"]) == 36


def test_the_login_shared_by_film_and_pipeline_has_both_bodies(web: Client) -> None:
    status, body = failed(web, "/api/auth/login", "anonymous")
    assert status == 401
    assert body["detail"] == body["error"]["message"] == "Could not validate credentials"
    assert body["error"]["code"] == "AUTH_REQUIRED"


def test_the_longest_prefix_decides(web: Client) -> None:
    assert failed(web, "/api/v1/files/signed-upload", "missing")[1] == {"detail": "Job not found"}
    assert failed(web, "/api/v1/files/abc", "missing")[1]["error"] == "not_found"
    # A prefix ends at a slash: this is no voice route.
    assert failed(web, "/api/v1/voicesx", "missing")[1] == {"detail": "Job not found"}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (PLATFORM, {"error": "Not logged in"}),
        (PIPELINE, {"detail": "Could not validate credentials"}),
        (ACCESSIBLE, {"detail": "Not authenticated"}),
        (VOICE, {"error": "unauthorized", "message": "Invalid or expired token"}),
    ],
)
def test_who_is_not_signed_in_hears_the_surfaces_own_sentence(web: Client, path: str, sentence: dict[str, str]) -> None:
    response = web.get(path, {"raise": "anonymous"})
    assert (response.status_code, response.json()) == (401, sentence)
    assert response.headers.get("WWW-Authenticate") == (None if path == PLATFORM else "Bearer")


def test_a_framework_404_names_the_thing_and_no_class(web: Client) -> None:
    assert failed(web, ACCESSIBLE, "http404") == (404, {"detail": "Language output not found"})


def test_details_stand_beside_the_message(web: Client) -> None:
    assert failed(web, ACCESSIBLE, "state") == (409, {"detail": "Job is completed", "current_status": "completed"})
    assert failed(web, PLATFORM, "state")[1]["current_status"] == "completed"
    assert failed(web, VOICE, "state")[1]["error"] == "conflict"


@pytest.mark.parametrize(
    ("kind", "status", "seconds"), [("busy", 429, "7"), ("down", 503, "3"), ("throttled", 429, "12")]
)
@pytest.mark.parametrize("path", EVERYWHERE)
def test_retry_after_is_always_said(web: Client, path: str, kind: str, status: int, seconds: str) -> None:
    response = web.get(path, {"raise": kind})
    assert (response.status_code, response.headers["Retry-After"]) == (status, seconds)
    if path in (VOICE, SHARED):
        assert response.json()["retry_after"] == int(seconds)


@pytest.mark.parametrize("path", [ACCESSIBLE, PIPELINE])
def test_wrong_fields_are_listed_with_their_place(web: Client, path: str) -> None:
    body = {"outputs": {"languages": ["es", "x" * 9]}, "cues": [{"start": 1}, {"start": "soon"}]}
    assert posted(web, path, body) == (
        422,
        {
            "detail": [
                {"loc": ["body", "title"], "msg": "Field required", "type": "missing"},
                {
                    "loc": ["body", "outputs", "languages", 1],
                    "msg": "Ensure this field has no more than 8 characters.",
                    "type": "value_error",
                },
                {"loc": ["body", "cues", 1, "start"], "msg": "A valid number is required.", "type": "value_error"},
            ]
        },
    )


def test_surfaces_without_422_answer_400(web: Client) -> None:
    assert posted(web, PLATFORM, {}) == (400, {"error": "title is required"})
    status, body = posted(web, VOICE, {})
    assert (status, body["error"], body["details"]) == (
        400,
        "validation_error",
        {"field": "title", "issue": "Field required"},
    )
    status, body = posted(web, MOVIE, {})
    assert (status, body["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert body["error"]["details"] == [{"field": "title", "message": "Field required"}]
    assert posted(web, SHARED, {})[0] == 400


def test_a_query_parameter_is_placed_in_the_query(web: Client) -> None:
    status, body = failed(web, ACCESSIBLE, "query")
    assert (status, body["detail"][0]["loc"], body["detail"][0]["type"]) == (422, ["query", "page"], "int_parsing")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_bug_is_told_to_nobody_but_the_log(web: Client, path: str, caplog: pytest.LogCaptureFixture) -> None:
    response = web.get(path, {"raise": "bug"}, headers={"X-Request-ID": "abcdef-12345678"})
    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert "Unexpected" not in response.text
    logged = next(json.loads(record.message) for record in caplog.records if "request.failed" in record.message)
    assert logged["request_id"] == response.headers["X-Request-ID"] == "abcdef-12345678"
    assert "UnexpectedError" in logged["exception"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_methods_and_types_that_are_not_served_are_refused(web: Client, path: str) -> None:
    response = web.delete(path)
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    # Two of the documents know no 415.
    refused = web.post(path, "<a/>", content_type="application/xml")
    assert refused.status_code == (400 if path in (PLATFORM, VOICE) else 415)


def test_a_route_that_does_not_exist_speaks_the_dialect_too(web: Client) -> None:
    assert web.get("/api/v1/jobs/void").json() == {"detail": "Not found"}
    assert web.get("/api/videos/void").json() == {"error": "Not found"}
    assert web.get("/api/v1/media/void").json()["error"]["code"] == "NOT_FOUND"


def test_pages_get_a_page(web: Client) -> None:
    response = web.get("/nowhere-at-all")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Nothing here" in response.text
    response = web.get("/page", {"raise": "state"})
    assert response.status_code == 409
    assert "Job is completed" in response.text
    response = web.get("/page", {"raise": "bug"})
    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert response.headers["X-Request-ID"] in response.text


async def test_async_views_are_answered_alike() -> None:
    web = AsyncClient(raise_request_exception=False)
    response = await web.get("/async-page", {"raise": "missing"})
    assert (response.status_code, "Job not found" in response.text) == (404, True)
    assert (await web.get("/async-page", {"raise": "bug"})).status_code == 500


@pytest.mark.parametrize(
    "body",
    [
        '{"title": NaN}',
        '{"title": 1e999}',
        '{"title": Infinity}',
        '{"title": "a\\u0000b"}',
        '{"a\\u0000b": 1}',
        '{"title": "\\ud800"}',
        '{"title": ' + "[" * 60 + "]" * 60 + "}",
        "[" * 200_000,
        '{"title": "x"',
        '{"title": ' + "9" * 5000 + "}",
    ],
)
@pytest.mark.parametrize("path", [ACCESSIBLE, PLATFORM, MOVIE, VOICE])
def test_json_that_cannot_be_kept_is_refused(web: Client, path: str, body: str) -> None:
    status, answer = posted(web, path, body)
    assert status == 400, answer


def test_unknown_fields_are_ignored(web: Client) -> None:
    assert posted(web, ACCESSIBLE, {"title": "x", "status": "completed"}) == (200, {"title": "x"})


def test_bodies_have_a_limit_that_a_route_may_raise(web: Client) -> None:
    status, answer = posted(web, ACCESSIBLE, {"title": "x" * 2**20})
    assert (status, answer) == (413, {"detail": "The request is larger than allowed here."})
    assert posted(web, "/api/v1/track", {"vtt": "x" * 2**20 + "\0"}) == (200, {"length": 2**20 + 1})
    assert posted(web, "/api/v1/track", {"vtt": "x" * 2**22})[0] == 413


def test_pages_of_lists_are_clamped_and_checked(web: Client) -> None:
    def asked(**query: Any) -> Any:
        response = web.get(ACCESSIBLE, query)
        return response.json() if response.status_code == 200 else response.status_code

    assert asked(page=3, size=10) == {"page": 3, "size": 10}
    assert asked(page=1, size=1000) == {"page": 1, "size": 100}
    assert [asked(page=0), asked(size=0), asked(page=-1), asked(page="x"), asked(page="²")] == [422] * 5
