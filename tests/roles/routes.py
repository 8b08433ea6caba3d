"""Every route that exists, with its methods, read from the URL configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
PARAMETER_OF_TEMPLATE = re.compile(r"\{(\w+)\}")
# The Django admin has rules of its own (accounts/tests/test_admin_site.py); its door is in the matrix.
NOT_OURS = ("/admin/",)


def routes() -> list[str]:
    """Sorted, each as `GET /api/v1/jobs/{job_id}`."""
    return sorted({f"{method} {path}" for path, view in _patterns(get_resolver()) for method in methods_of(view)})


def _patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if path.startswith(NOT_OURS):
            continue
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield PARAMETER.sub(r"{\1}", path), pattern.callback


def methods_of(view: Callable[..., Any]) -> list[str]:
    shown = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if shown is not None:
        named = getattr(view, "actions", None) or {}
        allowed = [name.lower() for name in named] or [name.lower() for name in METHODS if hasattr(shown, name.lower())]
        return [method for method in METHODS if method.lower() in allowed]
    return _named_by_decorator(view) or ["GET"]


def _named_by_decorator(view: Callable[..., Any] | None) -> list[str]:
    """What `require_http_methods` and its kin around a function let through; they keep the list in a closure only."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            held = cell.cell_contents
            if isinstance(held, list | tuple) and held and set(held) <= {*METHODS, "HEAD", "OPTIONS"}:
                return [method for method in METHODS if method in held]
        view = getattr(view, "__wrapped__", None)
    return []
