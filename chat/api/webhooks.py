"""Who is told over HTTP when something is done, in the envelope of films."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PersonView
from chat.models import Webhook, WebhookDelivery
from chat.services import webhooks
from core.errors import NotFoundError
from core.rest.inputs import Input, TextField
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made
from media_library.api.film_shapes import PAGINATION

MOST_ROWS = 100
WEBHOOK = {
    "id": "uuid",
    "url": "url",
    "events": "list<string>",
    "status": "string",
    "failures": "int",
    "createdAt": "datetime",
}
ATTEMPT = {"at": "datetime", "status": "int", "seconds": "float", "error": "string", "answer": "string"}
DELIVERY = {
    "id": "uuid",
    "webhookId": "uuid",
    "event": "string",
    "status": "string",
    "payload": "object",
    "attempts": [ATTEMPT],
    "createdAt": "datetime",
    "deliveredAt": "nullable datetime",
    "nextAttemptAt": "nullable datetime",
}


class WebhookInput(Input):
    url = TextField(max_length=2000)


class DeliveriesQuery(Input):
    page = serializers.IntegerField(min_value=1, max_value=2**31, required=False, default=1)
    limit = serializers.IntegerField(min_value=1, required=False, default=20)


class WebhookView(PersonView):
    def find(self, webhook_id: uuid.UUID) -> Webhook:
        found = Webhook.objects.visible_to(self.caller).filter(pk=webhook_id).first()
        if found is None:
            raise NotFoundError("Webhook not found")
        return found


class Subscribe(WebhookView):
    """Tells this address of every such event that the caller may see. The secret is shown in this answer only."""

    takes = WebhookInput
    gives = Gives(post=Made({"success": "bool", **WEBHOOK, "secret": "string"}))
    # The answer holds a secret, and an answer that can be repeated is stored.
    idempotent = False
    event: str = ""

    def post(self, request: Request) -> Response:
        body = WebhookInput.parse(request.data)
        made, secret = webhooks.subscribe(self.caller, events=[self.event], url=body["url"])
        return Response({"success": True, **output(made), "secret": secret}, status=201)


class Webhooks(WebhookView):
    gives = Gives(get={"success": "bool", "webhooks": [WEBHOOK]})

    def get(self, _request: Request) -> Response:
        rows = Webhook.objects.visible_to(self.caller).order_by("-created_at", "-pk")
        return Response({"success": True, "webhooks": [output(row) for row in rows]})


class WebhookDetail(WebhookView):
    gives = Gives(get={"success": "bool", "webhook": WEBHOOK}, delete={"success": "bool"})

    def get(self, _request: Request, webhook_id: uuid.UUID) -> Response:
        return Response({"success": True, "webhook": output(self.find(webhook_id))})

    def delete(self, _request: Request, webhook_id: uuid.UUID) -> Response:
        webhooks.end(self.find(webhook_id), actor=self.caller)
        return Response({"success": True})


class Deliveries(WebhookView):
    query = (DeliveriesQuery,)
    gives = Gives(get={"success": "bool", "deliveries": [DELIVERY], "pagination": PAGINATION})

    def get(self, request: Request, webhook_id: uuid.UUID) -> Response:
        found = self.find(webhook_id).deliveries.order_by("-created_at", "-pk")
        wanted = DeliveriesQuery.parse(request.query_params)
        page = page_of(found, PageRequest(wanted["page"], min(wanted["limit"], MOST_ROWS)))
        rows = [delivery_output(row) for row in page.rows]
        return Response({"success": True, "deliveries": rows, "pagination": page.pagination()})


class Redeliver(WebhookView):
    gives = Gives(post={"success": "bool", "delivery": DELIVERY})

    def post(self, _request: Request, delivery_id: uuid.UUID) -> Response:
        delivery = WebhookDelivery.objects.visible_to(self.caller).filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFoundError("Delivery not found")
        again = webhooks.redeliver(delivery, actor=self.caller)
        return Response({"success": True, "delivery": delivery_output(again)})


def output(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.pk,
        "url": webhook.url,
        "events": webhook.events,
        "status": "disabled" if webhook.disabled_at else "active",
        "failures": webhook.failures,
        "createdAt": webhook.created_at,
    }


def delivery_output(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "webhookId": delivery.webhook_id,
        "event": delivery.event,
        "status": delivery.status,
        "payload": delivery.payload,
        "attempts": delivery.attempts,
        "createdAt": delivery.created_at,
        "deliveredAt": delivery.delivered_at,
        "nextAttemptAt": delivery.next_attempt_at,
    }
