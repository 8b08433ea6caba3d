"""With the jobs that are selected on the list: one move for all of them, and what came of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from core.errors import NotFoundError
from jobs import policies, services, workflows
from jobs.models import Job
from jobs.pages.actions import MANY
from jobs.pages.views import viewer
from jobs.services import deliveries
from jobs.services.packaging import DELIVERED, FORMATS

NAMED_AT_MOST = 5


def _doing(user: User, words: str) -> dict[str, Callable[[Job], Any]]:
    return {
        "approve_source": lambda job: workflows.approve_source(job, actor=user, comment=words),
        "return_to_qc": lambda job: workflows.return_to_qc(job, actor=user, reason=words),
        "retry": lambda job: workflows.retry(job, actor=user),
        "cancel": lambda job: workflows.cancel(job, actor=user, reason=words),
        "delete": lambda job: services.delete_job(job, actor=user),
    }


@login_required
@never_cache
@require_POST
def act_on_many(request: HttpRequest) -> HttpResponse:
    user, verb = viewer(request), request.POST.get("act", "")
    if verb not in MANY:
        raise Http404
    policies.require(user, verb)
    if verb == "downloads":
        return pack(request)
    doing = _doing(user, request.POST.get(f"words_{verb}", "").strip()[:500])
    tell(request, services.each(named(request), user=user, do=doing[verb]), done=MANY[verb].done)
    return redirect(back(request))


def pack(request: HttpRequest) -> HttpResponse:
    """One package of all of them. It is fetched where it is shown, or at once when there is one already."""
    try:
        asked = deliveries.ask_for_package(named(request), kinds=DELIVERED, forms=FORMATS, actor=viewer(request))
    except NotFoundError:
        messages.error(request, "None of these jobs has files that you can take along.")
        return redirect(back(request))
    for one in asked.skipped[:NAMED_AT_MOST]:
        messages.error(request, f"Left out: {one['detail']}")
    if asked.delivery.status == asked.delivery.Status.READY:
        return redirect("jobs:package_file", delivery_id=asked.delivery.pk)
    messages.success(
        request, "The files are being packed. The package is under “Delivery” on the page of each of these jobs."
    )
    return redirect(back(request))


def named(request: HttpRequest) -> list[uuid.UUID]:
    """The selected jobs: no more than a page of any list shows."""
    return [found for text in request.POST.getlist("ids") if (found := _as_id(text))][: services.MOST]


def tell(request: HttpRequest, outcomes: list[services.Outcome], *, done: str) -> None:
    """How many it was done to, and of the others which and why."""
    good = sum(one.ok for one in outcomes)
    if good:
        messages.success(request, f"{good} job{'s' if good != 1 else ''} {done}.")
    if not outcomes:
        messages.error(request, "No job was selected.")
    refused = [one for one in outcomes if not one.ok]
    ids = [one.job_id for one in refused]
    titles = dict(Job.objects.visible_to(viewer(request)).filter(pk__in=ids).values_list("pk", "title"))
    for one in refused[:NAMED_AT_MOST]:
        messages.error(request, f"“{titles.get(one.job_id, 'A job')}”: {why(one)}")
    if len(refused) > NAMED_AT_MOST:
        messages.error(request, f"{len(refused) - NAMED_AT_MOST} more were not {done}.")


def why(outcome: services.Outcome) -> str:
    """A refusal as a person reads it: states by their words, not by their codes."""
    detail = outcome.detail or ""
    if detail.startswith("Cannot ") and outcome.status in Job.Status.values:
        return f"not possible in the state “{Job.Status(outcome.status).label}”."
    return detail


def back(request: HttpRequest, *, to: str = "/jobs") -> str:
    wanted = request.POST.get("back", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else to


def _as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
