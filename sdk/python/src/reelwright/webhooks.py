"""Being told over HTTP when something is done, and making sure that it was the studio who told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from reelwright.transport import Transport

Json = dict[str, Any]
EVENTS = ("project-completed", "media-processed", "ai-response-ready")


class WebhookVerificationError(ValueError):
    """It was not the studio, or it was long ago."""


def verify_webhook(body: bytes | str, headers: Mapping[str, str], secret: str, *, tolerance: int = 300) -> Json:
    """What a request to your address says, once its signature holds (Standard Webhooks). Pass the body as it came, unparsed."""
    data = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = given["webhook-id"], int(given["webhook-timestamp"])
        signatures = given["webhook-signature"].split()
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (KeyError, ValueError) as error:
        raise WebhookVerificationError("The headers of a signed request are missing.") from error
    if abs(time.time() - timestamp) > tolerance:
        raise WebhookVerificationError("The request is too old, or the clocks differ.")
    wanted = base64.b64encode(hmac.new(key, f"{message_id}.{timestamp}.".encode() + data, hashlib.sha256).digest())
    if not any(
        version == "v1" and hmac.compare_digest(value.encode(), wanted)
        for version, _, value in (one.partition(",") for one in signatures)
    ):
        raise WebhookVerificationError("The signature does not hold.")
    content: Json = json.loads(data)
    return content


class Webhooks:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def create(self, event: str, url: str) -> Json:
        """Keep `secret`: it is told once. Events: project-completed, media-processed, ai-response-ready."""
        answer: Json = self.transport.call("POST", f"/api/v1/webhooks/{event}", body={"url": url})
        return answer

    def list(self) -> list[Json]:
        rows: list[Json] = self.transport.call("GET", "/api/v1/webhooks")["webhooks"]
        return rows

    def delete(self, webhook_id: str) -> None:
        self.transport.call("DELETE", f"/api/v1/webhooks/{webhook_id}")

    def deliveries(self, webhook_id: str, **paging: int) -> Json:
        answer: Json = self.transport.call("GET", f"/api/v1/webhooks/{webhook_id}/deliveries", query=paging)
        return answer

    def redeliver(self, delivery_id: str) -> Json:
        delivery: Json = self.transport.call("POST", f"/api/v1/webhooks/deliveries/{delivery_id}/redeliver")["delivery"]
        return delivery
