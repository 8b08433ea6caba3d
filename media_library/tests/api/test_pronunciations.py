"""How words are said, over JSON and as a table."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from media_library.models import Pronunciation
from media_library.queries.pronunciations import respellings_for

pytestmark = pytest.mark.django_db

WAYS = "/api/v1/pronunciations"
WCAG = {"term": "WCAG", "respelling": "W C A G"}


@pytest.fixture
def producer() -> User:
    return UserFactory(role=User.Role.PRODUCTION, house=OrganizationFactory())


@pytest.fixture
def browser(producer: User) -> Client:
    client = Client()
    client.force_login(producer)
    return client


def post(browser: Client, **body: Any) -> Any:
    return browser.post(WAYS, {**WCAG, **body}, content_type="application/json")


def bring(browser: Client, table: bytes, **form: Any) -> Any:
    return browser.post("/pronunciations/import", {"file": SimpleUploadedFile("ways.csv", table), **form})


def test_a_word_is_added_read_changed_and_removed(browser: Client, producer: User) -> None:
    made = post(browser, language="ES-mx", voice="kore").json()
    assert (made["language"], made["voice"], made["org_id"]) == (
        "es-MX",
        "Kore",
        str(producer.memberships.get().organization_id),
    )

    place = f"{WAYS}/{made['id']}"
    changed = browser.patch(place, {"respelling": "  wuh   cag "}, content_type="application/json").json()
    assert (changed["term"], changed["respelling"]) == ("WCAG", "wuh cag")
    assert browser.get(WAYS, {"search": "cag"}).json()["total"] == 1
    assert browser.delete(place).status_code == 204
    assert browser.get(place).json()["detail"] == "Pronunciation not found"


@pytest.mark.parametrize(
    "wrong",
    [
        {"term": ""},
        {"term": "?!"},
        {"term": "x" * 201},
        {"term": 7},
        {"respelling": "x" * 401},
        {"respelling": "\x07a"},
        {"language": "no language"},
        {"voice": "hal9000"},
        {"case_sensitive": "perhaps"},
        {"client_id": "nobody"},
    ],
)
def test_what_cannot_be_said_is_refused(wrong: dict[str, Any], browser: Client) -> None:
    assert post(browser, **wrong).status_code == 422
    assert not Pronunciation.objects.exists()


def test_a_term_is_said_in_one_way_in_one_place(browser: Client, producer: User) -> None:
    assert post(browser).status_code == 201
    again = post(browser, term="wcag")
    assert (again.status_code, again.json()["detail"]) == (409, "This term is said in another way here already")
    # Whoever of the house writes it down.
    colleague = UserFactory(role=User.Role.PRODUCTION, house=producer.memberships.get().organization)
    browser.force_login(colleague)
    assert post(browser).status_code == 409
    assert post(browser, language="es").status_code == 201
    client = ClientFactory(organization=producer.memberships.get().organization)
    assert post(browser, client_id=str(client.pk)).status_code == 201


def test_a_table_goes_out_and_comes_back_and_runs_nothing(browser: Client, producer: User) -> None:
    post(browser, term="=1+1", respelling="+two")
    post(browser, language="es", case_sensitive=True)

    table = browser.get("/pronunciations.csv").content
    assert b"'=1+1,'+two" in table

    Pronunciation.objects.all().delete()
    assert bring(browser, table).status_code == 302
    rows = list(Pronunciation.objects.order_by("term").values_list("term", "respelling", "language", "case_sensitive"))
    assert rows == [("=1+1", "+two", "", False), ("WCAG", "W C A G", "es", True)]


def test_rows_that_are_there_are_changed_and_a_wrong_row_changes_nothing(browser: Client) -> None:
    post(browser)
    bring(browser, b"Term,Respelling\nwcag,new way\nNASA,nassa\n")
    assert dict(Pronunciation.objects.values_list("term", "respelling")) == {"wcag": "new way", "NASA": "nassa"}

    answer = bring(browser, b"term,respelling,voice\nNASA,other,\nISO,eye so,hal9000\n")
    assert answer.status_code == 422
    assert "Row 3, voice: Unknown voice" in answer.content.decode()
    assert Pronunciation.objects.get(term="NASA").respelling == "nassa"


@pytest.mark.parametrize(
    "table",
    [b"", b"a,b\n1,2\n", b"term,respelling\n", b"\xff\xfe\x00", b'term,respelling\n"open', b"term,respelling\n,x\n",
     b"term,respelling,case sensitive\na,b,perhaps\n", b"term,respelling\n" + b"a,b\n" * 2001],
)  # fmt: skip
def test_what_is_no_table_is_refused(table: bytes, browser: Client) -> None:
    assert bring(browser, table).status_code in {413, 422}
    assert not Pronunciation.objects.exists()


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_however_long(rows: int, browser: Client, producer: User) -> None:
    house = producer.memberships.get().organization
    for number in range(rows):
        Pronunciation.objects.create(organization=house, owner=producer, term=f"word {number}", respelling="x")

    for path in (WAYS, "/pronunciations"):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(path).status_code == 200
        assert len(asked) <= 14, path

    with CaptureQueriesContext(connection) as asked:
        assert len(respellings_for(client=None, organization=house, owner=None, language="en")) == rows
    assert len(asked) == 1
