"""The base of every JSON view of the studio."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.rest import idempotency
from core.rest.inputs import Input
from core.rest.schema import READS, WRITES, Gives, StudioSchema


class ApiView(APIView):
    """Signed-in callers only, unless a view opens itself with `permission_classes = [AllowAny]`.

    `takes`, `gives` and `query` tell the description of the API what a write wants, what is answered, and what a query may hold.
    `query_methods` are those whose query that is. `bodied` are those whose body `takes` tells of.
    With `body_names_things` ids stand in the body, so that what they name may not be there.
    `throttle_group` names the limit that counts (core.rest.limits), for all methods or by method; without it, the surface's own.
    A POST with an Idempotency-Key is carried out once; views whose answer is a credential switch that off, because it is stored.
    """

    schema = StudioSchema()
    takes: ClassVar[type[Input] | None] = None
    gives: ClassVar[Gives | None] = None
    query: ClassVar[tuple[str | type[Input], ...]] = ()
    query_methods: ClassVar[frozenset[str]] = READS
    bodied: ClassVar[frozenset[str]] = WRITES
    body_names_things: ClassVar[bool] = False
    throttle_group: ClassVar[str | dict[str, str] | None] = None
    idempotent: ClassVar[bool] = True
    claim: idempotency.Claim | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # The framework looks for the method last; here a method that is not served is 405 for everybody.
        if not hasattr(self, str(request.method).lower()):
            self.http_method_not_allowed(request, *args, **kwargs)
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and self.idempotent:
            # The framework looks for the handler next, and finds the one that replays.
            self.claim, vars(self)["post"] = idempotency.guarded(request, getattr(self, "post"))  # noqa: B009  (see hasattr above)

    def handle_exception(self, exc: Exception) -> Response:
        try:
            return super().handle_exception(exc)
        except Exception:
            # A bug: the server's error page answers, and the key is free again.
            if self.claim is not None:
                self.claim.release()
            raise

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.claim is not None:
            idempotency.when_final(response, self.claim.keep)
        return response

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # noqa: ARG002  (the framework's signature)
        """The methods, and nothing about the code behind them."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    @property
    def caller(self) -> AbstractBaseUser:
        assert isinstance(self.request.user, AbstractBaseUser)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user
