"""The desk beside a conversation: sections that two people write, a cut that is moved, rendered and watched, and files of both."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opentimelineio
import pytest
from playwright.sync_api import Download, Page, expect
from pypdf import PdfReader

from accounts.models import Organization, User
from chat.models import ClipProposal, Conversation, Participant, Record, Render
from chat.services import records
from chat.tests.factories import clip_in, say
from core.runs import worker
from core.runs.models import Run, Step
from core.runs.sweep import wake
from media_library import services as library
from media_library.models import Asset
from media_library.services import indexing
from media_library.tests.factories import transcript_of
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
SAID = (
    "We had held at T minus nine for almost an hour.",
    "Nobody in the room was talking.",
    "You could hear the liquid oxygen venting.",
    "And the count just sat there.",
    "Then the launch director said resume.",
    "So technically we launched on two.",
)


@pytest.fixture
def mara(house: Organization) -> User:
    return scenes.person(User.Role.PRODUCTION, name="Mara Lindqvist", house=house)


@pytest.fixture
def tomas(house: Organization) -> User:
    return scenes.person(User.Role.PRODUCTION, email="tomas@studio.example", name="Tomás Ferreira", house=house)


@pytest.fixture
def talk(mara: User, tomas: User, house: Organization, video: Path) -> Conversation:
    """A script of three sections over one film, with three clips in the cut, two people in it."""
    key = f"library/{uuid.uuid4()}"
    size, digest = scenes.stored(key, video, content_type="video/mp4")
    asset = library.add_original(
        owner=mara, organization=house, kind=Asset.Kind.VIDEO, key=key, filename="countdown.mp4",
        content_type="video/mp4", size=size, sha256=digest,
    )  # fmt: skip
    library.note_technical(
        asset, duration=scenes.SECONDS, fps=25.0, width=640, height=360, video_codec="h264", audio_codec="aac"
    )
    Asset.objects.filter(pk=asset.pk).update(title="The countdown", language="en", status=Asset.Status.ACTIVE)
    asset.refresh_from_db()
    transcript_of(asset, *SAID)
    indexing.index_asset(asset, embed=False)
    made = Conversation.objects.create(owner=mara, organization=house, title="Cold open", title_by="person")
    Participant.objects.create(conversation=made, user=tomas, role="editor", invited_by=mara)
    say(made, "Write the cold open.")
    answer = say(made, "Three sections, three clips.", role="assistant", intent="script", engine="local:compose")
    clips = [
        clip_in(made, asset, message=answer, title=title, start=2.0 * n, end=2.0 * n + 2, text=SAID[n], speaker="Ellen")
        for n, title in ((0, "Almost an hour"), (1, "Nobody talked"), (3, "The count sat there"))
    ]
    records.add(made, actor=mara, heading="The hold", content="An hour is nothing in a year of work.", clip=clips[0])
    records.add(made, actor=mara, heading="Silence", is_gap=True, clip=clips[1])
    records.add(made, actor=mara, heading="Two", content="Then the count went on.", clip=clips[2])
    return made


def work() -> None:
    """Performs what is queued, and what waits as if its time had come."""
    for _ in range(60):
        moving = Step.objects.filter(status__in=["queued", "waiting"], run__kind__in=["chat.render", "chat.regenerate"])
        step = moving.exclude(status="waiting", run_after=None).order_by("pk").first()
        if step is None:
            return
        if step.status == Step.Status.WAITING:
            Step.objects.filter(pk=step.pk).update(run_after="2000-01-01T00:00:00Z")
            wake()
        else:
            worker.perform(step.pk)
    pytest.fail("The work does not end")


def downloaded(page: Page, press: Callable[[], Any]) -> bytes:
    with page.expect_download() as waited:
        press()
    made: Download = waited.value
    return Path(made.path()).read_bytes()


def export(page: Page, name: str) -> bytes:
    page.get_by_role("button", name="Export").click()
    return downloaded(page, lambda: page.get_by_role("button", name=name).click())


def at(open_page: OpenPage, talk: Conversation, user: User, **how: Any) -> Page:
    page = open_page(f"/chat/{talk.pk}", user=user, **how)
    until(page, "document.querySelectorAll('[data-record]').length === 3")
    return page


def tab(page: Page, name: str) -> None:
    page.locator(".scripting__tabs").get_by_role("tab", name=name).click()


@pytest.mark.timeout(300)
def test_two_people_write_one_script(
    open_page: OpenPage, axe: Axe, mara: User, tomas: User, talk: Conversation
) -> None:
    hers, his = at(open_page, talk, mara), at(open_page, talk, tomas)
    hers.get_by_label("Narration of section 2").fill("Nobody moved.")
    expect(hers.locator("[data-record]").nth(1).get_by_role("status")).to_have_text("Saved")
    # What she wrote stands on his page without a reload.
    expect(his.get_by_label("Narration of section 2")).to_have_value("Nobody moved.")
    section = Record.objects.get(heading="Two")
    # Somebody else was faster, and his page has not heard of it yet.
    Record.objects.filter(pk=section.pk).update(content="Then it went on.", version=7)
    his.get_by_label("Narration of section 3").fill("Then the count began again.")
    conflict = his.locator(".scripting__conflict:visible")
    expect(conflict).to_contain_text("Then it went on.")
    conflict.get_by_role("button", name="Keep mine").click()
    expect(his.locator("[data-record]").nth(2).get_by_role("status")).to_have_text("Saved")
    section.refresh_from_db()
    assert (section.content, section.version) == ("Then the count began again.", 8)
    hers.get_by_role("button", name="Move up: Two").click()
    until(his, "document.querySelectorAll('[data-record] [data-heading]')[1].value === 'Two'")
    # A comment calls for another clip, with its words.
    tab(his, "Cut")
    his.get_by_role("button", name="Comments on clip 1").click()
    his.get_by_role("textbox", name="Comment on Clip 1: Almost an hour").fill("@mv-video @mara something quieter")
    his.get_by_role("tabpanel").get_by_role("button", name="Comment", exact=True).click()
    expect(his.get_by_text("Asked for another")).to_be_visible()
    run = Run.objects.get(kind="chat.regenerate")
    assert run.params["feedback"] == "@mara something quieter"
    tab(hers, "Comments")
    expect(hers.locator(".comment").get_by_text("something quieter")).to_be_visible()
    work()
    hers.get_by_role("button", name="Resolve").click()
    expect(hers.get_by_role("button", name="Open again")).to_be_visible()
    for theme in ("light", "dark"):
        hers.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two that there are
        for name in ("Script", "Cut", "Comments"):
            tab(hers, name)
            assert axe(hers) == []
            picture(hers, f"desk-{name.lower()}-{theme}")


@pytest.mark.timeout(300)
def test_a_cut_is_moved_rendered_watched_and_taken_along(open_page: OpenPage, mara: User, talk: Conversation) -> None:
    page = at(open_page, talk, mara)
    tab(page, "Cut")
    strip = page.locator("[data-clips] [data-pick]")
    expect(strip).to_have_count(3)
    # By keyboard the last becomes the first.
    strip.nth(2).click()
    for _ in range(2):
        page.keyboard.press("Alt+ArrowLeft")
    expect(strip.nth(0)).to_have_attribute("aria-label", "Clip 1 of 3: The count sat there, 2.0 s")
    # In by a frame, out by a word.
    page.get_by_role("button", name="In point: one frame later").click()
    page.get_by_role("button", name="Out point +word: one word later").click()
    until(page, "document.querySelector('.scripting__editor [data-quote]').textContent.includes('Then')")
    first = ClipProposal.objects.get(title="The count sat there")
    assert (first.start, first.position) == (6.04, 0)
    assert first.end > 8.0
    page.get_by_label("Title card before it").fill("The hold")
    page.get_by_label("Title card before it").press("Tab")
    # A clip is taken out and put back, and another found in its place.
    strip.nth(1).click()
    page.get_by_role("button", name="Take out of the cut").click()
    expect(page.locator("[data-cut-length]")).to_contain_text("2 clips")
    page.get_by_role("button", name="Put into the cut").click()
    expect(page.locator("[data-cut-length]")).to_contain_text("3 clips")
    page.get_by_role("button", name="Replace").click()
    page.get_by_placeholder("What should be said or seen").fill("liquid oxygen venting")
    page.keyboard.press("Enter")
    # The first search of a server loads the engine of meaning.
    page.get_by_role("button", name="Take from").first.click(timeout=90_000)
    until(page, "document.querySelector('.scripting__editor [data-quote]').textContent.includes('oxygen')")
    page.get_by_role("button", name="Render", exact=True).click()
    picture(page, "desk-render")
    page.get_by_role("dialog").get_by_role("button", name="Render").click()
    expect(page.locator(".scripting__film")).to_contain_text("Rendering")
    work()
    assert Render.objects.get().status == Render.Status.READY
    page.get_by_role("button", name="Watch").click()
    until(page, "document.querySelector('.scripting__screen')?.readyState >= 2")
    picture(page, "desk-watch")
    # Taken along, and opened by other programs.
    script = PdfReader(io.BytesIO(export(page, "PDF"))).pages[0].extract_text()
    assert "The hold" in script
    assert "An hour is nothing" in script
    listed = export(page, "EDL").decode("ascii")
    track = opentimelineio.adapters.read_from_string(listed, "cmx_3600", rate=25).tracks[0]
    assert [clip.name for clip in track.find_clips()] == ["001", *["countdown.mp4"] * 3]
    # Its film is as long as the list says.
    assert Render.objects.get().duration == pytest.approx(track.duration().to_seconds(), abs=0.1)


@pytest.mark.timeout(200)
def test_the_desk_on_a_telephone_and_without_scripts(
    open_page: OpenPage, axe: Axe, mara: User, talk: Conversation
) -> None:
    page = at(open_page, talk, mara, width=360, height=740)
    page.get_by_role("link", name="Script").click()
    for name in ("Script", "Cut"):
        tab(page, name)
        assert axe(page) == []
        picture(page, f"desk-{name.lower()}-360")
        assert page.evaluate("document.querySelector('script-desk').scrollWidth") <= 360
    plain = open_page(f"/chat/{talk.pk}", user=mara, scripts=False)
    plain.get_by_label("Narration of section 2").fill("Nobody moved.")
    plain.locator("#desk-script").get_by_role("button", name="Save").nth(1).click()
    assert Record.objects.get(heading="Silence").content == "Nobody moved."
    plain.get_by_role("textbox", name="Comment on clip 2").fill("Longer.")
    plain.locator("#desk-cut").get_by_role("button", name="Comment").nth(1).click()
    assert ClipProposal.objects.get(title="Nobody talked").comments.get().content == "Longer."
