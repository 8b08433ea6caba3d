"""The cue editor in a browser: correcting, keys, playhead, two people at once, drafts, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from jobs import services
from jobs.models import Job
from media_library import services as library
from media_library.models import Track
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
S = Job.Status


@pytest.fixture
def drafted(mara: User, house: Organization, video: Path) -> Job:
    return scenes.drafted(mara, house, video)


def captions_of(job: Job) -> Track:
    track = job.outputs.get(language="en").captions
    assert track is not None
    return track


def edit(open_page: OpenPage, job: Job, user: User, **how: Any) -> Page:
    page = open_page(f"/jobs/{job.pk}/tracks/en/captions", user=user, **how)
    if how.get("scripts", True):
        expect(page.get_by_text("4 cues", exact=True)).to_be_visible()
    return page


def test_a_corrected_caption_becomes_a_version(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    expect(page.get_by_text("Draft by faster-whisper base")).to_be_visible()
    page.get_by_label("English text of the cue").fill("Good morning, everybody.")
    expect(page.get_by_text("version 1, not saved yet")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    text = scenes.newest(captions_of(drafted))
    assert (text.number, text.author) == (2, mara)
    assert "Good morning, everybody." in text.content
    assert "NOTE written for a test" in text.content


def test_warnings_are_live_and_keep_the_house_profile(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    page.get_by_role("grid").get_by_role("button", name="Cue 3", exact=True).click()
    findings = page.locator("[data-cue-findings]")
    expect(findings.get_by_text("A line has 70 characters, 42 fit.")).to_be_visible()
    expect(findings.get_by_text("The cue is shown for 0.60 s, at least 0.83 s are needed.")).to_be_visible()
    page.get_by_label("English text of the cue").fill("Short")
    expect(findings.get_by_text("A line has 70")).not_to_be_visible()
    page.get_by_label("Out", exact=True).fill("00:00:06.500")
    page.get_by_label("Out", exact=True).press("Enter")
    expect(findings.locator("li")).to_have_count(0)
    page.get_by_label("Out", exact=True).fill("00:00:01.000")
    page.get_by_label("Out", exact=True).press("Enter")
    expect(page.get_by_text("The cue has to end after it starts.")).to_be_visible()


def test_the_keyboard_splits_merges_inserts_deletes_and_undoes(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    total = page.locator("[data-total]")
    text = page.get_by_label("English text of the cue")
    text.focus()
    page.keyboard.press("Home")
    for _ in range("Good morning,".count("") - 1):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+Alt+v")
    expect(total).to_have_text("5 cues")
    expect(text).to_have_value("Good morning,")
    page.keyboard.press("Control+Shift+M")
    expect(total).to_have_text("4 cues")
    expect(text).to_have_value("Good morning,\nand welcome.")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("heading", name="Cue 2")).to_be_visible()
    page.keyboard.press("Alt+Insert")
    expect(total).to_have_text("5 cues")
    page.keyboard.press("Control+Alt+Delete")
    expect(total).to_have_text("4 cues")
    page.get_by_role("button", name="Undo").click()
    expect(total).to_have_text("5 cues")


def test_playhead_and_cues_go_together(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    until(page, "document.querySelector('video').readyState >= 2")
    page.get_by_role("grid").get_by_role("button", name="Cue 4", exact=True).click()
    until(page, "Math.abs(document.querySelector('video').currentTime - 8) < 0.05")
    expect(page.locator("[data-caption]")).to_have_text("The last one.")
    page.evaluate("document.querySelector('media-player').currentTime = 8.4")
    page.locator("h1").click()
    page.keyboard.press("[")
    expect(page.get_by_label("In", exact=True)).to_have_value("00:00:08.400")
    page.get_by_role("grid").get_by_role("button", name="Cue 1", exact=True).click()
    page.keyboard.press("p")
    until(page, "document.querySelector('video').paused && document.querySelector('video').currentTime > 2.4")


def test_different_cues_of_two_people_are_merged(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    theirs = scenes.CAPTIONS.replace("The last one.", "The very last one.")
    library.save_version(captions_of(drafted), theirs, author=mara, base_version=1)
    page.get_by_label("English text of the cue").fill("Mine, this one.")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_text("Merged with version 2: 1 cue of somebody else.")).to_be_visible()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    expect(page.get_by_text("The very last one.")).to_be_visible()
    content = scenes.newest(captions_of(drafted)).content
    assert "Mine, this one." in content
    assert "The very last one." in content


def test_the_same_cue_of_two_people_is_a_question(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    theirs = scenes.CAPTIONS.replace("Good morning, and welcome.", "Theirs.")
    library.save_version(captions_of(drafted), theirs, author=mara, base_version=1)
    page.get_by_label("English text of the cue").fill("Mine.")
    page.get_by_role("button", name="Save version").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("both changed this cue")).to_be_visible()
    picture(page, "conflict")
    dialog.get_by_role("radio", name="Theirs").check()
    dialog.get_by_role("button", name="Merge and save").click()
    expect(page.get_by_text("Version 2 is shown.")).to_be_visible()
    expect(page.get_by_label("English text of the cue")).to_have_value("Theirs.")
    assert scenes.newest(captions_of(drafted)).number == 2


def test_my_text_can_go_on_top(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    theirs = scenes.CAPTIONS.replace("Good morning, and welcome.", "Theirs.").replace("The last one.", "Gone.")
    library.save_version(captions_of(drafted), theirs, author=mara, base_version=1)
    page.get_by_label("English text of the cue").fill("Mine.")
    page.get_by_role("button", name="Save version").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep mine on top").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    content = scenes.newest(captions_of(drafted)).content
    assert "Mine." in content
    assert "Gone." not in content


def test_what_was_not_saved_is_offered_again(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = edit(open_page, drafted, mara)
    page.route("**/api/v1/jobs/*/vtt?**", lambda route: route.abort())
    page.get_by_label("English text of the cue").fill("Written on a train.")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_text("Not saved: the studio cannot be reached.")).to_be_visible()
    page.unroute("**/api/v1/jobs/*/vtt?**")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_label("English text of the cue")).to_have_value("Written on a train.")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()


def test_without_scripts_the_text_is_edited_whole_and_a_conflict_shows_both(
    open_page: OpenPage, drafted: Job, mara: User
) -> None:
    page = edit(open_page, drafted, mara, scripts=False)
    library.save_version(
        captions_of(drafted), scenes.CAPTIONS.replace("The last one.", "Theirs."), author=mara, base_version=1
    )
    text = page.get_by_label("Text (WebVTT)")
    text.fill(text.input_value().replace("Good morning", "Good evening"))
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_label("Version 2")).to_have_value(re.compile("Theirs"))
    expect(text).to_have_value(re.compile("Good evening"))
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()


def test_a_linguist_without_the_language_reads_nothing_and_production_writes(
    open_page: OpenPage, drafted: Job, house: Organization
) -> None:
    client = scenes.person(User.Role.CLIENT, house=house, name="Carla Client")
    page = edit(open_page, drafted, client)
    expect(page.get_by_text("Read only", exact=True)).to_be_visible()
    expect(page.get_by_label("English text of the cue")).to_have_attribute("readonly", "")
    linguist = scenes.person(User.Role.LINGUIST, house=house, name="Lin Guist")
    page = open_page(f"/jobs/{drafted.pk}/tracks/en/captions", user=linguist)
    expect(page.get_by_text("There is no such job")).to_be_visible()


def test_a_description_says_that_a_machine_only_measured(open_page: OpenPage, drafted: Job, mara: User) -> None:
    page = open_page(f"/jobs/{drafted.pk}/tracks/en/audio_description", user=mara)
    expect(page.get_by_text("Draft by the local engine: says only what was measured")).to_be_visible()
    services.save_track(
        drafted,
        language="en",
        kind=Track.Kind.AUDIO_DESCRIPTION,
        content=scenes.DESCRIPTION,
        author=mara,
        base_version=1,
    )
    page.reload()
    expect(page.get_by_text("Draft by the local engine")).to_have_count(0)
