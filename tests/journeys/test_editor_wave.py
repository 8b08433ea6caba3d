"""The waveform of the cue editor under a mouse: edges, bodies, cuts, and a stretch that becomes a cue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from jobs.models import Job
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
SPAN = 20


@pytest.fixture
def translated(mara: User, house: Organization, video: Path) -> Job:
    return scenes.translated(mara, house, video)


def edit(open_page: OpenPage, job: Job, user: User) -> Page:
    page = open_page(f"/jobs/{job.pk}/tracks/es/captions", user=user)
    expect(page.get_by_text("6 cues", exact=True)).to_be_visible()
    until(page, "document.querySelector('wave-form').shots.length === 4")
    return page


def drag(page: Page, start: float, end: float, *, shift: bool = False) -> None:
    """From one second of the waveform to another; it shows the first twenty."""
    box = page.locator("canvas.wave").bounding_box()
    assert box is not None
    x = lambda seconds: box["x"] + seconds / SPAN * box["width"]  # noqa: E731  (said twice below, nowhere else)
    y = box["y"] + box["height"] * 0.6
    page.mouse.move(x(start), y)
    if shift:
        page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move((x(start) + x(end)) / 2, y)
    page.mouse.move(x(end), y)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


def times(page: Page, number: int) -> str:
    return page.get_by_role("row").nth(number).locator(".cues__time").inner_text().replace("\n", " ")


def test_an_edge_snaps_to_the_cut_and_one_undo_puts_it_back(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    drag(page, 6.4, 6.5)
    # Two frames before the cut at 6.600 s.
    assert times(page, 3) == "00:00:04.360 00:00:06.520"
    expect(page.get_by_role("heading", name="Cue 3")).to_be_visible()
    page.keyboard.press("Control+z")
    assert times(page, 3) == "00:00:04.360 00:00:06.400"
    expect(page.get_by_text("version 1, saved")).to_be_visible()


def test_with_shift_nothing_snaps(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    drag(page, 6.4, 6.3, shift=True)
    start, end = times(page, 3).split()
    assert start == "00:00:04.360"
    assert end.startswith("00:00:06.")
    assert end not in ("00:00:06.400", "00:00:06.520")


def test_an_edge_stops_at_the_smallest_gap(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    drag(page, 7.2, 9.5)
    assert times(page, 4) == "00:00:06.640 00:00:08.000"


def test_a_body_moves_whole_and_keeps_its_length(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    drag(page, 6.9, 7.3, shift=True)
    start, end = (float(clock.rpartition(":")[2]) for clock in times(page, 4).split())
    assert start > 6.9
    assert abs(end - start - 0.56) < 0.002


def test_a_chosen_stretch_becomes_a_cue_with_enter(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    drag(page, 12.5, 14)
    expect(page.get_by_text("chosen, Enter makes it a cue")).to_be_visible()
    picture(page, "editor-range")
    page.keyboard.press("Enter")
    expect(page.get_by_text("7 cues", exact=True)).to_be_visible()
    text = page.get_by_label("Spanish text of the cue")
    expect(text).to_be_focused()
    page.keyboard.type("Fin.")
    expect(page.get_by_role("row").nth(7)).to_contain_text("Fin.")
    page.get_by_role("grid").focus()
    drag(page, 15, 16)
    page.keyboard.press("Escape")
    expect(page.get_by_text("chosen, Enter makes it a cue")).to_be_hidden()
    expect(page.get_by_text("7 cues", exact=True)).to_be_visible()


def test_wheel_and_click_move_about(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    until(page, "document.querySelector('video').readyState >= 2")
    box = page.locator("canvas.wave").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 9 / SPAN, box["y"] + box["height"] * 0.6)
    until(page, "Math.abs(document.querySelector('video').currentTime - 9) < 0.1")
    expect(page.get_by_role("heading", name="Cue 5")).to_be_visible()
    page.keyboard.down("Alt")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Alt")
    until(page, "document.querySelector('wave-form').span < 20")
    before = page.evaluate("document.querySelector('wave-form').from")
    page.mouse.wheel(0, 600)
    until(page, f"document.querySelector('wave-form').from > {before}")
