"""A transcript in a browser: played from a word, quoted, clipped, corrected, its speakers named, undone, taken away as captions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from media_library.models import Asset, Transcript
from media_library.services import editing, speakers
from media_library.tests.factories import AssetFactory, transcript_of
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
SAMPLE = Path(__file__).parents[1] / "data" / "sample.mp4"
LINES = (
    "Good evening from the harbour.",
    "The lights are on tonight.",
    "Who is at the wheel?",
    "I am, and we cast off.",
)


@pytest.fixture
def mara(site: object) -> Any:
    return scenes.person(User.Role.PRODUCTION, house=scenes.house())


@pytest.fixture
def transcript(mara: Any) -> Transcript:
    house = mara.memberships.get().organization
    asset = AssetFactory(owner=mara, organization=house, title="Harbour at night", content=SAMPLE, duration=48.0)
    made = transcript_of(asset, *LINES, seconds=3.0)
    for number, segment in enumerate(made.segments.order_by("position")):
        segment.speaker, _ = made.speakers.get_or_create(label=f"speaker_{1 if number < 2 else number % 2 + 1}")
        segment.save(update_fields=["speaker"])
    return made


def word(page: Page, text: str) -> Any:
    return page.locator(".w", has_text=text).first


def select(page: Page, first: str, last: str) -> None:
    """As a person does: pressed on one word and drawn to another."""
    from_, to = word(page, first).bounding_box(), word(page, last).bounding_box()
    assert from_ is not None
    assert to is not None
    page.mouse.move(from_["x"] + 1, from_["y"] + from_["height"] / 2)
    page.mouse.down()
    page.mouse.move(to["x"] + to["width"] - 1, to["y"] + to["height"] / 2, steps=5)
    page.mouse.up()


def test_words_play_and_are_corrected(open_page: OpenPage, mara: Any, transcript: Transcript) -> None:
    page = open_page(f"/transcripts/{transcript.pk}", user=mara)
    word(page, "wheel").click()
    page.wait_for_function("document.querySelector('video').currentTime >= 8.3")
    expect(page.locator(".w--now").first).to_be_visible()
    expect(page.locator(".words__turn--on")).to_contain_text("wheel")
    page.evaluate("document.querySelector('media-player').pause()")

    page.get_by_label("Fix the text at 00:00:03").focus()
    page.keyboard.press("Enter")
    box = page.get_by_label("What is said at 00:00:03")
    expect(box).to_be_focused()
    box.fill("The lamps are on tonight.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(word(page, "lamps")).to_have_attribute("data-t", "3600-4200")
    expect(page.locator("#history")).to_contain_text("The lamps are on tonight")

    select(page, "lamps", "wheel")
    expect(page.locator("[data-amount]")).to_contain_text("9 words")
    page.get_by_role("button", name="Fix text").click()
    page.get_by_label("What is said at 00:00:03").fill("The lamps are out. Who steers?")
    page.keyboard.press("Enter")
    expect(word(page, "steers?")).to_be_visible()
    assert list(transcript.segments.order_by("position").values_list("text", flat=True))[1:3] == [
        "The lamps are out.",
        "Who steers?",
    ]

    page.get_by_label("Transcript text").focus()
    page.keyboard.press("Control+z")
    expect(word(page, "wheel")).to_be_visible()
    page.keyboard.press("e")
    page.get_by_label("What is said at").fill("Never mind")
    page.keyboard.press("Escape")
    expect(page.locator(".words__edit")).to_have_count(0)
    assert transcript.edits.count() == 3


def test_speakers_are_named_here_and_everywhere(open_page: OpenPage, mara: Any, transcript: Transcript) -> None:
    page = open_page(f"/transcripts/{transcript.pk}", user=mara)
    page.locator("[data-speaker-of]", has_text="Speaker 1").first.click()
    page.get_by_label("Name", exact=True).fill("Ana")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-words] .words__who", has_text="Ana").first).to_be_visible()
    expect(page.locator("#speakers")).to_contain_text("Ana")

    page.locator("[data-speaker-of]", has_text="Speaker 2").first.click()
    page.get_by_label("Name", exact=True).fill("ana")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-speaker-error]")).to_contain_text("Merge")
    page.get_by_role("button", name="They are one person").click()
    expect(page.locator("[data-words] .words__who")).to_have_count(1)
    assert transcript.speakers.count() == 1

    select(page, "lights", "on")
    page.get_by_role("button", name="Speaker", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Ben")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-words] .words__who", has_text="Ben")).to_be_visible()
    assert transcript.segments.get(speaker__name="Ben").position == 1


def test_somebody_elses_change_is_no_loss(open_page: OpenPage, mara: Any, transcript: Transcript) -> None:
    page = open_page(f"/transcripts/{transcript.pk}", user=mara)
    first, second, *_ = transcript.segments.order_by("position")
    page.get_by_label("Fix the text at 00:00:00").focus()
    page.keyboard.press("Enter")
    editing.change_segment(second, text="Somebody else was here.", actor=mara)
    page.get_by_label("What is said at").fill("Good morning from the harbour.")
    page.keyboard.press("Enter")
    # Another line is nobody's conflict, and is shown.
    expect(word(page, "Somebody")).to_be_visible()
    expect(word(page, "morning")).to_be_visible()

    page.get_by_label("Fix the text at 00:00:00").focus()
    page.keyboard.press("Enter")
    first.refresh_from_db()
    editing.change_segment(first, text="Theirs now.", actor=mara)
    page.get_by_label("What is said at").fill("Mine now.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Somebody else changed this text")).to_be_visible()
    expect(page.locator("[data-theirs]")).to_have_text("Theirs now.")
    page.get_by_role("button", name="Save yours").click()
    expect(word(page, "Mine")).to_be_visible()
    first.refresh_from_db()
    assert first.text == "Mine now."


def test_words_are_taken_away(open_page: OpenPage, mara: Any, transcript: Transcript) -> None:
    page = open_page(f"/transcripts/{transcript.pk}", user=mara)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("Transcript text").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("c")
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "“The lights” – Speaker 1 [00:00:03.000 – 00:00:04.200]"

    page.get_by_label("Find in this transcript").fill("cast off")
    expect(page.locator("[data-find-count]")).to_have_text("1 of 1")
    expect(page.locator(".w--found")).to_have_count(2)

    page.get_by_role("button", name="Download the transcript").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Captions, SRT").click()
    assert download.value.suggested_filename == "harbour-at-night.en.srt"
    assert "Good evening from the harbour." in Path(download.value.path()).read_text()

    page.keyboard.press("Escape")
    page.get_by_label("Transcript text").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")


def test_a_clip_is_made_of_selected_words(open_page: OpenPage, mara: Any, transcript: Transcript) -> None:
    page = open_page(f"/transcripts/{transcript.pk}", user=mara)
    select(page, "lights", "tonight.")
    page.get_by_role("button", name="Make clip").click()
    page.get_by_label("Title").fill("The lights")
    page.get_by_role("button", name="Keep it in the library").click()
    expect(page.get_by_text("The clip is being cut")).to_be_visible()
    clip = Asset.objects.get(title="The lights")
    assert (clip.cut_from_id, clip.cut_start, clip.cut_end) == (transcript.asset_id, 3.6, 6.0)


def test_without_scripts_a_line_is_corrected_and_captions_leave(
    open_page: OpenPage, mara: Any, transcript: Transcript
) -> None:
    page = open_page(f"/transcripts/{transcript.pk}", user=mara, scripts=False)
    page.get_by_label("Fix the text at 00:00:03").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What is said").fill("The lamps are on.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The lamps are on.").first).to_be_visible()
    assert transcript.segments.get(position=1).text == "The lamps are on."


def test_the_pages_of_transcripts_are_for_everybody(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: Any, transcript: Transcript
) -> None:
    speakers.rename_speaker(transcript.speakers.get(label="speaker_1"), name="Ana", actor=mara)
    for address, name in ((f"/transcripts/{transcript.pk}", "transcript"), ("/transcripts", "transcripts")):
        for theme, width in (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360)):
            looked = open_page(address, user=mara, theme=theme, width=width)
            picture(looked, f"{name}-{theme}-{width}")
            assert axe(looked) == []
            assert looked.evaluate("document.documentElement.scrollWidth") <= width
            looked.context.close()


def test_two_hours_of_speech_stay_fluent(open_page: OpenPage, mara: Any) -> None:
    asset = AssetFactory(owner=mara, content=SAMPLE, duration=7200.0)
    transcript_of(asset, *["These are ten words that somebody says here for long."] * 2000, seconds=3.6)
    page = open_page(f"/transcripts/{asset.transcript.pk}", user=mara)
    page.wait_for_selector(".words--live")
    took = page.evaluate(
        """() => {
          const reader = document.querySelector("transcript-reader");
          const began = performance.now();
          for (let time = 0; time < 7200; time += 7.2) reader.show(time);
          return (performance.now() - began) / 1000;
        }"""
    )
    # One frame is 16 ms; a thousand jumps must each stay far below.
    assert took < 4, f"{took:.2f} ms each"
