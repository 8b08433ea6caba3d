"""Voices and how words are said, in a browser: a word written down, heard, a voice tried and chosen. Both themes, and a narrow window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import clients
from jobs.models import Job, LanguageOutput
from jobs.tests.factories import AssetFactory, JobFactory, give_captions
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
# The engine's weights are read with the first word.
SPEAKING_MS = 60_000


def test_a_word_is_said_right_and_a_voice_is_chosen(
    open_page: OpenPage, axe: Callable[[Page], list[str]], site: object
) -> None:
    house = scenes.house()
    mara = scenes.person(User.Role.PRODUCTION, house=house)
    museum = clients.create_client(name="City Museum", organization=house, actor=mara)
    job = JobFactory(
        source=AssetFactory(owner=mara, organization=house),
        organization=house,
        client=museum,
        created_by=mara,
        languages=["es"],
        status=Job.Status.PENDING_FINAL_REVIEW,
        audio_description_mp3=True,
    )
    give_captions(job)

    page = open_page("/voices", user=mara)
    page.get_by_role("link", name="Pronunciations").click()
    page.get_by_text("New word").click()
    page.get_by_label("Term").fill("WCAG")
    page.get_by_label("Said as").fill("W C A G")
    page.get_by_label("Client").first.select_option(label="City Museum")
    page.get_by_label("Voice").fill("hal9000")
    page.get_by_role("button", name="Add the word").click()
    expect(page.locator("#id_voice_error")).to_contain_text("Unknown voice")
    assert axe(page) == []
    # The quickest voice there is.
    page.get_by_label("Voice").fill("espeak-en-us")
    page.get_by_role("button", name="Add the word").click()
    expect(page.get_by_role("heading", name="1 word")).to_be_visible()
    page.get_by_role("link", name="WCAG").click()
    page.get_by_role("button", name="Listen").click()
    expect(page.locator("[data-said]")).to_contain_text("Spoken by", timeout=SPEAKING_MS)
    way = page.url

    page.goto(f"{way.partition('/pronunciations')[0]}/jobs/{job.pk}")
    spanish = page.locator("voice-preview", has=page.locator("#voice-es"))
    spanish.get_by_label("Voice").select_option("espeak-es")
    spanish.get_by_role("button", name="Listen").click()
    expect(spanish.locator("[data-said]")).to_contain_text("Spoken by espeak-es", timeout=SPEAKING_MS)
    spanish.get_by_role("button", name="Use this voice").click()
    expect(page.get_by_text("espeak-es speaks Spanish from now on.")).to_be_visible()
    assert LanguageOutput.objects.get(job=job, language="es").tts_voice == "espeak-es"

    for address, name in (
        (way, "pronunciation"),
        ("/pronunciations", "pronunciations"),
        (f"/jobs/{job.pk}", "voices-of-a-job"),
    ):
        for theme, width in (("dark", 1440), ("light", 360)):
            looked = open_page(address, user=mara, theme=theme, width=width)
            picture(looked, f"{name}-{theme}-{width}")
            assert axe(looked) == []
            assert looked.evaluate("document.documentElement.scrollWidth") <= width
            looked.context.close()
