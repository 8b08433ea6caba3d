"""Who is calling: browsers by their session, programs by a bearer token or an API key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck, get_authorization_header
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.models import User
from accounts.services import api_keys, sign_in, tokens
from accounts.services.sign_in import Credential
from core.errors import NotSignedInError
from core.prepared import Prepared

Person = User | AnonymousUser
MAY_SIGN_IN = Prepared(lambda pk: User.objects.signing_in().active().filter(pk=pk).order_by(), pk=UUID(int=1))


class People(ModelBackend):
    """Django's own doors (its forms, its admin) lead to the one sign-in function."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002  (the framework's signature)
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        if not username or password is None:
            return None
        try:
            return sign_in.check_password(email=username, password=password)
        except NotSignedInError:
            return None

    def get_user(self, user_id: Any) -> User | None:
        return MAY_SIGN_IN.first(pk=user_id)


class SignedInMiddleware(AuthenticationMiddleware):
    """`request.user`, found when it is first asked for. A session that is too old, or lacks the second factor, is nobody's."""

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(lambda: person_of(request))  # type: ignore[assignment]
        request.auser = sync_to_async(lambda: person_of(request))

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        # Nothing here waits, so the request need not change threads for it.
        self.process_request(request)
        response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]  # an async handler stands here
        return response


def person_of(request: HttpRequest) -> Person:
    known: Person | None = request.__dict__.get("_person")
    if known is None:
        known = request.__dict__["_person"] = browser_person(request)
    return known


def browser_person(request: HttpRequest) -> Person:
    user = session_person(request)
    if user.is_authenticated:
        sign_in.note_seen(request.session)
    elif sign_in.was_left_alone(request.session):
        sign_in.end_left_alone(request.session)
    return user


def session_person(request: HttpRequest) -> Person:
    """Whose session this is, as long as it counts."""
    user = auth.get_user(request)
    if not isinstance(user, User) or not sign_in.still_counts(request.session, user):
        return AnonymousUser()
    return user


class BearerOrBrowser(BaseAuthentication):
    """A bearer header counts alone: junk beside a good session is refused, never skipped over. Other schemes are refused.

    Without a header the browser's session counts, and writes need Django's CSRF token.
    """

    def authenticate(self, request: Request) -> tuple[User, Credential | None] | None:
        header = get_authorization_header(request)
        if header:
            return by_bearer(bearer_of(header), method=request.method or "", path=request.path)
        user = request._request.user  # noqa: SLF001  (the session's person; request.user asks this method)
        if not isinstance(user, User) and not user.is_authenticated:
            return None
        require_own_page(request)
        return user, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  (the framework's signature)
        # Without it the framework would answer 403 where 401 is meant.
        return "Bearer"


def bearer_of(header: bytes) -> str:
    """The credential in an Authorization header, which must be a bearer's."""
    parts = header.split()
    if len(parts) != 2 or parts[0].lower() != b"bearer":
        raise NotSignedInError
    try:
        return parts[1].decode("ascii")
    except UnicodeDecodeError as error:
        raise NotSignedInError from error


def by_bearer(credential: str, *, method: str, path: str) -> tuple[User, Credential]:
    if credential.startswith(api_keys.PREFIX):
        return api_keys.authenticate(credential, method=method, path=path)
    return tokens.authenticate(credential)


def require_own_page(request: Request) -> None:
    """Unsafe requests with a cookie must come from our own pages: with their token, and not from another site."""
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]  # only its checks are used, never its answer
    plain = request._request  # noqa: SLF001  (CSRF is checked on Django's own request)
    check.process_request(plain)
    reason = check.process_view(plain, HttpResponse, (), {})
    cross_site = request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method not in api_keys.READING
    if reason or cross_site:
        raise PermissionDenied("CSRF check failed")


def from_own_page(request: HttpRequest | Request) -> bool:
    """Whether a browser says that one of our own pages sends this, or nothing says that a browser does."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    own = f"{'https' if request.is_secure() else 'http'}://{request.get_host()}"
    return origin in (None, own) and site in (None, "same-origin")


class BearerOrBrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library is half typed
    """How the description of the API names the two."""

    target_class = "accounts.authentication.BearerOrBrowser"
    name = ["bearer", "session"]  # noqa: RUF012  (the library's protocol)

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:  # noqa: ARG002  (the framework's signature)
        """Either of them, not both."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:  # noqa: ARG002  (the framework's signature)
        return [
            {"type": "http", "scheme": "bearer", "description": "An access token from a sign-in route, or an API key."},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": settings.SESSION_COOKIE_NAME,
                "description": "A browser's session.",
            },
        ]
