"""The list of jobs by what is planned for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import OrganizationFactory, UserFactory
from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    house = OrganizationFactory()
    user = UserFactory(role="production", house=house)
    now = timezone.now()
    plans: dict[str, dict[str, Any]] = {
        "Soon": {"due_at": now + timedelta(days=2)},
        "Late": {"due_at": now - timedelta(days=2), "priority": 3},
        "Far": {"due_at": now + timedelta(days=20)},
        "Open": {},
        "Done": {"due_at": now - timedelta(days=2), "priority": 3, "status": "completed"},
    }
    for title, plan in plans.items():
        JobFactory(title=title, organization=house, created_by=user, **plan)
    browser = Client()
    browser.force_login(user)
    return browser


def titles(browser: Client, query: str) -> list[str]:
    return [row["job"].title for row in browser.get(f"/jobs?{query}").context["rows"]]


@pytest.mark.parametrize(
    ("plan", "expected"), [("week", ["Soon"]), ("late", ["Late"]), ("urgent", ["Late"]), ("nonsense", 5)]
)
def test_jobs_are_found_by_what_is_planned(plan: str, expected: Any, browser: Client) -> None:
    found = titles(browser, f"plan={plan}")
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_what_has_no_date_comes_last(browser: Client) -> None:
    assert titles(browser, "sort=due_at")[-3:] == ["Soon", "Far", "Open"]
    assert titles(browser, "sort=-due_at")[0] == "Far"
    assert titles(browser, "sort=-due_at")[-1] == "Open"


def test_overdue_jobs_are_marked_and_finished_ones_are_not(browser: Client) -> None:
    page = browser.get("/jobs?sort=title").content.decode()
    assert page.count(", overdue") == 1
    assert page.count(">Overdue <b>1</b>") == 1
