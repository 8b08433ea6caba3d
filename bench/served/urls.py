"""Routes that do nothing, so that what is measured is what stands before every view."""

from __future__ import annotations

from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as studio
from core.rest.views import ApiView

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class SignedInPing(ApiView):
    def get(self, request: Request) -> Response:
        return Response({"who": str(request.user.pk)})


class OpenPing(ApiView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:  # noqa: ARG002  (the framework's signature)
        return Response({"who": "00000000-0000-0000-0000-000000000000"})


urlpatterns = [
    path("api/bench/open", OpenPing.as_view()),
    path("api/bench/signed-in", SignedInPing.as_view()),
    *studio,
]
