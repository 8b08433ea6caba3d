"""Pages of jobs: the list, one job, and what can be done with it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.services import foreign_reads
from core.errors import DomainError, NotAllowedError, NotFoundError, WrongStateError
from core.languages import primary
from core.live.events import last_seq, percent
from core.storage.spooling import spooled
from jobs import events, panels, policies, queries, services, workflows
from jobs.forms import OFFERED_LANGUAGES, NewJobForm, OrderForm
from jobs.models import Job
from jobs.pages import actions, player, present
from media_library.models import Asset
from media_library.queries import assets

PAGE_SIZE = 20
SORTS = {"created_at": "Begun", "updated_at": "Changed", "title": "Title", "status": "State", "due_at": "Due"}
PLANS = {"week": "Due this week", "late": "Overdue", "urgent": "Urgent"}
RUNNING_SHOWN = 5
CHUNK_BYTES = 8 * 2**20
SOCKET = "/api/v1/ws/status"


def viewer(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login_required stands before every view here)
    return request.user


def find_job(request: HttpRequest, job_id: uuid.UUID) -> Job:
    job = queries.detailed(Job.objects.visible_to(viewer(request))).filter(pk=job_id).first()
    if job is None:
        raise NotFoundError("There is no such job, or you have no access to it.")
    foreign_reads.note(viewer(request), job)
    return job


@login_required
@never_cache
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    context = board(request)
    if request.headers.get("HX-Request"):
        return render(request, "jobs/partials/_board.html", context)
    return render(
        request, "jobs/job_list.html", {**context, **new_job_context(viewer(request), NewJobForm(user=viewer(request)))}
    )


def board(request: HttpRequest) -> dict[str, Any]:
    user = viewer(request)
    status = request.GET.get("status", "")
    search = request.GET.get("q", "").strip()
    sort = request.GET.get("sort", "-created_at")
    if sort.removeprefix("-") not in SORTS:
        sort = "-created_at"
    plan = request.GET.get("plan", "")
    jobs = queries.board(user, statuses=wanted_statuses(status), search=search, plan=plan, sort=sort)
    page = Paginator(jobs, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    progress = present.progress(shown)
    counts = queries.status_counts(user)
    groups = [
        {"key": key, "name": name, "count": sum(counts.get(member, 0) for member in members), "on": key == status}
        for key, (name, members) in present.GROUPS.items()
    ]
    return {
        "page": page,
        "rows": [
            {
                "job": job,
                "progress": progress.get(job.pk),
                "can_cancel": "cancel" in workflows.allowed_actions(job, user),
                "languages": [output.language for output in job.outputs.all()],
                "over": job.status in queries.OVER,
            }
            for job in shown
        ],
        "bulk": actions.for_many(user),
        "groups": groups,
        "everything": sum(counts.values()),
        "plan": plan,
        "plans": plan_chips(user, plan),
        "now": timezone.now(),
        "status": status,
        "q": search,
        "sort": sort,
        "sorts": [
            {"key": key, "name": name, "next": f"-{key}" if sort == key else key, "on": sort.removeprefix("-") == key}
            for key, name in SORTS.items()
        ],
        "descending": sort.startswith("-"),
        "after": last_seq(events.STREAM),
        "socket": SOCKET,
    }


def plan_chips(user: User, chosen: str) -> list[dict[str, Any]]:
    counts = queries.plan_counts(user)
    return [{"key": key, "name": name, "count": counts[key], "on": key == chosen} for key, name in PLANS.items()]


def wanted_statuses(status: str) -> frozenset[str]:
    if status in present.GROUPS:
        return present.GROUPS[status][1]
    return frozenset({status}) if status in Job.Status.values else frozenset()


def new_job_context(user: User, form: NewJobForm) -> dict[str, Any]:
    return {
        "may_create": policies.allowed(user, "create"),
        "form": form,
        "offered": OFFERED_LANGUAGES,
        "unspoken": actions.without_engine(form["source_language"].value() or "en"),
        "types": ",".join(services.VIDEO_TYPES),
        "most": settings.UPLOAD_MAX_BYTES,
        "most_without_scripts": settings.UPLOAD_DIRECT_MAX_BYTES,
        "chunk": CHUNK_BYTES,
    }


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_job(request: HttpRequest) -> HttpResponse:
    """A small file in one form; with scripts the same form uploads in parts instead."""
    if request.method == "GET":
        return redirect("jobs:list")
    form = NewJobForm(request.POST, request.FILES, user=viewer(request))
    if form.is_valid():
        try:
            with spooled(form.cleaned_data["file"]) as path:
                job = services.create_from_file(
                    path,
                    owner=viewer(request),
                    new=form.new_job(form.cleaned_data["file"].name),
                    content_type=form.content_type,
                )
        except DomainError as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, f"“{job.title}” is in. Its job has begun.")
            return redirect("jobs:detail", job_id=job.pk)
    context = {**board(request), **new_job_context(viewer(request), form)}
    return render(request, "jobs/job_list.html", context, status=422)


# core.rest.body: the file and what stands around it in the form.
new_job.max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20  # type: ignore[attr-defined]  # core.rest.body reads it


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_job_of(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """An order for a video that is in the library already."""
    user = viewer(request)
    asset = Asset.objects.visible_to(user).filter(pk=asset_id).first()
    if asset is None:
        raise NotFoundError("There is no such file, or you have no access to it.")
    policies.require(user, "create")
    asked = {"title": asset.name, "source_language": primary(asset.language) if asset.language else "en"}
    form = OrderForm(request.POST or None, user=user, initial=asked)
    if form.is_valid():
        try:
            job = services.create_from_asset(asset, owner=user, new=form.new_job(asset.filename))
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"“{job.title}” is in. Its job has begun.")
            return redirect("jobs:detail", job_id=job.pk)
    source = form["source_language"].value() or "en"
    context = {"asset": asset, "form": form, "unspoken": actions.without_engine(source)}
    return render(request, "jobs/job_of_asset.html", context, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_GET
def languages_without_engine(request: HttpRequest) -> HttpResponse:
    """The list of target languages again, marked for the chosen spoken language."""
    source = request.GET.get("source_language", "en")
    form = NewJobForm(
        user=viewer(request), initial={"source_language": source, "languages": request.GET.getlist("languages")}
    )
    context = {"form": form, "unspoken": actions.without_engine(source)}
    return render(request, "jobs/partials/_target_languages.html", context)


@login_required
@never_cache
@require_GET
def running(request: HttpRequest) -> HttpResponse:
    """The count of running work in the bar, with the first few runs: jobs, and files that are being prepared."""
    jobs = queries.board(viewer(request), statuses=Job.PROCESSING)
    begun = jobs.count()
    coming = assets.listed(viewer(request), assets.Filters(statuses=(Asset.Status.PROCESSING,)))
    shown, files = list(jobs[:RUNNING_SHOWN]), list(coming[:RUNNING_SHOWN])
    progress = present.progress(shown)
    context = {
        "rows": [{"job": job, "progress": progress.get(job.pk)} for job in shown],
        "files": [{"asset": one, "percent": percent(one.run.progress if one.run else 0.0)} for one in files],
        "jobs_count": begun,
        "count": begun + coming.count(),
    }
    return render(request, "jobs/partials/_running.html", context)


def detail_context(request: HttpRequest, job: Job) -> dict[str, Any]:
    user = viewer(request)
    rows = present.rows(job, viewer=user)
    steps = queries.steps(job)
    return {
        "job": job,
        "stages": present.stages(job, targets=len(rows) - 1),
        "rows": rows,
        "ready": sum(1 for row in rows for output in row.outputs if output.url),
        "asked": sum(len(row.outputs) for row in rows),
        "progress": present.progress([job]).get(job.pk),
        "log": present.log(steps),
        "may": workflows.allowed_actions(job, user),
        **offered(job, user),
        "panels": panels.panels(job, user),
        "after": last_seq(events.STREAM),
        "socket": f"{SOCKET}?job_id={job.pk}",
        "problem": "",
        "number": str(job.pk)[:8],
        "stopped_in": dict(present.STAGES).get(job.failed_step, ""),
        "player": player.player(job),
        "facts": present.facts(job),
        "request_id": job.run.request_id if job.run else "",
    }


def offered(job: Job, user: User) -> dict[str, Any]:
    """What the viewer can do with the job now: what leads it on, and the rest."""
    possible = [
        actions.describe_one(job, verb) for verb in workflows.allowed_actions(job, user) if verb in actions.VERBS
    ]
    return {
        "forward": [action for action in possible if action.verb in actions.FORWARD],
        "aside": [action for action in possible if action.verb not in actions.FORWARD],
        "may_edit": not job.is_read_only and policies.allowed(user, "update", job),
        "may_clone": policies.allowed(user, "clone", job),
        "may_delete": policies.allowed(user, "delete", job),
    }


@login_required
@never_cache
@require_GET
def job_detail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = find_job(request, job_id)
    context = detail_context(request, job)
    if request.headers.get("HX-Request"):
        return render(request, "jobs/partials/_live.html", context)
    context["actions"] = actions.describe(job, viewer(request))
    return render(request, "jobs/job_detail.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, job_id: uuid.UUID, verb: str) -> HttpResponse:
    """GET asks, naming the job (for pages without scripts); POST does it."""
    if verb not in actions.VERBS:
        raise Http404
    job = find_job(request, job_id)
    if request.method == "GET":
        action = actions.describe_one(job, verb)
        return render(request, "jobs/job_confirm.html", {"job": job, "action": action})
    problem = ""
    try:
        actions.carry_out(
            job,
            verb,
            actor=viewer(request),
            words=request.POST.get("words", "").strip(),
            chosen=request.POST.getlist("languages"),
        )
    except WrongStateError as error:
        problem = actions.too_late(error, verb)
    except NotAllowedError:
        raise
    except DomainError as error:
        problem = error.message
    # A reviewer who rejects a job has no more to do with it.
    gone = not Job.objects.visible_to(viewer(request)).filter(pk=job_id).exists()
    if request.headers.get("HX-Request") and not gone:
        context = detail_context(request, find_job(request, job_id)) | {"problem": problem}
        return render(request, "jobs/partials/_live.html", context, status=409 if problem else 200)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, actions.DONE[verb].format(job=job))
    if gone and request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": reverse("jobs:list")})
    if gone or request.POST.get("back") == "list":
        return redirect("jobs:list")
    return redirect("jobs:detail", job_id=job.pk)
