"""What a person's own socket hears: news, as they come. One stream, keyed by person."""

from __future__ import annotations

from accounts.models import Notification
from core.live import publish

STREAM = "news"


def news(notification: Notification) -> None:
    publish(
        STREAM,
        {
            "type": "news",
            "id": str(notification.pk),
            "kind": notification.kind,
            "text": notification.text,
            "url": notification.url,
            "urgent": notification.urgent,
        },
        key=str(notification.user_id),
    )


def read(user_id: object) -> None:
    """Other windows of the same person count anew."""
    publish(STREAM, {"type": "news.read"}, key=str(user_id))
