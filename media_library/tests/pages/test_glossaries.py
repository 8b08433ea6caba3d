"""The pages of glossaries, without JavaScript."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Client, Organization, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from media_library.glossary_files.reading import read
from media_library.models import Glossary
from media_library.services import glossaries
from media_library.tests.factories import GlossaryFactory, GlossaryVersionFactory
from media_library.tests.workbooks import cells, upload, workbook


@pytest.fixture
def house(db: None) -> Organization:
    return OrganizationFactory()


@pytest.fixture
def keeper(house: Organization) -> User:
    return UserFactory(role=User.Role.PRODUCTION, house=house)


@pytest.fixture
def meridian(house: Organization) -> Client:
    return ClientFactory(organization=house, name="Meridian")


@pytest.fixture
def page(keeper: User) -> Browser:
    browser = Browser()
    browser.force_login(keeper)
    return browser


def test_a_glossary_is_uploaded_and_found(page: Browser, meridian: Client) -> None:
    form = {"name": "House style", "client": str(meridian.pk), "file": upload(), "description": "Short words."}
    answer = page.post("/glossaries", form, follow=True)
    assert answer.status_code == 200
    for words in ("House style", "estreia", "3 terms", "Short words.", "Meridian"):
        assert words in answer.content.decode()
    assert "1 glossary" in page.get("/glossaries", {"q": "STYLE"}).content.decode()
    assert "No glossary fits" in page.get("/glossaries", {"q": "other"}).content.decode()


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"file": b"plain"}, 400, "This file is no workbook"),
        ({"file": workbook([["source", "es"], ["", "b"]])}, 400, "Sheet “terms”, row 2, column a: The row has no"),
        ({"name": "Taken"}, 409, "Glossary name already exists"),
        ({"name": ""}, 422, "This field is required."),
        ({"client": ""}, 422, "This field is required."),
        ({"file": None}, 422, "This field is required."),
    ],
)
def test_a_refusal_stands_on_the_page(
    page: Browser, meridian: Client, change: dict[str, Any], status: int, words: str
) -> None:
    GlossaryFactory(client=meridian, name="Taken")
    file = change.pop("file", workbook())
    form = {"name": "House style", "client": str(meridian.pk), **change}
    answer = page.post("/glossaries", form if file is None else {**form, "file": upload(file)})
    assert answer.status_code == status
    assert words.lower() in answer.content.decode().lower()
    assert Glossary.objects.count() == 1


def test_a_version_is_added_looked_at_and_activated(page: Browser, meridian: Client) -> None:
    glossary = GlossaryFactory(client=meridian, term="old word")
    way = f"/glossaries/{glossary.pk}"
    shown = page.post(f"{way}/versions", {"file": upload()}, follow=True).content.decode()
    assert "3 terms of version 2" in shown
    assert "old word" in page.get(way).content.decode()
    version = glossary.versions.get(number=2)
    shown = page.post(f"{way}/versions/{version.pk}/activate", follow=True).content.decode()
    assert "Version 2 counts now." in shown
    assert "old word" not in shown
    refused = page.post(f"{way}/versions", {"file": upload(b"plain")})
    assert (refused.status_code, glossary.versions.count()) == (400, 2)
    again = page.post(f"{way}/versions/{version.pk}/reembed", follow=True).content.decode()
    assert "is worked out again" in again


def test_archiving_asks_once(page: Browser, meridian: Client) -> None:
    glossary = GlossaryFactory(client=meridian, name="House style")
    way = f"/glossaries/{glossary.pk}"
    assert "Archive “House style”?" in page.get(f"{way}/archive").content.decode()
    assert "0 glossaries" in page.post(f"{way}/archive", follow=True).content.decode()
    shown = page.get(way).content.decode()
    assert "Archived" in shown
    assert "New version" not in shown


@pytest.mark.parametrize("number", ["9", "x", "²", "-1", "1" * 30])
def test_a_version_that_is_not_there_is_404_or_the_one_in_force(page: Browser, meridian: Client, number: str) -> None:
    glossary = GlossaryFactory(client=meridian)
    answer = page.get(f"/glossaries/{glossary.pk}", {"version": number})
    assert answer.status_code == (404 if number == "9" else 200)


def test_downloads_run_nothing_in_a_spreadsheet_and_come_back_whole(
    page: Browser, meridian: Client, keeper: User
) -> None:
    rows = [
        ["source", "es", "notes", "forbidden"],
        ["=cmd|' /C calc'!A0", "+1", "@note", "yes"],
        ["- a", "2024-01-01", "\tb", ""],
        ["plain", "12", "", ""],
    ]
    glossary = glossaries.create_glossary(
        name="Sums & more", data=workbook(rows), filename="a.xlsx", client=meridian, actor=keeper
    )
    before = read(workbook(rows), filename="a.xlsx").terms
    for kind in ("xlsx", "csv"):
        answer = page.get(f"/glossaries/{glossary.pk}/terms.{kind}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="sums-more-1.{kind}"'
        assert read(answer.content, filename=f"a.{kind}").terms == before
        values = (
            cells(answer.content)
            if kind == "xlsx"
            else [(cell, "s") for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]
        )
        for value, data_type in values:
            assert not str(value or "").startswith(("=", "+", "-", "@", "\t"))
            assert data_type in {"s", "inlineStr"} or value is None


def test_readers_see_no_button_that_is_not_theirs(meridian: Client, house: Organization) -> None:
    reader = UserFactory(role=User.Role.CLIENT, house=house)
    meridian.teams.create(name="Captions").memberships.create(user=reader)
    glossary = GlossaryFactory(client=meridian)
    GlossaryVersionFactory(glossary=glossary)
    browser = Browser()
    browser.force_login(reader)
    for way in ("/glossaries", f"/glossaries/{glossary.pk}"):
        shown = browser.get(way).content.decode()
        assert 'href="/glossaries" aria-current="page"' in shown
        for word in ("Archive", "Activate", "New version", "New glossary", "Work out"):
            assert word not in shown
