"""How the description of the API is made: from what a view declares (`takes`, `gives`, `query`), in the five surfaces' own words.

Shapes are written in the language of the documents: a mapping is an object, a list of one shape is a list, and a text names a
scalar (`uuid`, `nullable string`, `list<string>`, …).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from core.rest.dialects import UNKNOWN, Failure, Problem, dialect_of

Shape = Mapping[str, Any] | list[Any] | str
METHODS = ("get", "post", "put", "patch", "delete")
SCALARS: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "url": {"type": "string", "format": "uri"},
    "datetime": {"type": "string", "format": "date-time"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "object": {"type": "object", "additionalProperties": {}},
}
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
NUMBERS = ("page", "size", "older_than_days")
# Methods whose parameters stand in the query, unless a view says otherwise.
READS = frozenset({"GET", "DELETE"})
WRITES = frozenset({"POST", "PUT", "PATCH"})
# A slash at the end makes no difference; the description spells these as their documents do.
AS_WRITTEN = {"/api/sessions": "/api/sessions/"}


@dataclass(frozen=True)
class Made:
    """The shape of what a POST has created (201)."""

    shape: Shape


@dataclass(frozen=True)
class Begun:
    """The shape of what a POST answers when the work goes on after it (202)."""

    shape: Shape


@dataclass(frozen=True, kw_only=True)
class Gives:
    """What each method of a view answers when all is well. None: nothing (204)."""

    get: Shape | None = None
    post: Shape | Made | Begun | None = None
    put: Shape | None = None
    patch: Shape | None = None
    delete: Shape | None = None


def page(shape: Shape) -> Shape:
    """A page of such rows."""
    return {"items": [shape], "total": "int", "page": "int", "size": "int"}


def described(shape: Shape) -> dict[str, Any]:
    """The shape as JSON Schema, as OpenAPI 3.0 has it."""
    if isinstance(shape, list):
        return {"type": "array", "items": described(shape[0])}
    if isinstance(shape, str):
        if found := re.fullmatch(r"list<(.+)>", shape):
            return {"type": "array", "items": described(found[1])}
        if shape.startswith("nullable "):
            return {**described(shape.removeprefix("nullable ")), "nullable": True}
        return dict(SCALARS[shape])
    if set(shape) == {"$map"}:
        return {"type": "object", "additionalProperties": described(shape["$map"])}
    named = {name: described(inner) for name, inner in shape.items() if name != "$nullable"}
    whole: dict[str, Any] = {"type": "object", "properties": named}
    if named:
        whole["required"] = list(named)
    return {**whole, "nullable": True} if shape.get("$nullable") else whole


class StudioSchema(AutoSchema):
    """Reads a view's declarations; `extend_schema` on a method goes before them."""

    def get_operation_id(self) -> str:
        return "_".join([self.method.lower(), *re.findall(r"\w+", self.path.removeprefix("/api"))]).replace("-", "_")

    def get_tags(self) -> list[str]:
        return [group_of(self.path)]

    def get_description(self) -> str:  # type: ignore[override]  # the library's own signature, which is not the framework's
        handler = getattr(self.view, self.method.lower(), None)
        return inspect.cleandoc(getattr(handler, "__doc__", "") or type(self.view).__doc__ or "")

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "takes", None) if self.method in getattr(self.view, "bodied", WRITES) else None

    def _get_request_body(self, direction: Any = "request") -> Any:
        """The generator describes no body of a DELETE; some clients of ours send one."""
        if self.method != "DELETE" or self.method not in getattr(self.view, "bodied", WRITES):
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # the generator has no types
        self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # the generator has no types
        finally:
            self.method = "DELETE"

    def get_response_serializers(self) -> Any:
        gives: Gives | None = getattr(self.view, "gives", None)
        if gives is None:
            return {200: OpenApiTypes.OBJECT}
        shape: Shape | Made | Begun | None = getattr(gives, self.method.lower())
        if shape is None:
            return {204: None}
        if isinstance(shape, Begun):
            return {202: described(shape.shape)}
        return {201: described(shape.shape)} if isinstance(shape, Made) else {200: described(shape)}

    def get_override_parameters(self) -> list[Any]:
        wanted = getattr(self.view, "query", ()) if self.method in getattr(self.view, "query_methods", READS) else ()
        return [
            OpenApiParameter(one, OpenApiTypes.INT if one in NUMBERS else OpenApiTypes.STR)
            if isinstance(one, str)
            else one
            for one in wanted
        ]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation["responses"] = dict(sorted({**self.refusals(operation), **operation["responses"]}.items()))
        return operation

    def refusals(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        """What can go wrong on every route of this kind, each in an example of the surface's own words."""
        statuses = [429]
        if any(operation.get("security", [])):
            statuses += [401, 403]
        if "{" in self.path or getattr(self.view, "body_names_things", False):
            statuses.append(404)
        if operation.get("requestBody") or any(one["in"] == "query" for one in operation.get("parameters", [])):
            statuses.append(422)
        return dict(refusal(self.path, status) for status in statuses)


def refusal(path: str, status: int) -> tuple[str, dict[str, Any]]:
    dialect = dialect_of(path) or UNKNOWN
    codes = {422: "validation_error", 429: "rate_limit_exceeded"}
    problems = (Problem(("body", "field"), "Field required", "missing"),) if status == 422 else ()
    failure = Failure(
        status, codes.get(status, "refused"), problems=problems, retry_after=60 if status == 429 else None
    )
    body = dialect.body(failure, "request-id")
    schema = {"type": "object", "required": [name for name in body if name != "timestamp"]}
    content = {"application/json": {"schema": schema, "example": body}}
    return str(dialect.status(failure)), {"description": WORDS[status], "content": content}


WORDS = {
    401: "Not signed in",
    403: "The role does not allow it",
    404: "Not there, or not visible to the caller",
    422: "The input is not as described",
    429: "Too many requests; Retry-After says when to come again",
}


def group_of(path: str) -> str:
    words = [part for part in path.split("/") if part not in ("", "api", "v1")]
    return words[0] if words else "root"


# Pages and other plain views: the description lists them, too.


def with_pages(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: ARG001  (the library's hook)
    """Adds every route that the framework does not describe, the Django admin excepted."""
    listed = set(result["paths"])
    for path, view in plain_routes(get_resolver()):
        if path in listed:
            continue
        known = result["paths"].setdefault(path, {})
        for method in methods_of(view):
            known.setdefault(method, page_operation(path, method, view))
    paths = {AS_WRITTEN.get(path, path): about for path, about in result["paths"].items()}
    result["paths"] = dict(sorted(paths.items()))
    return result


def plain_routes(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from plain_routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield PARAMETER.sub(r"{\1}", path), pattern.callback


def methods_of(view: Callable[..., Any]) -> list[str]:
    """What `require_http_methods` and its kin let through; they keep the list in a closure only. Otherwise a page is for reading."""
    inner: Any = view
    while inner is not None:
        for cell in getattr(inner, "__closure__", None) or ():
            held = cell.cell_contents
            if isinstance(held, list | tuple) and held and set(held) <= {"HEAD", "OPTIONS", *map(str.upper, METHODS)}:
                return [method for method in METHODS if method.upper() in held]
        inner = getattr(inner, "__wrapped__", None)
    return ["get"]


def page_operation(path: str, method: str, view: Callable[..., Any]) -> dict[str, Any]:
    kind = "application/json" if dialect_of(path) or path == "/" else "text/html"
    operation: dict[str, Any] = {
        "operationId": "_".join([method, "page", *re.findall(r"\w+", path)]),
        "tags": ["pages" if kind == "text/html" else group_of(path)],
        "responses": {"200": {"description": "", "content": {kind: {"schema": {}}}}},
    }
    if words := inspect.cleandoc(getattr(view, "__doc__", None) or ""):
        operation["description"] = words
    if names := re.findall(r"{(\w+)}", path):
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    return operation
