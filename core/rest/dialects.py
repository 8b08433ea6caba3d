"""Which surface owns a path, and how that surface words a failure.

The five API documents each have an error body of their own; a failure is written in that of the surface that was called.
The longest prefix wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """One field that is wrong. `place` starts with body, query or path."""

    place: tuple[str | int, ...]
    message: str
    kind: str = "value_error"

    @property
    def field(self) -> str:
        return ".".join(str(part) for part in self.place[1:])


@dataclass(frozen=True)
class Failure:
    """What went wrong, in no dialect yet. An empty `message` asks for the surface's own sentence for that status.

    `wanted` is the action that was refused; it is for the audit trail and told to nobody.
    """

    status: int
    code: str
    message: str = ""
    problems: tuple[Problem, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    retry_after: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wanted: str = ""


@dataclass(frozen=True)
class Dialect:
    """`write` gets the failure, the sentence to use and the request id."""

    name: str
    write: Callable[[Failure, str, str], Body]
    sentences: Mapping[int, str] = field(default_factory=dict)
    validation_status: int = 400
    media_type_status: int = 415
    bearer: bool = True

    def body(self, failure: Failure, request_id: str) -> Body:
        message = (
            failure.message or self.sentences.get(failure.status) or SENTENCES.get(failure.status, "Request failed")
        )
        body = self.write(failure, message, request_id)
        return body | {key: value for key, value in failure.extra.items() if key not in body}

    def status(self, failure: Failure) -> int:
        if failure.code == "validation_error" and failure.status == 422:
            return self.validation_status
        return self.media_type_status if failure.status == 415 else failure.status


SENTENCES = {
    400: "The request cannot be read.",
    401: "Not authenticated",
    403: "Insufficient role permissions",
    404: "Not found",
    405: "This method is not allowed here.",
    406: "This cannot be answered in the format asked for.",
    413: "File size exceeds limit",
    415: "This type of content is not supported.",
    422: "Invalid request parameters",
    429: "Too many requests, please try again later",
    500: "Internal server error",
    503: "A service this needs is not available. Try again shortly.",
}


def platform(failure: Failure, message: str, request_id: str) -> Body:  # noqa: ARG001  (every dialect is asked alike)
    return {"error": first_problem(failure) or message}


def detail(failure: Failure, message: str, request_id: str) -> Body:  # noqa: ARG001  (every dialect is asked alike)
    if not failure.problems:
        return {"detail": message}
    return {
        "detail": [
            {"loc": list(problem.place), "msg": problem.message, "type": problem.kind} for problem in failure.problems
        ]
    }


def movie(failure: Failure, message: str, request_id: str) -> Body:
    return {
        "success": False,
        "error": {
            "code": MOVIE_CODES.get(failure.status, "INTERNAL_ERROR" if failure.status >= 500 else "VALIDATION_ERROR"),
            "message": message,
            "details": [{"field": problem.field, "message": problem.message} for problem in failure.problems],
        },
        "requestId": request_id,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def voice(failure: Failure, message: str, request_id: str) -> Body:  # noqa: ARG001  (every dialect is asked alike)
    body: Body = {"error": VOICE_CODES.get(failure.code, failure.code), "message": message}
    if failure.problems:
        body["details"] = {"field": failure.problems[0].field, "issue": failure.problems[0].message}
    if failure.retry_after is not None:
        body["retry_after"] = failure.retry_after
    return body


def shared(failure: Failure, message: str, request_id: str) -> Body:
    # Where the two documents word one failure differently, the view names the other sentence.
    return voice(failure, message, request_id) | {"detail": failure.extra.get("detail", message)}


def movie_and_pipeline(failure: Failure, message: str, request_id: str) -> Body:
    detail = PIPELINE.sentences[401] if failure.status == 401 else message
    return movie(failure, message, request_id) | {"detail": detail}


def unknown(failure: Failure, message: str, request_id: str) -> Body:  # noqa: ARG001  (every dialect is asked alike)
    message = first_problem(failure) or message
    return {"error": message, "detail": message}


def first_problem(failure: Failure) -> str:
    """Surfaces whose error is a single sentence name the first field that is wrong."""
    if not failure.problems:
        return ""
    problem = failure.problems[0]
    if problem.kind == "missing":
        return f"{problem.field} is required"
    return f"{problem.field}: {problem.message}" if problem.field else problem.message


MOVIE_CODES = {
    400: "VALIDATION_ERROR",
    401: "AUTH_REQUIRED",
    402: "SUBSCRIPTION_LIMIT",
    403: "ACCESS_DENIED",
    404: "NOT_FOUND",
    413: "FILE_TOO_LARGE",
    415: "UNSUPPORTED_FORMAT",
    429: "RATE_LIMITED",
    503: "AI_SERVICE_ERROR",
}
VOICE_CODES = {
    "bad_request": "validation_error",
    "unsupported_type": "validation_error",
    "wrong_state": "conflict",
    "too_large": "file_too_large",
}

PLATFORM = Dialect(
    "platform", platform, {401: "Not logged in", 403: "Access denied"}, media_type_status=400, bearer=False
)
PIPELINE = Dialect("pipeline", detail, {401: "Could not validate credentials"}, validation_status=422)
ACCESSIBLE = Dialect("accessible", detail, validation_status=422)
MOVIE = Dialect(
    "movie",
    movie,
    {
        401: "Authentication token required",
        403: "Access denied to project",
        422: "Invalid request data",
        429: "Too many requests",
        503: "AI processing service unavailable",
    },
)
VOICE = Dialect(
    "voice",
    voice,
    {
        401: "Invalid or expired token",
        404: "Resource not found",
        413: "File exceeds the upload limit",
        500: "An unexpected error occurred",
    },
    media_type_status=400,
)
SHARED = Dialect("shared", shared, {401: "Invalid or expired token", 500: "An unexpected error occurred"})
MOVIE_AND_PIPELINE = Dialect(
    "movie_and_pipeline",
    movie_and_pipeline,
    {401: "Could not validate credentials", 422: "Invalid request data", 429: "Too many requests"},
)
UNKNOWN = Dialect("unknown", unknown)

PREFIXES: dict[str, Dialect] = {
    **dict.fromkeys(("/api", "/files", "/uploads", "/ws", "/openapi.json", "/healthz", "/readyz"), UNKNOWN),
    **dict.fromkeys(
        (
            "/api/ai-logs",
            "/api/audio",
            "/api/audio-clip",
            "/api/audio-preview",
            "/api/chat",
            "/api/clip-download",
            "/api/clip-preview",
            "/api/clips",
            "/api/conversations",
            "/api/dubs",
            "/api/messages",
            "/api/personas",
            "/api/projects",
            "/api/records",
            "/api/renders",
            "/api/script-examples",
            "/api/script-feedback",
            "/api/segments",
            "/api/transcript-segment",
            "/api/transcripts",
            "/api/users",
            "/api/video-download",
            "/api/video-preview",
            "/api/video-thumbnail",
            "/api/videos",
        ),
        PLATFORM,
    ),
    **dict.fromkeys(
        (
            "/health",
            "/api/auth",
            "/api/compose-final-video",
            "/api/generate-clips",
            "/api/generate-images",
            "/api/generation-models",
            "/api/generation-presets",
            "/api/save-approved-clips",
            "/api/save-approved-images",
            "/api/sessions",
            "/api/storage",
        ),
        PIPELINE,
    ),
    **dict.fromkeys(("/api/v1", "/api/v1/files/signed-upload"), ACCESSIBLE),
    **dict.fromkeys(
        ("/api/v1/chat", "/api/v1/media", "/api/v1/projects", "/api/v1/webhooks", "/api/v1/websocket"), MOVIE
    ),
    **dict.fromkeys(("/api/v1/files", "/api/v1/process", "/api/v1/voices"), VOICE),
    "/api/auth/login": MOVIE_AND_PIPELINE,
    "/api/v1/auth": SHARED,
    "/api/v1/auth/microsoft": ACCESSIBLE,
}


def dialect_of(path: str) -> Dialect | None:
    """The dialect that owns `path`; None for pages."""
    parts = path.split("/")
    for end in range(len(parts), 1, -1):
        found = PREFIXES.get("/".join(parts[:end]))
        if found is not None:
            return found
    return None
