"""Every failure, whatever raised it, becomes one `Failure`, and that is written in the dialect of the surface that was called.

Nothing here names an exception or shows a traceback; what nobody expected is logged with the request's id.
"""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader
from django.urls import Resolver404, ResolverMatch, resolve
from django.views.decorators.csrf import requires_csrf_token
from redis.exceptions import RedisError
from rest_framework import exceptions as drf
from rest_framework.fields import Field, FileField
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, InvalidFieldError, NotAllowedError
from core.rest import denials
from core.rest.dialects import UNKNOWN, Failure, Problem, dialect_of
from core.rest.request_info import route_of

log = structlog.get_logger(__name__)

NO_ID = uuid.UUID(int=0)
# The framework's words for what was left out.
REQUIRED = {str(kind.default_error_messages["required"]) for kind in (Field, FileField)}
PLACES = ("body", "query", "path")
NOT_FOUND_BY_DJANGO = re.compile(r"No (\w+) matches the given query\.")
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_type",
    422: "validation_error",
    429: "rate_limit_exceeded",
    500: "internal_error",
    503: "unavailable",
}


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's hook. None: nobody expected this; it goes on to `server_error`."""
    failure = failure_of(error)
    if failure is None:
        return None
    set_rollback()
    denials.note(context["request"], failure)
    path = context["request"].path
    dialect = dialect_of(path) or UNKNOWN
    response = Response(dialect.body(failure, request_id()), status=dialect.status(failure))
    add_headers(response, failure, bearer=dialect.bearer)
    return response


def failure_of(error: Exception) -> Failure | None:  # noqa: PLR0911  (a table: one line for each kind)
    """What `error` means to the caller; None when it is a bug."""
    match error:
        case InvalidFieldError():
            problem = Problem(place_of(error.field), error.message, error.kind)
            # A field may also clash with what is there already; then its sentence says so, not the surface's.
            said = "" if error.status_code == InvalidFieldError.status_code else error.message
            return Failure(error.status_code, "validation_error", said, problems=(problem,), extra=error.details)
        case DomainError():
            # Surfaces have sentences of their own for these.
            own = error.status_code in {401, 429} or type(error) is NotAllowedError
            standard = own and error.message == type(error).default_message
            return Failure(
                error.status_code,
                error.code,
                "" if standard else error.message,
                extra=error.details,
                retry_after=getattr(error, "retry_after", None),
                wanted=getattr(error, "action", ""),
            )
        case drf.ValidationError():
            return Failure(422, "validation_error", problems=tuple(problems_in(error.detail, ("body",))))
        case drf.APIException():
            return failure_of_framework(error)
        case Http404():
            return Failure(404, "not_found", missing_thing(error))
        case PermissionDenied():
            return Failure(403, "forbidden", str(error))
        case RequestDataTooBig():
            return Failure(413, "too_large", "The request is larger than allowed here.")
        case TooManyFieldsSent() | TooManyFilesSent():
            return Failure(400, "bad_request", "The request has too many fields.")
        case OperationalError() | InterfaceError() | RedisError():
            # Gone, too busy, or a lock that did not come: nothing the caller did, and worth another try.
            log.error("dependency.unavailable", exc_info=error)
            return Failure(503, "unavailable", retry_after=5)
    return None


def failure_of_framework(error: drf.APIException) -> Failure:
    status = error.status_code
    code = CODES.get(status, "bad_request")
    match error:
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return Failure(401, "unauthorized")
        case drf.PermissionDenied() if str(error.detail).startswith("CSRF"):
            return Failure(403, code, "CSRF check failed")
        case drf.ParseError() if str(error.detail) != drf.ParseError.default_detail:
            return Failure(400, code, str(error.detail))
        case drf.Throttled():
            return Failure(429, code, retry_after=round(getattr(error, "wait", None) or 60))
    own_words = str(error.detail) != str(error.default_detail) and status in (400, 403, 404)
    return Failure(status, code, str(error.detail) if own_words else "")


def place_of(field: str) -> tuple[str | int, ...]:
    """`query.page` → (query, page); a bare name is in the body."""
    parts = tuple(field.split(".")) if field else ()
    return parts if parts and parts[0] in PLACES else ("body", *parts)


def problems_in(detail: Any, place: tuple[str | int, ...]) -> Iterator[Problem]:
    """A serializer's nested errors, flattened, each with the way to its field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from problems_in(inner, place if name == "non_field_errors" else (*place, name))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for index, inner in enumerate(detail):
            # A list of messages belongs to its field; a list of mappings is one per item, empty where the item is right.
            yield from problems_in(inner, (*place, index) if isinstance(inner, Mapping) else place)
    elif getattr(detail, "code", "") == "required":
        # Some documents have words of their own for it.
        said = str(detail)
        yield Problem(place, "Field required" if said in REQUIRED else said, "missing")
    else:
        yield Problem(place, str(detail))


def missing_thing(error: Http404) -> str:
    """`get_object_or_404` names the model; the documents say "Job not found"."""
    found = NOT_FOUND_BY_DJANGO.fullmatch(str(error))
    if found is None:
        return ""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", found[1])
    return f"{words.capitalize()} not found"


def request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def add_headers(response: HttpResponseBase, failure: Failure, *, bearer: bool) -> None:
    for name, value in failure.headers.items():
        response.headers[name] = value
    if failure.retry_after is not None:
        response.headers["Retry-After"] = str(failure.retry_after)
    if failure.status == 401 and bearer:
        response.headers["WWW-Authenticate"] = "Bearer"


def answer(request: HttpRequest, failure: Failure) -> HttpResponse:
    """The failure for a plain Django view: JSON where a surface owns the path, otherwise a page."""
    denials.note(request, failure)
    dialect = dialect_of(request.path)
    if dialect is None:
        return page(request, failure)
    response = JsonResponse(dialect.body(failure, request_id()), status=dialect.status(failure))
    add_headers(response, failure, bearer=dialect.bearer)
    return response


PAGES = {400: "errors/400.html", 403: "errors/403.html", 404: "errors/404.html", 500: "errors/500.html"}


def page(request: HttpRequest, failure: Failure) -> HttpResponse:
    template = PAGES.get(failure.status) or PAGES[500 if failure.status >= 500 else 400]
    context = {"message": failure.message, "request_id": request_id()}
    response = HttpResponse(loader.render_to_string(template, context, request), status=failure.status)
    add_headers(response, failure, bearer=False)
    return response


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, failure_of(exception) or Failure(400, "bad_request"))


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Failure(403, "forbidden", str(exception)))


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if isinstance(exception, Resolver404):
        meant = route_of_malformed_id(request.path_info)
        if meant is not None:
            request.resolver_match = meant
            found: HttpResponseBase = meant.func(request, *meant.args, **meant.kwargs)
            return found
    return answer(
        request, Failure(404, "not_found", missing_thing(exception) if isinstance(exception, Http404) else "")
    )


def route_of_malformed_id(path: str) -> ResolverMatch | None:
    """The route of the API that `path` means, with an id that nothing has where the path holds none at all.

    So an id that cannot be one is answered as one that does not exist: 401 to strangers, else the same 404 in the same words.
    """
    if not path.startswith("/api/"):
        return None
    parts = path.split("/")
    wrong = [place for place in range(2, len(parts)) if not is_uuid(parts[place])]
    for count in (1, 2):
        for places in combinations(reversed(wrong), count):
            tried = "/".join(str(NO_ID) if place in places else part for place, part in enumerate(parts))
            try:
                match = resolve(tried)
            except Resolver404:
                continue
            # Only views that judge the caller themselves: the framework's own check of forms has not run for this route.
            if NO_ID in match.kwargs.values() and hasattr(match.func, "cls"):
                return match
    return None


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    # Django calls this while it handles the exception.
    error = sys.exc_info()[1]
    expected = failure_of(error) if isinstance(error, Exception) else None
    if expected is not None:
        return answer(request, expected)
    log.error("request.failed", method=request.method, route=route_of(request), exc_info=True)  # noqa: LOG014
    return answer(request, Failure(500, "internal_error"))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    log.warning("request.csrf_failed", reason=reason)
    message = (
        "CSRF check failed" if dialect_of(request.path) else "This form has expired. Go back, reload it and try again."
    )
    return answer(request, Failure(403, "forbidden", message))
