"""What every answer carries and every request logs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import AsyncClient, Client

pytestmark = pytest.mark.urls("core.rest.tests.urls")


@pytest.mark.parametrize("given", ["short", "x" * 65, "has space in it", "line\nbreak-line", "semi;colon;123"])
def test_a_request_id_that_does_not_look_like_one_is_replaced(given: str) -> None:
    answered = Client().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert answered != given
    assert len(answered) == 36


async def test_a_good_request_id_is_kept_and_logged_without_the_query(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    response = await AsyncClient().get("/async-page", {"token": "sesame"}, headers={"X-Request-ID": "trace-0001"})
    assert response.headers["X-Request-ID"] == "trace-0001"
    lines = [json.loads(record.message) for record in caplog.records if record.name == "request"]
    assert [(line["route"], line["status"], line["request_id"]) for line in lines] == [
        ("/async-page", 200, "trace-0001")
    ]
    assert "sesame" not in caplog.text


def test_health_probes_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    Client().get("/healthz")
    assert not [record for record in caplog.records if record.name == "request"]


def test_the_policy_allows_no_inline_code_and_nothing_from_elsewhere(settings: Any) -> None:
    policy = Client().get("/nowhere").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "ws://testserver" in policy
    settings.AWS_STORAGE_BUCKET_NAME = "studio"
    settings.AWS_S3_PUBLIC_ENDPOINT_URL = "https://files.example:9000/x"
    policy = Client().get("/nowhere").headers["Content-Security-Policy"]
    assert "media-src 'self' blob: https://files.example:9000;" in policy


def test_a_forged_host_is_400() -> None:
    assert Client(raise_request_exception=False).get("/page", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.django_db
def test_an_expired_form_is_refused_in_words() -> None:
    web = Client(enforce_csrf_checks=True)
    response = web.post("/admin/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "This form has expired" in response.text


@pytest.mark.django_db
def test_the_entrance_sends_browsers_on_and_tells_programs_that_it_is_healthy() -> None:
    web = Client()
    assert web.get("/").json() == {
        "status": "healthy",
        "service": "Gauntlet Pipeline Orchestrator",
        "version": "1.0.0",
    }
    browser = {"Accept": "text/html,*/*"}
    assert web.get("/", headers=browser).headers["Location"] == "/login"
    web.force_login(get_user_model().objects.create_user("mara@example.com", "long enough 123"))
    response = web.get("/", headers=browser)
    assert (response.status_code, response.headers["Location"]) == (302, "/chat")
    assert {"Accept", "Cookie"} <= {part.strip() for part in response.headers["Vary"].split(",")}


@pytest.mark.django_db
def test_the_api_describes_itself() -> None:
    web = Client()
    schema = web.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    page = web.get("/docs")
    assert page.status_code == 200
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text)
