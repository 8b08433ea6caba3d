"""The final review with its notes, and what a guest does with a link, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Notification, Organization, User
from jobs.models import Job
from qc.models import ReviewNote
from qc.services import sharing
from qc.services.sharing import Terms
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
DRAWN = """() => {
  const { width, height } = document.querySelector(".review__drawing");
  return document.querySelector(".review__drawing").getContext("2d").getImageData(0, 0, width, height).data.some(Boolean);
}"""
AT = "document.querySelector('media-player video').currentTime"


@pytest.fixture
def film(mara: User, house: Organization, video: Path) -> Job:
    return scenes.delivered(mara, house, video)


def ready(page: Page) -> None:
    until(page, "document.querySelector('media-player video').readyState >= 2")


def test_a_note_holds_the_film_at_its_frame_and_its_drawing_comes_back(
    open_page: OpenPage, mara: User, film: Job
) -> None:
    page = open_page(f"/jobs/{film.pk}/review", user=mara)
    ready(page)
    page.keyboard.press("l")
    until(page, f"{AT} > 0.4")
    page.get_by_role("textbox", name="Note at this moment").press_sequentially("The logo is cut.")
    assert page.evaluate("document.querySelector('media-player video').paused")
    page.get_by_role("button", name="Draw").click()
    box = page.locator(".review__drawing").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("p.comment__body", has_text="The logo is cut.")).to_be_visible()

    note = ReviewNote.objects.get()
    assert note.frame == round(note.timestamp * 25)
    assert note.timestamp > 0.3
    (stroke,) = note.drawing
    assert stroke["points"][0] == pytest.approx([0.25, 0.25], abs=0.01)
    assert stroke["points"][-1] == pytest.approx([0.75, 0.5], abs=0.01)

    ready(page)
    page.locator(".review__mark").click()
    until(page, f"Math.abs({AT} - {note.timestamp}) < 0.05")
    until(page, DRAWN)


def test_a_frame_forward_is_one_frame(open_page: OpenPage, mara: User, film: Job) -> None:
    page = open_page(f"/jobs/{film.pk}/review", user=mara)
    ready(page)
    frame = page.locator("[data-frame]")
    before = int(frame.inner_text())
    for n in range(1, 4):
        page.keyboard.press(".")
        expect(frame).to_have_text(str(before + n))
    expect(page.locator("[data-frame-clock]")).to_have_text(f"00:00:00:{before + 3:02}")
    page.keyboard.press(",")
    expect(frame).to_have_text(str(before + 2))


def test_in_and_out_go_round(open_page: OpenPage, mara: User, film: Job) -> None:
    page = open_page(f"/jobs/{film.pk}/review", user=mara)
    ready(page)
    page.evaluate("document.querySelector('media-player').currentTime = 2")
    page.keyboard.press("i")
    page.evaluate("document.querySelector('media-player').currentTime = 2.6")
    page.keyboard.press("o")
    page.get_by_role("button", name="Loop").click()
    page.wait_for_timeout(1500)
    assert 1.9 < page.evaluate(AT) < 2.9
    expect(page.locator("[data-until]")).to_have_value("2.600")


def test_a_guest_watches_switches_languages_and_says_what_they_see(open_page: OpenPage, mara: User, film: Job) -> None:
    house = open_page(f"/jobs/{film.pk}/links", user=mara)
    house.get_by_label("Password", exact=True).fill("tide")
    house.get_by_label("May approve or ask for changes").check()
    house.get_by_label("May download the files").check()
    house.get_by_role("button", name="Make the link").click()
    page = open_page(re.sub(r".*(/s/)", r"\1", house.locator("#made-address").inner_text()))
    page.get_by_label("Password of the link").fill("tide")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name=film.title)).to_be_visible()
    ready(page)

    page.locator("[data-captions]").select_option("es")
    page.evaluate("document.querySelector('media-player').currentTime = 1")
    expect(page.locator("[data-caption]")).to_have_text("Buenos días y bienvenidos.")
    page.locator("select[data-described]").select_option("en")
    until(page, "document.querySelector('media-player').film.dataset.described === 'en'")
    ready(page)

    page.get_by_label("Your note").fill("Please use the new logo.")
    page.get_by_label("Your name").first.fill("Dana Kim")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(".comment", has_text="Please use the new logo.")).to_be_visible()
    note = ReviewNote.objects.get()
    assert (note.guest_name, note.language, note.asset) == ("Dana Kim", "en", "accessible_video_mp4")

    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#verdict")).to_contain_text("Dana Kim approved")
    assert Notification.objects.filter(user=mara, read_at=None, kind="qc.verdict").exists()


def test_a_link_is_made_copied_and_taken_back(open_page: OpenPage, mara: User, film: Job) -> None:
    page = open_page(f"/jobs/{film.pk}/links", user=mara)
    page.get_by_label("Who it is for").fill("Meridian")
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("#made-address").inner_text()
    token = re.sub(r".*/s/", "", address)
    guest = open_page(f"/s/{token}")
    expect(guest.get_by_role("heading", name=film.title)).to_be_visible()
    page.get_by_role("button", name="Revoke the link Meridian").click()
    expect(page.locator("#toasts")).to_contain_text("The link shows nothing any more.")
    guest.reload()
    expect(guest.get_by_role("heading", name="This link opens nothing")).to_be_visible()


def test_a_guest_without_scripts_watches_and_writes(open_page: OpenPage, mara: User, film: Job) -> None:
    _, token = sharing.share(film, actor=mara, terms=Terms(allow_comments=True))
    page = open_page(f"/s/{token}", scripts=False)
    page.get_by_label("Your note").fill("From a reading device.")
    page.get_by_label("At, in seconds").fill("3")
    page.get_by_label("Your name").fill("Noor")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(".comment", has_text="From a reading device.")).to_be_visible()


@pytest.mark.timeout(300)
def test_axe_finds_nothing_on_review_links_and_the_guests_page(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User, film: Job
) -> None:
    _, token = sharing.share(
        film, actor=mara, terms=Terms(allow_comments=True, allow_approval=True, allow_download=True)
    )
    sharing.share(film, actor=mara, terms=Terms(name="Old", password="x"))
    first = ReviewNote.objects.create(job=film, timestamp=2.5, body="The lower third is old.", author=mara)
    ReviewNote.objects.create(job=film, timestamp=2.5, body="Which one?", guest_name="Dana Kim", parent=first)
    ReviewNote.objects.create(job=film, timestamp=8, body="Good.", guest_name="Dana Kim", resolved=True)
    pages = {
        "review": (f"/jobs/{film.pk}/review", mara, f"Review of {film.title}"),
        "links": (f"/jobs/{film.pk}/links", mara, "Links for guests"),
        "shared": (f"/s/{token}", None, film.title),
        "shared-dead": ("/s/never-was", None, "This link opens nothing"),
    }
    found = []
    for name, (path, user, heading) in pages.items():
        for theme, width in (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360)):
            page = open_page(path, user=user, theme=theme, width=width)
            expect(page.get_by_role("heading", level=1)).to_have_text(heading)
            page.wait_for_load_state("networkidle")
            picture(page, f"{name}-{width}-{theme}")
            found += [f"{name} {theme} {width}: {line}" for line in axe(page)]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [f"{name} {width}: {wide} px too wide"] if wide > 0 else []
            page.close()
    assert found == []
