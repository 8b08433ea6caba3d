"""The style of a job on its page: what each track breaks, and which style counts."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core.errors import DomainError
from jobs import policies
from jobs.pages.views import find_job, viewer
from jobs.services import quality


@login_required
@never_cache
@require_POST
def check(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Every track that the viewer may read, now."""
    job = find_job(request, job_id)
    checked = quality.check_all(job, reader=viewer(request))
    messages.success(request, f"{checked} track{'' if checked == 1 else 's'} checked.")
    return redirect("jobs:detail", job_id=job.pk)


@login_required
@never_cache
@require_POST
def choose(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = find_job(request, job_id)
    policies.require(viewer(request), "quality", job)
    try:
        chosen = quality.require_profile(
            job,
            profile=request.POST.get("profile", ""),
            required=request.POST.get("required") == "on",
            actor=viewer(request),
        )
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("jobs:detail", job_id=job.pk)
    quality.check_all(chosen, reader=viewer(request))
    messages.success(request, f"The captions are held against “{quality.find_profile(chosen.quality_profile).title}”.")
    return redirect("jobs:detail", job_id=job.pk)
