"""Pages for people who are not in yet, or cannot get in any more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import AddressForm, NewPasswordForm, RegisterForm
from accounts.pages.sign_in import next_page, notice
from accounts.services import passwords, registration, sign_in
from accounts.services.links import DeadLinkError
from core.errors import InvalidFieldError
from core.rest import throttles
from core.rest.limits import address_key

# Whom this browser registered: it alone goes on to the set-up when the letter's link is opened.
REGISTERED = "registered_user_id"


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@never_cache
def register(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(next_page(request))
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        throttles.check("register", address_key(request))
        try:
            person = registration.register(**form.cleaned_data)
        except InvalidFieldError as error:
            form.add_error(error.field, error.message)
        else:
            request.session[REGISTERED] = str(person)
            return notice(
                request,
                title="Look into your mailbox",
                text=f"A letter is on its way to {form.cleaned_data['email']}. Its link works once, within 24 hours.",
                link="accounts:login",
            )
    return render(request, "accounts/register.html", {"form": form}, status=400 if form.errors else 200)


# Not HEAD: programs that look at the links of a letter must not use them up.
@require_GET
@never_cache
def verify_email(request: HttpRequest) -> HttpResponse:
    """The link proves a mailbox. It signs nobody in: only the browser that registered goes on at once."""
    try:
        user = registration.verify(request.GET.get("token", ""))
    except DeadLinkError as error:
        text = f"{error.message} If your address is confirmed, sign in. If not, signing in sends you a new letter."
        return notice(request, title="This link is used up", text=text, link="accounts:login", status=400)
    if not request.user.is_authenticated and request.session.get(REGISTERED) == str(user.pk):
        sign_in.hold_for_setup(request, user)
        return redirect("accounts:setup-2fa-required")
    messages.success(request, "Your address is confirmed. Sign in to go on.")
    return redirect("accounts:login")


@require_http_methods(["GET", "POST"])
@never_cache
def forgotten(request: HttpRequest) -> HttpResponse:
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        throttles.check("register", address_key(request))
        passwords.request_reset(form.cleaned_data["email"])
        return notice(
            request,
            title="Look into your mailbox",
            text=f"If {form.cleaned_data['email']} has an account here, a letter is on its way. Its link works once, within one hour.",
            link="accounts:login",
        )
    return render(request, "accounts/password_reset.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password", "token")
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    token = request.POST.get("token") or request.GET.get("token") or ""
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    try:
        user = passwords.person_of_reset(token)
        if request.method == "POST" and form.is_valid():
            passwords.reset(token, form.cleaned_data["password"])
            messages.success(request, "Your new password is set. Sign in with it.")
            return redirect("accounts:login")
    except DeadLinkError as error:
        return notice(
            request, title="This link is used up", text=error.message, link="accounts:password-reset", status=400
        )
    except InvalidFieldError as error:
        form.add_error("password", error.message)
    shown = {"form": form, "token": token, "person": user}
    return render(request, "accounts/password_reset_confirm.html", shown, status=400 if form.errors else 200)
