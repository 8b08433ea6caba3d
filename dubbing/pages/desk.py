"""The dubbing desk: two pictures on one clock, the cast, and the lines beside what the original says.

A change is a form; without scripts the page comes back, with scripts the parts of it that changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import policies
from accounts.pages.parts import found, sentence_of, viewer, words
from accounts.services import foreign_reads
from core.errors import ConflictError, DomainError, NotAllowedError
from core.live.events import last_seq
from dubbing import events
from dubbing.models import Dub
from dubbing.pages.forms import ChangeForm
from dubbing.pages.shown import KEYS_OF_THE_DESK, Overtaken, Shown, shown
from dubbing.queries.desk import desk as desk_of
from dubbing.services import dubs

UNKNOWN = "There is no such dub, or you have no access to it."
WRITE = "dubbing.dub.write"
SHOWS = (
    ("problems", "Problems"),
    ("changed", "To be spoken"),
    ("long", "Too long"),
    ("hurried", "Hurried"),
    ("person", "Needs a person"),
    ("voice", "No voice"),
)


def find_dub(request: HttpRequest, dub_id: uuid.UUID, action: str = "") -> Dub:
    """The dub, for somebody who may do this with it."""
    user = viewer(request)
    dub: Dub = found(dubs.rows().visible_to(user), dub_id, UNKNOWN)
    foreign_reads.note(user, dub)
    if action:
        policies.require(user, action, dub)
    return dub


def way_to(dub: Dub, line: object = "") -> str:
    address = reverse("dubbing:dub", args=[dub.pk])
    return f"{address}?line={line}#line-{line}" if line else address


@login_required
@never_cache
@require_GET
def dub(request: HttpRequest, dub_id: uuid.UUID) -> HttpResponse:
    one = find_dub(request, dub_id)
    if request.GET.get("part") == "changed" and request.headers.get("HX-Request"):
        wanted = request.GET.get("lines", "")
        return changed(request, one, lines=None if wanted == "all" else set(wanted.split(",")))
    return page(request, one)


def context_of(
    request: HttpRequest, dub: Dub, *, at: object = "", overtaken: Overtaken | None = None
) -> dict[str, Any]:
    user = viewer(request)
    show = request.GET.get("show", "")
    show = show if show in dict(SHOWS) else ""
    at = str(at or request.POST.get("here") or request.GET.get("line", ""))
    view = shown(desk_of(dub, user), user, at=at, show=show, words=words(request), overtaken=overtaken)
    return {
        "view": view,
        "dub": dub,
        "desk": view.desk,
        "report": view.desk.report,
        "may_write": bool(view.desk.may_write),
        "editable": bool(view.desk.may_write) and dub.status != Dub.Status.PREPARING,
        "show": show,
        "q": words(request),
        "shows": shows(view),
        "keys": KEYS_OF_THE_DESK,
        "live": False,
        "problem": "",
        "change_form": ChangeForm(initial={**ChangeForm.initial_of(dub.options), "title": dub.title}),
        "after": last_seq(events.STREAM),
        "socket": f"/ws/dubs/{dub.pk}",
    }


def shows(view: Shown) -> list[dict[str, Any]]:
    counts = {"problems": view.problems}
    return [{"key": key, "name": name, "count": counts.get(key, view.count(key))} for key, name in SHOWS]


def page(
    request: HttpRequest,
    dub: Dub,
    *,
    at: object = "",
    overtaken: Overtaken | None = None,
    problem: str = "",
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {**context_of(request, dub, at=at, overtaken=overtaken), "problem": problem, **(more or {})}
    return render(request, "dubbing/dub.html", context, status=status)


def changed(
    request: HttpRequest,
    dub: Dub,
    *,
    lines: set[str] | None = None,
    at: object = "",
    overtaken: Overtaken | None = None,
    done: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The parts of the desk that a change touches; `lines` None are all of them, as after one came or went."""
    context = context_of(request, dub, at=at, overtaken=overtaken)
    rows = context["view"].rows
    context |= {
        "done": done,
        "problem": problem,
        "live": True,
        "whole": lines is None,
        "rows": rows if lines is None else [row for row in rows if str(row.line.pk) in lines],
    }
    return render(request, "dubbing/partials/_changed.html", context, status=status)


def carry_out(
    request: HttpRequest,
    dub: Dub,
    change: Callable[[], str | None],
    *,
    done: str,
    lines: set[str] | None = None,
    at: object = "",
) -> HttpResponse:
    """Makes one change at the desk and shows what became of it, or why it was refused."""
    problem, status, overtaken = "", 200, None
    live = bool(request.headers.get("HX-Request"))
    try:
        done = change() or done
    except NotAllowedError:
        raise
    except ConflictError as error:
        problem, status = sentence_of(error), error.status_code
        if at and "text" in request.POST:
            overtaken = Overtaken(uuid.UUID(str(at)), request.POST["text"])
    except DomainError as error:
        problem, status = sentence_of(error), error.status_code
    now = dubs.find(dub.pk)
    if live:
        told = "" if problem else done
        return changed(request, now, lines=lines, at=at, overtaken=overtaken, done=told, problem=problem, status=status)
    if overtaken is not None:
        return page(request, now, at=at, overtaken=overtaken, problem=problem, status=status)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, done)
    return redirect(way_to(now, at))
