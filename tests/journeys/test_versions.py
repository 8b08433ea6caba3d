"""The history of a track in a browser: two versions word by word, one cue put back, all put back. Both themes, and a narrow window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from jobs import services
from jobs.models import Job
from jobs.tests.factories import JobFactory, give_captions
from media_library.media import webvtt
from media_library.models import TrackDraft, TrackVersion
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LINES = [
    "He was not an ill-disposed young man,",
    "unless to be rather cold-hearted\nand rather selfish",
    "is to be ill-disposed.",
    "But he was, in general, well respected.",
]


def text_of(*lines: str, moved: int = 0) -> str:
    cues = [webvtt.Cue(at * 4000 + moved, at * 4000 + 3000 + moved, line) for at, line in enumerate(lines)]
    return webvtt.Document(blocks=list(cues)).write()


def newest(job: Job) -> TrackVersion:
    return TrackVersion.objects.filter(track=job.outputs.get(is_source=True).captions).latest("number")


def save(job: Job, author: User, text: str, *, base: int) -> None:
    services.save_track(job, language="en", kind="captions", content=text, author=author, base_version=base)


def test_the_history_of_a_track(
    open_page: OpenPage, axe: Callable[[Page], list[str]], site: object, mara: User, house: object
) -> None:
    nils = scenes.person(User.Role.PRODUCTION, house=house)
    job = JobFactory(created_by=mara, organization=house, languages=[], title="Persuasion", status="pending_qc")
    track = give_captions(job, text_of(*LINES))
    save(job, mara, text_of(LINES[0], "unless to be rather warm-hearted\nand selfish", *LINES[2:]), base=1)
    save(job, nils, text_of(LINES[0], "unless to be rather warm-hearted\nand selfish", *LINES[2:], moved=120), base=2)
    TrackDraft.objects.create(
        track=track, author=mara, base_version=2, content=text_of(*LINES[:3], "And he was respected.")
    )
    address = f"/jobs/{job.pk}/tracks/en/captions/versions"

    page = open_page(f"/jobs/{job.pk}/tracks/en/captions", user=mara)
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("heading", name="3 versions")).to_be_visible()
    expect(page.locator("[data-change]")).to_have_count(4)
    expect(page.locator("[data-change]").first).to_contain_text("start +120 ms, end +120 ms")

    page.get_by_role("link", name="Compare with now (version 1)").click()
    page.get_by_role("navigation", name="What to show").get_by_role("link", name="Text").click()
    change = page.locator("[data-change]")
    expect(change).to_have_count(1)
    expect(change.locator("del").first).to_contain_text("cold-hearted")
    expect(change.locator("ins").first).to_contain_text("warm-hearted")
    for theme, width in (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360)):
        looked = open_page(f"{address}?from=1&to=3", user=mara, theme=theme, width=width)
        picture(looked, f"versions-{theme}-{width}")
        assert axe(looked) == []
        assert looked.evaluate("document.documentElement.scrollWidth") <= width
        looked.context.close()

    # By keyboard alone.
    page.get_by_role("button", name="Undo this one (cue 2)").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The cue is as it was in version 1. Saved as version 4.")).to_be_visible()
    assert [cue.text for cue in webvtt.parse(newest(job).content).cues] == LINES

    page.get_by_role("button", name="Restore version 2").click()
    expect(page.get_by_text("Version 2 is back, as version 5.")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The draft is discarded.")).to_be_visible()
    assert not TrackDraft.objects.exists()
    assert (newest(job).source, newest(job).number) == ("restore", 5)
