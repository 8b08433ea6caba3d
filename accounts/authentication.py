"""Who is calling the API."""

from __future__ import annotations

from rest_framework.authentication import SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User


class BrowserSession(SessionAuthentication):
    """The session cookie of a signed-in browser; writes need Django's CSRF token.

    A bearer header counts alone: junk beside a good session is refused, never skipped over.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        if get_authorization_header(request):
            raise AuthenticationFailed("Not authenticated")
        found = super().authenticate(request)
        return None if found is None else (found[0], None)

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  (the framework's signature)
        # Without it the framework would answer 403 where 401 is meant.
        return "Bearer"
