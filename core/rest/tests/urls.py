"""Routes that fail in every way there is, below every surface's prefix."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework import exceptions, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import InvalidFieldError, NotFoundError, TooManyRequestsError, UnavailableError, WrongStateError
from core.rest.inputs import Input
from core.rest.paging import PageRequest
from core.rest.parsers import StrictJSONParser, TrackJSONParser
from core.rest.views import ApiView


class Outputs(Input):
    languages = serializers.ListField(child=serializers.CharField(max_length=8))


class Cue(Input):
    start = serializers.FloatField()


class Order(Input):
    title = serializers.CharField()
    outputs = Outputs(required=False)
    cues = Cue(many=True, required=False)


class UnexpectedError(Exception):
    pass


FAILURES: dict[str, Exception] = {
    "state": WrongStateError("Job is completed", current_status="completed"),
    "missing": NotFoundError("Job not found"),
    "http404": Http404("No LanguageOutput matches the given query."),
    "forbidden": PermissionDenied(),
    "role": exceptions.PermissionDenied(),
    "anonymous": exceptions.NotAuthenticated(),
    "busy": TooManyRequestsError(retry_after=7),
    "down": UnavailableError(retry_after=3),
    "query": InvalidFieldError("Input should be a whole number", field="query.page", kind="int_parsing"),
    "throttled": exceptions.Throttled(wait=11.2),
    "database": OperationalError("connection to server at psycopg failed"),
    "redis": RedisConnectionError("Error 111 connecting"),
    "bug": UnexpectedError("password=hunter2"),
}


class Fail(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request, **_: Any) -> Response:
        if "page" in request.query_params or "size" in request.query_params:
            page = PageRequest.parse(request.query_params)
            return Response({"page": page.page, "size": page.size})
        raise FAILURES[request.query_params["raise"]]

    def post(self, request: Request, **_: Any) -> Response:
        return Response(Order.parse(request.data))


class Track(Fail):
    max_body_bytes = 4 * 2**20
    parser_classes = (TrackJSONParser,)

    def post(self, request: Request, **_: Any) -> Response:
        return Response({"length": len(request.data["vtt"])})


class Limited(ApiView):
    """Answers whoever is signed in."""

    throttle_group: ClassVar[dict[str, str] | str | None] = None

    def get(self, request: Request, **_: Any) -> Response:
        if "raise" in request.query_params:
            raise FAILURES[request.query_params["raise"]]
        return Response({"ok": True})

    def post(self, request: Request, **_: Any) -> Response:
        return Response({"ok": True})


class Thing(Input):
    name = serializers.CharField()


class Things(ApiView):
    """Makes one thing per request."""

    parser_classes = (StrictJSONParser, MultiPartParser)

    def post(self, request: Request, **_: Any) -> Response:
        name = Thing.parse(request.data)["name"]
        if "raise" in request.data:
            raise FAILURES[request.data["raise"]]
        made = Group.objects.create(name=f"{name} {uuid.uuid4()}")
        if "empty" in request.data:
            return Response(status=204)
        body = {"id": made.pk, "name": made.name, "bytes": len(request.FILES["file"].read()) if request.FILES else 0}
        response = Response(body, status=201, headers={"Location": f"/things/{made.pk}"})
        if "cookie" in request.data:
            response.set_cookie("refresh_token", "x")
        return response


class SecretThings(Things):
    idempotent = False


class Part(ApiView):
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        raise NotFoundError("Part not found")


class Cached(Limited):
    permission_classes = (AllowAny,)

    def get(self, request: Request, **_: Any) -> Response:
        return Response({}, headers={"Cache-Control": "private, max-age=60"})


class Cookie(Limited):
    permission_classes = (AllowAny,)

    def get(self, request: Request, **_: Any) -> Response:
        response = Response({})
        response.set_cookie("taste", "sweet")
        return response


@require_safe
def bare(request: HttpRequest, **_: Any) -> HttpResponse:
    return HttpResponse()


class LimitedAuth(Limited):
    permission_classes = (AllowAny,)
    throttle_group = "auth"


def page(request: HttpRequest) -> HttpResponse:
    raise FAILURES[request.GET["raise"]]


async def async_page(request: HttpRequest) -> HttpResponse:
    if "raise" in request.GET:
        raise FAILURES[request.GET["raise"]]
    return JsonResponse({"ok": True})


urlpatterns = [
    path("", include("core.rest.urls")),
    path("page", page),
    path("async-page", async_page),
    path("api/v1/track", Track.as_view()),
    path("api/v1/process/upload", Limited.as_view(throttle_group={"POST": "upload"})),
    path("api/v1/process/processing", Limited.as_view(throttle_group="processing")),
    path("api/v1/auth/limited", LimitedAuth.as_view()),
    path("api/auth/limited", LimitedAuth.as_view()),
    re_path(r"^api/v1/(?:projects|voices|jobs)/limited$", Limited.as_view()),
    re_path(r"^api/v1/(?:jobs|projects|voices)/things$", Things.as_view()),
    path("api/v1/auth/things", SecretThings.as_view()),
    path("api/v1/jobs/<uuid:job_id>/void/part", Part.as_view()),
    path("api/v1/cached", Cached.as_view()),
    path("api/v1/cookie", Cookie.as_view()),
    re_path(r"^api/.*/bare$", csrf_exempt(bare)),
    path("admin/", admin.site.urls),
    re_path(r"^(?P<rest>api/(?!.*void).*)$", Fail.as_view()),
]
handler400 = "core.rest.errors.bad_request"
handler403 = "core.rest.errors.permission_denied"
handler404 = "core.rest.errors.page_not_found"
handler500 = "core.rest.errors.server_error"
