"""The cue editor with a film of five thousand cues: only what is in sight is in the document, and every row can be reached."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from jobs.models import Job
from media_library.media.webvtt.timestamps import format_timestamp
from media_library.models import Track
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
MANY = 5000

# Measured in the page: the handler of the keys and the drawing that follows, until the next frame.
TYPING = """async () => {
  const text = document.querySelector('[data-text]');
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const handled = [], shown = [];
  for (let n = 0; n < 40; n++) {
    await frame();
    text.value += n % 7 ? 'x' : ' ';
    const begun = performance.now();
    text.dispatchEvent(new InputEvent('input', { bubbles: true }));
    handled.push(performance.now() - begun);
    await frame();
    shown.push(performance.now() - begun);
  }
  const middle = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  return { handled: middle(handled), worst: Math.max(...handled), shown: middle(shown) };
}"""
MOVING = """async () => {
  const scroller = document.querySelector('[data-scroller]');
  const desk = document.querySelector('cue-editor');
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const scrolls = [], selects = [];
  for (let n = 1; n <= 40; n++) {
    const begun = performance.now();
    scroller.scrollTop = (scroller.scrollHeight / 41) * n;
    await frame();
    scrolls.push(performance.now() - begun);
  }
  for (let n = 1; n <= 40; n++) {
    const begun = performance.now();
    desk.select(n * 120, { seek: false });
    selects.push(performance.now() - begun);
  }
  const middle = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  return { scroll: middle(scrolls), scrollWorst: Math.max(...scrolls), select: middle(selects), selectWorst: Math.max(...selects) };
}"""


def long_text(count: int = MANY) -> str:
    said = ("We had held at T minus nine", "Nobody in the room spoke.", "And the count just sat there,\nfor an hour.")
    times = [(format_timestamp(number * 1200), format_timestamp(number * 1200 + 1100)) for number in range(count)]
    blocks = [f"{start} --> {end}\n{said[n % 3]} {n}" for n, (start, end) in enumerate(times)]
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


@pytest.fixture
def long_job(mara: User, house: Organization, video: Path) -> Job:
    made = scenes.job(mara, house, video=video)
    scenes.write(made, "en", Track.Kind.CAPTIONS, long_text())
    return made


def test_five_thousand_cues_stay_at_hand(open_page: OpenPage, long_job: Job, mara: User) -> None:
    page = open_page(f"/jobs/{long_job.pk}/tracks/en/captions", user=mara)
    expect(page.get_by_text("5000 cues", exact=True)).to_be_visible()
    grid = page.get_by_role("grid", name="Cues")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY + 1))
    assert page.locator("[data-rows] tr").count() < 60
    grid.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name=f"Cue {MANY}")).to_be_visible()
    last = page.get_by_role("row").filter(has=page.get_by_role("button", name=f"Cue {MANY}", exact=True))
    expect(last).to_have_attribute("aria-rowindex", str(MANY + 1))
    expect(last).to_be_in_viewport()
    expect(grid).to_have_attribute("aria-activedescendant", last.get_attribute("id") or "")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("heading", name=f"Cue {MANY - 1}")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.get_by_role("grid").get_by_role("button", name="Cue 1", exact=True)).to_be_in_viewport()
    page.keyboard.press("g")
    page.get_by_label("Number of a cue, or a time").fill("2500")
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid").get_by_role("button", name="Cue 2500", exact=True)).to_be_in_viewport()
    picture(page, "editor-many")
    typed, moved = page.evaluate(TYPING), page.evaluate(MOVING)
    print(f"\n5,000 cues, milliseconds: typing {typed}, moving {moved}")  # noqa: T201  (told, not judged: machines differ)
    assert page.locator("[data-rows] tr").count() < 60
    expect(page.locator("[data-state-text]")).to_have_text(re.compile("not saved yet|draft saved"))
    page.on("dialog", lambda dialog: dialog.accept())


def test_a_narrow_page_holds_few_rows_too(open_page: OpenPage, long_job: Job, mara: User) -> None:
    page = open_page(f"/jobs/{long_job.pk}/tracks/en/captions", user=mara, width=360)
    expect(page.get_by_text("5000 cues", exact=True)).to_be_visible()
    expect(page.locator("[data-rows] tr").first).to_be_visible()
    assert page.locator("[data-rows] tr").count() < 60
