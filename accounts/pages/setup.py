"""Showing a new second factor and its recovery codes: once, and to nobody's cache."""

from __future__ import annotations

import base64

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms import SetupForm
from accounts.models import User
from accounts.services import second_factor


def render_setup(request: HttpRequest, user: User, form: SetupForm, *, after: str) -> HttpResponse:
    device = second_factor.begin_setup(user)
    secret = base64.b32encode(device.bin_key).decode()
    shown = {
        "form": form,
        "next": after,
        "otpauth": device.config_url,
        "qr": segno.make(device.config_url).svg_data_uri(scale=4, border=0),
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "is_signed_in": request.user.is_authenticated,
        "may_wait": settings.MFA_POLICY == "optional",
    }
    return render(request, "accounts/setup_2fa.html", shown, status=400 if form.errors else 200)


def render_codes(request: HttpRequest, codes: list[str], *, after: str) -> HttpResponse:
    text = "Recovery codes for Reelwright\n\n" + "\n".join(codes) + "\n"
    # A data: address downloads without a script and without a second request that would have to remember the codes.
    download = "data:text/plain;base64," + base64.b64encode(text.encode()).decode()
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "download": download, "next": after})
