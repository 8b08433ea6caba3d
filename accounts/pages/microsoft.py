"""Coming in with a company account: allauth speaks OpenID Connect, our own rules say who that is and what is still missing.

Nothing of allauth is reachable but the way there and the way back. Its tables stay empty: people are linked in ours.
"""

from __future__ import annotations

from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from requests import RequestException

from accounts.models import User
from accounts.pages.account import recent
from accounts.pages.sign_in import admit, comes_from_here, microsoft_is_offered, next_page, safe_next
from accounts.services import microsoft, profile
from accounts.services import sign_in as service
from core.errors import ConflictError, NotSignedInError, UnavailableError
from core.rest import throttles
from core.rest.limits import address_key

PROVIDER = "microsoft"
LINK_FAILED = "Microsoft cannot be reached. Try again in a while."
FAILED = "Signing in with Microsoft did not work. Try again, or use your password."


@require_GET
@never_cache
def go(request: HttpRequest) -> HttpResponse:
    """The way there."""
    if not microsoft_is_offered():
        raise Http404
    after = next_page(request)
    if request.user.is_authenticated:
        return redirect(after)
    provider = Adapter(request).get_provider(request, PROVIDER)
    try:
        # Not what the query asks for: scopes and parameters are ours to choose.
        answer: HttpResponse = provider.redirect(request, process="login", next_url=after)
    except RequestException:
        return away(request)
    return answer


@login_required
@require_GET
@never_cache
@recent
def link(request: HttpRequest) -> HttpResponse:
    """The way there for somebody who is signed in and wants to come in that way too, from our own page only."""
    if not microsoft_is_offered():
        raise Http404
    if not comes_from_here(request):
        raise PermissionDenied("Open your account’s security page and choose it there.")
    provider = Adapter(request).get_provider(request, PROVIDER)
    try:
        answer: HttpResponse = provider.redirect(request, process=AuthProcess.CONNECT)
    except RequestException:
        messages.error(request, LINK_FAILED)
        return redirect("accounts:security")
    return answer


@require_GET
@never_cache
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The way back: who this is, and then the same steps as behind every other door."""
    if not microsoft_is_offered():
        raise Http404
    throttles.check("auth", address_key(request), fail_closed=True)
    view = OAuth2CallbackView.adapter_view(Protocol(request, provider_id))
    try:
        answer: HttpResponse = view(request)
    except UnavailableError:
        return away(request)
    return answer


def linked(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """The state lies in the session of whoever set out, so this is the same person."""
    if not isinstance(request.user, User):
        return away(request)
    claims = sociallogin.account.extra_data["id_token"]
    try:
        profile.link_identity(request.user, issuer=claims["iss"], subject=claims["sub"])
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Your Microsoft account signs you in from now on.")
    return redirect("accounts:security")


def away(request: HttpRequest) -> HttpResponse:
    messages.error(request, FAILED)
    return redirect(settings.LOGIN_URL)


class Protocol(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:  # noqa: ARG002  (the framework's signature)
        """The same scrutiny as for a token that a program brings: signature, audience, and one of our tenants."""
        try:
            return microsoft.verified_claims(id_token, nonce="")
        except NotSignedInError as error:
            raise PermissionDenied from error


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def list_apps(self, *_: Any, **__: Any) -> list[SocialApp]:
        """One application, from the environment; none from the database."""
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=PROVIDER,
                name="Microsoft",
                client_id=settings.MICROSOFT_CLIENT_ID,
                secret=settings.MICROSOFT_CLIENT_SECRET,
                settings={"server_url": server_url(), "fetch_userinfo": False, "oauth_pkce_enabled": True},
            )
        ]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
        """Ends allauth's part here, whatever the outcome: it never signs anybody in or up."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(linked(request, sociallogin))
        try:
            user = microsoft.found_or_made(sociallogin.account.extra_data["id_token"])
        except NotSignedInError:
            service.note_failure(None, "microsoft")
            raise ImmediateHttpResponse(away(request)) from None
        after = safe_next(request, sociallogin.state.get("next", ""))
        raise ImmediateHttpResponse(admit(request, user, after, methods=microsoft.METHODS))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,  # noqa: ARG002  (the framework's signature)
        error: str | None = None,
        exception: Exception | None = None,  # noqa: ARG002  (the framework's signature)
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002  (the framework's signature)
    ) -> NoReturn:
        if error != AuthError.CANCELLED:
            service.note_failure(None, "microsoft")
        raise ImmediateHttpResponse(away(request))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002  (the framework's signature)
        return False


def server_url() -> str:
    """Where the discovery document lies: the tenant's own where there is one only."""
    if settings.MICROSOFT_SERVER_URL:
        return str(settings.MICROSOFT_SERVER_URL)
    tenants = settings.MICROSOFT_TENANTS
    tenant = tenants[0] if len(tenants) == 1 else "organizations"
    return f"https://login.microsoftonline.com/{tenant}/v2.0"
