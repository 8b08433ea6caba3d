"""From what a client asks for to the job that is made of it, told on the way by the bell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Client, ClientManager, Notification, Organization, Team, TeamMember, User
from core.testing.server import Server
from jobs.models import Brief, Job
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
SIZES = (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360))
DUE = (timezone.now() + timedelta(days=30)).date()


@pytest.fixture
def house(site: Server) -> Organization:
    return scenes.house()


@pytest.fixture
def nia(house: Organization) -> User:
    return scenes.person(User.Role.PROJECT_MANAGER, name="Nia Okafor", house=house)


@pytest.fixture
def dana(house: Organization, nia: User) -> User:
    dana = scenes.person(User.Role.CLIENT, name="Dana Kim", house=house)
    museum = Client.objects.create(name="City Museum", organization=house)
    ClientManager.objects.create(client=museum, user=nia)
    TeamMember.objects.create(team=Team.objects.create(client=museum, name="Museum"), user=dana)
    return dana


def looked_at(open_page: OpenPage, axe: Axe, address: str, name: str, person: User) -> None:
    for theme, width in SIZES:
        page = open_page(address, user=person, theme=theme, width=width)
        page.wait_for_timeout(600)
        picture(page, f"{name}-{theme}-{width}")
        assert axe(page) == [], (address, theme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, theme, width)
        page.context.close()


def test_a_brief_is_written_approved_and_becomes_a_job(
    open_page: OpenPage, axe: Axe, dana: User, nia: User, video: Path
) -> None:
    managers = open_page("/briefs", user=nia)
    expect(managers.get_by_role("link", name="News: nothing unread")).to_be_visible()

    page = open_page("/briefs", user=dana)
    page.get_by_role("link", name="Write the first brief").click()
    page.get_by_role("button", name="Save and submit").click()
    expect(page.locator("#id_title_error")).to_be_visible()
    page.get_by_label("Title").fill("The harbour, season two")
    page.get_by_label("What is to be done").fill("Twelve minutes. Calm voices, please.")
    page.get_by_label("Due", exact=True).fill(DUE.isoformat())
    page.get_by_label("Priority").select_option(label="High")
    page.get_by_label("Spanish").check()
    page.get_by_label("Description, spoken").uncheck()
    page.get_by_label("Described film").uncheck()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    brief = Brief.objects.get()
    assert (brief.client, brief.languages, brief.priority) == (Client.objects.get(), ["es"], 2)
    looked_at(open_page, axe, f"/briefs/{brief.pk}", "brief-draft", dana)
    page.get_by_role("button", name="Save and submit").click()
    expect(page.get_by_text("It waits for approval.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve the brief")).to_have_count(0)

    # The bell of a page that was open all the while.
    bell = managers.get_by_role("button", name="News: 1 unread")
    expect(bell).to_be_visible(timeout=10_000)
    bell.click()
    managers.get_by_role("link", name=re.compile("Dana Kim asks you")).click()
    managers.get_by_role("button", name="Approve the brief").click()
    expect(managers.get_by_role("heading", name="Make a job from it")).to_be_visible()
    expect(managers.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    assert Notification.objects.filter(user=dana, kind="brief.approved", read_at=None).exists()
    looked_at(open_page, axe, f"/briefs/{brief.pk}", "brief-approved", nia)
    looked_at(open_page, axe, "/briefs", "briefs", nia)
    looked_at(open_page, axe, "/notifications", "news", dana)

    # What the brief asks for is chosen already.
    expect(managers.locator("#new-job-form").get_by_label("Spanish")).to_be_checked()
    expect(managers.locator("#new-job-form").get_by_label("Described film")).not_to_be_checked()
    managers.get_by_label("Drop videos here").set_input_files(video)
    managers.get_by_role("button", name="Upload and start the job").click()
    managers.get_by_role("link", name="Open the job").click()
    expect(managers.get_by_role("heading", name="Deadline and priority")).to_be_visible()
    expect(managers.get_by_role("link", name="The harbour, season two")).to_be_visible()
    job = Job.objects.get()
    assert (job.brief, job.client, job.priority) == (brief, brief.client, 2)
    assert (job.due_at, [one.language for one in job.outputs.all()]) == (brief.due_date, ["en", "es"])
    page.goto(f"/briefs/{brief.pk}")
    expect(page.get_by_role("link", name=job.title)).to_be_visible()


def test_news_are_read_without_scripts(open_page: OpenPage, dana: User, nia: User) -> None:
    from accounts.services.notifications import notify

    for number in range(2):
        notify([dana], kind="job.completed", text=f"“Harbour {number}” is completed.", url="/jobs")
    page = open_page("/notifications", user=dana, scripts=False)
    expect(page.get_by_role("heading", name="2 unread")).to_be_visible()
    page.get_by_role("button", name=re.compile("Mark as read.*Harbour 0")).click()
    expect(page.get_by_role("heading", name="1 unread")).to_be_visible()
    page.get_by_role("link", name="“Harbour 1” is completed.").click()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    assert not Notification.objects.unread().exists()


def test_a_clients_figures_and_a_jobs_cost_are_readable_everywhere(
    open_page: OpenPage, axe: Axe, dana: User, nia: User, house: Organization, video: Path
) -> None:
    job = scenes.delivered(nia, house, video)
    museum = Client.objects.get()
    Job.objects.filter(pk=job.pk).update(client=museum, due_at=timezone.now() + timedelta(days=2), priority=3)
    looked_at(open_page, axe, f"/clients/{museum.pk}/dashboard", "figures", nia)
    looked_at(open_page, axe, f"/jobs/{job.pk}", "job-cost", nia)
    looked_at(open_page, axe, "/jobs?plan=week", "jobs-planned", nia)
