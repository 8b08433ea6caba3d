"""From a prompt to a film that plays, in one browser: pictures, a choice, clips, a choice, text and music, with what each cost."""

from __future__ import annotations

import json
import math
import re
import wave
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from core.testing.patience import work_off
from core.testing.server import Server
from generation.models import GenerationSession, Round, Take
from media_library.media.probe import probe
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
SIZES = (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360))


@pytest.fixture
def house(site: Server) -> Organization:
    return scenes.house()


@pytest.fixture
def mara(house: Organization) -> User:
    return scenes.person(User.Role.PRODUCTION, name="Mara Lindqvist", house=house)


def tone(path: Path, *, seconds: int = 12) -> Path:
    """A quiet hum to stand for music."""
    rate = 48_000
    samples = array("h", (int(6000 * math.sin(2 * math.pi * 220 * n / rate)) for n in range(rate * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def made(kind: str) -> Round:
    """What was just asked for, made by this process in the place of a worker."""
    newest = Round.objects.filter(kind=kind).latest("created_at")
    work_off(newest.run_id)
    newest.refresh_from_db()
    assert newest.status == Round.Status.DONE, newest.problem
    return newest


def looked_at(open_page: OpenPage, axe: Axe, address: str, name: str, person: User) -> None:
    for theme, width in SIZES:
        page = open_page(address, user=person, theme=theme, width=width)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        picture(page, f"{name}-{theme}-{width}")
        assert axe(page) == [], (address, theme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, theme, width)
        page.context.close()


@pytest.mark.timeout(600)
def test_a_prompt_becomes_a_film(open_page: OpenPage, axe: Axe, mara: User, tmp_path: Path) -> None:
    page = open_page("/generate", user=mara)
    looked_at(open_page, axe, "/generate", "generate-none", mara)
    page.get_by_label("What the pictures show").fill("A rocket on its launch pad before sunrise, mist, wide shot")
    expect(page.locator("#estimate")).to_have_text("Costs nothing here.")
    page.get_by_role("button", name="Make the pictures").click()
    page.wait_for_url(re.compile(r"/generate/[0-9a-f-]{36}$"))
    session = GenerationSession.objects.get()
    expect(page.get_by_role("progressbar", name="Images 1")).to_be_visible()
    two_of_four_pictures_are_picked(page)
    looked_at(open_page, axe, f"/generate/{session.pk}", "generate-picked", mara)
    clips_are_made_picked_and_ordered(page, session)
    text_and_music_make_a_film(page, session, tone(tmp_path / "hum.wav"))
    looked_at(open_page, axe, f"/generate/{session.pk}", "generate-film", mara)
    clip = session.takes.filter(kind="clip").first()
    assert clip is not None
    looked_at(open_page, axe, f"/generate/{session.pk}/takes/{clip.pk}", "generate-take", mara)
    it_is_taken_along_with_what_it_cost(page, session)


def two_of_four_pictures_are_picked(page: Page) -> None:
    """They come without a reload."""
    made(Round.Kind.IMAGES)
    boxes = page.get_by_role("checkbox", name=re.compile(r"Picture \d"))
    expect(boxes).to_have_count(4, timeout=30_000)
    # Those further down are loaded when they are scrolled to.
    until(page, "document.querySelector('.take img').naturalWidth > 200")
    for number in (2, 4):
        page.get_by_role("checkbox", name=f"Picture {number}").check()
    page.get_by_role("button", name="Use the ticked pictures").click()
    expect(page.locator(".toast").filter(has_text="2 pictures chosen.")).to_be_visible(timeout=15_000)


def clips_are_made_picked_and_ordered(page: Page, session: GenerationSession) -> None:
    page.get_by_label("How the picture moves").fill("Slow push in, then hold")
    page.get_by_label("Seconds a clip").fill("3")
    page.get_by_role("button", name="Make 2 clips").click()
    expect(page.get_by_role("progressbar", name="Clips 1")).to_be_visible(timeout=15_000)
    made(Round.Kind.CLIPS)
    clips = page.get_by_role("checkbox", name=re.compile(r"Clip [AB]"))
    expect(clips).to_have_count(2, timeout=30_000)
    for box in clips.all():
        box.check()
    page.get_by_role("button", name="Use the ticked clips").click()
    expect(page.locator(".toast").filter(has_text="2 clips chosen.")).to_be_visible(timeout=15_000)
    first = page.locator(".takes--clips video").first.get_attribute("aria-label") or ""
    page.get_by_role("button", name=f"Later: {first.lower()}").click()
    expect(page.locator(".toast").filter(has_text="The order is changed.")).to_be_visible(timeout=15_000)
    assert list(
        session.takes.filter(approved=True, kind=Take.Kind.CLIP).order_by("order_index").values_list("index", flat=True)
    ) == [1, 0]


def text_and_music_make_a_film(page: Page, session: GenerationSession, music: Path) -> None:
    page.get_by_label("Text", exact=True).fill("Launch Window")
    page.get_by_label("From, s").fill("1")
    page.get_by_label("For, s").fill("2")
    page.get_by_role("button", name="Another text").click()
    page.get_by_label("Text", exact=True).nth(1).fill("Frankfurt «2026» & more")
    page.get_by_label("From, s").nth(1).fill("3.5")
    page.get_by_label("For, s").nth(1).fill("1.5")
    page.get_by_label("or bring a file").set_input_files(music)
    page.get_by_label("Between clips").select_option("dissolve")
    looked = page.get_by_role("button", name="Compose the film")
    looked.click()
    expect(page.get_by_role("progressbar", name="Final video 1")).to_be_visible(timeout=30_000)
    made(Round.Kind.FILM)
    film = page.get_by_label("Final video", exact=True).locator("xpath=self::video")
    expect(film).to_be_visible(timeout=30_000)
    until(page, "document.querySelector('.made__film').readyState >= 2")
    page.evaluate("document.querySelector('.made__film').muted = true, document.querySelector('.made__film').play()")
    until(page, "document.querySelector('.made__film').currentTime > 0.5")
    session.refresh_from_db()
    assert session.status == GenerationSession.Status.COMPLETED


def it_is_taken_along_with_what_it_cost(page: Page, session: GenerationSession) -> None:
    with page.expect_download() as waited:
        page.get_by_role("link", name="Download").click()
    found = probe(Path(waited.value.path())).require(video=True, audio=True)
    assert found.duration == pytest.approx(5.5, abs=0.1)
    answer = page.request.get(f"/api/sessions/{session.pk}/costs")
    assert answer.json()["total_cost"] == 0
    assert {row["service"] for row in answer.json()["breakdown"]} <= {
        "local_storyboard",
        "local_library",
        "local_camera",
    }
    expect(page.locator("#costs")).to_contain_text("camera")
    sidecar = page.request.get(f"/api/library/assets/{session.final_id}/credentials")
    assert sidecar.status == 200, sidecar.text()
    assert json.loads(sidecar.text())


@pytest.mark.timeout(300)
def test_without_scripts_a_session_goes_the_same_way(open_page: OpenPage, mara: User) -> None:
    page = open_page("/generate", user=mara, scripts=False)
    page.get_by_label("What the pictures show").fill("Fog over a harbour")
    page.get_by_label("Pictures", exact=True).fill("1")
    page.get_by_role("button", name="Make the pictures").click()
    made(Round.Kind.IMAGES)
    page.reload()
    page.get_by_role("checkbox", name="Picture 1").check()
    page.get_by_role("button", name="Use the ticked pictures").click()
    page.get_by_label("How the picture moves").fill("Drift left")
    page.get_by_label("Seconds a clip").fill("2")
    page.get_by_role("button", name="Make 1 clip").click()
    made(Round.Kind.CLIPS)
    page.reload()
    page.get_by_role("checkbox", name="Clip A").check()
    page.get_by_role("button", name="Use the ticked clips").click()
    page.get_by_label("Text", exact=True).fill("Harbour")
    page.get_by_role("button", name="Another text").click()
    expect(page.get_by_label("Text", exact=True)).to_have_count(2)
    expect(page.get_by_label("Text", exact=True).first).to_have_value("Harbour")
