"""Packages of finished work on the job's page."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import NotFoundError
from jobs import packages
from jobs.pages.views import find_job, viewer
from jobs.services import deliveries
from jobs.services.delivery import require_download
from jobs.services.packaging import DELIVERED, FORMATS

PANEL = "jobs/partials/_delivery.html"


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def of_job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """GET is the panel as it is now, for a page that shows it; POST packs everything that there is."""
    job, user = find_job(request, job_id), viewer(request)
    require_download(user, job)
    problem = ""
    if request.method == "POST":
        try:
            deliveries.ask_for_package([job.pk], kinds=DELIVERED, forms=FORMATS, actor=user)
        except NotFoundError:
            problem = "Nothing has been made yet that could be packed."
    if not request.headers.get("HX-Request") and not problem:
        return redirect("jobs:detail", job_id=job.pk)
    panel: dict[str, Any] = {**(packages.of_job(job, user) or {}), "problem": problem}
    return render(request, PANEL, {"job": job, "panel": panel}, status=409 if problem else 200)


@login_required
@never_cache
@require_GET
def package_file(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    """Leads to the file by a link that is signed for this click."""
    link = deliveries.link_to(deliveries.find_delivery(delivery_id, reader=viewer(request)))
    if link is None:
        raise NotFoundError("The package is not ready.")
    return redirect(link.url)
