"""The whole mission once, in the browsers of people of every role: footage in, a script and its cut with a generated insert, the cut made
accessible and dubbed, a film's bible begun, and all of it delivered to a client who has no account."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Client, ClientManager, Organization, Team, TeamMember, User
from accounts.tests.factories import ProjectFactory
from chat.models import Conversation, Film, Message, Render
from core.runs.models import Run
from core.testing.patience import work_off
from core.testing.server import Server
from dubbing.models import Dub
from dubbing.tests.dubbing_work import worked_off
from generation.models import GenerationSession, Round
from jobs.models import Job
from jobs.tests.working import work
from media_library.media.probe import probe
from media_library.models import Asset, Intake
from qc.models import LanguageReview
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
R, S = User.Role, Job.Status
SAMPLE = Path("tests/data/sample.mp4").resolve()
# Until what was made in this process is on the page.
SEEN_MS = 60_000


@dataclass
class Studio:
    """A page for each person of one house, and the project that all of it is for."""

    mara: Page  # production
    nia: Page  # project manager
    lucia: Page  # linguist
    priya: Page  # reviewer
    ada: Page  # administrator
    dana: Page  # the client
    house: Organization


@pytest.fixture
def studio(open_page: OpenPage, site: Server) -> Studio:
    house = scenes.house()
    staff = {"Mara Lindqvist": R.PRODUCTION, "Nia Okafor": R.PROJECT_MANAGER, "Lucía Mora": R.LINGUIST}
    staff |= {"Priya Nair": R.REVIEWER, "Ada Byron": R.ADMIN}
    people = {name: scenes.person(role, name=name, house=house) for name, role in staff.items()}
    dana = scenes.person(R.CLIENT, name="Dana Kim", house=house)
    museum = Client.objects.create(name="City Museum", organization=house)
    ClientManager.objects.create(client=museum, user=people["Nia Okafor"])
    TeamMember.objects.create(team=Team.objects.create(client=museum, name="Museum"), user=dana)
    ProjectFactory(owner=people["Nia Okafor"], client=museum, name="Opening film")
    pages = [open_page("/library", user=person) for person in [*people.values(), dana]]
    return Studio(*pages, house)


@pytest.mark.timeout(1500)
def test_the_mission(studio: Studio, open_page: OpenPage, axe: Callable[[Page], list[str]], tmp_path: Path) -> None:
    footage_comes_in(studio.mara)
    talk = a_script_quotes_it(studio.mara)
    an_insert_is_made_and_cut_in(studio.mara, talk)
    film = the_cut_is_rendered(studio.mara, talk)
    a_film_is_begun(studio.mara)
    job = the_cut_becomes_a_job(studio.mara, film)
    it_is_made_accessible(studio, job)
    dubbed = it_is_dubbed(studio.mara, film, tmp_path)
    address = it_is_delivered(studio.nia, job, tmp_path)
    the_client_looks(studio, open_page, axe, address)
    the_house_sees_what_was_done(studio.ada, job, dubbed)


def footage_comes_in(mara: Page) -> None:
    mara.goto("/library")
    mara.locator("#upload input[name=file]").set_input_files(SAMPLE)
    expect(mara.get_by_role("heading", name="1 file")).to_be_visible(timeout=SEEN_MS)
    asset = Asset.objects.originals().get()
    work_off(asset.run_id)
    asset.refresh_from_db()
    assert (asset.status, Intake.objects.get().status) == (Asset.Status.ACTIVE, Intake.Status.DONE), asset.problem


def a_script_quotes_it(mara: Page) -> Conversation:
    mara.goto("/chat")
    mara.get_by_label("Message", exact=True).fill("Write a script about what John Dashwood could do for them")
    mara.get_by_label("Message", exact=True).press("Enter")
    mara.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}"))
    answer = Message.objects.get(role=Message.Role.ASSISTANT)
    work_off(answer.run_id)
    answer.refresh_from_db()
    assert answer.status == Message.Status.COMPLETE, answer.error
    expect(mara.locator('[data-role="assistant"] [data-clip]').first).to_be_visible(timeout=SEEN_MS)
    talk = Conversation.objects.get()
    assert "Dashwood" in " ".join(talk.clips.values_list("text", flat=True))
    return talk


def an_insert_is_made_and_cut_in(mara: Page, talk: Conversation) -> None:
    """One picture, one clip of it, one film with a title; and that between the quotes."""
    mara.goto("/generate")
    mara.get_by_label("What the pictures show").fill("An old country house in the rain, wide shot")
    mara.get_by_label("Pictures", exact=True).fill("1")
    mara.get_by_role("button", name="Make the pictures").click()
    mara.wait_for_url(re.compile(r"/generate/[0-9a-f-]{36}$"))
    made(Round.Kind.IMAGES)
    mara.get_by_role("checkbox", name="Picture 1").check(timeout=SEEN_MS)
    mara.get_by_role("button", name="Use the ticked pictures").click()
    mara.get_by_label("How the picture moves").fill("Slow push in")
    mara.get_by_label("Seconds a clip").fill("2")
    mara.get_by_role("button", name="Make 1 clip").click()
    made(Round.Kind.CLIPS)
    mara.get_by_role("checkbox", name="Clip A").check(timeout=SEEN_MS)
    mara.get_by_role("button", name="Use the ticked clips").click()
    mara.get_by_label("Text", exact=True).fill("Norland")
    mara.get_by_label("For, s").fill("1.5")
    mara.get_by_role("button", name="Compose the film").click()
    expect(mara.locator("[data-working]")).to_be_visible(timeout=SEEN_MS)
    made(Round.Kind.FILM)
    expect(mara.locator(".made__film")).to_be_visible(timeout=SEEN_MS)
    insert = GenerationSession.objects.get().final
    assert insert is not None
    sent = {"video_id": str(insert.pk), "start_time": 0, "end_time": 2, "title": "Norland", "index": 1}
    answer = post(mara, f"/api/conversations/{talk.pk}/clips", sent)
    assert answer.status == 201, answer.text()


def made(kind: str) -> None:
    newest = Round.objects.filter(kind=kind).latest("created_at")
    work_off(newest.run_id)
    newest.refresh_from_db()
    assert newest.status == Round.Status.DONE, newest.problem


def post(page: Page, path: str, body: Any) -> Any:
    """As a program in the same browser."""
    token = next(one["value"] for one in page.context.cookies() if one["name"].endswith("csrftoken"))
    origin = page.url.split("/", 3)
    return page.request.post(path, data=body, headers={"X-CSRFToken": token, "Referer": "/".join(origin[:3]) + "/"})


def the_cut_is_rendered(mara: Page, talk: Conversation) -> Asset:
    mara.goto(f"/chat/{talk.pk}")
    mara.locator(".scripting__tabs").get_by_role("tab", name="Cut").click()
    expect(mara.locator("[data-clips] [data-pick]").nth(1)).to_have_attribute("aria-label", re.compile("Norland"))
    mara.get_by_role("button", name="Render", exact=True).click()
    mara.get_by_role("dialog").get_by_role("button", name="Render").click()
    expect(mara.locator(".scripting__film")).to_contain_text("Rendering", timeout=SEEN_MS)
    render = Render.objects.get()
    work_off(render.run_id)
    render.refresh_from_db()
    assert render.status == Render.Status.READY, render.error
    assert render.asset is not None
    for run in Run.objects.filter(subject_id=render.asset.pk, status=Run.Status.RUNNING):
        work_off(run.pk)
    expect(mara.get_by_role("button", name="Watch")).to_be_visible(timeout=SEEN_MS)
    picture(mara, "mission-cut-dark")
    return Asset.objects.get(pk=render.asset.pk)


def a_film_is_begun(mara: Page) -> None:
    mara.goto("/movies")
    mara.get_by_text("New film").click()
    mara.get_by_label("Title", exact=True).fill("Norland")
    mara.get_by_label("Genre", exact=True).fill("Drama")
    mara.get_by_role("button", name="Begin the film").click()
    mara.get_by_label("Your words").fill("Two sisters lose their house to a careful brother")
    mara.get_by_role("button", name="Send").click()
    mara.locator(".option").first.get_by_role("button", name="Choose").click(timeout=SEEN_MS)
    expect(mara.locator("[aria-current=step]")).to_contain_text("Genre", timeout=SEEN_MS)
    mara.goto(f"/movies/{Film.objects.get().project_id}/bible")
    with mara.expect_download() as kept:
        mara.get_by_role("link", name="PDF").click()
    assert Path(kept.value.path()).read_bytes().startswith(b"%PDF")


def the_cut_becomes_a_job(mara: Page, film: Asset) -> Job:
    """Ordered from the file's own page: nothing is uploaded a second time."""
    mara.goto(f"/library/{film.pk}")
    mara.get_by_role("link", name="Make it accessible").click()
    mara.get_by_label("Title").fill("Opening film")
    mara.get_by_label("Project").select_option(label="City Museum: Opening film")
    mara.get_by_label("Spanish", exact=True).check()
    mara.get_by_role("button", name="Start the job").click()
    mara.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}$"))
    return work(Job.objects.get())


def it_is_made_accessible(studio: Studio, job: Job) -> None:
    priya, nia, lucia = studio.priya, studio.nia, studio.lucia
    assert job.status == S.PENDING_QC, job.error
    priya.goto(f"/jobs/{job.pk}")
    priya.get_by_role("link", name="Approve the source").click()
    priya.get_by_role("dialog").get_by_role("button", name="Approve the source").click()
    expect(priya.locator("#live[data-status=pending_qc]")).to_have_count(0)
    job = work(job)
    assert job.status == S.PENDING_FINAL_REVIEW, job.error
    nia.goto(f"/jobs/{job.pk}")
    nia.get_by_role("button", name=re.compile(r"Assign \d languages? by rule")).click()
    expect(nia.locator("#checking-es")).to_contain_text("Lucía Mora")
    spanish = f"/jobs/{job.pk}/tracks/es/captions"
    lucia.goto("/queue")
    lucia.get_by_role("button", name=re.compile("Start.*Spanish")).first.click()
    lucia.wait_for_url(f"**{spanish}")
    lucia.get_by_label("Spanish text of the cue").fill("Y el señor John Dashwood")
    lucia.get_by_role("button", name="Submit").click()
    lucia.get_by_role("dialog", name="Submit this language").get_by_role("button", name="Submit this language").click()
    expect(lucia.get_by_text("Submitted", exact=True)).to_be_visible(timeout=SEEN_MS)
    priya.goto("/queue")
    priya.get_by_role("button", name=re.compile("Start.*Review Spanish")).click()
    priya.wait_for_url(f"**{spanish}")
    priya.get_by_role("button", name="Approve").click()
    dialog = priya.get_by_role("dialog", name="Approve this language")
    dialog.get_by_role("button", name="Approve this language").click()
    expect(priya.get_by_text("Approved", exact=True).first).to_be_visible(timeout=SEEN_MS)
    assert LanguageReview.objects.get(output__job=job, output__language="es").state == "approved"


def it_is_dubbed(mara: Page, film: Asset, folder: Path) -> Dub:
    mara.goto(f"/library/{film.pk}")
    mara.get_by_role("link", name="Dub this video").click()
    mara.get_by_label("Dub into").select_option("es")
    mara.get_by_role("textbox", name="Title").fill("La película")
    mara.get_by_role("button", name="Begin the dub").click()
    expect(mara.get_by_role("heading", name="La película")).to_be_visible(timeout=SEEN_MS)
    dub = worked_off(Dub.objects.get())
    assert (dub.status, dub.problem) == (Dub.Status.READY, "")
    mara.get_by_role("button", name="Make the film").click(timeout=SEEN_MS)
    expect(mara.locator("#dub-top")).to_contain_text("Mixing", timeout=SEEN_MS)
    worked_off(dub)
    with mara.expect_download(timeout=SEEN_MS) as coming:
        mara.get_by_role("link", name="Dubbed film").click(timeout=SEEN_MS)
    coming.value.save_as(folder / "dub.mp4")
    found = probe(folder / "dub.mp4").require(video=True, audio=True)
    assert found.duration == pytest.approx(film.duration, abs=0.1)
    picture(mara, "mission-dub-dark")
    return dub


def it_is_delivered(nia: Page, job: Job, folder: Path) -> str:
    """Completed, packed, and a link made. Its address."""
    nia.goto(f"/jobs/{job.pk}/review")
    until(nia, "document.querySelector('media-player video').readyState >= 2")
    nia.get_by_role("link", name="Approve and complete").click()
    nia.get_by_role("button", name="Complete the job").click()
    nia.wait_for_url(f"**/jobs/{job.pk}")
    assert Job.objects.get(pk=job.pk).status == S.COMPLETED
    nia.get_by_role("button", name="Pack everything").click()
    expect(nia.locator("#delivery")).to_contain_text(".zip", timeout=SEEN_MS)
    for run in Run.objects.filter(status=Run.Status.RUNNING, kind__contains="deliver"):
        work_off(run.pk)
    with nia.expect_download(timeout=SEEN_MS) as coming:
        nia.locator("#delivery a", has_text=".zip").first.click(timeout=SEEN_MS)
    coming.value.save_as(folder / "delivery.zip")
    assert (folder / "delivery.zip").read_bytes().startswith(b"PK")
    nia.goto(f"/jobs/{job.pk}/links")
    nia.get_by_role("button", name="Make the link").click()
    return nia.locator("#made-address").inner_text()


def the_client_looks(studio: Studio, open_page: OpenPage, axe: Callable[[Page], list[str]], address: str) -> None:
    """Dana at the desk with her account, somebody of the board on a telephone without one."""
    studio.dana.goto("/jobs")
    expect(studio.dana.get_by_role("link", name="Opening film").first).to_be_visible()
    page = open_page(re.sub(r".*(/s/)", r"\1", address), theme="light", width=360)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    until(page, "document.querySelector('media-player video').readyState >= 2")
    page.locator("[data-captions]").select_option("es")
    assert axe(page) == []
    picture(page, "mission-client-light-360")


def the_house_sees_what_was_done(ada: Page, job: Job, dubbed: Dub) -> None:
    ada.goto("/audit")
    for action in ("generation.film.ready", "jobs.job.create", "chat.clip.add"):
        ada.goto(f"/audit?action={action}")
        expect(ada.get_by_text(action).first).to_be_visible()
    assert isinstance(job.pk, uuid.UUID)
    assert dubbed.owner.name == "Mara Lindqvist"
