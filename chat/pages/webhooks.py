"""One's own webhooks: who is told over HTTP, and how that went."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.pages.account import is_recent, recent
from accounts.pages.parts import carry_out, found, paged, refusal, viewer
from chat.models import Webhook, WebhookDelivery
from chat.services import webhooks

UNKNOWN = "There is no such webhook, or it is not yours."


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=2000,
        help_text="Begins with https:// and can be reached from the internet.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
    )
    events = forms.MultipleChoiceField(
        label="Tell it of", choices=Webhook.Event.choices, widget=forms.CheckboxSelectMultiple
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def webhook_list(request: HttpRequest) -> HttpResponse:
    """Looking is free; a secret is only made for somebody who has just proved who they are."""
    return make_webhook(request) if request.method == "POST" else render_list(request, WebhookForm())


@recent
def make_webhook(request: HttpRequest) -> HttpResponse:
    form, made = WebhookForm(request.POST), [""]

    def make() -> None:
        data = form.cleaned_data
        made[0] = webhooks.subscribe(viewer(request), events=data["events"], url=data["url"])[1]

    if status := refusal(form, make):
        return render_list(request, form, status=status)
    return render_list(request, WebhookForm(), secret=made[0])


def render_list(request: HttpRequest, form: WebhookForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "secret": secret,
        "may_make": is_recent(request),
        "webhooks": Webhook.objects.visible_to(viewer(request)).order_by("-created_at", "-pk"),
        "names": dict(Webhook.Event.choices),
    }
    return render(request, "chat/webhooks.html", context, status=status)


@login_required
@never_cache
@require_GET
def webhook_detail(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    webhook = found(Webhook.objects.visible_to(viewer(request)), webhook_id, UNKNOWN)
    page = paged(request, webhook.deliveries.order_by("-created_at", "-pk"))
    rows = [
        {
            "delivery": delivery,
            "payload": json.dumps(delivery.payload, ensure_ascii=False, indent=2),
            "attempts": [{**attempt, "at": parse_datetime(attempt["at"])} for attempt in delivery.attempts],
        }
        for delivery in page.object_list
    ]
    return render(request, "chat/webhook.html", {"webhook": webhook, "page": page, "rows": rows})


@login_required
@never_cache
@require_POST
def webhook_end(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    webhook = found(Webhook.objects.visible_to(user), webhook_id, UNKNOWN)
    webhooks.end(webhook, actor=user)
    messages.success(request, "This address is told nothing any more.")
    return redirect("chat:webhooks")


@login_required
@never_cache
@require_POST
def webhook_resume(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    webhook = found(Webhook.objects.visible_to(user), webhook_id, UNKNOWN)
    return carry_out(
        request,
        lambda: webhooks.resume(webhook, actor=user),
        done="This address is told again.",
        to=reverse("chat:webhook", args=[webhook.pk]),
    )


@login_required
@never_cache
@require_POST
def redeliver(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    delivery = found(WebhookDelivery.objects.visible_to(user), delivery_id, "There is no such delivery.")
    return carry_out(
        request,
        lambda: webhooks.redeliver(delivery, actor=user),
        done="It is sent once more.",
        to=reverse("chat:webhook", args=[delivery.webhook_id]),
    )
