"""Fixtures of browser tests: a real server on the test database, Chromium, signed-in pages, and axe.

A plugin of the root conftest. Tests that use `site` see committed data only, so they
take pytest-django's `transactional_db`, which `site` asks for itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from core.testing.server import Server, database_url, serving

__all__ = ["axe", "browser", "open_page", "server", "site"]

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "tests" / "vendor" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[Server]:  # noqa: ARG001  (the database has to be there first)
    """The same stack as in production, websockets included, on the test database."""
    with serving(env={"DATABASE_URL": database_url(), "LOG_LEVEL": "WARNING"}) as running:
        yield running


@pytest.fixture
def site(server: Server, transactional_db: None) -> Iterator[Server]:  # noqa: ARG001  (the server sees committed rows only)
    yield server
    until_quiet()


def until_quiet(*, seconds: float = 10, looks: int = 3) -> None:
    """Waits for what the server still does for closed pages: emptying the tables under it would end in a deadlock."""
    others = """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND state NOT LIKE 'idle'"""
    quiet, deadline = 0, time.monotonic() + seconds
    while quiet < looks and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(others)
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
        time.sleep(0.05)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, outside_of_the_loop():
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@contextmanager
def outside_of_the_loop() -> Iterator[None]:
    """Playwright's loop runs in this thread for the whole session; Django would take that for async code and refuse the ORM."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: Server) -> Iterator[OpenPage]:
    """`open_page("/jobs", user=…, theme="dark", width=390)`: a page, signed in when there is a user. Its console must stay clean."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opening(
        path: str, *, user: Any = None, theme: str = "dark", width: int = 1440, height: int = 900, scripts: bool = True
    ) -> Page:
        size: ViewportSize = {"width": width, "height": height}
        context = browser.new_context(
            base_url=site.url,
            viewport=size,
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if user is not None:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": site.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.on("console", lambda message: complaints.append(f"{path}: {message.text}") if blames_us(message) else None)
        page.goto(path)
        return page

    yield opening
    for context in contexts:
        context.close()
    if complaints:
        pytest.fail("\n".join(complaints))


def blames_us(message: Any) -> bool:
    """A refusal by the Content-Security-Policy, a broken module; not the notice of an answer or a lost connection that a test provokes."""
    provoked = ("Failed to load resource", "Failed to fetch", "WebSocket connection to")
    return message.type == "error" and not any(notice in message.text for notice in provoked)


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """What axe finds on the page, one line each; an empty list is the only right answer."""
    source = AXE.read_text()

    def check(page: Page) -> list[str]:
        # Evaluated, not added as a script element: the page's policy allows no foreign script.
        page.evaluate(source)
        # Swagger UI's own inside is its makers' to mend.
        found = page.evaluate("(runOnly) => axe.run({ exclude: ['.swagger'] }, { runOnly })", RULES)
        return [
            f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    return check


def session_of(user: Any) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
