"""What people fill in to come in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts.models import User

REFUSED = "The e-mail or password is not right."


class SignInForm(forms.Form):
    """`user` is set once the form is valid. A refusal never says which of the two was wrong, or that an account is closed."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        max_length=4096, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            user = authenticate(self.request, username=data["email"], password=data["password"])
            if not isinstance(user, User):
                self.add_error("password", REFUSED)
            else:
                self.user = user
        return data
