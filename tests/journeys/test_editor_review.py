"""Checking a language in the cue editor: read cues, comments at cues, moves by state and role, and drafts that follow a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from jobs.models import Job
from media_library import services as library
from media_library.models import Track, TrackDraft
from qc.models import LanguageReview, ReviewComment
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
S = LanguageReview.State


@pytest.fixture
def translated(mara: User, house: Organization, video: Path) -> Job:
    return scenes.translated(mara, house, video)


@pytest.fixture
def reviewer(house: Organization) -> User:
    return scenes.person(User.Role.REVIEWER, house=house, name="Priya Nair")


@pytest.fixture
def review(translated: Job, house: Organization, reviewer: User) -> LanguageReview:
    linguist = scenes.person(User.Role.LINGUIST, house=house, name="Jonas Weber")
    return LanguageReview.objects.create(
        output=translated.outputs.get(language="es"), linguist=linguist, reviewer=reviewer, state=S.ASSIGNED
    )


def edit(open_page: OpenPage, job: Job, user: User) -> Page:
    page = open_page(f"/jobs/{job.pk}/tracks/es/captions", user=user)
    expect(page.get_by_text("6 cues", exact=True)).to_be_visible()
    return page


def captions(job: Job) -> Track:
    track = job.outputs.get(language="es").captions
    assert track is not None
    return track


def test_a_linguist_begins_corrects_and_submits(open_page: OpenPage, translated: Job, review: LanguageReview) -> None:
    assert review.linguist is not None
    page = edit(open_page, translated, review.linguist)
    page.get_by_role("button", name="Start work").click()
    expect(page.get_by_role("button", name="Submit")).to_be_visible(timeout=15_000)
    review.refresh_from_db()
    assert review.state == S.IN_PROGRESS
    page.get_by_label("Spanish text of the cue").fill("Llevábamos una hora\nen T menos nueve.")
    page.get_by_role("button", name="Submit").click()
    dialog = page.get_by_role("dialog", name="Submit this language")
    dialog.get_by_label("A word for the reviewer, if there is one to say.").fill("Please look at cue 5.")
    dialog.get_by_role("button", name="Submit this language").click()
    expect(page.get_by_text("Submitted", exact=True)).to_be_visible(timeout=15_000)
    review.refresh_from_db()
    assert review.state == S.SUBMITTED
    assert "Llevábamos una hora\nen T menos nueve." in scenes.newest(captions(translated)).content


def test_a_reviewer_reads_cue_by_cue_comments_and_sends_back(
    open_page: OpenPage, translated: Job, review: LanguageReview, reviewer: User
) -> None:
    LanguageReview.objects.filter(pk=review.pk).update(state=S.IN_REVIEW, submitted_by=review.linguist)
    page = edit(open_page, translated, reviewer)
    expect(page.get_by_text("0 of 6 reviewed")).to_be_visible()
    page.get_by_role("grid").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 of 6 reviewed")).to_be_visible()
    expect(page.get_by_role("heading", name="Cue 2")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("2 of 6 reviewed")).to_be_visible()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Control+m")
    dialog = page.get_by_role("dialog", name="Comment on cue 5")
    dialog.get_by_label("Comment").fill("She is the launch director.")
    dialog.get_by_label("Kind of point").select_option("terminology")
    dialog.get_by_label("How bad").select_option("major")
    dialog.get_by_role("button", name="Comment").click()
    expect(dialog).to_be_hidden()
    comment = ReviewComment.objects.get()
    assert (comment.cue_index, comment.category, comment.severity) == (4, "terminology", "major")
    expect(page.get_by_role("row").nth(5).locator("[data-flag=comments]")).to_contain_text("1")
    page.get_by_role("tab", name="Comments").click()
    expect(page.get_by_role("tabpanel").get_by_text("She is the launch director.")).to_be_visible()
    picture(page, "editor-review")
    page.get_by_role("tabpanel").get_by_role("button", name="Settle").click()
    expect(page.get_by_role("row").nth(5).locator("[data-flag=comments]")).to_be_hidden()
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("[data-rows] tr")).to_have_count(4)
    page.get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog", name="Reject this language")
    dialog.get_by_label("What has to change. The linguist reads it.").fill("Mind the director.")
    dialog.get_by_role("button", name="Reject this language").click()
    expect(page.get_by_text("Sent back: Mind the director.")).to_be_visible()
    review.refresh_from_db()
    assert review.state == S.REJECTED
    assert review.cue_reviews.count() == 2


def test_a_cue_that_changed_is_read_again(
    open_page: OpenPage, translated: Job, review: LanguageReview, mara: User
) -> None:
    LanguageReview.objects.filter(pk=review.pk).update(state=S.IN_REVIEW, submitted_by=review.linguist)
    page = edit(open_page, translated, mara)
    page.get_by_role("grid").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 of 6 reviewed")).to_be_visible()
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_label("Spanish text of the cue").fill("Otra cosa.")
    expect(page.get_by_text("0 of 6 reviewed")).to_be_visible()
    expect(page.get_by_role("row").nth(1).locator("[data-flag=reviewed]")).to_be_hidden()
    page.get_by_label("Spanish text of the cue").press("Control+Enter")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    expect(page.get_by_text("1 of 6 reviewed")).to_be_visible()


def test_what_was_typed_is_found_on_another_machine(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    page.get_by_label("Spanish text of the cue").fill("Escrito en un tren.")
    expect(page.get_by_text("version 1, draft saved")).to_be_visible(timeout=15_000)
    draft = TrackDraft.objects.get(track=captions(translated))
    assert (draft.author, draft.base_version) == (mara, 1)
    assert scenes.newest(captions(translated)).number == 1
    elsewhere = edit(open_page, translated, mara)
    elsewhere.get_by_role("button", name="Bring it back").click()
    expect(elsewhere.get_by_label("Spanish text of the cue")).to_have_value("Escrito en un tren.")
    elsewhere.get_by_role("button", name="Save version").click()
    expect(elsewhere.get_by_text("Saved as version 2.")).to_be_visible()
    until(elsewhere, "!document.querySelector('cue-editor').drafts.there")


def test_both_texts_of_a_cue_can_stay(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    theirs = scenes.LANZAMIENTO.replace("Nadie en la sala hablaba.", "Nadie hablaba.")
    library.save_version(captions(translated), theirs, author=mara, base_version=1)
    page.get_by_role("grid").get_by_role("button", name="Cue 2", exact=True).click()
    page.get_by_label("Spanish text of the cue").fill("La sala callaba.")
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog", name="Version 2 was saved while you were editing.")
    dialog.get_by_role("radio", name="Both").check()
    text = dialog.get_by_label("The text that stays")
    expect(text).to_have_value("Nadie hablaba.\nLa sala callaba.")
    text.fill("Nadie hablaba,\nla sala callaba.")
    picture(page, "editor-conflict")
    dialog.get_by_role("button", name="Merge and save").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    assert "Nadie hablaba,\nla sala callaba." in scenes.newest(captions(translated)).content


def test_a_version_can_say_what_changed(open_page: OpenPage, translated: Job, mara: User) -> None:
    page = edit(open_page, translated, mara)
    page.get_by_label("Spanish text of the cue").fill("Más corto.")
    page.keyboard.press("Control+Alt+s")
    page.get_by_label("What changed, and why").fill("Shorter, for the reader")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    version = scenes.newest(captions(translated))
    assert version.comment == "Shorter, for the reader"
    assert "Más corto." in version.content


def test_people_see_who_else_is_in_the_text(
    open_page: OpenPage, translated: Job, reviewer: User, mara: User, house: Organization
) -> None:
    page = edit(open_page, translated, mara)
    page.get_by_role("grid").get_by_role("button", name="Cue 4", exact=True).click()
    page.wait_for_timeout(2500)
    other = edit(open_page, translated, reviewer)
    expect(other.get_by_role("img", name="Mara Lindqvist is here, cue 4")).to_be_visible(timeout=15_000)
    client = edit(open_page, translated, scenes.person(User.Role.CLIENT, house=house, name="Carla Client"))
    client.wait_for_timeout(2500)
    expect(client.get_by_role("img", name="is here")).to_have_count(0)
