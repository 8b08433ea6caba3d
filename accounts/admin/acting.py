"""What the admins of this app share: who acts, and that whoever left the browser open proves themselves again first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.admin import rows
from accounts.models import User
from core.admin import ThroughServices
from core.errors import DomainError, ReauthenticationRequiredError


def actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the admin site lets nobody else in)
    return request.user


class AsksAgain(ThroughServices):
    """A service that wants a recent sign-in gets one: the person confirms who they are and comes back."""

    def refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        if isinstance(error, ReauthenticationRequiredError):
            here = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('accounts:confirm')}?{here}")
        return super().refused(request, error)


class ByServices(AsksAgain):
    """Every row, the inlined ones too, is written by the function that writes it everywhere else (`rows`)."""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        if change:
            rows.change(obj, fields=set(form.changed_data), actor=actor(request))
        else:
            # The service has made a row of its own; what follows here speaks of that one.
            obj.pk = rows.add(obj, actor=actor(request)).pk
            obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        rows.remove(obj, actor=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            rows.remove(row, actor=actor(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, Any], change: bool) -> None:  # noqa: ARG002  (the framework's signature)
        formset.save(commit=False)
        for row in formset.deleted_objects:
            rows.remove(row, actor=actor(request))
        for row, fields in formset.changed_objects:
            rows.change(row, fields=set(fields), actor=actor(request))
        for row in formset.new_objects:
            rows.add(row, actor=actor(request))
