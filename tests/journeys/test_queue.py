"""A language on its way through four people: given, worked on, submitted, rejected with a reason, taken up again, approved."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from jobs.models import Job
from qc.models import LanguageReview, LanguageSkill
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Look = Callable[[str, str, User], None]
SIZES = (("dark", 1440), ("light", 360))


def looked_at(open_page: OpenPage, axe: Callable[[Page], list[str]], address: str, name: str, person: User) -> None:
    for theme, width in SIZES:
        page = open_page(address, user=person, theme=theme, width=width)
        picture(page, f"{name}-{theme}-{width}")
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()


@dataclass
class People:
    """Production, linguist, reviewer; each with a page."""

    job: Job
    mara: User
    lucia: User
    priya: User
    desk: Page
    work: Page
    review: Page

    @property
    def language(self) -> str:
        return f"/jobs/{self.job.pk}/languages/es"

    @property
    def editor(self) -> str:
        return f"**/jobs/{self.job.pk}/tracks/es/captions"

    @property
    def state(self) -> str:
        return LanguageReview.objects.get(output__job=self.job, output__language="es").state


@pytest.fixture
def people(open_page: OpenPage, video: Path, site: object) -> People:
    house = scenes.house()
    mara = scenes.person(User.Role.PRODUCTION, house=house)
    lucia = scenes.person(User.Role.LINGUIST, name="Lucía Mora", house=house)
    priya = scenes.person(User.Role.REVIEWER, name="Priya Nair", house=house)
    job = scenes.translated(mara, house, video)
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now() + timedelta(hours=5))
    # As a new job has them: nobody has the language yet.
    LanguageReview.objects.filter(output__job=job).delete()
    for output in job.outputs.all():
        LanguageReview.objects.create(output=output)
    pages = (open_page(f"/jobs/{job.pk}", user=mara), open_page("/queue", user=lucia), open_page("/queue", user=priya))
    return People(job, mara, lucia, priya, *pages)


@pytest.mark.timeout(600)
def test_a_language_goes_from_hand_to_hand(
    people: People, open_page: OpenPage, axe: Callable[[Page], list[str]]
) -> None:
    def look(address: str, name: str, person: User) -> None:
        looked_at(open_page, axe, address, name, person)

    expect(people.work.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert axe(people.work) == []
    says_what_she_can_do(people, look)
    is_given_out_by_rule(people, look)
    begins_with_one_key_and_submits(people, look)
    is_rejected_with_a_reason(people, look)
    is_taken_up_again_and_approved(people)
    is_scored(people, look)
    plain = open_page("/queue?state=approved", user=people.lucia, scripts=False)
    expect(plain.get_by_role("link", name="Approved: Spanish")).to_be_visible()


def says_what_she_can_do(people: People, look: Look) -> None:
    page = people.work
    page.get_by_role("link", name="Your languages").click()
    first = page.get_by_role("group", name="One more language, 1")
    first.get_by_label("Language").fill("Spanish")
    first.get_by_label("Minutes of film a week").fill("300")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("group", name="Spanish").get_by_label("Minutes of film a week")).to_have_value("300")
    assert LanguageSkill.objects.get().language == "es"
    look(f"/people/{people.lucia.pk}/languages", "skills", people.lucia)


def is_given_out_by_rule(people: People, look: Look) -> None:
    desk = people.desk
    desk.get_by_role("button", name="Assign 1 language by rule").click()
    row = desk.locator("#checking-es")
    expect(row).to_contain_text("Lucía Mora")
    expect(row).to_contain_text("Priya Nair")
    look(f"/jobs/{people.job.pk}", "languages-panel", people.mara)
    look(f"{people.language}/people", "assign", people.mara)


def begins_with_one_key_and_submits(people: People, look: Look) -> None:
    page = people.work
    page.goto("/queue")
    expect(page.locator(".queue__group").first).to_have_text(re.compile("Today|This week"))
    look("/queue", "queue", people.lucia)
    page.keyboard.press("j")
    expect(page.locator(".queue__item--on")).to_contain_text("Work on Spanish")
    page.keyboard.press("s")
    page.wait_for_url(people.editor)
    assert people.state == "in_progress"
    page.goto(people.language)
    page.get_by_role("link", name="Submit for review").click()
    page.get_by_label("Note for the reviewer").fill("The chorus is free.")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator(".said__words")).to_have_text("The chorus is free.")


def is_rejected_with_a_reason(people: People, look: Look) -> None:
    page = people.review
    page.goto("/queue")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(people.editor)
    page.goto(people.language)
    page.get_by_role("textbox", name="Comment").fill("Says 50, means 15.")
    page.get_by_label("Category").select_option(label="Mistranslation")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("An error has a category and a weight")).to_be_visible()
    page.get_by_label("Severity").select_option(label="Major")
    page.get_by_label("Cue").fill("2")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("cue 2", exact=True)).to_be_visible()
    page.get_by_role("link", name="Reject").click()
    page.get_by_label("What has to change").fill("Numbers are wrong.")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("link", name="Open it again")).to_be_visible()
    look(people.language, "language", people.priya)


def is_taken_up_again_and_approved(people: People) -> None:
    page, desk, review = people.work, people.desk, people.review
    page.goto("/queue")
    page.get_by_role("button", name="Read").click()
    expect(page.locator(".note--error")).to_contain_text("Numbers are wrong.")
    page.get_by_role("button", name=re.compile("Settle.*Says 50")).click()
    expect(page.get_by_role("button", name=re.compile("Open again.*Says 50"))).to_be_visible()
    desk.goto(f"/jobs/{people.job.pk}")
    desk.locator("#checking-es").get_by_role("link", name="Reopen").click()
    desk.get_by_role("button", name="Open it again").click()
    expect(desk.locator("[data-state=in_progress]")).to_be_visible()
    page.goto(f"{people.language}/actions/submit")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("[data-state=submitted]")).to_be_visible()
    review.goto("/queue")
    review.get_by_role("button", name=re.compile("Start.*Review Spanish")).click()
    review.wait_for_url(people.editor)
    review.goto(f"{people.language}/actions/approve")
    review.get_by_role("button", name="Approve").click()
    expect(review.locator("[data-state=approved]")).to_be_visible()
    assert people.state == "approved"


def is_scored(people: People, look: Look) -> None:
    desk = people.desk
    desk.goto("/quality/scores")
    expect(desk.get_by_role("row", name="Lucía Mora")).to_contain_text("1 mistranslation")
    look("/quality/scores", "scores", people.mara)
    with desk.expect_download() as download:
        desk.get_by_role("link", name="CSV").click()
    assert "Lucía Mora" in Path(download.value.path()).read_text("utf-8-sig")
