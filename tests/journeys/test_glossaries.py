"""A glossary in a browser: uploaded, searched, a second version put in force, archived. Both themes, and a narrow window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import clients
from media_library.tests.workbooks import TERMS, workbook
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def test_a_glossary_is_kept(
    open_page: OpenPage, axe: Callable[[Page], list[str]], tmp_path: Path, site: object
) -> None:
    house = scenes.house()
    mara = scenes.person(User.Role.PRODUCTION, house=house)
    clients.create_client(name="City Museum", organization=house, actor=mara)
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    first.write_bytes(workbook())
    second.write_bytes(workbook([*TERMS, ["trailer", "tráiler", "trailer", "Not “avance”."]]))
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"no workbook")

    page = open_page("/jobs", user=mara)
    page.get_by_role("link", name="Glossaries").first.click()
    page.get_by_text("New glossary").click()
    page.get_by_label("Name", exact=True).fill("House style")
    page.get_by_label("Client").select_option(label="City Museum")
    page.get_by_label("File", exact=True).set_input_files(broken)
    page.get_by_role("button", name="Upload the glossary").click()
    expect(page.locator("#id_file_error")).to_contain_text("no workbook")
    assert axe(page) == []
    page.get_by_label("File", exact=True).set_input_files(first)
    page.get_by_role("button", name="Upload the glossary").click()
    expect(page.get_by_role("heading", name="3 terms")).to_be_visible()
    page.get_by_label("Find by term").fill("locu")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("heading", name="1 term")).to_be_visible()

    page.get_by_text("New version").click()
    page.get_by_label("File", exact=True).set_input_files(second)
    page.get_by_role("button", name="Upload the version").click()
    expect(page.get_by_role("heading", name="4 terms of version 2")).to_be_visible()
    page.get_by_role("button", name="Activate version 2").click()
    expect(page.get_by_role("heading", name="4 terms", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "house-style-2.csv"

    way = page.url
    for address, name in ((way, "glossary"), ("/glossaries", "glossaries")):
        for theme, width in (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360)):
            looked = open_page(address, user=mara, theme=theme, width=width)
            picture(looked, f"{name}-{theme}-{width}")
            assert axe(looked) == []
            assert looked.evaluate("document.documentElement.scrollWidth") <= width
            looked.context.close()

    page.get_by_role("link", name="Archive").click()
    page.get_by_role("button", name="Archive the glossary").click()
    expect(page.get_by_role("heading", name="0 glossaries")).to_be_visible()
