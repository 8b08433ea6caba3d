"""One's own account: profile, password, second factor, sign-ins and keys."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import ChangePasswordForm, ConfirmForm, NewKeyForm, ProfileForm, SetupForm
from accounts.models import ApiKey, ExternalIdentity, UserSession
from accounts.pages import setup
from accounts.pages.devices import device_of
from accounts.pages.parts import found, viewer
from accounts.pages.sign_in import going_on, microsoft_is_offered, next_page
from accounts.services import api_keys, passwords, people, profile, second_factor
from accounts.services import sign_in as service
from core.errors import InvalidFieldError, ReauthenticationRequiredError, TooManyRequestsError, WrongStateError
from core.rest import throttles

PAGE_SIZE = 20
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def recent(view: View[P]) -> View[P]:
    """For what must not be done from a browser left open: a page asks for the password first, a change is refused (403)."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_recent(request):
            if request.method in {"GET", "HEAD"}:
                return redirect(going_on("accounts:confirm", request.get_full_path()))
            return render_confirm(request, confirm_form(request), after="/account/security", status=403)
        return view(request, *args, **kwargs)

    return guarded


def is_recent(request: HttpRequest) -> bool:
    try:
        service.require_recent_sign_in(request)
    except ReauthenticationRequiredError:
        return False
    return True


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def show_profile(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    initial = {"name": user.name, "avatar_url": user.avatar_url, "notification_mail": user.notification_mail}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            profile.change_profile(user, **form.cleaned_data, actor=user)
        except InvalidFieldError as error:
            user.refresh_from_db()
            form.add_error(error.field, error.message)
        else:
            messages.success(request, "Your profile is saved.")
            return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("current", "new")
@never_cache
def change_password(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    form = ChangePasswordForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            passwords.change_password(user, **form.cleaned_data, keep=service.current(request))
        except InvalidFieldError as error:
            form.add_error(error.field, error.message)
        except TooManyRequestsError as error:
            form.add_error("current", f"Too many tries. Wait {error.retry_after} seconds, then try again.")
            status = 429
        else:
            service.keep_browser_session(request, user)
            messages.success(request, "Your password is changed. You are signed out everywhere else.")
            return redirect("accounts:password")
    status = status if status == 429 or not form.errors else 400
    return render(request, "accounts/change_password.html", {"form": form}, status=status)


# The second factor.


@login_required
@require_safe
@never_cache
def security(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    shown = {
        "has_second_factor": second_factor.has_second_factor(user),
        "codes_left": second_factor.codes_left(user),
        "is_required": settings.MFA_POLICY == "required",
        "identities": ExternalIdentity.objects.visible_to(user),
        "microsoft": microsoft_is_offered(),
    }
    return render(request, "accounts/security.html", shown)


@login_required
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("token")
@never_cache
@recent
def set_up(request: HttpRequest) -> HttpResponse:
    user, after = viewer(request), next_page(request)
    form = SetupForm(request.POST if request.method == "POST" else None)
    try:
        if request.method == "POST" and form.is_valid():
            codes = second_factor.confirm_setup(user, form.cleaned_data["token"], keep=service.current(request))
            service.keep_browser_session(request, user, methods=["totp"])
            return setup.render_codes(request, codes, after=after)
        return setup.render_setup(request, user, form, after=after)
    except InvalidFieldError as error:
        form.add_error("token", error.message)
        return setup.render_setup(request, user, form, after=after)
    except WrongStateError:
        # It is set up; its secret is shown to nobody any more.
        return redirect("accounts:security")


@login_required
@require_POST
@never_cache
@recent
def remove_second_factor(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    try:
        second_factor.remove(user, user, keep=service.current(request))
    except WrongStateError:
        return redirect("accounts:security")
    service.keep_browser_session(request, user)
    if settings.MFA_POLICY == "required":
        return redirect("accounts:setup-2fa")
    messages.success(request, "Your second factor is removed. You are signed out everywhere else.")
    return redirect("accounts:security")


@login_required
@require_POST
@never_cache
@recent
def renew_recovery_codes(request: HttpRequest) -> HttpResponse:
    try:
        codes = second_factor.new_recovery_codes(viewer(request))
    except WrongStateError:
        return redirect("accounts:security")
    return setup.render_codes(request, codes, after="/account/security")


@login_required
@require_POST
@never_cache
@recent
def forget_identity(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    identity = found(ExternalIdentity.objects.visible_to(user), pk, "There is no such account here.")
    profile.forget_identity(identity, actor=user)
    messages.success(request, "That account does not sign you in any more.")
    return redirect("accounts:security")


# Where one is signed in.


@login_required
@require_safe
@never_cache
def sessions(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    live = UserSession.objects.live().visible_to(user).order_by("-last_seen_at", "-id")
    page = Paginator(live, PAGE_SIZE).get_page(request.GET.get("page"))
    here = service.current(request)
    rows = [{"sign_in": row, "device": device_of(row.user_agent), "here": row == here} for row in page]
    return render(request, "accounts/sessions.html", {"page": page, "rows": rows})


@login_required
@require_POST
@never_cache
def end_session(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    row = found(UserSession.objects.visible_to(user), pk, "There is no such sign-in.")
    if row == service.current(request):
        service.close_browser_session(request)
        return redirect(settings.LOGOUT_REDIRECT_URL)
    service.revoke(row, because="signed out from another browser", actor=user)
    messages.success(request, f"{device_of(row.user_agent)} is signed out.")
    return redirect("accounts:sessions")


@login_required
@require_POST
@never_cache
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    people.end_sign_ins(user, because="signed out everywhere else", actor=user, keep=service.current(request))
    service.keep_browser_session(request, user)
    messages.success(request, "You are signed out everywhere but here.")
    return redirect("accounts:sessions")


# Keys of programs.


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def keys(request: HttpRequest) -> HttpResponse:
    """Looking is free; a key is only made by somebody who has just proved who they are."""
    return make_key(request) if request.method == "POST" else render_keys(request, NewKeyForm(user=viewer(request)))


@recent
def make_key(request: HttpRequest) -> HttpResponse:
    user, secret = viewer(request), ""
    form = NewKeyForm(request.POST, user=user)
    if form.is_valid():
        try:
            data = form.cleaned_data
            _, secret = api_keys.create(user, name=data["name"], scopes=data["scopes"], expires_at=form.expires_at)
            form = NewKeyForm(user=user)
        except InvalidFieldError as error:
            form.add_error(error.field if error.field in form.fields else "lifetime", error.message)
    return render_keys(request, form, secret=secret)


def render_keys(request: HttpRequest, form: NewKeyForm, *, secret: str = "") -> HttpResponse:
    user = viewer(request)
    shown: dict[str, Any] = {
        "form": form,
        "may_make": is_recent(request),
        "secret": secret,
        "keys": ApiKey.objects.visible_to(user).filter(revoked_at=None).order_by("-created_at", "-id"),
    }
    return render(request, "accounts/keys.html", shown, status=400 if form.errors else 200)


@login_required
@require_POST
@never_cache
def revoke_key(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    key = found(ApiKey.objects.visible_to(user), pk, "There is no such key.")
    api_keys.revoke(key, actor=user)
    messages.success(request, f"The key “{key.name}” is revoked.")
    return redirect("accounts:keys")


# Proving again who sits here.


@login_required
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password", "token")
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    user, after = viewer(request), next_page(request)
    if request.method != "POST":
        return render_confirm(request, confirm_form(request), after=after)
    form = confirm_form(request, bound=True)
    if form.is_valid():
        try:
            throttles.check("password_change", str(user.pk), fail_closed=True)
        except TooManyRequestsError as error:
            form.add_error(None, f"Too many tries. Wait {error.retry_after} seconds, then try again.")
            return render_confirm(request, form, after=after, status=429)
        wrong = wrong_proof(request, form)
        if not wrong:
            throttles.forget("password_change", str(user.pk))
            service.reauthenticated(request, user)
            return redirect(after)
        form.add_error(wrong, "This is not right.")
    return render_confirm(request, form, after=after, status=400)


def confirm_form(request: HttpRequest, *, bound: bool = False) -> ConfirmForm:
    user = viewer(request)
    return ConfirmForm(request.POST if bound else None, user=user, has_codes=second_factor.has_second_factor(user))


def wrong_proof(request: HttpRequest, form: ConfirmForm) -> str:
    """The field whose content proves nothing; empty when one of them proved it."""
    user, data = viewer(request), form.cleaned_data
    if data.get("token"):
        return "" if second_factor.verify(user, data["token"]) else "token"
    password = data.get("password", "")
    return "" if password and user.check_password(password) else "password"


def render_confirm(request: HttpRequest, form: ConfirmForm, *, after: str, status: int = 200) -> HttpResponse:
    return render(request, "accounts/confirm.html", {"form": form, "next": after}, status=status)
