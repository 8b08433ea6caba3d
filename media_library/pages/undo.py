"""Putting files away can be taken back: the message that says it is done offers so, until the next one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.pages.parts import viewer
from media_library.services import bulk

KEPT = "library_undo"
OPPOSITE = {"archive": "restore", "restore": "archive"}


def offer(request: HttpRequest, text: str, *, act: str, ids: Iterable[uuid.UUID]) -> None:
    """Says that `act` is done; where it has an opposite, the message has a button for it."""
    if act not in OPPOSITE:
        messages.success(request, text)
        return
    request.session[KEPT] = {"act": OPPOSITE[act], "ids": [str(one) for one in ids]}
    messages.success(request, text, extra_tags="undo")


@login_required
@never_cache
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    kept = request.session.pop(KEPT, None)
    user, ids = viewer(request), [uuid.UUID(one) for one in (kept or {}).get("ids", [])]
    back = redirect("media_library:library")
    if not kept:
        messages.error(request, "There is nothing to take back any more.")
        return back
    outcomes = (bulk.restore if kept["act"] == "restore" else bulk.archive)(ids, actor=user)
    done = sum(1 for outcome in outcomes if not outcome.error)
    messages.success(request, f"Taken back for {done} {'file' if done == 1 else 'files'}.")
    return redirect("media_library:asset", asset_id=ids[0]) if len(ids) == 1 else back
