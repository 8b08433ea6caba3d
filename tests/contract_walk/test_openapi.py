"""`/openapi.json` says of every route what the contract says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from core.testing.contract import document as documented
from tests.contract_walk.walked import DOCUMENTS, entries

NUMBER = re.compile(r"{\w+}")


def unnamed(path: str) -> str:
    """Names of parameters are ours or the document's; the route is the same."""
    return NUMBER.sub("{}", path)


@cache
def described() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/openapi.json").json()
    return found


def operation(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    for path, about in described()["paths"].items():
        if unnamed(path) == unnamed(entry["path"]):
            found: dict[str, Any] | None = about.get(entry["method"].lower())
            return found
    return None


def built() -> dict[str, dict[str, Any]]:
    """The entries that are walked, and those of jobs that have a route already."""
    jobs = (one for one in documented("accessible")["endpoints"] if one["id"].startswith("accessible.jobs."))
    return entries() | {one["id"]: one for one in jobs if operation(one) is not None}


def resolved(schema: Any) -> Any:
    while isinstance(schema, dict) and "$ref" in schema:
        schema = described()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def content(about: Mapping[str, Any]) -> Any:
    return resolved(next(iter(about.get("content", {"": {}}).values())).get("schema", {}))


def missing(schema: Any, shape: Any, where: str = "answer") -> Iterator[str]:
    """What the contract's shape has and the description has not."""
    schema = resolved(schema)
    if isinstance(shape, list):
        yield from missing(schema.get("items", {}), shape[0], f"{where}[]")
    elif isinstance(shape, dict):
        if set(shape) == {"$map"}:
            yield from missing(schema.get("additionalProperties", {}), shape["$map"], f"{where}.*")
            return
        for name, inner in shape.items():
            if name == "$nullable":
                continue
            if name not in schema.get("properties", {}):
                yield f"{where}.{name}"
            else:
                yield from missing(schema["properties"][name], inner, f"{where}.{name}")


def test_it_is_made_without_a_warning_and_is_valid() -> None:
    GENERATOR_STATS.reset()
    document = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS, "see `manage.py spectacular --fail-on-warn`"
    validate_schema(document)


def test_it_names_both_ways_to_call() -> None:
    schemes = described()["components"]["securitySchemes"].values()
    assert {(one["type"], one.get("scheme") or one.get("in")) for one in schemes} == {
        ("http", "bearer"),
        ("apiKey", "cookie"),
    }


@pytest.mark.parametrize("entry", entries())
def test_it_lists_the_entry(entry: str) -> None:
    assert operation(entries()[entry]) is not None


JSON = [entry for entry, about in entries().items() if about["kind"] == "json" and about["path"].startswith("/api")]


@pytest.mark.parametrize("entry", JSON)
def test_it_describes_the_answer_and_the_body(entry: str) -> None:
    about = entries()[entry]
    found = operation(about)
    assert found is not None
    status = str(about["success"]["status"])
    assert status in found["responses"], sorted(found["responses"])
    assert list(missing(content(found["responses"][status]), about["success"]["shape"])) == []
    wanted = set(((about.get("request") or {}).get("fields")) or {})
    bodies = [resolved(one["schema"]) for one in found.get("requestBody", {}).get("content", {}).values()]
    known = {name for body in bodies for name in body.get("properties", {})}
    assert wanted <= known, f"body lacks {wanted - known}"
    queries = {one["name"] for one in found.get("parameters", []) if one["in"] == "query"}
    assert set(about.get("query") or {}) <= queries


@pytest.mark.parametrize("entry", JSON)
def test_it_says_how_the_route_refuses(entry: str) -> None:
    about = entries()[entry]
    found = operation(about)
    assert found is not None
    listed = {str(status) for error in about["errors"] for status in error.get("status_any") or [error["status"]]}
    # A conflict, a business rule and an outage are the service's; the rest follows from the kind of route.
    general = listed & {"401", "403", "404", "422", "429"}
    if {"422", "400"} <= listed:
        general -= {"422"}
    assert general <= set(found["responses"]), sorted(found["responses"])


def test_jobs_are_in_it() -> None:
    every = (one for name in DOCUMENTS for one in documented(name)["endpoints"])
    jobs = [one for one in every if one["id"].startswith("accessible.jobs.")]
    described_jobs = [one["id"] for one in jobs if operation(one) is not None]
    assert {"accessible.jobs.list", "accessible.jobs.get", "accessible.jobs.downloads"} <= set(described_jobs)
