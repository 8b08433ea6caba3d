"""A voice in a browser: made from a recording with its consent, matched, heard, changed and taken back. Both themes, a narrow window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.testing.patience import work_off
from core.testing.providers import ProviderServer
from media_library.models import VoiceProfile
from media_library.tests.factories import VoiceProfileFactory
from media_library.tests.voicing import one_reader, ready_voice
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
SECONDS = 30_000


@pytest.fixture
def hosted(settings: Any) -> Iterator[ProviderServer]:
    """For the match, which the test's own process makes."""
    with ProviderServer() as server:
        settings.ELEVENLABS_API_KEY, settings.ELEVENLABS_BASE_URL = "a-key", server.url
        settings.AI_ROUTES = {"match_voice": "elevenlabs:eleven_multilingual_v2"}
        yield server


def test_a_voice_is_made_with_its_consent_matched_and_taken_back(
    open_page: OpenPage, axe: Callable[[Page], list[str]], site: object, hosted: ProviderServer, tmp_path: Path
) -> None:
    mara = scenes.person(User.Role.PRODUCTION, house=scenes.house())
    page = open_page("/voices", user=mara)
    page.get_by_text("New voice").click()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Ana")
    page.get_by_label("Record or upload").set_input_files(one_reader(tmp_path / "ana.wav"))
    page.get_by_label("The speaker has read or heard these terms and agreed").check()
    page.get_by_role("button", name="Create the voice").click()
    expect(page.locator("#id_given_by_error")).to_be_visible(timeout=SECONDS)
    assert axe(page) == []
    # A browser gives no chosen file back with a form that was refused.
    page.get_by_label("Record or upload").set_input_files(tmp_path / "ana.wav")
    page.get_by_label("Whose voice it is").fill("Ana Lima")
    page.get_by_role("button", name="Create the voice").click()
    expect(page.get_by_role("progressbar", name="Matching the voice")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Ana Lima", exact=True)).to_be_visible()
    picture(page, "voice-matching")
    voice = VoiceProfile.objects.get()
    assert work_off(voice.run_id).status == "completed"
    # The page finds out by itself.
    expect(page.get_by_text("elevenlabs:eleven_multilingual_v2", exact=True)).to_be_visible(timeout=SECONDS)
    page.get_by_text("Change", exact=True).click()
    page.get_by_label("Sounds").fill("bright")
    page.get_by_label("Everybody in the studio may use this voice").check()
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("Public", exact=True)).to_be_visible(timeout=SECONDS)
    page.get_by_role("link", name="Revoke").click()
    expect(page.get_by_role("heading", name="Revoke the consent for “Ana”?")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Revoke the consent").click()
    expect(page.get_by_text("No consent: not used")).to_be_visible(timeout=SECONDS)
    voice.refresh_from_db()
    assert (voice.hosted_voice, voice.is_public) == ("", False)


def test_voices_are_shown_in_both_themes_and_on_a_telephone(
    open_page: OpenPage, axe: Callable[[Page], list[str]], site: object
) -> None:
    mara = scenes.person(User.Role.PRODUCTION, house=scenes.house())
    ready = ready_voice(mara, name="Ana", gender="bright", description="Warm, close to the microphone.")
    VoiceProfile.objects.filter(pk=ready.pk).update(
        engine="local:voice-match",
        model_key="test/style.npz",
        hosted_voice="",
        characteristics={"best_default": 0.54, "pitch": 207.0, "spread": 2.9, "speech_seconds": 31.0},
    )
    VoiceProfileFactory(owner=mara, name="Ben", language="es", status="failed", problem="Two people speak in it.")
    for address, name in (("/voices", "voices"), (f"/voices/{ready.pk}", "voice")):
        for theme, width in (("dark", 1440), ("light", 360)):
            page = open_page(address, user=mara, theme=theme, width=width)
            if name == "voices":
                page.get_by_text("New voice").click()
            picture(page, f"{name}-full-{theme}-{width}")
            assert axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Listen").click()
    # What was fitted is not in the store of this test, and the page says so where one listens.
    expect(page.locator("[data-said]")).to_contain_text("Match it again", timeout=SECONDS)


def test_a_voice_is_made_without_scripts(open_page: OpenPage, site: object, tmp_path: Path) -> None:
    page = open_page("/voices", user=scenes.person(User.Role.PRODUCTION, house=scenes.house()), scripts=False)
    page.get_by_text("New voice").click()
    page.get_by_label("Name", exact=True).fill("Ana")
    page.get_by_label("Record or upload").set_input_files(one_reader(tmp_path / "ana.wav"))
    page.get_by_role("button", name="Create the voice").click()
    expect(page.get_by_text("No consent: not used")).to_be_visible(timeout=SECONDS)
    assert VoiceProfile.objects.get().sample is not None
