"""The description of the API: `/openapi.json` for programs, Swagger UI for people who try it, and a plain list that needs no scripts."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny

from core.rest.schema import METHODS

openapi = SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[AllowAny], throttle_classes=[])


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "rest/docs.html", {"groups": listing()})


@cache
def listing() -> list[dict[str, Any]]:
    """The operations of the schema by what they are about. Routes do not change while a process lives."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                group = operations[method]["tags"][0]
                groups.setdefault(group, []).append(operation(path, method, operations[method]))
    return [{"name": name, "operations": rows} for name, rows in sorted(groups.items())]


def operation(path: str, method: str, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "method": method.upper(),
        "path": path,
        "summary": given.get("summary") or given.get("description", "").split("\n")[0],
        "parameters": ", ".join(parameter["name"] for parameter in given.get("parameters", [])),
        "answers": ", ".join(sorted(given.get("responses", {}))),
    }
