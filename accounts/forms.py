"""What people fill in about themselves. The rules are the services'; these check shape."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import ApiKey, User

LONGEST_PASSWORD = 4096
KEY_LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("", "Until it is revoked")]


def present_password(label: str = "Password", **attrs: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password", **attrs})
    return forms.CharField(label=label, max_length=LONGEST_PASSWORD, strip=False, widget=widget)


def new_password(label: str = "Password") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    hint = "At least 12 characters. A sentence is easy to remember and hard to guess."
    return forms.CharField(label=label, strip=False, help_text=hint, widget=widget)


def code(label: str, *, hint: str = "", recovery: bool = False, **attrs: Any) -> forms.CharField:
    """`recovery`: letters may come too, so phones do not show the keyboard of digits alone."""
    attrs = {"autocomplete": "one-time-code", "inputmode": "text" if recovery else "numeric", **attrs}
    return forms.CharField(
        label=label, max_length=40, help_text=hint, widget=forms.TextInput(attrs={"autocapitalize": "none", **attrs})
    )


def mailbox(**attrs: Any) -> forms.EmailField:
    return forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", **attrs})
    )


class SignInForm(forms.Form):
    email = mailbox(autofocus=True)
    password = present_password()


class CodeForm(forms.Form):
    """The second proof: the app's code, or a recovery code in its place."""

    token = code("Code", hint="Six digits from your app, or one of your recovery codes.", recovery=True, autofocus=True)


class SetupForm(forms.Form):
    token = code("Code from the app", maxlength=7)


class RegisterForm(forms.Form):
    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}))
    email = mailbox()
    password = new_password()


class AddressForm(forms.Form):
    email = mailbox(autofocus=True)


class NewPasswordForm(forms.Form):
    password = new_password("New password")


class ChangePasswordForm(forms.Form):
    current = present_password("Present password")
    new = new_password("New password")


class ConfirmForm(forms.Form):
    """The password, or a code where there is a second factor: either proves who sits here."""

    password = present_password(autofocus=True)
    token = code("Or a code", hint="From your app, or a recovery code.", recovery=True)

    def __init__(self, *args: Any, user: User, has_codes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].required = self.fields["token"].required = False
        if not has_codes:
            del self.fields["token"]
        if not user.has_usable_password():
            del self.fields["password"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.fields and not self.errors and not any(data.values()):
            self.add_error(next(iter(self.fields)), "Give one of them." if len(self.fields) > 1 else "Fill this in.")
        return data


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    avatar_url = forms.URLField(
        label="Picture",
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text="The https address of a picture. It is handed on to programs; the studio itself never fetches it.",
    )
    notification_mail = forms.ChoiceField(
        label="Letters about your work",
        required=False,
        choices=User.Letters.choices,
        help_text="What is urgent comes at once, unless you want no letters. Everything is under News in any case.",
    )


class NewKeyForm(forms.Form):
    name = forms.CharField(
        max_length=100, help_text="What will use it.", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    scopes = forms.MultipleChoiceField(
        label="May", choices=ApiKey.Scope.choices, initial=["read"], widget=forms.CheckboxSelectMultiple
    )
    lifetime = forms.ChoiceField(label="Works for", choices=KEY_LIFETIMES, required=False, initial="90")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_role(User.Role.ADMIN):
            scopes = self.fields["scopes"]
            assert isinstance(scopes, forms.MultipleChoiceField)  # noqa: S101  (declared above)
            scopes.choices = [choice for choice in ApiKey.Scope.choices if choice[0] != ApiKey.Scope.ADMIN]

    @property
    def expires_at(self) -> Any:
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days else None
