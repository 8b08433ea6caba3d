"""Every person at every door: each cell of matrix.yaml is one request, and each route that exists has its row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.services.sign_in import PROVED_AT
from tests.contract_walk.walk import undone
from tests.roles import routes, world
from tests.roles.world import World

FILE = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text())
COLUMNS: list[str] = FILE.pop("columns").split()
THINGS: dict[str, str] = FILE.pop("things")
ROWS: dict[str, dict[str, Any]] = {
    route: row if isinstance(row, dict) else {"cells": row} for route, row in FILE.items()
}


def cells_of(row: dict[str, Any]) -> dict[str, str]:
    codes = str(row["cells"]).split()
    assert len(codes) == len(COLUMNS), f"{len(codes)} cells for {len(COLUMNS)} columns"
    return dict(zip(COLUMNS, codes, strict=True))


def test_the_columns_are_the_people_of_the_world() -> None:
    assert tuple(COLUMNS) == world.COLUMNS


def test_every_route_that_exists_has_its_row_and_no_other() -> None:
    existing = set(routes.routes())
    assert (sorted(existing - set(ROWS)), sorted(set(ROWS) - existing)) == ([], [])


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for all rows; every row and every cell takes back what it changed."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(ROWS, key=lambda route: route.split()[::-1]))
def test_each_person_gets_what_the_matrix_says(
    route: str, made: World, record_property: Callable[[str, Any], None]
) -> None:
    row = ROWS[route]
    record_property("matrix_cells", len(COLUMNS))
    got = {}
    for name in row.get("given", []):
        world.GIVENS[name](made)
    for column in COLUMNS:
        with undone():
            got[column] = ask(made, route, row, column)
    expected = cells_of(row)
    wrong = {column: f"{got[column]}, not {expected[column]}" for column in COLUMNS if got[column] != expected[column]}
    record_property("matrix_cells_proved", len(COLUMNS) - len(wrong))
    assert wrong == {}


def ask(made: World, route: str, row: dict[str, Any], column: str) -> str:
    """The status code, or `in` for the redirect to the sign-in."""
    method, template = route.split()
    client = Client(raise_request_exception=False)
    if column in made.people:
        client.force_login(made.people[column])
        # As right after signing in: what wants a recent proof is about rights here, not about time.
        session = client.session
        session[PROVED_AT] = time.time()
        session.save()
    path = template
    for parameter in routes.PARAMETER_OF_TEMPLATE.findall(template):
        wanted = row.get("path", {}).get(parameter, f"${THINGS.get(parameter, parameter)}")
        path = path.replace(f"{{{parameter}}}", str(made.fill(wanted)))
    extra: dict[str, Any] = {"query_params": made.fill(row["query"])} if "query" in row else {}
    if "form" in row:
        extra["data"] = made.fill(row["form"])
    elif method != "GET":
        extra |= {"data": made.fill(row.get("body", {})), "content_type": "application/json"}
    answer = getattr(client, method.lower())(path, **extra)
    if answer.status_code == 302 and urlsplit(answer.headers["Location"]).path == settings.LOGIN_URL:
        return "in"
    return str(answer.status_code)
