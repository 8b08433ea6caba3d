"""The content security policy in a real browser. `open_page` fails a test whose console blames the policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def root_user() -> Any:
    return get_user_model().objects.create_superuser("root@example.com", "long enough 123")


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        "/admin/storage/upload/",
        "/admin/live/liveevent/",
        "/admin/core/auditevent/",
    ],
)
def test_the_admin_works_under_the_policy(open_page: Callable[..., Any], root_user: Any, path: str) -> None:
    page = open_page(path, user=root_user)
    assert page.locator("#site-name").is_visible()
    # Its own style sheet has arrived: the header has its colour.
    colour = page.evaluate("getComputedStyle(document.querySelector('#header')).backgroundColor")
    assert colour != "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_page_that_is_not_there_is_clean(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], theme: str
) -> None:
    assert axe(open_page("/nowhere-at-all", theme=theme)) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_description_of_the_api_can_be_tried(
    browser: Any, site: Any, axe: Callable[[Any], list[str]], theme: str
) -> None:
    # A page of its own: Swagger UI writes two style attributes into its HTML, and the policy refuses them as it should.
    page = browser.new_page(base_url=site.url, color_scheme=theme)
    page.goto("/docs")
    page.locator("#operations-tag-auth").click()
    page.locator(".swagger").get_by_text("/api/auth/me", exact=True).click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    assert page.locator(".live-responses-table tbody .response-col_status").inner_text().startswith("401")
    assert axe(page) == []
    page.close()


def test_inline_code_does_not_run(browser: Any, site: Any) -> None:
    # A page of its own: here the console is meant to complain.
    page = browser.new_page(base_url=site.url)
    page.goto("/docs")
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'document.title = "broken in"';
            addEventListener('securitypolicyviolation', event => { document.body.dataset.stopped = event.effectiveDirective });
            document.body.append(script);
        }"""
    )
    page.wait_for_selector("body[data-stopped='script-src-elem']")
    assert page.title() == "The API · Reelwright"
    page.close()
