"""A talk is dubbed in a browser: uploaded, translated, given a matched voice, one line fixed, filmed, both played side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from ai.local import matching
from core.testing.patience import work_off
from dubbing.models import Dub, DubLine
from dubbing.services import lines
from dubbing.tests.dubbing_work import cut_of_sample, worked_off
from dubbing.tests.factories import DubFactory, line_in, role_in
from media_library.media.probe import probe
from media_library.models import VoiceProfile
from media_library.services import voices
from media_library.tests.factories import AssetFactory
from tests.journeys.looking import picture, until

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
SPEECH = Path("tests/data/speech").resolve()
# Until what the engines made in this process is on the page.
LIVE_MS = 30_000
BOTH_MOVE = """(() => {
  const films = [...document.querySelectorAll("[data-side] video")];
  return films.length === 2 && films.every((film) => film.currentTime > 0.4) && Math.abs(films[0].currentTime - films[1].currentTime) < 0.5;
})()"""


def reader_of(mara: User, monkeypatch: pytest.MonkeyPatch) -> VoiceProfile:
    """The reader's own voice, matched with their consent."""
    # The fit is proved elsewhere; here it has to be one.
    monkeypatch.setattr(matching, "TRIALS", 1)
    monkeypatch.setitem(matching.JUDGING, "en", "Nobody in the village had ever seen such a long and cold winter.")
    sample = AssetFactory(
        owner=mara,
        kind="audio",
        filename="reader.wav",
        content_type="audio/wav",
        content=SPEECH / "sense_and_sensibility_01_austen_64kb-0870.wav",
        duration=10.0,
        technical={"audio_codec": "pcm_s16le"},
    )
    agreed = voices.Agreement(given_by="The reader", statement="My voice may be matched for dubs of my talks.")
    profile = voices.create_voice(owner=mara, name="The reader", language="en", sample=sample, consent=agreed)
    work_off(profile.run_id)
    profile.refresh_from_db()
    assert profile.status == VoiceProfile.Status.READY, profile.problem
    return profile


def at_work(dub: Dub) -> Dub:
    """In a thread of its own, from which what happens is heard on the page as it happens."""

    def work() -> Dub:
        try:
            return worked_off(dub)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as worker:
        return worker.submit(work).result()


def line_of(page: Page, line: DubLine) -> Locator:
    return page.locator(f"#line-{line.pk}")


def begun(page: Page, talk: Path) -> Dub:
    """Uploaded and begun on the page; prepared and spoken by the time this returns."""
    page.get_by_text("New dub").first.click()
    page.get_by_label("Or a video from this computer").set_input_files(talk)
    page.get_by_label("Dub into").select_option("es")
    page.get_by_role("textbox", name="Title").fill("La charla")
    page.get_by_role("button", name="Begin the dub").click()
    expect(page.get_by_role("heading", name="La charla")).to_be_visible()
    expect(page.locator("#dub-top")).to_contain_text("Preparing")
    dub = Dub.objects.select_related("video").get()
    work_off(dub.video.run_id)
    dub = at_work(dub)
    assert dub.problem == ""
    return dub


def given_the_voice(page: Page, dub: Dub, voice: VoiceProfile) -> None:
    """The speaker's own: what they say, and nothing else, is to be spoken again."""
    page.reload()
    offered = page.locator("#dub-cast option", has_text=voice.name).first
    page.locator("#dub-cast select").first.select_option(value=offered.get_attribute("value"))
    page.locator("#dub-cast").get_by_role("button", name="Cast").first.click()
    expect(page.locator("#dub-cast")).to_contain_text("alike, consent recorded", timeout=LIVE_MS)
    page.get_by_role("button", name="changed line").click()
    expect(page.locator("#dub-top")).to_contain_text("Speaking")
    at_work(dub)


def fixed(page: Page, dub: Dub, row: Locator, text: str) -> None:
    """Saved by itself, and spoken again alone, with a key."""
    row.get_by_role("textbox").fill(text)
    expect(row.locator("[data-told]")).to_have_text("Saved", timeout=LIVE_MS)
    expect(row.locator(".badge").first).to_have_text("Changed")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#dub-top")).to_contain_text("Speaking")
    at_work(dub)


def taken_along(page: Page, name: str, into: Path) -> list[str]:
    """The languages of the sound tracks of a downloaded film."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=name).click()
    coming.value.save_as(into)
    return audio_languages(into)


@pytest.mark.timeout(1200)
def test_a_talk_is_dubbed_with_a_matched_voice_fixed_filmed_and_taken_along(
    open_page: OpenPage, axe: Axe, mara: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("/dubs", user=mara, height=1000)
    dub = begun(page, cut_of_sample(tmp_path / "talk.mp4", 9.0))
    line = dub.lines.order_by("number")[0]
    row = line_of(page, line)
    state = row.locator(".badge").first
    expect(state).to_have_text("Spoken", timeout=LIVE_MS)
    expect(row.locator("[data-original]")).to_contain_text("Dashwood")
    given_the_voice(page, dub, reader_of(mara, monkeypatch))
    # A slower reader than the voice before them.
    expect(state).to_have_text(re.compile("Spoken|Hurried"), timeout=LIVE_MS)
    fixed(page, dub, row, "Y el señor John Dashwood tuvo entonces tiempo para pensar.")
    expect(state).to_have_text("Spoken", timeout=LIVE_MS)
    line.refresh_from_db()
    assert line.text.endswith("para pensar.")
    assert line.similarity is not None

    # The film comes in beside the original, and the two play on one clock.
    page.get_by_role("button", name="Make the film").click()
    expect(page.locator("#dub-top")).to_contain_text("Mixing")
    at_work(dub)
    expect(page.locator("[data-side=dub] video")).to_be_visible(timeout=LIVE_MS)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, BOTH_MOVE)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Original", exact=True).click()
    assert page.evaluate("[...document.querySelectorAll('[data-side] video')].map((film) => film.muted)") == [
        False,
        True,
    ]
    assert taken_along(page, "Film with both sounds", tmp_path / "both.mp4")[1] == "spa"
    assert taken_along(page, "Dubbed film", tmp_path / "film.mp4") == ["spa"]

    for address, name in ((f"/dubs/{dub.pk}", "dub"), ("/dubs", "dubs"), (f"/dubs?video={dub.video_id}", "dub-new")):
        for theme, width in (("dark", 1440), ("light", 1440), ("light", 360), ("dark", 360)):
            looked = open_page(address, user=mara, theme=theme, width=width)
            picture(looked, f"{name}-{theme}-{width}")
            assert axe(looked) == []
            assert looked.evaluate("document.documentElement.scrollWidth") <= width
            looked.context.close()


def audio_languages(film: Path) -> list[str]:
    """As the file itself says."""
    return [track.language for track in probe(film).audio_tracks]


def test_whoever_comes_too_late_is_asked_whose_words_stay(open_page: OpenPage, mara: User) -> None:
    dub = DubFactory(owner=mara, video=AssetFactory(owner=mara, language="en", duration=30.0))
    line = line_in(dub, role_in(dub, voice="ef_dora"), written_by="machine")
    page = open_page(f"/dubs/{dub.pk}", user=mara)
    row, held = line_of(page, line), list[Route]()

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/lines/*", hold_the_first)
    row.get_by_role("textbox").fill("Hola y bienvenidos.")
    expect(row.locator("[data-told]")).to_have_text("Saving", timeout=LIVE_MS)
    lines.write(line, "Muy buenas.", actor=mara)
    held[0].continue_()
    expect(row.get_by_text("Somebody else wrote meanwhile")).to_be_visible(timeout=LIVE_MS)
    expect(row.get_by_role("textbox")).to_have_value("Hola y bienvenidos.")
    row.get_by_role("button", name="Keep mine").click()
    expect(row.get_by_text("Somebody else wrote meanwhile")).to_be_hidden(timeout=LIVE_MS)
    line.refresh_from_db()
    assert line.text == "Hola y bienvenidos."
