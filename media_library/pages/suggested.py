"""What engines propose for a file: asked for, taken in parts, or dismissed."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.pages.parts import carry_out, found, sentence_of, viewer
from core.errors import DomainError
from media_library.pages.asset import CHANGE, find_asset, way_to
from media_library.services import suggestions

NO_SUGGESTION = "There is no such suggestion, or it was decided on already."


@login_required
@never_cache
@require_POST
def suggestion(request: HttpRequest, asset_id: uuid.UUID, suggestion_id: uuid.UUID) -> HttpResponse:
    asset, user = find_asset(request, asset_id, CHANGE), viewer(request)
    shown = found(asset.suggestions.all(), suggestion_id, NO_SUGGESTION)
    accept = request.POST.getlist("accept") if request.POST.get("act") != "dismiss" else []
    return carry_out(
        request,
        lambda: suggestions.decide(shown, actor=user, accept=accept),
        done="Taken." if accept else "Dismissed.",
        to=way_to(asset),
    )


@login_required
@never_cache
@require_POST
def suggest(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """Asks an engine now: about what is said, or about what is to be seen."""
    asset, user = find_asset(request, asset_id, CHANGE), viewer(request)
    try:
        if request.POST.get("act") == "picture":
            suggestions.suggest_picture(asset, by=user)
            text = "There is a suggestion. Take what fits."
        else:
            filled = suggestions.suggest_metadata(asset, by=user).updated_fields
            text = f"Filled in: {', '.join(filled)}." if filled else "There is a suggestion. Take what fits."
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return redirect(way_to(asset))
    messages.success(request, text)
    return redirect(way_to(asset))
