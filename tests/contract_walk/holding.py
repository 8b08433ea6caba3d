"""Holds an answer against what the contract says of it. Each function answers what is different, one line each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from core.testing.contract import differences

PLACEHOLDER = re.compile(r"<\w+>")
# Examples in the documents that stand for any value of their kind.
EXAMPLES = ("req-abc123", "2024-01-15T15:30:00Z")
PROSE_LIST = "list of {loc, msg, type} objects, or a string"
PROBLEM = {"msg": "string", "type": "string"}


def body_differences(value: Any, expected: Any, where: str = "body") -> list[str]:
    """Every key that the contract writes is there with its literal; placeholders and examples are compared by kind."""
    if isinstance(expected, Mapping):
        if not isinstance(value, Mapping):
            return [f"{where}: {value!r} is not an object"]
        return [
            line
            for key, inner in expected.items()
            for line in (
                body_differences(value[key], inner, f"{where}.{key}")
                if key in value
                else [f"{where}.{key}: missing in {value!r}"]
            )
        ]
    if isinstance(expected, list):
        return list_differences(value, expected, where)
    if where.endswith(".retry_after"):
        return (
            [] if isinstance(value, int) and 1 <= value <= expected else [f"{where}: {value!r} is not 1 to {expected}"]
        )
    if expected in EXAMPLES or (isinstance(expected, datetime)):
        return [] if isinstance(value, str) and value else [f"{where}: {value!r} is no text"]
    if expected == PROSE_LIST:
        return [] if isinstance(value, str) else problem_list_differences(value, where)
    if isinstance(expected, str) and PLACEHOLDER.search(expected):
        pattern = ".+".join(re.escape(part) for part in PLACEHOLDER.split(expected))
        return [] if re.fullmatch(pattern, str(value)) else [f"{where}: {value!r} is not as {expected!r}"]
    return [] if value == expected else [f"{where}: {value!r} instead of {expected!r}"]


def list_differences(value: Any, expected: list[Any], where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where}: {value!r} is not a list"]
    if expected and isinstance(expected[0], Mapping) and "loc" in expected[0]:
        return problem_list_differences(value, where)
    if expected and isinstance(expected[0], Mapping) and set(expected[0]) == {"field", "message"}:
        # One field stands for all that may be wrong.
        shape = [dict.fromkeys(("field", "message"), "string")]
        return differences(value, shape, where) or ([] if value else [f"{where}: empty"])
    return [
        line for one, inner in zip(value, expected, strict=False) for line in body_differences(one, inner, where)
    ] or ([f"{where}: empty"] if expected and not value else [])


def problem_list_differences(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not value:
        return [f"{where}: {value!r} is no list of problems"]
    lines = []
    for one in value:
        lines += differences(one, PROBLEM, where)
        loc = one.get("loc") if isinstance(one, Mapping) else None
        if not (isinstance(loc, list) and loc and loc[0] in {"body", "query", "path"}):
            lines.append(f"{where}: no loc in {one!r}")
    return lines


def literal_differences(value: Any, literals: Mapping[str, Any]) -> list[str]:
    """`services.websocket` names a place."""
    lines = []
    for place, expected in literals.items():
        found: Any = value
        for key in place.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if found != expected:
            lines.append(f"{place}: {found!r} instead of {expected!r}")
    return lines


def message_of(body: Mapping[str, Any]) -> str:
    """The sentence by which a scene names this error."""
    for key in ("detail", "error", "html"):
        found = body.get(key)
        if isinstance(found, Mapping):
            return str(found["message"])
        if isinstance(found, str):
            return found
    return "fields"


class Page(HTMLParser):
    """The forms, pictures, links and warnings of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.pictures: list[str] = []
        self.links: list[str] = []
        self.warnings = 0
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(
                {"method": given.get("method", "get").lower(), "action": given.get("action", ""), "fields": set()}
            )
        elif tag in {"input", "select", "textarea", "button"} and self.forms and "name" in given:
            self.forms[-1]["fields"].add(given["name"])
        elif tag == "img":
            self.pictures.append(given.get("src", ""))
        elif tag == "a":
            self.links.append(given.get("href", ""))
        if given.get("role") == "alert" or given.get("aria-invalid") == "true" or "errorlist" in given.get("class", ""):
            self.warnings += 1

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form_with(self, fields: set[str]) -> dict[str, Any] | None:
        return next((form for form in self.forms if form["method"] == "post" and fields <= form["fields"]), None)


FORM = re.compile(r"form method=post(?: action=(?P<action>\S+))? with fields? (?P<fields>.+)")


def rendering_differences(page: Page, line: str, shows: str) -> list[str]:
    """One line of `renders`: a form by its fields, a QR code, or words that the scene gives (`shows`)."""
    if found := FORM.fullmatch(line):
        fields = set(found["fields"].split(", "))
        form = page.form_with(fields)
        if form is None:
            return [f"no form posts {sorted(fields)}: {page.forms}"]
        here = found["action"] in {None, "", form["action"]} or not form["action"]
        return [] if here else [f"the form goes to {form['action']}, not to {found['action']}"]
    if line.startswith("QR code"):
        return [] if any(src.startswith("data:image/svg+xml") for src in page.pictures) else ["no QR code"]
    return (
        []
        if shows and re.search(shows, page.text, re.IGNORECASE)
        else [f"nothing says {line!r} ({shows!r}): {page.text[:300]}"]
    )
