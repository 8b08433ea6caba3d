"""Pages that change a job beside its moves: its form, a copy of its order, and taking it away."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, NotAllowedError
from core.storage.spooling import spooled
from jobs import policies, services
from jobs.forms import CloneForm, JobForm
from jobs.models import Job
from jobs.pages.views import find_job, viewer


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = find_job(request, job_id)
    policies.require(viewer(request), "update", job)
    data = request.POST if request.method == "POST" else None
    form = JobForm(data, job=job, open_outputs=services.outputs_open_to(viewer(request), job))
    if form.is_valid():
        try:
            services.update_job(job, actor=viewer(request), **form.changes())
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error(None, too_late(job) if "current_status" in error.details else error.message)
        else:
            messages.success(request, f"“{form.cleaned_data['title']}” is saved.")
            return redirect("jobs:detail", job_id=job.pk)
    status = 422 if form.is_bound else 200
    return render(request, "jobs/job_edit.html", {"job": job, "form": form}, status=status)


def too_late(job: Job) -> str:
    state = Job.objects.get(pk=job.pk).get_status_display()
    return f"What a job delivers does not change in the state “{state}”."


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def clone(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = find_job(request, job_id)
    policies.require(viewer(request), "clone", job)
    form = _clone_form(request, job)
    if form.is_valid():
        try:
            with spooled(form.cleaned_data["file"]) as path:
                copy = services.clone_job_with(
                    path,
                    job,
                    actor=viewer(request),
                    filename=form.cleaned_data["file"].name,
                    content_type=form.content_type,
                    title=form.cleaned_data["title"],
                )
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, f"“{copy}” is in, with the same order. Its work has begun.")
            return redirect("jobs:detail", job_id=copy.pk)
    context = {"job": job, "form": form, "most": settings.UPLOAD_DIRECT_MAX_BYTES}
    return render(request, "jobs/job_clone.html", context, status=422 if form.is_bound else 200)


# core.rest.body: the file and what stands around it in the form.
clone.max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20  # type: ignore[attr-defined]  # core.rest.body reads it


def _clone_form(request: HttpRequest, job: Job) -> CloneForm:
    sent, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return CloneForm(sent, files, initial={"title": f"{job.title[:248]} (copy)"})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """GET asks, naming the job; POST does it."""
    job = find_job(request, job_id)
    policies.require(viewer(request), "delete", job)
    if request.method == "GET":
        return render(request, "jobs/job_delete.html", {"job": job})
    services.delete_job(job, actor=viewer(request))
    messages.success(request, f"“{job}” is deleted.")
    return redirect("jobs:list")
