"""How a description is heard, in a browser: spoken over the source, held where it needs to be, moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from jobs.models import Job, PausePoint
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

# What the page saw, with the clock's word on when.
WATCH = """() => {
  window.seen = [];
  const player = document.querySelector("media-player");
  const note = (what) => window.seen.push([what, performance.now(), player.video.currentTime]);
  for (const kind of ["description-begin", "description-end"])
    player.addEventListener(kind, ({ detail }) => note(`${kind} ${detail.index}`));
  for (const kind of ["pause", "playing"]) player.video.addEventListener(kind, () => note(kind));
}"""


@pytest.fixture
def job(mara: User, house: Organization, video: Path) -> Job:
    return scenes.described(mara, house, video)


def look_at(open_page: OpenPage, job: Job, user: User, **how: object) -> Page:
    return open_page(f"/jobs/{job.pk}/description/en", user=user, **how)


def ready(page: Page) -> None:
    until(page, "() => Boolean(document.querySelector('media-player').voice?.voiced)")


def seen(page: Page) -> dict[str, tuple[float, float]]:
    """When and at which second of the film each thing was seen last."""
    return {what: (when, at) for what, when, at in page.evaluate("() => window.seen")}


def test_the_player_stops_for_a_line_and_goes_on_at_once(open_page: OpenPage, job: Job, mara: User) -> None:
    page = look_at(open_page, job, mara)
    ready(page)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Play", exact=True).first.click()
    until(page, "() => window.seen.some(([what]) => what === 'description-end 1')")
    until(page, "() => window.seen.at(-1)[0] === 'playing'")

    found = seen(page)
    # The line in the gap stops nothing, and the other holds the picture at its moment, for as long as it is spoken.
    begun, held_at = found["description-begin 1"]
    ended, still = found["description-end 1"]
    assert held_at == pytest.approx(3.0, abs=0.12)
    assert still == pytest.approx(held_at, abs=0.05)
    assert ended - begun > 900
    resumed, _ = found["playing"]
    assert 0 <= resumed - ended <= 300
    assert found["description-begin 0"][1] == pytest.approx(1.0, abs=0.12)


def test_the_film_is_lowered_under_a_line_and_comes_back(open_page: OpenPage, job: Job, mara: User) -> None:
    page = look_at(open_page, job, mara)
    ready(page)
    page.get_by_role("button", name="Play", exact=True).first.click()
    until(page, "() => document.querySelector('video').volume < 0.3")
    until(page, "() => document.querySelector('video').volume === 1")


def test_d_switches_the_description_off_and_nothing_stops(open_page: OpenPage, job: Job, mara: User) -> None:
    page = look_at(open_page, job, mara)
    ready(page)
    page.evaluate(WATCH)
    page.evaluate("() => document.querySelector('.player').focus()")
    page.keyboard.press("d")
    expect(page.get_by_role("button", name="Audio description")).to_have_attribute("aria-pressed", "false")
    page.evaluate(
        "() => { const player = document.querySelector('media-player'); player.currentTime = 2.7; player.play(); }"
    )
    until(page, "() => document.querySelector('video').currentTime > 3.6")
    assert not [what for what in seen(page) if what.startswith("description-begin")]


def test_a_hold_is_moved_by_frames_and_kept(open_page: OpenPage, job: Job, mara: User) -> None:
    page = look_at(open_page, job, mara)
    row = page.locator("#line-1")
    row.get_by_role("button", name="A frame later, line 2").click()
    expect(row.get_by_text("moved")).to_be_visible()
    assert PausePoint.objects.get().at == pytest.approx(3.04)
    field = row.get_by_label("Where line 2 holds the picture")
    field.fill("0:02.5")
    row.get_by_role("button", name="Move", exact=True).click()
    expect(field).to_have_value("00:00:02.500")
    assert PausePoint.objects.get().at == 2.5
    field.fill("00:00:44.000")
    field.press("Enter")
    expect(page.get_by_text("Pause point must stay between its neighbours")).to_be_visible()
    expect(field).to_have_value("00:00:02.500")


def test_a_hold_is_moved_and_the_film_asked_for_without_scripts(open_page: OpenPage, job: Job, mara: User) -> None:
    page = look_at(open_page, job, mara, scripts=False)
    row = page.locator("#line-1")
    row.get_by_label("Where line 2 holds the picture").fill("00:00:04.000")
    row.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("The picture is held at 00:00:04.000 now.")).to_be_visible()
    assert PausePoint.objects.get().at == 4.0
    page.get_by_label("Way of describing").select_option("both")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept. The film follows")).to_be_visible()
    page.get_by_role("button", name="Make the film again").click()
    expect(page.get_by_text("The film is being made again.")).to_be_visible()
    job.refresh_from_db()
    assert job.status == Job.Status.TTS_GENERATING


@pytest.mark.timeout(300)
def test_axe_finds_nothing_wide_or_narrow_in_either_theme(
    open_page: OpenPage, axe: Callable[[Page], list[str]], job: Job, mara: User
) -> None:
    found = []
    for name, path in {"description": f"/jobs/{job.pk}/description/en", "job": f"/jobs/{job.pk}"}.items():
        for theme in ("light", "dark"):
            for width in (360, 1440):
                page = open_page(path, user=mara, theme=theme, width=width)
                found += [f"{name} {theme} {width}: {one}" for one in axe(page)]
                wide = page.evaluate("() => document.documentElement.scrollWidth")
                found += [f"{name} {width}: scrolls to {wide}"] if wide > width else []
                picture(page, f"describing-{name}-{theme}-{width}")
                page.close()
    assert found == []
