"""Walks one entry: its success, its alternatives, every error it lists, and what can be seen of its effects."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from django.urls import resolve

from core.testing.contract import differences, endpoint
from tests.contract_walk import holding, provoke
from tests.contract_walk.overrides import OVERRIDES, Override
from tests.contract_walk.scene import SCENES, Call, Elsewhere, Scene, Twist, Values
from tests.contract_walk.stage import Answer, Stage, World
from tests.contract_walk.things import random_id

BROWSER_KINDS = frozenset({"page", "redirect"})
SIGNED_IN = frozenset({"bearer", "role", "session", "admin"})
JUNK = {"Authorization": "Bearer junk.of.ours"}
BASIC = {"Authorization": "Basic YWRtaW46YWRtaW4="}


class Walk:
    """`answers` counts the answers that were compared."""

    def __init__(
        self, entry: str, world: World, monkeypatch: pytest.MonkeyPatch, settings: Any, limits: Callable[[], Any]
    ) -> None:
        self.id = entry
        self.entry: dict[str, Any] = endpoint(entry)
        self.scene: Scene = SCENES[entry]
        self.world = world
        self.monkeypatch = monkeypatch
        self.settings = settings
        self.limits = limits
        self.answers = 0
        self.findings: list[str] = []

    @property
    def browser(self) -> bool:
        """Platform's surface is the browser's: it signs in on the page and keeps a session."""
        return self.id.startswith("platform.")

    @property
    def as_form(self) -> bool:
        """Its pages take forms, its API takes JSON."""
        return self.browser and (self.entry.get("request") or {}).get("content_type") != "application/json"

    def run(self) -> None:
        self.success()
        for about, told in zip(self.entry.get("alternatives") or [], self.scene.alternatives, strict=True):
            if isinstance(told, Twist):
                self.alternative(about, told)
        for error in self.entry["errors"]:
            self.error(error)

    # The happy path.

    def success(self) -> None:
        about = self.entry["success"]
        with self.staged(self.scene.call) as (stage, call):
            answer = self.ask(stage, call)
            if not self.compare("success", answer, about):
                return
            for told in (*self.scene.effects, *self.scene.checks):
                if not isinstance(told, Elsewhere):
                    self.hold("effect", lambda told=told: told(stage, answer))

    def alternative(self, about: Mapping[str, Any], twist: Twist) -> None:
        with self.staged(twist.of(self.scene.call)) as (stage, call):
            answer = self.ask(stage, call)
            self.compare(f"alternative ({about['when']})", answer, about)
            if twist.check:
                self.hold("alternative", lambda: twist.check(stage, answer))  # type: ignore[misc]

    def compare(self, what: str, answer: Answer, about: Mapping[str, Any]) -> bool:
        override = OVERRIDES.get((self.id, what))
        status = override.status if override and override.status else about["status"]
        if answer.status_code != status:
            self.find(what, f"{answer.status_code} instead of {status}: {said(answer)}")
            return False
        self.answers += 1
        if override and override.says and not re.search(override.says, said(answer), re.IGNORECASE):
            self.find(what, f"does not say {override.says!r}: {said(answer)}")
        # Where it is no path it says in words what is there.
        if str(about.get("location", "")).startswith("/") and status == about["status"]:
            place = answer.headers["Location"]
            if place.partition("?")[0] != about["location"]:
                self.find(what, f"goes to {place}, not to {about['location']}")
        if about.get("content_type") and not answer.headers["Content-Type"].startswith(about["content_type"]):
            self.find(what, f"is {answer.headers['Content-Type']}")
        if about["status"] == 204 and answer.content:
            self.find(what, f"has a body: {answer.content[:100]!r}")
        if about.get("shape"):
            shape = override.shape if override and override.shape else about["shape"]
            self.find(what, *differences(answer.json(), shape))
        if about.get("literals"):
            self.find(what, *holding.literal_differences(answer.json(), about["literals"]))
        if about.get("renders"):
            page = holding.Page(answer.content.decode())
            for line in about["renders"]:
                self.find(what, *holding.rendering_differences(page, line, self.scene.shows))
        return True

    # Errors.

    def error(self, error: Mapping[str, Any]) -> None:
        message = holding.message_of(error["body"])
        told = self.scene.errors.get(message, self.scene.errors.get(f"{error['status']}"))
        unknown = provoke.unknown_id(error["when"], self.entry["path"])
        if isinstance(told, Elsewhere):
            return
        if unknown and told is None:
            self.unknown_id(error, unknown)
        elif told is not None:
            for twist in told if isinstance(told, tuple) else (told,):
                self.twisted(error, twist)
        elif provoke.BODY_ID.match(error["when"]):
            self.unknown_in_body(error)
        else:
            AUTOMATIC[error["status"]](self, error)

    def twisted(self, error: Mapping[str, Any], twist: Twist) -> Answer:
        with self.staged(twist.of(self.scene.call)) as (stage, call):
            answer = self.ask(stage, call)
            self.compare_error(error, answer)
            if twist.check:
                self.hold(self.named(error), lambda: twist.check(stage, answer))  # type: ignore[misc]
        return answer

    def nobody(self, error: Mapping[str, Any]) -> None:
        """Nobody, junk, Basic, and junk beside a good session. Each before any look at ids or body."""
        call = self.scene.call
        anonymous = Twist(who=None)
        bodies = [self.twisted(error, anonymous).content]
        for headers in (JUNK, BASIC):
            self.twisted(error, Twist(who=None, headers=headers))
        with self.staged(call, browser=True) as (stage, ready):
            answer = self.ask(stage, ready, headers=JUNK)
            self.compare_error(error, answer)
        if call.path and not self.browser:
            lost = self.twisted(error, Twist(who=None, path=lambda _: dict.fromkeys(self.parameters, random_id())))
            if without_ids(lost.content) != without_ids(bodies[0]):
                self.find(self.named(error), "differs for an id that is not there")
        if not self.browser and answer.headers.get("WWW-Authenticate") != "Bearer":
            self.find(self.named(error), f"WWW-Authenticate is {answer.headers.get('WWW-Authenticate')!r}")

    def refused(self, error: Mapping[str, Any]) -> None:
        """Before the body is judged: a bad body changes nothing."""
        for role in self.scene.refused:
            self.twisted(error, Twist(who=role))
            if self.scene.call.body is not None:
                self.twisted(error, Twist(who=role, body={"nonsense": {}}))

    def unknown_id(self, error: Mapping[str, Any], parameter: str) -> None:
        """A random id, a malformed one, and that of another house: the same bytes."""
        asked: list[tuple[str, str, str]] = [("random", self.scene.call.who or "", random_id())]
        asked.append(("malformed", self.scene.call.who or "", "no-id"))
        if self.scene.keeper:
            asked.append(("random", self.scene.keeper, random_id()))
            asked.append(("foreign", self.scene.keeper, self.world.foreign_ids[parameter]))
            if parameter in self.world.neighbour_ids:
                asked.append(("neighbour's", self.scene.keeper, self.world.neighbour_ids[parameter]))
        bodies = set()
        for kind, who, value in asked:
            with self.staged(Twist(who=who).of(self.scene.call)) as (stage, call):
                path = {**self.path_values(call, stage), parameter: value}
                answer = self.ask(stage, call, path=path)
                if kind == "malformed":
                    # No route takes it, so nothing says which thing it would have been.
                    self.answers += 1
                    if answer.status_code != 404 or not {"detail", "error"} & set(answer.json()):
                        self.find(
                            self.named(error), f"malformed {parameter}: {answer.status_code} {answer.content[:200]!r}"
                        )
                    continue
                self.compare_error(error, answer, note=f" ({kind} {parameter} as {who})")
                bodies.add(answer.content)
        if len(bodies) > 1:
            self.find(self.named(error), f"tells foreign ids of {parameter} from random ones: {bodies}")

    def unknown_in_body(self, error: Mapping[str, Any]) -> None:
        for who in (self.scene.call.who, self.scene.keeper):
            values = [random_id()] if who == self.scene.call.who else [random_id(), self.world.foreign_ids["user_id"]]
            for value in values:
                with self.staged(Twist(who=who).of(self.scene.call)) as (stage, call):
                    body = {**(self.values(call.body, stage) or {}), "user_id": value}
                    self.compare_error(error, self.ask(stage, call, body=body), note=f" (as {who})")

    def bad_input(self, error: Mapping[str, Any]) -> None:
        """Each field of the contract, wrong in every way its description knows."""
        with self.staged(self.scene.call) as (stage, call):
            body, query = self.values(call.body, stage) or {}, self.values(call.query, stage)
            path = self.path_values(call, stage)
            bad = [
                *provoke.bad_bodies(self.entry, body, self.scene.unjudged),
                *provoke.bad_queries(self.entry, query, self.scene.unjudged),
            ]
            for one in bad:
                with undone():
                    answer = self.ask(stage, call, path=path, **{one.place: one.values})
                    self.compare_error(error, answer, note=f" ({one})")
                    if one.missing and isinstance(error["body"].get("detail"), list) and answer.status_code == 422:
                        wanted = {"loc": [one.place, one.field], "msg": "Field required", "type": "missing"}
                        if wanted not in answer.json()["detail"]:
                            self.find(self.named(error), f"{one} is not told as {wanted}: {answer.content!r}")
        if not bad:
            self.find(self.named(error), "nothing in the entry can be wrong: give the scene a twist")

    @property
    def limited_as(self) -> str:
        """The limit that counts for this entry. People of the world have the free tier."""
        film = self.id.startswith("movie.") and not self.id.startswith("movie.auth.")
        return "film_free" if film else str(self.entry.get("rate_group") or "auth")

    def too_fast(self, error: Mapping[str, Any]) -> None:
        self.limits().RATES[self.limited_as] = (2, 60)
        answers = []
        for _ in range(3):
            # Signing in to get here is not counted.
            self.settings.RATE_LIMITS = False
            with self.staged(self.scene.call) as (stage, call):
                path, body = self.path_values(call, stage), self.values(call.body, stage)
                self.settings.RATE_LIMITS = True
                answers.append(self.ask(stage, call, path=path, body=body))
        self.settings.RATE_LIMITS = False
        if answers[1].status_code == 429:
            self.find(self.named(error), "refused too early")
        self.compare_error(error, answers[-1])
        waits = answers[-1].headers.get("Retry-After", "")
        told = answers[-1].json().get("retry_after", waits)
        if not waits.isdigit() or not 1 <= int(waits) <= 60 or str(told) != waits:
            self.find(self.named(error), f"Retry-After is {waits!r}, the body says {told!r}")

    def failing(self, error: Mapping[str, Any]) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("secret words of a bug")

        with self.staged(self.scene.call) as (stage, call), self.monkeypatch.context() as patch:
            view = resolve(self.target(self.path_values(call, stage))).func.view_class
            patch.setattr(view, self.entry["method"].lower(), fail)
            answer = self.ask(stage, call)
            self.compare_error(error, answer)
            if b"secret words" in answer.content or b"RuntimeError" in answer.content:
                self.find(self.named(error), "names the exception")

    def compare_error(self, error: Mapping[str, Any], answer: Answer, note: str = "") -> None:
        what = self.named(error) + note
        override: Override | None = OVERRIDES.get((self.id, holding.message_of(error["body"])))
        statuses = error.get("status_any") or [error["status"]]
        if override and override.status:
            statuses = [override.status]
        if answer.status_code not in statuses:
            self.find(what, f"{answer.status_code} instead of {statuses}: {said(answer)}")
            return
        self.answers += 1
        if "X-Request-ID" not in answer.headers:
            self.find(what, "has no X-Request-ID")
        expected = override.body if override and override.body else error["body"]
        if "html" in expected:
            self.page_error(what, answer)
        else:
            self.find(what, *holding.body_differences(answer.json(), expected))

    def page_error(self, what: str, answer: Answer) -> None:
        if not answer.headers["Content-Type"].startswith("text/html"):
            self.find(what, f"is {answer.headers['Content-Type']}")
            return
        page = holding.Page(answer.content.decode())
        for line in self.form_lines() if answer.status_code not in {403, 404} else []:
            self.find(what, *holding.rendering_differences(page, line, self.scene.shows))
        if not page.warnings and answer.status_code in {200, 401, 409, 422}:
            self.find(what, f"shows no error message: {page.text[:300]}")

    def form_lines(self) -> list[str]:
        """A refused form shows the form of its page again."""
        if not self.id.endswith(".submit"):
            return []
        shown = endpoint(self.id.removesuffix(".submit") + ".page")["success"].get("renders") or []
        return [line for line in shown if line.startswith("form")]

    # One call on a stage of its own.

    @contextmanager
    def staged(self, call: Call, *, browser: bool | None = None) -> Iterator[tuple[Stage, Call]]:
        """A stage with the caller signed in and the scene arranged; afterwards the world is as it was."""
        with undone(), self.monkeypatch.context() as patch:
            stage = Stage(self.world)
            if call.who:
                stage.enter(call.who, browser=self.browser if browser is None else browser)
            if call.given:
                call.given(stage)
            if call.patch:
                call.patch(patch)
            with override_settings(**call.settings):
                yield stage, call

    def ask(self, stage: Stage, call: Call, **changed: Any) -> Answer:
        path = changed.get("path") or self.path_values(call, stage)
        query = changed["query"] if "query" in changed else self.values(call.query, stage)
        body = changed["body"] if "body" in changed else self.values(call.body, stage)
        headers = {**(self.values(call.headers, stage) or {}), **changed.get("headers", {})}
        method, target = self.entry["method"], self.target(path)
        if call.form or (self.as_form and body is not None):
            if self.browser:
                return stage.post_form(stage.with_query(target, query), body, **headers)
            return stage.send(method, target, query=query, body=body, form=True, headers=headers)
        return stage.send(method, target, query=query, body=body, headers=headers)

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.entry["path"])

    def target(self, path: Mapping[str, Any]) -> str:
        return re.sub(r"{(\w+)}", lambda found: str(path[found[1]]), self.entry["path"])

    def path_values(self, call: Call, stage: Stage) -> dict[str, Any]:
        return {**{name: self.world.ids.get(name) for name in self.parameters}, **(self.values(call.path, stage) or {})}

    @staticmethod
    def values(values: Values | None, stage: Stage) -> Any:
        return values(stage) if callable(values) else values

    # What was found.

    def named(self, error: Mapping[str, Any]) -> str:
        return f"{error['status']} {holding.message_of(error['body'])}"

    def find(self, what: str, *lines: str) -> None:
        self.findings += [f"{what}: {line}" for line in lines]

    def hold(self, what: str, check: Callable[[], None]) -> None:
        try:
            check()
            self.answers += 1
        except Exception as error:  # noqa: BLE001  (one check that fails must not hide the others)
            line = traceback.extract_tb(error.__traceback__)[-1]
            self.find(what, f"{error!r} ({Path(line.filename).name}:{line.lineno}: {line.line})")


AUTOMATIC: dict[int, Callable[[Walk, Mapping[str, Any]], None]] = {
    400: Walk.bad_input,
    401: Walk.nobody,
    403: Walk.refused,
    422: Walk.bad_input,
    429: Walk.too_fast,
    500: Walk.failing,
}


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is gone afterwards."""
    whole = transaction.atomic()
    # As Django's own test cases: what must not be inside of a transaction may be inside of this one.
    whole._from_testcase = True  # type: ignore[attr-defined]
    with whole:
        yield
        transaction.set_rollback(True)


def said(answer: Answer) -> str:
    """What an answer says, short."""
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        return holding.Page(answer.content.decode()).text[:300]
    return repr(answer.content[:400])


def without_ids(content: bytes) -> bytes:
    return re.sub(rb"req-[\w-]+|[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[\d:.]+Z", b"", content)
