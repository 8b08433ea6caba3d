"""What is done with a whole dub: have it spoken, make its film, stop and try again, change how it is put together, throw it away."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.pages.parts import Question, ask, refusal, viewer
from accounts.pages.parts import carry_out as and_leave
from core.errors import NotFoundError
from dubbing.models import Dub
from dubbing.pages.desk import UNKNOWN, WRITE, carry_out, find_dub, page, way_to
from dubbing.pages.forms import ChangeForm
from dubbing.services import dubs, mixing, speaking


def _speak(dub: Dub, user: User) -> None:
    speaking.speak(dub, actor=user)


def _film(dub: Dub, user: User) -> None:
    mixing.make(dub, actor=user)


def _cancel(dub: Dub, user: User) -> None:
    dubs.cancel(dub, actor=user)


def _retry(dub: Dub, user: User) -> None:
    dubs.retry(dub, actor=user)


ACTS: dict[str, tuple[Callable[[Dub, User], None], str]] = {
    "speak": (_speak, "What changed is being spoken."),
    "film": (_film, "The film is being made."),
    "cancel": (_cancel, "The work is being stopped. What is done of it stays."),
    "retry": (_retry, "It is tried again."),
}


@login_required
@never_cache
@require_POST
def act(request: HttpRequest, dub_id: uuid.UUID) -> HttpResponse:
    dub = find_dub(request, dub_id, WRITE)
    wanted = request.POST.get("act", "")
    if wanted not in ACTS:
        raise NotFoundError(UNKNOWN)
    function, done = ACTS[wanted]
    return carry_out(request, dub, lambda: function(dub, viewer(request)), done=done)


@login_required
@never_cache
@require_POST
def change(request: HttpRequest, dub_id: uuid.UUID) -> HttpResponse:
    """Its title, and how it is put together."""
    dub = find_dub(request, dub_id, WRITE)
    form = ChangeForm(request.POST)

    def changing() -> None:
        options = form.options()
        same = options == dubs.Options.of(dub.options)
        title = form.cleaned_data["title"]
        dubs.change(dub, actor=viewer(request), title=title, options=None if same else options)

    if status := refusal(form, changing):
        return page(request, dubs.find(dub.pk), more={"change_form": form}, status=status)
    messages.success(request, "Saved.")
    return redirect(way_to(dub))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, dub_id: uuid.UUID) -> HttpResponse:
    """Asked once, naming the dub."""
    dub = find_dub(request, dub_id, "dubbing.dub.delete")
    if request.method == "POST":
        return and_leave(
            request,
            lambda: dubs.delete(dub, actor=viewer(request)),
            done=f"“{dub}” is deleted. Its films stay in the library.",
            to=reverse("dubbing:dubs"),
            back=way_to(dub),
        )
    question = Question(
        title=f"Delete the dub “{dub}”?",
        follows="Its cast and its lines go, and what was spoken of them. Films that were made of it stay in the library.",
        button="Delete the dub",
        back=way_to(dub),
        section="dubs",
        crumbs=[("Dubs", reverse("dubbing:dubs")), (dub.title, way_to(dub))],
    )
    return ask(request, question)
