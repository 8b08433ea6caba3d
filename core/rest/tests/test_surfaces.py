"""Every surface against every kind of failure, the framework's own included, held against the contract's error bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import AsyncClient, Client

from accounts.tests.factories import UserFactory
from core.testing.contract import differences, document

pytestmark = [pytest.mark.urls("core.rest.tests.urls"), pytest.mark.django_db]

SURFACES = {
    "platform": "/api/conversations/x",
    "pipeline": "/api/sessions/x",
    "accessible": "/api/v1/jobs/x",
    "movie": "/api/v1/projects/x",
    "voice": "/api/v1/voices/x",
}
MERGED = {
    "shared": ("/api/v1/auth/x", ("accessible", "voice")),
    "login": ("/api/auth/login/x", ("movie", "pipeline")),
}


def shape_of(surface: str) -> Any:
    shape = document(surface)["conventions"]["errors"]
    shape = {**(shape.get("body") or shape["dialect"])} if surface != "platform" else {"error": "string"}
    if surface == "pipeline":
        return {"detail": "string"}
    if surface == "movie":
        shape["success"] = "bool"
    if surface == "voice":
        # absent_when_unused
        return {"error": "string", "message": "string"}
    return shape


def called(method: str, path: str, **given: Any) -> Any:
    return Client(raise_request_exception=False).generic(method, path, **given)


def raised(kind: str) -> Callable[[str], Any]:
    return lambda path: called("GET", f"{path}?raise={kind}")


def posted(body: str | bytes, content_type: str = "application/json", **headers: str) -> Callable[[str], Any]:
    return lambda path: called("POST", path, data=body, content_type=content_type, headers=headers)


# What happens, and the status it has on platform, pipeline, accessible, movie, voice.
FAILURES: dict[str, tuple[Callable[[str], Any], tuple[int, ...]]] = {
    "nobody is signed in": (raised("anonymous"), (401,) * 5),
    "wrong role": (raised("role"), (403,) * 5),
    "the framework's own 403": (raised("forbidden"), (403,) * 5),
    "missing": (raised("missing"), (404,) * 5),
    "missing by the framework": (raised("http404"), (404,) * 5),
    "a path that leads nowhere": (lambda path: called("GET", f"{path}/void"), (404,) * 5),
    "a method that is not served": (lambda path: called("PUT", path), (405,) * 5),
    "a method nobody knows": (lambda path: called("BREW", path), (405,) * 5),
    "a bare refusal": (lambda path: called("POST", f"{path}/bare"), (405,) * 5),
    "an answer in a format not had": (lambda path: called("GET", path, headers={"Accept": "image/png"}), (406,) * 5),
    "wrong state": (raised("state"), (409,) * 5),
    "an announced body too large": (posted("x" * (2**20 + 1)), (413,) * 5),
    "another content type": (posted("<a/>", "application/xml"), (400, 415, 415, 415, 400)),
    "a form where JSON is meant": (posted("a=b", "application/x-www-form-urlencoded"), (400, 415, 415, 415, 400)),
    "no JSON": (posted("{"), (400,) * 5),
    "no text": (posted(b"\xff\xfe"), (400,) * 5),
    "NaN": (posted('{"title": NaN}'), (400,) * 5),
    "infinity by exponent": (posted('{"title": 1e999}'), (400,) * 5),
    "NUL": (posted('{"title": "\\u0000"}'), (400,) * 5),
    "NUL in the query": (lambda path: called("GET", f"{path}?page=%00"), (400,) * 5),
    "NUL in the path": (lambda path: called("GET", f"{path}%00"), (400,) * 5),
    "nesting": (posted("[" * 60 + "]" * 60), (400,) * 5),
    "nesting beyond the stack": (posted("[" * 500_000), (400,) * 5),
    "half a surrogate": (posted('{"title": "\\ud800"}'), (400,) * 5),
    "a missing field": (posted("{}"), (400, 422, 422, 400, 400)),
    "a list where an object is meant": (posted("[]"), (400, 422, 422, 400, 400)),
    "a wrong parameter": (raised("query"), (400, 422, 422, 400, 400)),
    "too fast": (raised("busy"), (429,) * 5),
    "too fast by the framework": (raised("throttled"), (429,) * 5),
    "a bug": (raised("bug"), (500,) * 5),
    "a dependency is down": (raised("down"), (503,) * 5),
    "the database is down": (raised("database"), (503,) * 5),
    "Redis is down": (raised("redis"), (503,) * 5),
    "a forged host": (lambda path: called("GET", path, headers={"Host": "evil.example"}), (400,) * 5),
}


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_failure_is_worded_by_the_surface(surface: str, kind: str) -> None:
    cause, statuses = FAILURES[kind]
    response = cause(SURFACES[surface])
    assert response.status_code == statuses[list(SURFACES).index(surface)]
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    shape = shape_of(surface)
    if response.status_code == 422 and surface in ("pipeline", "accessible"):
        shape = {"detail": [{"loc": "list<string>", "msg": "string", "type": "string"}]}
        body = {"detail": [{**one, "loc": [str(part) for part in one["loc"]]} for one in body["detail"]]}
    assert differences(body, shape) == []
    assert response.headers["X-Request-ID"]
    assert not re.search(r"Traceback|Error\b|hunter2|django|rest_framework", response.text)
    if surface == "movie":
        assert body["success"] is False
        assert body["requestId"] == response.headers["X-Request-ID"]
        assert all(response.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset", "Tier"))
    if response.status_code in (429, 503):
        assert int(response.headers["Retry-After"]) > 0
        if surface == "voice":
            assert body["retry_after"] == int(response.headers["Retry-After"])
    if response.status_code == 405:
        assert "GET" in response.headers["Allow"]
    if response.status_code == 401:
        assert response.headers.get("WWW-Authenticate") == (None if surface == "platform" else "Bearer")


@pytest.mark.parametrize("kind", ["nobody is signed in", "a method that is not served", "no JSON", "a bug"])
@pytest.mark.parametrize("name", MERGED)
def test_a_shared_route_has_the_bodies_of_both(name: str, kind: str) -> None:
    path, surfaces = MERGED[name]
    body = FAILURES[kind][0](path).json()
    for surface in surfaces:
        assert differences(body, shape_of(surface)) == []


@pytest.mark.parametrize("kind", ["missing", "state", "database", "bug"])
def test_pages_fail_as_pages(kind: str) -> None:
    response = called("GET", f"/page?raise={kind}")
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.status_code == {"missing": 404, "state": 409, "database": 503, "bug": 500}[kind]
    assert "psycopg" not in response.text


async def test_a_plain_view_without_its_database_is_503_under_asgi() -> None:
    response = await AsyncClient(raise_request_exception=False).get("/async-page", {"raise": "database"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_a_form_without_its_token_is_refused_by_the_surface() -> None:
    web = Client(enforce_csrf_checks=True)
    web.force_login(UserFactory())
    for path, body in (
        ("/api/v1/jobs/limited", {"detail": "CSRF check failed"}),
        ("/api/v1/voices/limited", {"error": "forbidden", "message": "CSRF check failed"}),
    ):
        response = web.post(path, "{}", content_type="application/json")
        assert (response.status_code, response.json()) == (403, body)


def test_the_platform_reads_what_is_no_json_as_an_empty_object() -> None:
    for body in ("{", "", b"\xff", "nothing"):
        response = posted(body)(SURFACES["platform"])
        assert (response.status_code, response.json()) == (400, {"error": "title is required"})


# Paths and methods.


def test_a_trailing_slash_makes_no_difference_and_redirects_nobody() -> None:
    web = Client()
    body = json.dumps({"title": "x"})
    answers = [web.post(path, body, content_type="application/json") for path in ("/api/v1/jobs/x", "/api/v1/jobs/x/")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"title": "x"})] * 2
    web.force_login(UserFactory())
    assert web.get("/api/v1/jobs/limited/").status_code == 200
    assert Client().get("/page/").status_code == 404


async def test_a_trailing_slash_makes_no_difference_under_asgi() -> None:
    response = await AsyncClient().post("/api/v1/jobs/x/", '{"title": "x"}', content_type="application/json")
    assert (response.status_code, response.json()) == (200, {"title": "x"})


def test_an_id_that_cannot_be_one_is_answered_as_one_that_does_not_exist() -> None:
    random = "/api/v1/jobs/7c1f7d1e-5f6a-4e6e-9f0e-2f4a1f6b3c11/void/part"
    malformed = [random.replace("7c1f7d1e-5f6a-4e6e-9f0e-2f4a1f6b3c11", text) for text in ("12", "x'--", "%2e%2e", "Ü")]
    assert [Client().get(path).status_code for path in (random, *malformed)] == [401] * 5
    web = Client()
    web.force_login(UserFactory())
    for path in (random, *malformed):
        response = web.get(path)
        assert (response.status_code, response.json()) == (404, {"detail": "Part not found"})
    assert web.delete(malformed[0]).status_code == 405


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_in_a_header_or_a_field_is_ignored(header: str) -> None:
    web = Client()
    web.force_login(UserFactory())
    given = {"_method": "DELETE"}
    response = web.post("/api/v1/jobs/limited", given, content_type="application/json", headers={header: "DELETE"})
    assert (response.status_code, response.json()) == (200, {"ok": True})


def test_head_and_options_change_nothing_and_tell_little() -> None:
    web = Client()
    web.force_login(UserFactory())
    head, options = web.head("/api/v1/jobs/limited"), web.options("/api/v1/jobs/limited")
    assert (head.status_code, head.content) == (200, b"")
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


# Headers.


def test_answers_of_the_api_are_kept_by_no_cache() -> None:
    assert Client().get("/api/v1/jobs/limited").headers["Cache-Control"] == "no-store"
    assert Client().get("/api/v1/cached").headers["Cache-Control"] == "private, max-age=60"


def test_every_answer_is_locked_down() -> None:
    for path in ("/page?raise=missing", "/api/v1/jobs/limited", "/nowhere"):
        headers = called("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_cookies_are_secure_whenever_the_request_is() -> None:
    plain, secure = (Client().get("/api/v1/cookie", secure=secure).cookies["taste"] for secure in (False, True))
    assert (bool(plain["secure"]), bool(secure["secure"])) == (False, True)


ORIGIN = "https://partner.example"


def test_no_other_origin_may_read_anything_by_default() -> None:
    response = Client().get("/api/v1/jobs/limited", headers={"Origin": ORIGIN})
    assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_an_allowed_origin_may_read_answers_and_their_headers(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    for path in ("/api/v1/jobs/limited", "/api/v1/projects/void", "/api/v1/jobs/x?raise=bug"):
        headers = called("GET", path, headers={"Origin": ORIGIN}).headers
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Credentials" not in headers
        exposed = headers["Access-Control-Expose-Headers"]
        for name in ("X-Request-ID", "X-RateLimit-Remaining", "Retry-After", "Idempotency-Replayed"):
            assert name in exposed
        assert "Origin" in headers["Vary"] or "origin" in headers["Vary"]
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", "http://partner.example"):
        headers = Client().get("/api/v1/jobs/limited", headers={"Origin": origin}).headers
        assert "Access-Control-Allow-Origin" not in headers
    # Pages are nobody else's.
    assert "Access-Control-Allow-Origin" not in called("GET", "/page?raise=missing", headers={"Origin": ORIGIN}).headers


def test_a_preflight_needs_no_credential(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, idempotency-key",
    }
    response = Client().options("/api/v1/jobs/limited", headers=asked)
    assert response.status_code == 200
    assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
    assert "idempotency-key" in response.headers["Access-Control-Allow-Headers"]


TEMPLATES = Path(django_settings.ROOT, "templates")
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "mail" not in path.relative_to(TEMPLATES).parts)
INLINE = {
    "script": re.compile(
        r"<script(?=[\s>])(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:ld\+)?json\")[^>]*>", re.IGNORECASE
    ),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_page_holds_inline_code(path: Path) -> None:
    text = path.read_text()
    assert [name for name, pattern in INLINE.items() if pattern.search(text)] == []
