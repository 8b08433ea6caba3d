"""Signing in, renewing and signing out over JSON: five documents, one sign-in.

Every route that mints a credential asks for the second factor in the same way: 401 with `mfa`, then the same call again with
`challenge` and `otp`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import bearer_of, from_own_page
from accounts.models import User
from accounts.services import exchange, microsoft, sign_in, tokens
from accounts.services.tokens import Pair
from core.errors import NotAllowedError, NotSignedInError
from core.rest.inputs import Input
from core.rest.parsers import StrictJSONParser
from core.rest.views import ApiView

COOKIE = "refresh_token"
COOKIE_PATH = "/api/v1/auth"
CROSS_SITE = "Another site cannot use this browser's sign-in."
BAD_EMAIL: dict[str, Any] = {"invalid": "Invalid email format"}


class SecondFactorInput(Input):
    """What repeats a call that was answered with `mfa`."""

    challenge = serializers.CharField(max_length=200, required=False, default="")
    otp = serializers.CharField(max_length=64, required=False, default="")


class LoginInput(SecondFactorInput):
    email = serializers.EmailField(max_length=254, error_messages=BAD_EMAIL)
    password = serializers.CharField(max_length=sign_in.LONGEST_PASSWORD, trim_whitespace=False)


class FormLoginInput(SecondFactorInput):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=sign_in.LONGEST_PASSWORD, trim_whitespace=False)


class ExchangeInput(SecondFactorInput):
    email = serializers.EmailField(max_length=254, error_messages=BAD_EMAIL)


class MicrosoftInput(SecondFactorInput):
    id_token = serializers.CharField(max_length=16_384)
    nonce = serializers.CharField(max_length=300, required=False, default="")


class PersonOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.CharField()


class TokenOutput(serializers.Serializer[Any]):
    """`token` is `access_token` once more; `refresh_token` is left out where a cookie holds it."""

    success = serializers.BooleanField()
    access_token = serializers.CharField()
    token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    refresh_token = serializers.CharField(required=False)
    user = PersonOutput()


class MeOutput(PersonOutput):
    created_at = serializers.DateTimeField()


class MessageOutput(serializers.Serializer[Any]):
    message = serializers.CharField()


REFUSED = OpenApiResponse(description="Not signed in. With `mfa`: repeat the call with `challenge` and `otp`.")
ANSWERS = {
    200: TokenOutput,
    400: OpenApiResponse(description="The body is not valid."),
    401: REFUSED,
    415: OpenApiResponse(description="The body is of another type."),
    422: OpenApiResponse(description="The body is not valid."),
    429: OpenApiResponse(description="Too many calls from this address, or too many wrong tries."),
    503: OpenApiResponse(description="What this needs is away, or not configured."),
}
ENDED = {
    200: MessageOutput,
    401: OpenApiResponse(description="Not signed in."),
    403: OpenApiResponse(description="Not from our own page, or by an API key."),
    429: ANSWERS[429],
}


class MintingView(ApiView):
    """Hands out credentials: to anybody who proves who they are, by nothing that came along in a header or a cookie."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_group = "auth"
    # An answer with a credential in it is never kept for a repeated request.
    idempotent = False

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def proved_second(body: Mapping[str, Any], *, email: str | None = None) -> tuple[User, list[str]] | None:
    """Who repeats the call with a code; None for a first call. `email` must be that person's where the call names one."""
    if not body["challenge"]:
        return None
    user, methods = sign_in.prove_challenge(body["challenge"], body["otp"])
    if email is not None and user.email != email.strip().lower():
        raise NotSignedInError
    return user, methods


def by_password(body: Mapping[str, Any], *, email: str) -> tuple[User, Pair]:
    user, methods = proved_second(body, email=email) or (
        sign_in.check_password(email=email, password=body["password"]),
        ["pwd"],
    )
    return user, tokens.grant(user, methods=methods)


def person_output(user: User, *, role: str | None = None) -> dict[str, Any]:
    return {"id": str(user.pk), "email": user.email, "name": user.get_full_name(), "role": role or user.role}


def token_output(pair: Pair, user: User, *, with_refresh: bool) -> dict[str, Any]:
    body = {
        "success": True,
        "access_token": pair.access_token,
        "token": pair.access_token,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
        "user": person_output(user),
    }
    return body | ({"refresh_token": pair.refresh_token} if with_refresh else {})


def set_cookie(response: Response, request: HttpRequest | Request, pair: Pair) -> Response:
    response.set_cookie(
        COOKIE,
        pair.refresh_token,
        max_age=settings.REFRESH_TOKEN_SECONDS,
        path=COOKIE_PATH,
        httponly=True,
        secure=settings.PRODUCTION or request.is_secure(),
        samesite="Strict",
    )
    return response


def clear_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Strict")
    return response


class Login(MintingView):
    """`POST /api/v1/auth/login` of the accessible and the voice document."""

    @extend_schema(request=LoginInput, responses=ANSWERS)
    def post(self, request: Request) -> Response:
        body = LoginInput.parse(request.data)
        user, pair = by_password(body, email=body["email"])
        return set_cookie(Response(token_output(pair, user, with_refresh=True)), request, pair)


class FilmAndPipelineLogin(MintingView):
    """`POST /api/auth/login`: the film document's JSON with `email`, the pipeline's form with `username`, one answer for both."""

    parser_classes = (StrictJSONParser, FormParser, MultiPartParser)

    @extend_schema(
        request={"application/json": LoginInput, "application/x-www-form-urlencoded": FormLoginInput},
        responses=ANSWERS,
    )
    def post(self, request: Request) -> Response:
        form = not (request.content_type or "").startswith("application/json")
        name, other = ("username", "email") if form else ("email", "username")
        given = request.data
        # Each form takes the other's name for the address, too.
        if isinstance(given, Mapping) and name not in given and other in given:
            given = {**{key: given[key] for key in given}, name: given[other]}
        body = (FormLoginInput if form else LoginInput).parse(given)
        user, pair = by_password(body, email=body[name])
        # The film document knows two roles.
        role = "admin" if user.is_platform_admin else "user"
        answer = token_output(pair, user, with_refresh=False) | {"user": person_output(user, role=role)}
        return Response(answer)


class Exchange(MintingView):
    """A token for whom this browser is signed in as, or for whom a configured issuer vouches."""

    @extend_schema(request=ExchangeInput, responses=ANSWERS)
    def post(self, request: Request) -> Response:
        body = ExchangeInput.parse(request.data)
        email = body["email"].strip().lower()
        user, methods = proved_second(body, email=email) or self.proved(request, email)
        return Response(token_output(tokens.grant(user, methods=methods), user, with_refresh=False))

    def proved(self, request: Request, email: str) -> tuple[User, list[str]]:
        header = request.headers.get("Authorization", "")
        if header:
            return exchange.person_of(bearer_of(header.encode()), email=email), exchange.METHODS
        browser = request._request  # noqa: SLF001  (the session's person)
        user = self.person_before
        if not isinstance(user, User) or user.email != email or not from_own_page(browser):
            raise NotSignedInError
        return user, browser.session.get(sign_in.METHODS, ["pwd"])

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # The framework puts its own idea of the caller in this place when it finds no authentication class.
        self.person_before = getattr(request, "user", None)
        return super().initialize_request(request, *args, **kwargs)


class Microsoft(MintingView):
    """A pair of tokens for an id token of Microsoft's identity platform."""

    @extend_schema(request=MicrosoftInput, responses=ANSWERS)
    def post(self, request: Request) -> Response:
        body = MicrosoftInput.parse(request.data)
        user, methods = proved_second(body) or (
            microsoft.person_of(body["id_token"], nonce=body["nonce"]),
            microsoft.METHODS,
        )
        pair = tokens.grant(user, methods=methods)
        return set_cookie(Response(token_output(pair, user, with_refresh=True)), request, pair)


class Refresh(MintingView):
    """With a refresh token as bearer (voice), else with the cookie (accessible); each is answered as it came."""

    @extend_schema(request=None, responses=ANSWERS | {403: OpenApiResponse(description="From another site.")})
    def post(self, request: Request) -> Response:
        header = request.headers.get("Authorization", "")
        bearer = bearer_of(header.encode()) if header else ""
        # Clients that send their access token with every call mean the cookie here.
        if bearer and not tokens.looks_like_access_token(bearer):
            pair = tokens.refresh(bearer)
            return Response(token_output(pair, pair.session.user, with_refresh=True))
        cookie = request.COOKIES.get(COOKIE, "")
        if not cookie:
            raise NotSignedInError
        if not from_own_page(request):
            raise NotAllowedError(CROSS_SITE)
        pair = tokens.refresh(cookie)
        return set_cookie(Response(token_output(pair, pair.session.user, with_refresh=False)), request, pair)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        return clear_cookie(response) if response.status_code == 401 and COOKIE in self.request.COOKIES else response


class Logout(ApiView):
    """Ends the sign-in that the call belongs to: both of its tokens, or the browser's session."""

    throttle_group = "auth"
    idempotent = False

    @extend_schema(request=None, responses=ENDED)
    def post(self, request: Request) -> Response:
        sign_in.sign_out(request)
        return clear_cookie(Response({"message": "Signed out"}))

    @extend_schema(request=None, responses=ENDED)
    def delete(self, request: Request) -> Response:
        return self.post(request)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotSignedInError | NotAuthenticated):
            # The accessible document's POST words it differently from the voice document's DELETE.
            said = {"detail": "Not authenticated"} if self.request.method == "POST" else {}
            exc = NotSignedInError(tokens.REFUSED, **said)
        return super().handle_exception(exc)


class Me(ApiView):
    """Who is calling."""

    @extend_schema(responses={200: MeOutput, 401: ENDED[401]})
    def get(self, request: Request) -> Response:
        user = request.user
        assert isinstance(user, User)  # noqa: S101  (the permission has let nobody else in)
        return Response({**person_output(user), "created_at": user.created_at})
