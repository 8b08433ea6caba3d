"""What nobody meant to send: schemathesis and a list of hostile bodies against every JSON route, as three people.

Nothing may answer 5xx, every answer is JSON in the words of its surface, and nothing said to one house holds a word of the
other's. Examples are derived from the routes, so a run repeats itself.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from core.rest.dialects import dialect_of
from tests.contract_walk import issuer
from tests.contract_walk.stage import Answer, Stage, World
from tests.contract_walk.things import random_id
from tests.contract_walk.walk import undone

# For each route and person; FUZZ_EXAMPLES=50 for a long look.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
UUID_LENGTH = 36
# The platform's admin sees both houses; the other two see their own.
BLIND_TO = {
    "admin": re.compile(r"(?!)"),
    "house_admin": re.compile(World.CANARY),
    "stranger": re.compile(r"Oakfield|Harbour|Season one|house\.example"),
}
KEYS = {
    "platform": {"error"},
    "pipeline": {"detail"},
    "accessible": {"detail"},
    "voice": {"error", "message"},
    "movie": {"success", "error", "requestId", "timestamp"},
    "movie_and_pipeline": {"success", "error", "requestId", "timestamp", "detail"},
    "shared": {"detail", "error", "message"},
    "unknown": {"error", "detail"},
}
METHODS = ("get", "post", "put", "patch", "delete")


@cache
def described() -> dict[str, Any]:
    """The description of the API, JSON routes only."""
    document = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    document["paths"] = {path: about for path, about in document["paths"].items() if path.startswith("/api/")}
    return document


def operations(*methods: str) -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, about in described()["paths"].items()
        for method in methods or METHODS
        if method in about
    ]


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    """The description with the ids of both houses in its paths."""
    document = json.loads(json.dumps(described()))
    for about in document["paths"].values():
        for operation in (about[method] for method in METHODS if method in about):
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["schema"] = {"enum": ids_for(parameter["name"], world)}
    return document


def ids_for(name: str, world: World) -> list[str]:
    same = {"organization_id": "org_id"}.get(name, name)
    known = [ids[same] for ids in (world.ids, world.foreign_ids) if same in ids]
    return [*known, random_id()]


def sent(stage: Stage, method: str, target: str, **body: Any) -> Answer:
    """Raw, as it came; with the caller's token."""
    with undone():
        return stage.http.generic(method.upper(), target, headers={"Authorization": f"Bearer {stage.bearer}"}, **body)


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> dict[int, int]:
    """How many answers there were of each hundred. The report is written later and sees what has been counted until then."""
    counted: dict[int, int] = {}
    record_property("fuzz", counted)
    return counted


@pytest.fixture(autouse=True)
def microsoft_is_configured(settings: Any) -> None:
    for name, value in issuer.microsoft_settings(issuer.KEYS_AT).items():
        setattr(settings, name, value)


def judge(tally: dict[int, int], answer: Answer, path: str, who: str, sent: str) -> None:
    status = answer.status_code
    tally[status // 100] = tally.get(status // 100, 0) + 1
    assert status < HTTPStatus.INTERNAL_SERVER_ERROR, f"{status} for {sent}"
    assert "X-Request-ID" in answer.headers
    text = "" if getattr(answer, "streaming", False) else answer.content.decode()
    found = BLIND_TO[who].search(text)
    assert not found, f"{who} is told {found and found[0]!r} by {sent}"
    if status >= HTTPStatus.BAD_REQUEST and text:
        dialect = dialect_of(path)
        assert dialect is not None
        assert set(json.loads(text)) >= KEYS[dialect.name], f"{text[:200]} is not {dialect.name}, for {sent}"


@pytest.mark.parametrize(("method", "path"), operations())
def test_no_input_that_fits_the_description_or_nearly_does_breaks_a_route(
    method: str, path: str, world: World, document: dict[str, Any], tally: dict[int, int]
) -> None:
    schema = schemathesis.openapi.from_dict(document)
    route = schema[path][method.upper()]
    strategy = route.as_strategy()
    if route.body or route.query:
        # And what the description does not allow.
        strategy |= route.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    stages = {who: Stage(world) for who in BLIND_TO}
    foreign: dict[str, set[str]] = {
        "admin": set(),
        "house_admin": set(world.foreign_ids.values()),
        # A language's tag is nobody's.
        "stranger": {value for value in world.ids.values() if len(value) == UUID_LENGTH},
    }
    for who, stage in stages.items():
        stage.enter(who, browser=False)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def try_out(case: Any) -> None:
        target = quote(case.formatted_path, safe="/%")
        if case.query:
            target += "?" + urlencode(dict(case.query), doseq=True, errors="surrogatepass")
        body: dict[str, Any] = {}
        if case.body is not None and not isinstance(case.body, schemathesis.core.NotSet):
            body = encoded(case)
        for who, stage in stages.items():
            answer = sent(stage, method, target, **body)
            judge(tally, answer, path, who, f"{method} {target} {body}")
            if any(one in target for one in foreign[who]):
                assert answer.status_code >= HTTPStatus.BAD_REQUEST, f"{who} gets {answer.status_code} for {target}"

    try_out()


def encoded(case: Any) -> dict[str, Any]:
    kind = case.media_type or "application/json"
    if kind == "application/json":
        return {"data": json.dumps(case.body, default=str).encode("utf-8", "surrogatepass"), "content_type": kind}
    fields = case.body if isinstance(case.body, dict) else {"field": case.body}
    text = urlencode({key: str(value) for key, value in fields.items()}, errors="surrogatepass")
    return {"data": text.encode(), "content_type": "application/x-www-form-urlencoded"}


DEEP = b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}"
# Content type and bytes. Every field name of the product is in there with every kind of poison.
FIELDS = (
    "name", "email", "username", "password", "new_password", "role", "user_id", "org_id", "slug", "token", "otp", "challenge",
    "status", "id_token", "is_active", "reason", "from_step", "content", "title", "filename",
)  # fmt: skip
POISON = (
    r'"\u0000"', r'"\ud800"', r'"\udfff\ud800"', "1e400", "-1e400", "1" * 400, "NaN", "Infinity", "null", "[]", "{}", "true", "-1",
    '"' + "x" * 10_000 + '"', r'"\r\nBcc: all@house.example"', '"\'; drop table users; --"', r'"﷽\u202e\ufeff"',
)  # fmt: skip
HOSTILE: tuple[tuple[str, bytes], ...] = (
    *(("application/json", ("{" + ",".join(f'"{name}":{poison}' for name in FIELDS) + "}").encode()) for poison in POISON),
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"null"),
    ("application/json", b"[]"),
    ("application/json", b"[[[]]]"),
    ("application/json", b'"text"'),
    ("application/json", b"17"),
    ("application/json", DEEP),
    ("application/json", b'{"email":"a@b.example","email":{"a":1},"role":"admin","role":[]}'),
    ("application/json", b'{"\\u0000":1,"\\ud800":2,"__proto__":{"role":"admin"}}'),
    ("application/json", b"\xff\xfe{\x00}\x00"),
    ("application/json; charset=utf-16", '{"name":"x"}'.encode("utf-16")),
    ("application/json; charset=no-such", b'{"name":"x"}'),
    ("application/json; charset=\xff".encode("latin-1").decode("latin-1"), b"{}"),
    ("application/xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
    ("text/plain", b'{"name":"x"}'),
    ("application/x-www-form-urlencoded", b"name=%00&email=%ff%fe&username=%ed%a0%80&password=%00"),
    ("application/x-www-form-urlencoded", b"&".join(b"field%d=1" % number for number in range(3000))),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\n\x00\xff\r\n--x--\r\n"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=" + "y" * 300, b"--y"),
    ("/", b"?"),
    ("", b"{}"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), operations("post", "put", "patch"))
def test_no_hostile_body_breaks_a_route(method: str, path: str, world: World, tally: dict[int, int]) -> None:
    target = re.sub(r"{(\w+)}", lambda found: ids_for(found[1], world)[0], path)
    stage = Stage(world)
    stage.enter("admin", browser=False)
    for content_type, data in HOSTILE:
        answer = sent(stage, method, target, data=data, content_type=content_type)
        judge(tally, answer, path, "admin", f"{method} {target} {content_type!r} {data[:300]!r}")


VALUES = (
    "",
    "%00",
    "%ff",
    "%ed%a0%80",
    "1e400",
    "-1",
    "9" * 400,
    "0x10",
    "%F0%9F%92%A9",
    "a" * 5000,
    "%27%3B--",
    "%25%5F%5C",
    "..%2f..",
)


@pytest.mark.parametrize("path", [path for _, path in operations("get")])
def test_no_hostile_query_or_id_breaks_a_route(path: str, world: World, tally: dict[int, int]) -> None:
    stage = Stage(world)
    stage.enter("admin", browser=False)
    target = re.sub(r"{(\w+)}", lambda found: ids_for(found[1], world)[0], path)
    named = [one["name"] for one in described()["paths"][path]["get"].get("parameters", []) if one["in"] == "query"]
    for value in VALUES:
        for name in named:
            answer = sent(stage, "get", f"{target}?{name}={value}&{name}={value}&unknown[]={value}")
            judge(tally, answer, path, "admin", f"{target}?{name}={value}")
        if "{" in path and value and "%2f" not in value:
            strange = re.sub(r"{\w+}", value, path)
            answer = sent(stage, "get", strange)
            assert answer.status_code in {400, 404}, f"{answer.status_code} for {strange}"
