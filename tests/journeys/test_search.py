"""Searching in a browser: a sentence found by its meaning, played from the word, and the palette by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from media_library.models import Asset, Speaker
from media_library.services import indexing
from media_library.tests.factories import AssetFactory, transcript_of
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
AxeFinds = Callable[[Page], list[str]]


@pytest.fixture
def olga(transactional_db: None) -> User:
    return scenes.person(User.Role.PRODUCTION, house=scenes.house())


@pytest.fixture
def interview(olga: User, video: Path) -> Asset:
    asset = AssetFactory(owner=olga, title="Captain's interview", language="en", tags=["Sea"], content=video)
    lines = ("good morning", "the ship went down in the storm", "she planted roses behind the house")
    transcript = transcript_of(asset, *lines, seconds=1.5)
    speaker = Speaker.objects.create(transcript=transcript, label="speaker_1", name="Ellen")
    transcript.segments.update(speaker=speaker)
    indexing.index_asset(asset, embed=True)
    return asset


def test_what_is_meant_is_found_and_plays_from_the_moment(
    open_page: OpenPage, axe: AxeFinds, olga: User, interview: Asset
) -> None:
    page = open_page("/search", user=olga)
    page.get_by_label("Search words and meaning").fill("Das Schiff ist im Sturm gesunken")
    page.get_by_role("button", name="Search", exact=True).click()
    first = page.locator(".found__hit").first
    expect(first).to_contain_text("the ship went down in the storm")
    expect(first).to_contain_text("By meaning")
    first.get_by_role("button", name=re.compile("^Play Captain")).click()
    expect(page.locator("video.found__player")).to_have_count(1)
    page.wait_for_timeout(1000)
    assert page.locator("video.found__player").evaluate("player => player.currentTime") >= 1.5
    assert axe(page) == []
    page.get_by_label("Search words and meaning").fill("storm")
    page.get_by_label("Search words and meaning").press("Enter")
    expect(page.locator("mark")).to_have_text(["storm"])
    page.locator(".found__about a").first.click()
    expect(page).to_have_url(re.compile(rf"/library/{interview.pk}\?t=2\.\d+$"))


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 360)])
def test_the_pages_are_clean(
    open_page: OpenPage, axe: AxeFinds, olga: User, interview: Asset, theme: str, width: int
) -> None:
    for name, path in {
        "search": "/search",
        "search-hits": "/search?q=storm&tag=Sea&group=1",
        "search-nothing": "/transcripts/search?q=shpi+sotrm&mode=words",
    }.items():
        page = open_page(path, user=olga, theme=theme, width=width)
        picture(page, f"{name}-{width}-{theme}")
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()


def test_the_palette_finds_while_one_types_and_opens_by_keyboard(
    open_page: OpenPage, axe: AxeFinds, olga: User, interview: Asset
) -> None:
    page = open_page("/jobs", user=olga)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search everywhere")
    expect(palette.get_by_role("link", name="Library")).to_be_visible()
    page.keyboard.type("storm")
    said = palette.get_by_role("group", name="Said").get_by_role("link")
    expect(said).to_contain_text("the ship went down in the storm")
    expect(palette.get_by_role("status")).to_contain_text("1 entry")
    assert axe(page) == []
    picture(page, "palette")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/library/{interview.pk}\?t=2\.\d+$"))
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing of that name")
    expect(palette.get_by_role("status")).to_contain_text("Nothing is called that")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=nothing"))
