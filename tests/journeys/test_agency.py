"""One film through an agency, in five people's browsers: from the client's brief to the client's own look at what was delivered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Client, ClientManager, Team, TeamMember, User
from core.testing.server import Server
from jobs.models import Brief, Job, PausePoint
from jobs.tests.working import work
from qc.models import LanguageReview, ReviewNote
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
SAMPLE = Path("tests/data/sample.mp4").resolve()
R, S = User.Role, Job.Status


@dataclass
class Agency:
    """A page for each person, all of one house."""

    dana: Page  # the client
    nia: Page  # project manager
    lucia: Page  # linguist
    priya: Page  # reviewer
    mara: Page  # production

    @property
    def job(self) -> Job:
        return Job.objects.get()

    @property
    def spanish(self) -> str:
        return f"/jobs/{self.job.pk}/tracks/es/captions"

    @property
    def state(self) -> str:
        return LanguageReview.objects.get(output__job=self.job, output__language="es").state


@pytest.fixture
def agency(open_page: OpenPage, site: Server) -> Agency:
    house = scenes.house()
    nia = scenes.person(R.PROJECT_MANAGER, name="Nia Okafor", house=house)
    dana = scenes.person(R.CLIENT, name="Dana Kim", house=house)
    museum = Client.objects.create(name="City Museum", organization=house)
    ClientManager.objects.create(client=museum, user=nia)
    TeamMember.objects.create(team=Team.objects.create(client=museum, name="Museum"), user=dana)
    staff = {"Lucía Mora": R.LINGUIST, "Priya Nair": R.REVIEWER, "Mara Lindqvist": R.PRODUCTION}
    people = [dana, nia, *(scenes.person(role, name=name, house=house) for name, role in staff.items())]
    return Agency(*(open_page("/jobs", user=person) for person in people))


@pytest.mark.timeout(900)
def test_from_brief_to_sign_off(agency: Agency, open_page: OpenPage, axe: Callable[[Page], list[str]]) -> None:
    a_brief_becomes_a_job(agency)
    work(agency.job)
    the_source_is_approved(agency)
    work(agency.job)
    assert agency.job.status == S.PENDING_FINAL_REVIEW, agency.job.error
    spanish_is_given_out(agency)
    spanish_is_edited_by_keyboard(agency)
    two_texts_are_merged(agency)
    spanish_is_checked(agency)
    the_description_is_changed(agency)
    work(agency.job)
    assert agency.job.status == S.PENDING_FINAL_REVIEW, agency.job.error
    address = the_film_is_reviewed_and_completed(agency)
    the_client_looks(open_page, axe, address)


def a_brief_becomes_a_job(agency: Agency) -> None:
    dana, nia = agency.dana, agency.nia
    dana.goto("/briefs/new")
    dana.get_by_label("Title").fill("The countdown")
    dana.get_by_label("Due", exact=True).fill((timezone.now() + timedelta(days=9)).date().isoformat())
    dana.get_by_label("Spanish").check()
    dana.get_by_role("button", name="Save and submit").click()
    expect(dana.get_by_text("It waits for approval.")).to_be_visible()

    nia.goto(f"/briefs/{Brief.objects.get().pk}")
    nia.get_by_role("button", name="Approve the brief").click()
    nia.get_by_label("Drop videos here").set_input_files(SAMPLE)
    nia.get_by_role("button", name="Upload and start the job").click()
    nia.get_by_role("link", name="Open the job").click(timeout=60_000)
    expect(nia.get_by_role("heading", name="Deadline and priority")).to_be_visible()
    assert (agency.job.brief, agency.job.accessible_video_mp4) == (Brief.objects.get(), True)


def the_source_is_approved(agency: Agency) -> None:
    priya = agency.priya
    priya.goto(f"/jobs/{agency.job.pk}")
    priya.get_by_role("link", name="Approve the source").click()
    priya.get_by_role("dialog").get_by_role("button", name="Approve the source").click()
    expect(priya.locator("#live[data-status=pending_qc]")).to_have_count(0)


def spanish_is_given_out(agency: Agency) -> None:
    nia = agency.nia
    nia.goto(f"/jobs/{agency.job.pk}")
    nia.get_by_role("button", name=re.compile(r"Assign \d languages? by rule")).click()
    row = nia.locator("#checking-es")
    expect(row).to_contain_text("Lucía Mora")
    expect(row).to_contain_text("Priya Nair")
    picture(nia, "agency-job-dark")


def spanish_is_edited_by_keyboard(agency: Agency) -> None:
    """Begun from the queue with a key, every warning that stands mended with keys alone."""
    lucia = agency.lucia
    lucia.goto("/queue")
    lucia.keyboard.press("j")
    while "Spanish" not in (lucia.locator(".queue__item--on").text_content() or ""):
        lucia.keyboard.press("j")
    lucia.keyboard.press("s")
    lucia.wait_for_url(f"**{agency.spanish}")
    expect(lucia.locator("[data-preview-fixes]")).to_be_visible()
    lucia.keyboard.press("Control+Alt+f")
    fixes = lucia.get_by_role("dialog", name="Fixes")
    fixes.get_by_role("button", name="Apply the ticked").press("Enter")
    expect(fixes).to_be_hidden()
    for n in range(12):
        lucia.wait_for_timeout(1200)  # all rules have been asked again, not only those that answer at once
        if lucia.locator("[data-errors]").first.inner_text() == "none":
            break
        lucia.keyboard.press("F8")
        lucia.keyboard.press("Control+a")
        lucia.keyboard.type(f"Línea {n + 1}.")
    expect(lucia.locator("[data-errors]").first).to_have_text("none")
    lucia.keyboard.press("Control+s")
    expect(lucia.get_by_text(re.compile(r"Saved as version \d+\."))).to_be_visible()
    picture(lucia, "agency-editor-dark")


def two_texts_are_merged(agency: Agency) -> None:
    """Production mends the first cue while the linguist has another one open."""
    lucia, mara = agency.lucia, agency.mara
    lucia.reload()
    mara.goto(agency.spanish)
    text = "Spanish text of the cue"
    mara.get_by_label(text).fill("Texto de Mara.")
    mara.get_by_role("button", name="Save version").click()
    expect(mara.get_by_text(re.compile(r"Saved as version \d+\."))).to_be_visible()
    lucia.get_by_role("grid").focus()
    lucia.keyboard.press("ArrowDown")
    lucia.get_by_label(text).fill("Texto de Lucía.")
    lucia.get_by_role("button", name="Save version").click()
    expect(lucia.get_by_text(re.compile(r"Merged with version \d+: 1 cue of somebody else\."))).to_be_visible()
    expect(lucia.get_by_text(re.compile(r"Saved as version \d+\."))).to_be_visible()
    track = agency.job.outputs.get(language="es").captions
    assert track is not None
    content = scenes.newest(track).content
    assert "Texto de Mara." in content
    assert "Texto de Lucía." in content


def spanish_is_checked(agency: Agency) -> None:
    lucia, priya, nia = agency.lucia, agency.priya, agency.nia
    hand_in(lucia)
    assert agency.state == "submitted"
    priya.goto("/queue")
    priya.get_by_role("button", name=re.compile("Start.*Review Spanish")).click()
    priya.wait_for_url(f"**{agency.spanish}")
    expect(priya.locator("tr[aria-selected=true]")).to_have_count(1)
    expect(priya.locator("button[data-act=comment]")).to_be_visible()
    priya.get_by_role("grid").focus()
    priya.keyboard.press("Control+m")
    comment = priya.get_by_role("dialog", name=re.compile("Comment on cue"))
    comment.get_by_label("Comment").fill("Who is Mara?")
    comment.get_by_label("Kind of point").select_option("mistranslation")
    comment.get_by_label("How bad").select_option("major")
    comment.get_by_role("button", name="Comment").click()
    expect(comment).to_be_hidden()
    priya.get_by_role("button", name="Reject").click()
    dialog = priya.get_by_role("dialog", name="Reject this language")
    dialog.get_by_label("What has to change. The linguist reads it.").fill("The first cue.")
    dialog.get_by_role("button", name="Reject this language").click()
    expect(priya.get_by_text("Sent back: The first cue.")).to_be_visible()

    nia.goto(f"/jobs/{agency.job.pk}")
    nia.locator("#checking-es").get_by_role("link", name="Reopen").click()
    nia.get_by_role("button", name="Open it again").click()
    expect(nia.locator("[data-state=in_progress]").first).to_be_visible()
    lucia.goto(agency.spanish)
    lucia.get_by_label("Spanish text of the cue").fill("Buenos días.")
    hand_in(lucia)
    priya.goto("/queue")
    priya.get_by_role("button", name=re.compile("Start.*Review Spanish")).click()
    priya.wait_for_url(f"**{agency.spanish}")
    priya.get_by_role("button", name="Approve").click()
    dialog = priya.get_by_role("dialog", name="Approve this language")
    dialog.get_by_role("button", name="Approve this language").click()
    expect(priya.get_by_text("Approved", exact=True).first).to_be_visible(timeout=15_000)
    assert agency.state == "approved"


def hand_in(lucia: Page) -> None:
    lucia.get_by_role("button", name="Submit").click()
    dialog = lucia.get_by_role("dialog", name="Submit this language")
    dialog.get_by_role("button", name="Submit this language").click()
    expect(lucia.get_by_text("Submitted", exact=True)).to_be_visible(timeout=15_000)


def the_description_is_changed(agency: Agency) -> None:
    """Another voice for Spanish, and one hold of the English film a frame later; both films follow."""
    mara = agency.mara
    mara.goto(f"/jobs/{agency.job.pk}")
    choice = mara.locator("#voice-es")
    now = choice.input_value()
    other = next(one for one in choice.locator("option").evaluate_all("all => all.map(one => one.value)") if one != now)
    choice.select_option(other)
    mara.locator("form", has=choice).get_by_role("button", name="Use this voice").click()
    expect(mara.locator("#voice-es")).to_have_value(other)

    mara.goto(f"/jobs/{agency.job.pk}/description/en")
    mara.get_by_role("button", name=re.compile("A frame later, line")).first.click()
    expect(mara.get_by_text("moved").first).to_be_visible()
    assert PausePoint.objects.get().moved_by is not None
    picture(mara, "agency-description-dark")
    mara.get_by_role("button", name="Make the film again").click()
    expect(mara.get_by_text("The film is being made again.").first).to_be_visible()
    work(agency.job)
    mara.goto(f"/jobs/{agency.job.pk}/description/es")
    mara.get_by_role("button", name="Make the film again").click()
    expect(mara.get_by_text("The film is being made again.").first).to_be_visible()


def the_film_is_reviewed_and_completed(agency: Agency) -> str:
    """The address of the client's link."""
    nia = agency.nia
    nia.goto(f"/jobs/{agency.job.pk}/review")
    until(nia, "document.querySelector('media-player video').readyState >= 2")
    nia.get_by_role("textbox", name="Note at this moment").fill("Good from here.")
    nia.get_by_role("button", name="Add the note").click()
    expect(nia.locator("p.comment__body", has_text="Good from here.")).to_be_visible()
    nia.get_by_role("button", name="Resolve").click()
    assert ReviewNote.objects.get().resolved
    nia.get_by_role("link", name="Approve and complete").click()
    nia.get_by_role("button", name="Complete the job").click()
    nia.wait_for_url(f"**/jobs/{agency.job.pk}")
    assert agency.job.status == S.COMPLETED
    nia.goto(f"/jobs/{agency.job.pk}/links")
    nia.get_by_role("button", name="Make the link").click()
    return nia.locator("#made-address").inner_text()


def the_client_looks(open_page: OpenPage, axe: Callable[[Page], list[str]], address: str) -> None:
    for theme, width in (("dark", 1440), ("light", 360)):
        page = open_page(re.sub(r".*(/s/)", r"\1", address), theme=theme, width=width)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        until(page, "document.querySelector('media-player video').readyState >= 2")
        page.locator("[data-captions]").select_option("es")
        page.locator("select[data-described]").select_option("es")
        until(page, "document.querySelector('media-player').film.dataset.described === 'es'")
        until(page, "document.querySelector('media-player video').readyState >= 2")
        page.locator("[data-captions]").select_option("en")
        page.locator("[data-captions]").select_option("")
        expect(page.locator("[data-caption]")).to_be_hidden()
        picture(page, f"agency-guest-{theme}-{width}")
        assert axe(page) == []
