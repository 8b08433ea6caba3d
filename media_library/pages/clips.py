"""A range of a film or recording as a download: one address that waits while it is cut and then leads to the file."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.pages.parts import viewer
from core.errors import NotFoundError
from core.rest.waiting import when_done
from core.runs.models import Run
from core.storage import for_page
from media_library.models import Asset, ClipFile
from media_library.pages.asset import UNKNOWN, find_asset
from media_library.queries.links import clip_link
from media_library.services import clips

# A page that is still waiting asks again by itself.
AGAIN = timedelta(seconds=3)


@login_required
@never_cache
@require_GET
def clip_download(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """`?start=1.5&end=4&format=mp4`; without JavaScript, too, because it is a plain form's address."""
    asset, user = find_asset(request, asset_id), viewer(request)
    start, end = clips.seconds_of(request.GET.get("start")), clips.seconds_of(request.GET.get("end"))
    form = request.GET.get("format") or clips.KEPT_AS.get(Asset.Kind(asset.kind), "")
    made = clips.clip_file(asset, start=start, end=end, format=form, by=user)
    if made.key:
        return HttpResponseRedirect(for_page(clip_link(made)))
    assert made.run is not None  # noqa: S101  (what has no file is being made)

    def when_made(_run: Run) -> HttpResponse:
        find_asset(request, asset_id)
        cut = ClipFile.objects.exclude(key="").filter(pk=made.pk).first()
        if cut is None:
            raise NotFoundError(UNKNOWN)
        return HttpResponseRedirect(for_page(clip_link(cut)))

    pending = render(
        request,
        "media_library/clip_waits.html",
        {"asset": asset, "clip": made, "again": request.get_full_path()},
        status=202,
    )
    pending.headers["Refresh"] = f"{AGAIN.seconds}; url={request.get_full_path()}"
    return when_done(request, made.run, when_made, refuse=clips.failure_of, pending=pending)
