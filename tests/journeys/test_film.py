"""A film from its first idea to its outline, in two browsers: choices, one's own words, a step gone back to, a reference found."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, ProjectMember, User
from chat.models import BibleRevision, Film
from core.testing.server import Server
from media_library.models import Asset
from media_library.tests.working import work
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
SIZES = (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360))
PICTURES = Path(__file__).resolve().parents[1] / "data" / "pictures"


@pytest.fixture
def house(site: Server) -> Organization:
    return scenes.house()


@pytest.fixture
def mara(house: Organization) -> User:
    return scenes.person(User.Role.PRODUCTION, name="Mara Lindqvist", house=house)


@pytest.fixture
def nia(house: Organization) -> User:
    return scenes.person(User.Role.PROJECT_MANAGER, name="Nia Okafor", house=house)


def looked_at(open_page: OpenPage, axe: Axe, address: str, name: str, person: User) -> None:
    for theme, width in SIZES:
        page = open_page(address, user=person, theme=theme, width=width)
        page.wait_for_timeout(500)
        picture(page, f"{name}-{theme}-{width}")
        assert axe(page) == [], (address, theme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, theme, width)
        page.context.close()


def choose(page: Page, step: str) -> str:
    """Takes the first choice and waits until the film stands at `step`. What was chosen."""
    first = page.locator(".option").first
    title = first.get_by_role("heading").inner_text()
    first.get_by_role("button", name="Choose").click()
    stands_at(page, step)
    return title


def stands_at(page: Page, step: str) -> None:
    expect(page.locator("[aria-current=step]")).to_contain_text(step, timeout=20_000)


def test_a_film_is_developed_to_its_outline_by_two(open_page: OpenPage, axe: Axe, mara: User, nia: User) -> None:
    page = open_page("/movies", user=mara)
    looked_at(open_page, axe, "/movies", "movies-none", mara)
    page.get_by_text("New film").click()
    page.get_by_label("Title", exact=True).fill("The Last Ferry")
    page.get_by_label("Description", exact=True).fill("A ferry captain finds a passenger who is not on any list.")
    page.get_by_label("Genre", exact=True).fill("Mystery")
    page.get_by_label("Episodes", exact=True).fill("2")
    page.get_by_role("button", name="Begin the film").click()
    expect(page.get_by_role("heading", name="The Last Ferry", level=1)).to_be_visible()
    film = Film.objects.get()
    address = f"/movies/{film.project_id}"
    ProjectMember.objects.create(project=film.project, user=nia, role="collaborator")

    # Asked, proposed, chosen; the other one sees it without a hand.
    page.get_by_label("Your words").fill("Something quiet, about guilt, at sea in winter")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".option").first).to_be_visible(timeout=20_000)
    other = open_page(address, user=nia)
    expect(other.locator(".option").first).to_be_visible()
    concept = choose(page, "Genre")
    expect(other.locator("[aria-current=step]")).to_contain_text("Genre", timeout=15_000)
    choose(page, "Setting")

    # One's own words count as well as any choice.
    page.get_by_label("Your words").fill("A car ferry on the winter line to Gotland, iced railings, 1987")
    page.get_by_role("button", name="Use as my own answer").click()
    stands_at(page, "Characters")
    expect(page.locator("#film-bible")).to_contain_text("Gotland")
    people = choose(page, "Character design")
    choose(page, "Plot outline")
    choose(page, "Storyboard")
    expect(page.get_by_text(re.compile(r"6 of 9 steps"))).to_be_visible()
    looked_at(open_page, axe, address, "film-outline", mara)

    # Back, with nothing lost, and forward again with the same.
    page.get_by_role("button", name="Go back to Characters").click()
    stands_at(page, "Characters")
    expect(page.locator("#film-bible")).to_contain_text("Gotland")
    expect(page.locator(".option").filter(has_text=people)).to_be_visible()
    assert BibleRevision.objects.filter(film=film, comment="Back to Characters").exists()
    assert concept in page.locator("#film-steps").inner_text()

    # The bible is a document that people change and take along.
    page.goto(f"{address}/bible")
    page.get_by_text("Change it").click()
    page.locator("#id_logline").fill("A captain carries one passenger too many, every night.")
    page.get_by_role("button", name="Save the bible").click()
    expect(page.locator(".bible__logline")).to_have_text("A captain carries one passenger too many, every night.")
    looked_at(open_page, axe, f"{address}/bible", "film-bible", mara)
    with page.expect_download() as kept:
        page.get_by_role("link", name="Fountain").click()
    assert "passenger too many" in Path(kept.value.path()).read_text(encoding="utf-8")


def test_a_reference_is_brought_and_found_by_what_it_shows(
    open_page: OpenPage, axe: Axe, mara: User, site: Server
) -> None:
    page = open_page("/movies", user=mara)
    page.get_by_text("New film").click()
    page.get_by_label("Title", exact=True).fill("Countdown")
    page.get_by_role("button", name="Begin the film").click()
    page.get_by_role("link", name="References").click()
    for name in ("rocket.jpg", "coffee.jpg"):
        page.get_by_text("Bring a picture").click()
        page.get_by_label("Picture", exact=True).set_input_files(PICTURES / name)
        page.get_by_role("button", name="Put it on the board").click()
        expect(page.get_by_role("link", name=name.removesuffix(".jpg")).first).to_be_visible()
    for asset in Asset.objects.filter(purpose="", kind="image"):
        work(asset.run)
    page.get_by_text("Bring a picture").click()
    page.get_by_label("Picture", exact=True).set_input_files(
        {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"<html></html>"}
    )
    page.get_by_role("button", name="Put it on the board").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_label("Find a reference by what it shows").fill("rocket")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".board__found li").first).to_contain_text("rocket")
    address = f"/movies/{Film.objects.get().project_id}/references"
    looked_at(open_page, axe, address, "film-references", mara)
