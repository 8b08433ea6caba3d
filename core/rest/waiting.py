"""Answers that wait for work: the result as soon as it is there, and after a while where to ask for it.

A view starts a run and returns `when_done(...)`. Under the studio's ASGI handler the request's thread and connection are free
while it waits. Where a handler has nothing but a thread to wait with, the answer is 202 at once.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from core.errors import DomainError
from core.rest.errors import answer as refusal
from core.rest.errors import failure_of
from core.rest.request_info import route_of
from core.runs.models import Run
from core.runs.waiting import failure_of_run, finished, let_go

log = structlog.get_logger("request")

Answer = Callable[[Run], HttpResponseBase]
Refuse = Callable[[Run], DomainError]

SOON = "2"
# On a request whose handler waits.
PATIENT = "may_wait"
WAIT = re.compile(r"\bwait\s*=\s*\"?(\d{1,6})")
# What a final answer says of itself; all other headers stay those of the request.
OWN_HEADERS = ("Content-Type", "Location", "Refresh", "Retry-After")


@dataclass
class Wait:
    """What an answer waits for, and what is called once it is final."""

    run_id: uuid.UUID
    seconds: float
    answer: Answer
    refuse: Refuse
    then: list[Callable[[HttpResponseBase], None]] = field(default_factory=list)


def when_done(
    request: HttpRequest | Request,
    run: Run,
    answer: Answer,
    *,
    refuse: Refuse | None = None,
    pending: HttpResponse | None = None,
) -> HttpResponse:
    """`answer` is called once the run is completed, in the request's thread; until then the answer is `pending`.

    `Prefer: respond-async` gives that at once, `Prefer: wait=n` after n seconds if the deployment waits that long.
    """
    response = pending if pending is not None else accepted(run)
    prefer = request.headers.get("Prefer", "").lower()
    if "respond-async" in prefer:
        response.headers["Preference-Applied"] = "respond-async"
        return response
    # A framework's request has the plain one within.
    if not getattr(getattr(request, "_request", request), PATIENT, False):
        return response
    seconds = float(settings.SYNC_WAIT_SECONDS)
    if asked := WAIT.search(prefer):
        seconds = min(seconds, float(asked[1]))
        response.headers["Preference-Applied"] = f"wait={asked[1]}"
    response.waits_for = Wait(run.pk, seconds, answer, refuse or failure_of_run)  # type: ignore[attr-defined]  # the middleware reads it
    return response


def accepted(run: Run) -> HttpResponse:
    """202: what is under way, and where to ask."""
    url = status_url(run)
    body = {"run_id": str(run.pk), "status": run.status, "status_url": url}
    return as_json(body, status=202, headers={"Location": url, "Retry-After": SOON})


def status_url(run: Run) -> str:
    return f"{settings.PUBLIC_URL}/api/runs/{run.pk}"


def as_json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """As the framework writes it, outside of its views."""
    content = JSONRenderer().render(body)
    return HttpResponse(content, status=status, content_type="application/json", headers=headers)


class PatientHandler(ASGIHandler):
    """Django, with the waiting done outside of whatever holds a thread: middlewares, views and templates have ended by then."""

    def create_request(self, scope: Any, body_file: Any) -> tuple[Any, Any]:
        request, error = super().create_request(scope, body_file)
        if request is not None:
            setattr(request, PATIENT, True)
        return request, error

    async def run_get_response(self, request: Any) -> HttpResponseBase:
        response: HttpResponseBase = await super().run_get_response(request)
        wait: Wait | None = getattr(response, "waits_for", None)
        if wait is None:
            return response
        started = time.monotonic()
        try:
            # The request's connection goes back to the pool meanwhile.
            await sync_to_async(let_go)()
            if await finished(wait.run_id, wait.seconds):
                await sync_to_async(settle)(request, response, wait)
        finally:
            # Also for whoever has gone away: a repetition gets the 202, and with it the result.
            await asyncio.shield(sync_to_async(tell)(response, wait))
        ms = round((time.monotonic() - started) * 1000)
        log.info("request.waited", route=route_of(request), status=response.status_code, ms=ms, run_id=str(wait.run_id))
        return response


def settle(request: HttpRequest, response: HttpResponseBase, wait: Wait) -> None:
    """Writes the final answer over the one that said to wait. A run that waits for a person has none yet."""
    run = Run.objects.filter(pk=wait.run_id).first()
    if run is None or run.status in Run.ACTIVE:
        return
    try:
        if run.status != Run.Status.COMPLETED:
            raise wait.refuse(run)
        final = wait.answer(run)
    except Exception as error:  # noqa: BLE001  (outside of the view, so that nobody else turns it into an answer)
        failure = failure_of(error)
        final = refusal(request, failure) if failure else response_for_exception(request, error)
    write_over(response, final)


def write_over(response: HttpResponseBase, final: HttpResponseBase) -> None:
    assert isinstance(response, HttpResponse)  # noqa: S101  (both are made here or by a view, and neither streams)
    assert isinstance(final, HttpResponse)  # noqa: S101  (as above)
    response.status_code, response.content = final.status_code, final.content
    for name in OWN_HEADERS:
        if name in final.headers:
            response.headers[name] = final.headers[name]
        elif name in response.headers:
            del response.headers[name]
    if "Content-Length" in response.headers:
        response.headers["Content-Length"] = str(len(final.content))


def tell(response: HttpResponseBase, wait: Wait) -> None:
    for act in wait.then:
        act(response)
