"""Coming in and going out."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import CodeForm, SetupForm, SignInForm
from accounts.models import User
from accounts.pages import setup
from accounts.services import microsoft, second_factor
from accounts.services import sign_in as service
from core.errors import DomainError, InvalidFieldError, NotSignedInError, TooManyRequestsError, WrongStateError
from core.rest import throttles
from core.rest.limits import address_key
from core.rest.request_info import info

METHODS_BEFORE_SETUP = "pending_2fa_setup_methods"
REFUSED = "The e-mail or password is not right."
WRONG_CODE = "That code is not right. Codes change every 30 seconds and count once; type the newest."


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    after = next_page(request)
    if request.user.is_authenticated:
        return redirect(after)
    if request.method != "POST":
        # Sent here by a page, half way through: on with the other half. Who comes by themselves may begin anew.
        step = next_open_step(request) if request.GET.get("next") else ""
        return redirect(going_on(step, after)) if step else render_sign_in(request, SignInForm(), after)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return render_sign_in(request, form, after)
    try:
        throttles.check("auth", address_key(request), fail_closed=True)
        user = service.check_password(**form.cleaned_data, address=info().address)
    except NotSignedInError:
        form.add_error("password", REFUSED)
    except TooManyRequestsError as error:
        form.add_error("password", f"Too many tries. Wait {error.retry_after} seconds, then try again.")
        return refused(render_sign_in(request, form, after), error)
    else:
        return admit(request, user, after, methods=["pwd"])
    return render_sign_in(request, form, after)


def next_open_step(request: HttpRequest) -> str:
    """The page that waits for this browser's second proof, or for its set-up."""
    if service.held(request):
        return "accounts:verify-2fa"
    return "accounts:setup-2fa-required" if service.held_for_setup(request) else ""


def render_sign_in(request: HttpRequest, form: SignInForm, after: str) -> HttpResponse:
    shown = {"form": form, "next": after, "microsoft": microsoft_is_offered()}
    return render(request, "accounts/sign_in.html", shown)


def microsoft_is_offered() -> bool:
    return bool(microsoft.is_configured() and settings.MICROSOFT_CLIENT_SECRET)


def admit(request: HttpRequest, user: User, after: str, *, methods: list[str]) -> HttpResponse:
    """What follows the first proof, whichever door it came through."""
    match service.next_step(user):
        case "second_factor":
            service.hold_for_second_factor(request, user, methods=methods)
            return redirect(going_on("accounts:verify-2fa", after))
        case "setup":
            service.hold_for_setup(request, user)
            request.session[METHODS_BEFORE_SETUP] = methods
            return redirect(going_on("accounts:setup-2fa-required", after))
    service.open_browser_session(request, user, methods=methods)
    return redirect(after)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("token")
@never_cache
def verify_code(request: HttpRequest) -> HttpResponse:
    after = next_page(request)
    user = service.held(request)
    if user is None:
        return redirect(after if request.user.is_authenticated else settings.LOGIN_URL)
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 401
        try:
            if form.is_valid():
                user, methods = service.prove_held(request, form.cleaned_data["token"])
                service.open_browser_session(request, user, methods=methods)
                return redirect(after)
        except NotSignedInError:
            form.add_error("token", WRONG_CODE)
        except TooManyRequestsError as error:
            return refused(
                notice(request, title="Too many wrong codes", text=error.message, link="accounts:login"), error
            )
    return render(request, "accounts/verify_code.html", {"form": form, "next": after, "held": user}, status=status)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("token")
@never_cache
def setup_required(request: HttpRequest) -> HttpResponse:
    """The set-up for somebody who is not signed in yet and will be by it."""
    after = next_page(request)
    user = service.held_for_setup(request)
    if user is None:
        return redirect(after if request.user.is_authenticated else settings.LOGIN_URL)
    form = SetupForm(request.POST if request.method == "POST" else None)
    try:
        if request.method == "POST" and form.is_valid():
            codes = second_factor.confirm_setup(user, form.cleaned_data["token"])
            before = request.session.get(METHODS_BEFORE_SETUP, ["pwd"])
            service.open_browser_session(request, user, methods=[*before, "totp"])
            return setup.render_codes(request, codes, after=after)
    except InvalidFieldError as error:
        form.add_error("token", error.message)
    except WrongStateError:
        # Another browser was quicker; from now on its code is asked for.
        service.release(request)
        return redirect(settings.LOGIN_URL)
    return setup.render_setup(request, user, form, after=after)


@require_http_methods(["GET", "POST"])
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """A link signs out too, unless it stands on a page of somebody else's: then the person is asked."""
    if request.method == "POST" or not request.user.is_authenticated or comes_from_here(request):
        service.close_browser_session(request)
        return redirect(settings.LOGOUT_REDIRECT_URL)
    return render(request, "accounts/sign_out.html")


def comes_from_here(request: HttpRequest) -> bool:
    """Whether a GET was meant: typed, or followed on one of our own pages. Browsers say so themselves (Sec-Fetch-Site)."""
    if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in {"same-origin", "none"}
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return not source or urlsplit(source).netloc == request.get_host()


@require_safe
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The Django admin has no door of its own: whoever is signed in and still sent here may not enter."""
    if request.user.is_authenticated:
        raise PermissionDenied("Your account does not open the administration.")
    return redirect(
        f"{settings.LOGIN_URL}?{urlencode({'next': request.GET.get('next') or resolve_url('admin:index')})}"
    )


def refused(response: HttpResponse, error: DomainError) -> HttpResponse:
    response.status_code = error.status_code
    if isinstance(error, TooManyRequestsError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def notice(request: HttpRequest, *, title: str, text: str, link: str, status: int = 200) -> HttpResponse:
    """A page that says one thing and leads on to `link`."""
    words = {"accounts:login": "Sign in", "accounts:password-reset": "Ask for a new link"}[link]
    shown = {"title": title, "text": text, "link": resolve_url(link), "link_text": words}
    return render(request, "accounts/notice.html", shown, status=status)


def next_page(request: HttpRequest) -> str:
    """Where to go afterwards: `next` when it stays on this host, the usual page otherwise."""
    return safe_next(request, request.POST.get("next") or request.GET.get("next") or "")


def safe_next(request: HttpRequest, wanted: str) -> str:
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def going_on(name: str, after: str) -> str:
    """The address of a page on the way, which remembers where the way leads."""
    address = resolve_url(name)
    return address if after == resolve_url(settings.LOGIN_REDIRECT_URL) else f"{address}?{urlencode({'next': after})}"
