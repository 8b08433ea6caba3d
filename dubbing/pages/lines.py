"""One line at the desk: its words, its place, whose it is, and how it sounds."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.pages.parts import found, viewer
from core.errors import DomainError, InvalidFieldError, NotFoundError
from core.storage import for_page, store
from dubbing.models import Dub, DubLine
from dubbing.pages.desk import UNKNOWN, WRITE, carry_out, find_dub
from dubbing.services import fitting, lines, speaking
from media_library.queries import links

# What is said instead of the usual, where there is something to say.
Act = Callable[[Dub, DubLine, HttpRequest], str | None]
ACTS: dict[str, tuple[Act, str, bool]] = {}


def act(name: str, done: str, *, whole: bool = False) -> Callable[[Act], Act]:
    """Registers what a button of a line does, what is said then, and whether more lines than this one change."""

    def register(function: Act) -> Act:
        ACTS[name] = (function, done, whole)
        return function

    return register


@login_required
@never_cache
@require_POST
def line(request: HttpRequest, dub_id: uuid.UUID, line_id: uuid.UUID) -> HttpResponse:
    dub = find_dub(request, dub_id)
    one: DubLine = found(dub.lines.select_related("dub"), line_id, UNKNOWN)
    find_dub(request, dub_id, WRITE)
    one.dub = dub
    wanted = request.POST.get("act", "save")
    if wanted not in ACTS:
        raise NotFoundError(UNKNOWN)
    function, done, whole = ACTS[wanted]
    return carry_out(
        request,
        dub,
        lambda: function(dub, one, request),
        done=done,
        lines=None if whole else {str(one.pk)},
        at=one.pk,
    )


@act("save", "Saved.")
def save(_: Dub, one: DubLine, request: HttpRequest) -> None:
    lines.write(one, request.POST.get("text", ""), actor=viewer(request), based_on=request.POST.get("based_on") or None)


@act("theirs", "The other wording stays.")
def theirs(_: Dub, __: DubLine, ___: HttpRequest) -> None:
    """The line as it is: what was typed meanwhile is let go, and stays as its suggestion."""


@act("speak", "The line is being spoken.")
def speak(dub: Dub, one: DubLine, request: HttpRequest) -> None:
    """What was typed into its field belongs to it."""
    text = request.POST.get("text")
    if text is not None and " ".join(text.split()) != one.text:
        save(dub, one, request)
    speaking.speak(dub, actor=viewer(request), lines=[one])


@act("suggest", "A shorter wording is proposed.")
def suggest(_: Dub, one: DubLine, request: HttpRequest) -> str:
    found = fitting.suggest(one, actor=viewer(request))
    if not found.text:
        raise DomainError(found.how)
    return found.how


@act("accept", "The shorter wording is taken.")
def accept(_: Dub, one: DubLine, request: HttpRequest) -> None:
    if not one.suggestion:
        raise DomainError("There is no other wording to take. Reload the page.")
    lines.write(one, one.suggestion, actor=viewer(request))


@act("mute", "The line is muted: the original is heard there.")
def mute(_: Dub, one: DubLine, request: HttpRequest) -> None:
    lines.mute(one, actor=viewer(request), muted=True)


@act("unmute", "The line is heard again.")
def unmute(_: Dub, one: DubLine, request: HttpRequest) -> None:
    lines.mute(one, actor=viewer(request), muted=False)


@act("move", "The line is moved.", whole=True)
def move(_: Dub, one: DubLine, request: HttpRequest) -> None:
    lines.move(one, actor=viewer(request), start=_seconds(request, "start"), end=_seconds(request, "end"))


@act("split", "The line is split.", whole=True)
def split(_: Dub, one: DubLine, request: HttpRequest) -> None:
    """At a character of the text, or else in the middle; in time where about as much of it has been said."""
    given = request.POST.get("at", "")
    place = int(given) if given.isascii() and given.isdigit() else None
    share = place / len(one.text) if place and one.text else 0.5
    at = one.start + (one.end - one.start) * min(max(share, 0.0), 1.0)
    edge = lines.SHORTEST_SECONDS
    lines.split(one, actor=viewer(request), at=min(max(at, one.start + edge), one.end - edge), text_at=place)


@act("merge", "The two lines are one.", whole=True)
def merge(_: Dub, one: DubLine, request: HttpRequest) -> None:
    lines.merge(one, actor=viewer(request))


@act("give", "The line has another speaker.", whole=True)
def give(dub: Dub, one: DubLine, request: HttpRequest) -> None:
    wanted = request.POST.get("role", "")
    role = next((role for role in dub.cast.all() if str(role.pk) == wanted), None)
    if role is None:
        raise DomainError("Choose one of the cast.")
    lines.reassign(one, role, actor=viewer(request))


def _seconds(request: HttpRequest, name: str) -> float:
    try:
        seconds = float(request.POST.get(name, "").replace(",", "."))
    except ValueError:
        seconds = float("nan")
    if not 0 <= seconds < 10**6:
        raise InvalidFieldError("Write the time in seconds, such as 12.5.", field=name)
    return seconds


@login_required
@never_cache
@require_GET
def sound(request: HttpRequest, dub_id: uuid.UUID, line_id: uuid.UUID) -> HttpResponse:
    """The line as it was spoken last. The link behind it is minted for this answer."""
    one = found(find_dub(request, dub_id).lines.exclude(sound={}), line_id, UNKNOWN)
    url = store().url(
        one.sound["key"],
        filename=f"line-{one.number + 1}.wav",
        content_type="audio/wav",
        inline=True,
        expires_in=links.lifetime(inline=True),
    )
    return redirect(for_page(url))
