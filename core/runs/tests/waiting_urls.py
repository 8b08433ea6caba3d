"""Views that answer with the result of the run in their path."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from core.rest.views import ApiView
from core.rest.waiting import as_json, when_done
from core.runs.models import Run


class Result(ApiView):
    permission_classes = (AllowAny,)

    def get(self, request: Request, run_id: uuid.UUID) -> HttpResponse:
        return when_done(request, Run.objects.get(pk=run_id), lambda run: as_json({"text": text_of(run)}))

    post = get


def text_of(run: Run) -> str:
    if run.params.get("bug"):
        raise RuntimeError("secret words of a bug")
    text: str = run.steps.get().result["text"]
    return text


def page(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    pending = HttpResponse("It is being made.", status=202)
    return when_done(request, Run.objects.get(pk=run_id), lambda _: HttpResponseRedirect("/there"), pending=pending)


urlpatterns = [path("api/videos/<uuid:run_id>", Result.as_view()), path("made/<uuid:run_id>", page)]
handler500 = "core.rest.errors.server_error"
