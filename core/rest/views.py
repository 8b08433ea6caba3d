"""The base of every JSON view of the studio."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class ApiView(APIView):
    """Signed-in callers only, unless a view opens itself with `permission_classes = [AllowAny]`.

    `throttle_group` names the limit that counts (core.rest.limits), for all methods or by method; without it, the surface's own.
    """

    throttle_group: ClassVar[str | dict[str, str] | None] = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # The framework looks for the method last; here a method that is not served is 405 for everybody.
        if not hasattr(self, str(request.method).lower()):
            self.http_method_not_allowed(request, *args, **kwargs)
        super().initial(request, *args, **kwargs)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        """The methods, and nothing about the code behind them."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    @property
    def caller(self) -> AbstractBaseUser:
        assert isinstance(self.request.user, AbstractBaseUser)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user
