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


@pytest.mark.parametrize("path", ["/docs", "/nowhere-at-all"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_plain_pages_are_clean(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], path: str, theme: str
) -> None:
    assert axe(open_page(path, theme=theme)) == []


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
