"""A persona and a voice in a browser: made, changed, consent recorded and revoked. Both themes, and a narrow window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from media_library.tests.factories import AssetFactory
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def test_a_persona_and_a_voice_are_kept(open_page: OpenPage, axe: Callable[[Page], list[str]], site: object) -> None:
    mara = scenes.person(User.Role.PRODUCTION, house=scenes.house())
    AssetFactory(owner=mara, kind="audio", filename="ana.wav", content_type="audio/wav", title="Ana reads")
    page = open_page("/jobs", user=mara)

    page.get_by_role("link", name="Voices").first.click()
    expect(page.get_by_role("heading", name="No voices yet")).to_be_visible()
    page.get_by_text("New voice").click()
    page.get_by_label("Name", exact=True).fill("Ana")
    page.get_by_label("From the library").select_option(label="Ana reads")
    page.get_by_label("Language").fill("klingonese")
    page.get_by_role("button", name="Create the voice").click()
    expect(page.locator("#id_language_error")).to_contain_text("Unsupported language")
    assert axe(page) == []
    page.get_by_label("Language").fill("en")
    page.get_by_role("button", name="Create the voice").click()
    expect(page.get_by_text("No consent: not used")).to_be_visible()
    page.get_by_label("Whose voice it is").fill("Ana Lima")
    page.get_by_label("In these words").fill("For the harbour films, until the end of the year.")
    page.get_by_role("button", name="Record the consent").click()
    expect(page.get_by_text("Consent in force")).to_be_visible()
    voice = page.url

    page.get_by_role("link", name="Personas").first.click()
    page.get_by_text("New persona").click()
    page.get_by_label("Name", exact=True).fill("Narrator")
    page.get_by_label("Tone").fill("Calm and dry")
    page.get_by_label("Topics").fill("sea\ntides")
    page.get_by_label("Voice", exact=True).select_option(label="Ana")
    page.get_by_role("button", name="Create the persona").click()
    expect(page.get_by_role("heading", name="Narrator")).to_be_visible()
    page.get_by_label("Style").fill("Short sentences.")
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("The changes are saved.")).to_be_visible()
    persona = page.url

    for address, name in ((voice, "voice"), ("/voices", "voices"), (persona, "persona"), ("/personas", "personas")):
        for theme, width in (("dark", 1440), ("light", 360)):
            looked = open_page(address, user=mara, theme=theme, width=width)
            picture(looked, f"{name}-{theme}-{width}")
            assert axe(looked) == []
            assert looked.evaluate("document.documentElement.scrollWidth") <= width
            looked.context.close()

    page.goto(voice)
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the consent").click()
    expect(page.get_by_text("No consent: not used")).to_be_visible()
    page.goto(persona)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete the persona").click()
    expect(page.get_by_role("heading", name="0 personas")).to_be_visible()
