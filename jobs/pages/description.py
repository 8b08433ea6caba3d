"""How the description of a language is heard: its lines against the silences, the points where the picture is held, the film anew."""

from __future__ import annotations

import math
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError, NotAllowedError
from core.live.events import last_seq
from jobs import events, policies, services
from jobs.models import Job, LanguageOutput
from jobs.pages import player, present
from jobs.pages.views import SOCKET, find_job, viewer
from jobs.services import pausing
from jobs.services.describing import ADVICE
from media_library.models import Track


def find(request: HttpRequest, job_id: uuid.UUID, language: str) -> LanguageOutput:
    output = services.find_output(find_job(request, job_id), language)
    if not policies.may_read_track(viewer(request), output):
        raise NotAllowedError
    return output


@login_required
@never_cache
@require_GET
def lines(request: HttpRequest, job_id: uuid.UUID, language: str) -> JsonResponse:
    """What the player speaks."""
    output = find(request, job_id, language)
    body = services.spoken_lines(output, expires_in=player.WATCH_SECONDS)
    return JsonResponse(body, headers={"Cache-Control": "private, no-store"})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, job_id: uuid.UUID, language: str) -> HttpResponse:
    output = find(request, job_id, language)
    problem = ""
    if request.method == "POST":
        try:
            said = change(request, output)
        except NotAllowedError:
            raise
        except DomainError as error:
            problem = error.message
        else:
            messages.success(request, said)
            return redirect("jobs:description", job_id=job_id, language=output.language)
    context = page_context(request, find(request, job_id, language)) | {"problem": problem}
    partial = request.headers.get("HX-Request") and request.method == "GET"
    template = "jobs/partials/_description.html" if partial else "jobs/description.html"
    return render(request, template, context, status=409 if problem else 200)


def change(request: HttpRequest, output: LanguageOutput) -> str:
    """One of the three things that this page changes; answers what to tell."""
    job, language, actor = output.job, output.language, viewer(request)
    act = request.POST.get("act", "")
    if act == "move":
        cue = request.POST.get("cue_index", "")
        point = services.move_pause_point(
            job, language, int(cue) if cue.isdecimal() else -1, at=read_time(request.POST.get("at", "")), actor=actor
        )
        return f"The picture is held at {clock(point.at)} now. The film shows it once it is made again."
    if act == "mode":
        mode = request.POST.get("mode", "")
        if mode not in LanguageOutput.DescriptionMode.values:
            raise DomainError("Choose one of the ways of describing.")
        services.choose_mode(job, language, mode=mode, actor=actor)
        return "Kept. The film follows once it is made again."
    if act == "render":
        services.render_again(job, language, actor=actor)
        return "The film is being made again."
    raise DomainError("Nothing was asked for.")


def read_time(text: str) -> float:
    """Seconds of `00:01:02.500`, `1:02.5` or `62.5`."""
    try:
        parts = [float(part) for part in text.strip().replace(",", ".").split(":")]
    except ValueError:
        parts = []
    found = sum((part * 60.0**place for place, part in enumerate(reversed(parts))), 0.0)
    if not 0 < len(parts) <= 3 or not math.isfinite(found) or found < 0:
        raise DomainError("Write the time as hours:minutes:seconds.thousandths.")
    return found


def clock(seconds: float) -> str:
    """00:01:02.500, as `read_time` reads it."""
    total, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{total // 3600:02}:{total // 60 % 60:02}:{total % 60:02}.{thousandths:03}"


def page_context(request: HttpRequest, output: LanguageOutput) -> dict[str, Any]:
    job, user = output.job, viewer(request)
    state = services.edit_state(job, output.language)
    fit = services.fit(job, output)
    points = {point.line.index: point for point in state.points}
    source = player.player(job, only=output)
    work = LanguageOutput.Work
    return {
        "job": job,
        "output": output,
        "fit": fit,
        "advice": ADVICE[fit.recommendation],
        "rows": [
            {"line": line, "point": point, "at": clock(point.at) if point else ""}
            for line in fit.lines
            for point in (points.get(line.index),)
        ],
        "points": [
            {"key": point.line.index, "at": round(point.at, 3), "seconds": point.seconds} for point in state.points
        ],
        "state": state,
        "mode": pausing.mode_of(output),
        "modes": LanguageOutput.DescriptionMode.choices,
        "has_film": job.accessible_video_mp4,
        "writable": may(user, output, "pause_points"),
        "may_choose": may(user, output, "description_mode") and job.accessible_video_mp4,
        "may_render": may(user, output, "pause_points") and job.status in pausing.RENDERED_FROM and job.wants_speech,
        "working": work.RUNNING in {output.render_status, output.tts_status},
        "progress": present.progress([job]).get(job.pk),
        "player": source,
        "film": player.described_film(output),
        "own_language": [output.language],
        "points_address": f"/api/v1/jobs/{job.pk}/accessible-video/{output.language}/pause-points/",
        "text_page": reverse("jobs:track", args=[job.pk, output.language, Track.Kind.AUDIO_DESCRIPTION])
        if player.has(output, Track.Kind.AUDIO_DESCRIPTION)
        else "",
        "socket": f"{SOCKET}?job_id={job.pk}",
        "after": last_seq(events.STREAM),
    }


def may(user: Any, output: LanguageOutput, action: str) -> bool:
    try:
        services.require_describing(user, output, action=action)
    except DomainError:
        return False
    return output.job.status not in Job.READ_ONLY
