"""Production at work in a real browser: the console, what can be done with a job, and with many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from ai.tests.factories import CallFactory
from jobs import workflows
from jobs.models import Job
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
S = Job.Status


def busy(mara: User, house: Organization, video: Path) -> dict[str, str]:
    """A house where things move, wait and stop: the addresses of its pages."""
    now = timezone.now()
    drafted = scenes.drafted(mara, house, video)
    for number in range(6):
        done = scenes.job(mara, house, title=f"Episode {number + 1}", status=S.PENDING_FINAL_REVIEW, video=video)
        workflows.complete(done, actor=mara)
        Job.objects.filter(pk=done.pk).update(completed_at=now - timedelta(days=number * 3))
    failed = scenes.job(mara, house, title="Broken rushes", status=S.RENDERING, video=video)
    scenes.running(failed)
    failed.refresh_from_db()
    with transaction.atomic():
        workflows.fail(failed, message="The disk is full. Free some space, then try again.", step="render")
    for number in range(4):
        CallFactory(run_id=failed.run_id, provider="openai", model="tts-1", cost=Decimal("0.4") * (number + 1))
    return {
        "production": "/production",
        "job-edit": f"/jobs/{drafted.pk}/edit",
        "job-clone": f"/jobs/{drafted.pk}/clone",
        "job-delete": f"/jobs/{drafted.pk}/delete",
    }


@pytest.mark.timeout(600)
def test_the_console_and_the_forms_are_clean_in_both_themes_wide_and_narrow(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User, house: Organization, video: Path
) -> None:
    found = []
    for name, path in busy(mara, house, video).items():
        for theme, width in (("dark", 1440), ("light", 360)):
            page = open_page(path, user=mara, theme=theme, width=width)
            page.wait_for_load_state("networkidle")
            picture(page, f"{name}-{width}-{theme}")
            found += [f"{name} {theme} {width}: {line}" for line in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{name} scrolls sideways at {width}")
            page.close()
    assert found == []


def test_what_is_offered_for_a_job_is_asked_in_its_words_and_done(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User, house: Organization, video: Path
) -> None:
    job = scenes.drafted(mara, house, video)
    page = open_page(f"/jobs/{job.pk}", user=mara, theme="light")
    page.get_by_role("button", name="More", exact=True).last.click()
    picture(page, "job-menu")
    page.get_by_role("link", name="Report the video").click()
    expect(page.get_by_role("dialog", name="Is something wrong")).to_be_visible()
    assert axe(page) == []
    picture(page, "job-block")
    page.get_by_label("What is wrong").fill("The sound is cut off after a minute.")
    page.get_by_role("dialog").get_by_role("button", name="Report the video").click()
    expect(page.get_by_text("The video has a problem")).to_be_visible()
    expect(page.get_by_text("The sound is cut off after a minute.", exact=True)).to_be_visible()
    picture(page, "job-blocked")
    assert Job.objects.get(pk=job.pk).status == S.BLOCKED_ON_SOURCE


def test_many_jobs_are_approved_from_the_list_at_once(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User, house: Organization, video: Path
) -> None:
    for number in range(3):
        scenes.job(mara, house, title=f"Episode {number + 1}", status=S.PENDING_QC, video=video)
    page = open_page("/jobs", user=mara)
    bar = page.get_by_role("form", name="With the selection")
    expect(bar).to_be_hidden()
    page.get_by_label("Select Episode 1").check()
    page.get_by_label("Select Episode 3").check()
    expect(bar.get_by_text("2 selected")).to_be_visible()
    assert axe(page) == []
    picture(page, "jobs-selected")
    bar.get_by_role("button", name="Approve the sources").click()
    expect(page.get_by_text("2 jobs approved.")).to_be_visible()
    states = dict(Job.objects.filter(organization=house).values_list("title", "status"))
    assert states == {"Episode 1": S.APPROVED_SOURCE, "Episode 2": S.PENDING_QC, "Episode 3": S.APPROVED_SOURCE}
