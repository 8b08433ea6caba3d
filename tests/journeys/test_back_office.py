"""Usage and the audit trail in a real browser: both themes, wide and narrow, with and without scripts."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from ai.models import Call
from ai.tests.factories import BudgetFactory, CallFactory
from core import audit
from core.audit import verdicts
from core.rest.models import RequestLog
from core.rest.request_info import RequestInfo, current
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
MODELS = (
    ("speech_to_text", "local", "whisper-small"),
    ("translate", "local", "opus-mt-en-es"),
    ("chat", "anthropic", "claude-sonnet"),
    ("text_to_speech", "local", "kokoro"),
)
ROUTES = ("/api/v1/jobs", "/api/v1/jobs/{job_id}", "/api/v1/jobs/{job_id}/vtt", "/api/v1/auth/refresh", "/api/auth/me")


@pytest.fixture
def admin(transactional_db: None) -> User:
    house: Organization = OrganizationFactory(name="Hawthorn Film")
    admin: User = UserFactory(role=User.Role.ADMIN, name="Mara Lindqvist", email="mara@example.com", house=house)
    used(admin, house)
    done(admin, house)
    return admin


def used(admin: User, house: Organization) -> None:
    """Nine days of work, the same each time."""
    chance = random.Random(7)  # noqa: S311  (figures, not secrets)
    people = [admin, *UserFactory.create_batch(3, house=house), None]
    now = timezone.now()
    for hours in range(0, 9 * 24, 2):
        at = now - timedelta(hours=hours)
        for _ in range(chance.randint(0, 4)):
            capability, provider, model = chance.choice(MODELS)
            CallFactory(
                at=at,
                user=chance.choice(people),
                organization=house,
                capability=capability,
                provider=provider,
                model=model,
                input_tokens=chance.randint(0, 9000),
                output_tokens=chance.randint(0, 900),
                seconds=chance.random() * 400,
                cost=Decimal("0.0123") if provider == "anthropic" else Decimal(0),
                outcome=Call.Outcome.BUSY if chance.random() < 0.1 else Call.Outcome.OK,
            )
        RequestLog.objects.bulk_create(
            RequestLog(
                user=chance.choice(people),
                endpoint=chance.choice(ROUTES),
                method=chance.choice(("GET", "POST")),
                response_status=chance.choice((200, 200, 200, 200, 404, 500)),
                response_time_ms=chance.randint(3, 400),
                created_at=at,
            )
            for _ in range(chance.randint(0, 12))
        )
    BudgetFactory(limit_usd=Decimal(2000))
    BudgetFactory(organization=house, limit_usd=Decimal("0.30"), period="day")
    BudgetFactory(user=admin, limit_usd=Decimal("0.01"))


def done(admin: User, house: Organization) -> None:
    token = current.set(RequestInfo("5f1c9a70-request", "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"))
    try:
        for number in range(30):
            audit.record("auth.login", admin, actor=admin, kind="browser", methods=["pwd", "otp"])
            audit.record("accounts.client.update", house, actor=admin, changed=["name", "contact_email"], number=number)
            audit.record("jobs.job.approve_source", house, actor=admin, before="pending_qc", after="approved_source")
    finally:
        current.reset(token)
    verdicts.verify()
    audit.record(
        "auth.login_failed", None, actor=None, reason="unknown", address="2001:db8:1234:5678:9abc:def0:1234:5678"
    )


@pytest.mark.timeout(600)
def test_axe_finds_nothing_in_either_theme_wide_or_narrow(
    open_page: OpenPage, axe: Callable[[Page], list[str]], admin: User
) -> None:
    found = []
    for name, path in {"usage": "/usage?period=30d", "audit": "/audit"}.items():
        for theme in ("dark", "light"):
            for width in (1440, 360):
                page = open_page(path, user=admin, theme=theme, width=width)
                page.wait_for_load_state("networkidle")
                expect(page.get_by_role("heading", level=1)).to_have_text("Usage" if name == "usage" else "Audit trail")
                for summary in page.locator("summary").all()[:3]:
                    summary.click()
                picture(page, f"{name}-{width}-{theme}")
                found += [f"{name} {theme} {width}: {line}" for line in axe(page)]
                wide = page.evaluate("document.documentElement.scrollWidth")
                found += [f"{name} {theme}: {wide} wide on {width}"] if wide > width else []
                page.close()
    assert found == []


@pytest.mark.parametrize("scripts", [True, False])
def test_an_admin_finds_a_refused_sign_in(open_page: OpenPage, admin: User, scripts: bool) -> None:
    page = open_page("/jobs", user=admin, scripts=scripts)
    page.get_by_role("link", name="Audit trail").click()
    expect(page.get_by_text("Verified up to row 90")).to_be_visible()
    page.get_by_role("link", name="Security only").click()
    page.get_by_label("Action", exact=True).fill("auth.login_failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="1 row", exact=True)).to_be_visible()
    page.locator("summary", has_text="auth.login_failed").click()
    expect(page.get_by_text("2001:db8:1234:5678:9abc:def0:1234:5678")).to_be_visible()
    with page.expect_download() as taking:
        page.get_by_role("link", name="Download").click()
    rows = Path(taking.value.path()).read_text("utf-8-sig").splitlines()
    assert len(rows) == 2
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_role("button", name="Verify now")).to_be_enabled()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("A worker walks the trail now.")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_manager_reads_what_a_week_cost(open_page: OpenPage, admin: User, scripts: bool) -> None:
    house = Organization.objects.get()
    manager: Any = UserFactory(role=User.Role.PROJECT_MANAGER, house=house)
    page = open_page("/jobs", user=manager, scripts=scripts)
    page.get_by_role("link", name="Usage").first.click()
    expect(page.get_by_role("img", name="Cost each day in the last 7 days")).to_be_visible()
    page.get_by_role("link", name="24 hours").click()
    page.wait_for_url("**/usage?period=24h")
    page.get_by_text("The figures of each hour").click()
    expect(page.get_by_role("columnheader", name="Hour")).to_be_visible()
    with page.expect_download() as taking:
        page.get_by_role("link", name="Model use").click()
    assert "claude-sonnet" in Path(taking.value.path()).read_text("utf-8-sig")
