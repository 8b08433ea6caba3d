"""What the views of this app have in common."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from accounts.models import User
from core.rest.inputs import Input
from core.rest.views import ApiView

ANSWERS: dict[str, dict[int, Any]] = {
    "POST": {201: OpenApiTypes.OBJECT},
    "DELETE": {204: None},
}
PAGING = ("page", "size")


class PlainSchema(AutoSchema):
    """How the description of the API gets to know what a view takes. Answers are objects; tests hold them against the documents."""

    def get_request_serializer(self) -> Any:
        return None if self.method in ("GET", "DELETE") else self.described.takes

    def get_response_serializers(self) -> Any:
        return ANSWERS.get(self.method, {200: OpenApiTypes.OBJECT})

    def get_description(self) -> str:  # type: ignore[override]  # the library's own signature, which is not the framework's
        method = getattr(self.view, self.method.lower())
        return inspect.cleandoc(method.__doc__ or type(self.view).__doc__ or "")

    def get_override_parameters(self) -> list[Any]:
        return [] if self.method != "GET" else [OpenApiParameter(name) for name in self.described.query]

    @property
    def described(self) -> PersonView:
        assert isinstance(self.view, PersonView)  # noqa: S101  (it stands on nothing else)
        return self.view


class PersonView(ApiView):
    """For signed-in people. `takes` is what a write wants, `query` names the parameters of GET."""

    schema = PlainSchema()
    takes: ClassVar[type[Input] | None] = None
    query: ClassVar[tuple[str, ...]] = ()

    @property
    def caller(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user
