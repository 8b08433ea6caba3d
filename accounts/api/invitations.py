"""Invitations over JSON: looking at one, and accepting it by making or linking an account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from accounts.api.auth import REFUSED, MintingView, TokenOutput, proved_second, set_cookie, token_output
from accounts.api.serializers import invitations as shapes
from accounts.models import Invitation, User
from accounts.services import invitations, sign_in, tokens
from accounts.services.sign_in import Credential
from core.errors import NotAllowedError, NotSignedInError
from core.rest.schema import described
from core.rest.views import ApiView

DEAD = {
    400: OpenApiResponse(description="The invitation has expired."),
    404: OpenApiResponse(description="No invitation has this secret."),
    409: OpenApiResponse(description="The invitation was accepted before."),
}
NOT_BY_KEY = "An API key cannot accept an invitation. Sign in first."


class Preview(ApiView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_group = "shares"
    idempotent = False

    @extend_schema(request=shapes.TokenInput, responses={200: described(shapes.PREVIEW)} | DEAD)
    def post(self, request: Request) -> Response:
        body = shapes.TokenInput.parse(request.data)
        answer = shapes.preview_output(invitations.preview(body["token"]))
        return Response(answer, headers={"Cache-Control": "no-store"})


class Accept(MintingView):
    """Signs in whoever takes the place.

    An existing account is proved by a live sign-in of that person, or by its password and second factor as on every route that
    mints a credential. A new account is made and takes its place at once. Where the policy wants a second factor that it does not
    have yet, the answer is 401 with `mfa.setup_required` all the same, and this browser may go on to `mfa.setup_url`.
    """

    authentication_classes = tuple(  # type: ignore[assignment]  # the other minting routes want no caller
        api_settings.DEFAULT_AUTHENTICATION_CLASSES
    )

    @extend_schema(request=shapes.AcceptInput, responses={200: TokenOutput, 401: REFUSED} | DEAD)
    def post(self, request: Request) -> Response:
        body = shapes.AcceptInput.parse(request.data)
        invitation = invitations.preview(body["token"])
        guest, methods = self.guest(request, invitation, body)
        if guest is None:
            user = invitations.accept(body["token"], guest=None, name=body["name"], password=body["password"])
            pair = self.first_pair(request, user)
        else:
            # Proofs that are too few undo the acceptance.
            with transaction.atomic():
                user = invitations.accept(body["token"], guest=guest)
                pair = tokens.grant(user, methods=methods)
        return set_cookie(Response(token_output(pair, user, with_refresh=True)), request, pair)

    def guest(self, request: Request, invitation: Invitation, body: dict[str, Any]) -> tuple[User | None, list[str]]:
        """Who accepts and how they have proved it; nobody where there is no account yet."""
        if isinstance(request.user, User):
            return request.user, self.methods_of(request)
        account = invitations.account_of(invitation)
        if account is None:
            return None, []
        if not (body["password"] or body["challenge"]):
            raise NotSignedInError(sign_in.REFUSED)
        return proved_second(body, email=account.email) or (
            sign_in.check_password(email=account.email, password=body["password"]),
            ["pwd"],
        )

    def methods_of(self, request: Request) -> list[str]:
        credential = request.auth
        if not isinstance(credential, Credential):
            known: list[str] = request.session.get(sign_in.METHODS, ["pwd"])
            return known
        if credential.session is None:
            # A key's scopes would be shed by what is handed out here.
            raise NotAllowedError(NOT_BY_KEY)
        methods: list[str] = credential.session.methods
        return methods

    def first_pair(self, request: Request, user: User) -> tokens.Pair:
        if sign_in.next_step(user) == "setup":
            sign_in.hold_for_setup(request._request, user)  # noqa: SLF001  (the browser's session)
        return tokens.grant(user, methods=["pwd"])
