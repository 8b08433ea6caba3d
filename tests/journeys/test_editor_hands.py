"""The cue editor without a mouse: finding, replacing, retiming, mending what was found, words of the glossary, and other keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Organization, User
from jobs.models import Job
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


@pytest.fixture
def translated(mara: User, house: Organization, video: Path) -> Job:
    return scenes.translated(mara, house, video)


def edit(open_page: OpenPage, job: Job, user: User, language: str = "es", **how: object) -> Page:
    page = open_page(f"/jobs/{job.pk}/tracks/{language}/captions", user=user, **how)
    expect(page.get_by_text("6 cues", exact=True)).to_be_visible()
    return page


def text_of(page: Page, language: str = "Spanish") -> Locator:
    return page.get_by_label(f"{language} text of the cue")


def newest(job: Job, language: str = "es") -> str:
    track = job.outputs.get(language=language).captions
    assert track is not None
    return scenes.newest(track).content


def settled(page: Page) -> None:
    """All rules have been asked, not only those that answer at once."""
    expect(page.locator("[data-preview-fixes]")).to_be_visible()


def test_findings_are_mended_without_a_mouse(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    settled(page)
    page.keyboard.press("F8")
    while not page.get_by_role("heading", name="Cue 4").is_visible():
        page.keyboard.press("F8")
    expect(text_of(page)).to_be_focused()
    expect(page.locator("#announcer")).to_contain_text("Cue 4:")
    page.keyboard.press("Control+Shift+E")
    expect(page.get_by_label("Out", exact=True)).to_have_value("00:00:08.000")
    page.keyboard.press("Control+Shift+S")
    page.keyboard.press("Control+a")
    page.keyboard.type("La cuenta atrás paró.")
    expect(page.locator("[data-cue-findings] li")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    expect(page.get_by_role("heading", name="Cue 5")).to_be_visible()
    expect(text_of(page)).to_be_focused()
    assert "00:00:06.600 --> 00:00:08.000\nLa cuenta atrás paró.\n" in newest(translated)


def test_fixes_are_seen_before_they_are_taken_and_taken_back_at_once(
    open_page: OpenPage, translated: Job, mara: User
) -> None:
    page = edit(open_page, translated, mara)
    settled(page)
    before = page.locator("[data-errors]").inner_text()
    page.keyboard.press("Control+Alt+f")
    dialog = page.get_by_role("dialog", name="Fixes")
    expect(dialog.get_by_text("Cue 5").first).to_be_visible()
    picture(page, "editor-fixes")
    dialog.get_by_role("button", name="Apply the ticked").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#announcer")).to_contain_text("One undo takes them back.")
    expect(page.locator("[data-errors]")).not_to_have_text(before)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-errors]")).to_have_text(before)
    expect(page.get_by_text("version 1, saved")).to_be_visible()


def test_words_are_found_and_replaced(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    page.keyboard.press("Control+f")
    page.get_by_label("Find", exact=True).fill("la")
    expect(page.get_by_text("5 found")).to_be_visible()
    page.get_by_label("Whole words").check()
    expect(page.get_by_text("2 found")).to_be_visible()
    page.get_by_label("Whole words").uncheck()
    page.get_by_label("Find", exact=True).fill("sala")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cue 2")).to_be_visible()
    page.get_by_label("Replace by").fill("habitación")
    page.keyboard.press("Enter")
    expect(text_of(page)).to_have_value("Nadie en la habitación hablaba.")
    page.get_by_label("Find", exact=True).fill("cuenta|hora")
    page.get_by_label("Regular expression").check()
    expect(page.get_by_text("2 found")).to_be_visible()
    page.get_by_label("Replace by").fill("X")
    page.get_by_role("button", name="Replace all").press("Enter")
    expect(page.locator("[data-find-note]")).to_have_text("2 replaced. One undo takes them back.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("grid")).to_be_focused()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.get_by_text("version 1, saved")).to_be_visible()
    page.keyboard.press("Control+y")
    expect(page.get_by_text("Nadie en la habitación hablaba.").first).to_be_visible()


def test_several_cues_are_chosen_and_worked_on_together(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    page.get_by_role("grid").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(3)
    expect(page.locator("#announcer")).to_have_text("3 cues selected")
    page.keyboard.press("Control+Shift+H")
    dialog = page.get_by_role("dialog", name="Shift times")
    expect(dialog.get_by_label("The selected ones")).to_be_checked()
    dialog.get_by_label("Unit").select_option("frames")
    dialog.get_by_label("By, less than zero is earlier").fill("-5")
    dialog.get_by_role("button", name="Shift").press("Enter")
    expect(page.get_by_role("row").nth(1)).to_contain_text("00:00:00.200")
    expect(page.get_by_role("row").nth(4)).to_contain_text("00:00:06.640")
    page.keyboard.press("Control+Shift+M")
    expect(page.get_by_text("4 cues", exact=True)).to_be_visible()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("row").nth(1)).to_contain_text("00:00:00.400")


def test_frames_and_cuts_are_reached_by_keys(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    start, end = page.get_by_label("In", exact=True), page.get_by_label("Out", exact=True)
    expect(start).to_have_value("00:00:02.560")
    page.keyboard.press("Alt+Shift+ArrowRight")
    expect(start).to_have_value("00:00:02.600")
    page.keyboard.press("Control+Alt+ArrowLeft")
    expect(end).to_have_value("00:00:04.160")
    page.keyboard.press("Control+Alt+ArrowRight")
    page.keyboard.press("Control+Alt+ArrowRight")
    page.keyboard.press("Control+Alt+ArrowRight")
    page.keyboard.press("Control+Alt+ArrowRight")
    # Two frames before the next cue it stops.
    expect(end).to_have_value("00:00:04.280")
    page.keyboard.press("Control+z")
    # The cut stands at 2.520 s, which leaves no gap to the cue before: the edge stops at two frames from it.
    page.keyboard.press("Control+Shift+S")
    expect(start).to_have_value("00:00:02.560")


def test_words_of_the_glossary_are_put_in_by_key(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    expect(page.get_by_role("row").nth(3).get_by_role("button", name="liquid oxygen: oxígeno líquido")).to_be_visible()
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="Glossary in this cue")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+Alt+g")
    expect(text_of(page)).to_have_value("oxígeno líquido Solo se oía salir el gas,\ny nada más.")
    expect(page.locator("[data-terms-here]").get_by_role("img", name="used")).to_be_visible()
    page.get_by_role("row").nth(5).get_by_role("button", name="launch director").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("directora de lanzamiento")
    expect(page.get_by_role("row").nth(5).locator(".term--miss")).to_contain_text("jefe de lanzamiento")
    picture(page, "editor-terms")


def test_keys_are_listed_and_can_be_others(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    page.get_by_role("grid").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog.get_by_text("Balance the lines")).to_be_visible()
    picture(page, "editor-keys")
    dialog.get_by_role("button", name="Change the key of “Go to a cue or a time”").press("Enter")
    page.keyboard.press("p")
    expect(dialog.get_by_role("status")).to_contain_text("P is the key of “Play this cue once”")
    page.keyboard.press("j")
    expect(dialog.get_by_role("status")).to_contain_text("Now J.")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_text("6 cues", exact=True)).to_be_visible()
    page.get_by_role("grid").focus()
    page.keyboard.press("j")
    page.get_by_label("Number of a cue, or a time").fill("0:08.1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cue 5")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 1440), ("dark", 360), ("light", 900)])
def test_axe_finds_nothing(
    open_page: OpenPage, axe: Callable[[Page], list[str]], translated: Job, mara: User, theme: str, width: int
) -> None:
    page = edit(open_page, translated, mara, theme=theme, width=width)
    settled(page)
    page.get_by_role("grid").get_by_role("button", name="Cue 3", exact=True).click()
    picture(page, f"editor-{theme}-{width}")
    assert axe(page) == []
    page.evaluate("document.querySelector('[data-act=find]').click()")
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('[data-act=keys]').click()")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
