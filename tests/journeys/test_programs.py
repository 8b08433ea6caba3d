"""The log of model use and the webhooks in a browser: both themes, a telephone's width, nothing for axe to find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import OrganizationFactory, UserFactory
from ai.tests.factories import CallFactory
from chat.models import Webhook, WebhookDelivery
from tests.journeys.looking import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_log_and_the_webhooks_can_be_read_by_everybody(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]]
) -> None:
    house = OrganizationFactory()
    ana = UserFactory(house=house, role="production", name="Ana")
    calls = [
        CallFactory(
            user=person,
            organization=house,
            model=model,
            cost=cost,
            input_tokens=900,
            output_tokens=120,
            latency_ms=800,
            at=timezone.now() - timedelta(days=days),
            endpoint="/api/chat",
            request={"system": "Mail ana@studio.example", "turns_newest_first": [{"role": "user", "text": "Harbour"}]},
            response={"text": "The harbour lights went on."},
        )
        for days, model, cost, person in (
            (0, "gpt-4o", "0.12", ana),
            (2, "gpt-4o", "0.30", UserFactory(house=house, name="Ben")),
            (5, "claude-sonnet", "0.06", ana),
        )
    ]
    webhook = Webhook.objects.create(
        user=ana, url="https://hooks.example/studio", events=["media-processed"], secret="x"
    )
    attempt = {"at": timezone.now().isoformat(), "status": 500, "seconds": 0.2, "error": "The address refused it."}
    WebhookDelivery.objects.create(
        webhook=webhook,
        event="media-processed",
        subject="a file",
        payload={"type": "media-processed", "data": {"filename": "harbour.mp4"}},
        status="failed",
        attempts=[{**attempt, "answer": "broken"}],
    )
    paths = {
        "ai-log": "/ai-logs",
        "ai-log-call": f"/ai-logs/{calls[0].pk}",
        "webhooks": "/webhooks",
        "webhook": f"/webhooks/{webhook.pk}",
    }
    for name, path in paths.items():
        for theme, width in (("light", 1440), ("dark", 360)):
            page = open_page(path, user=ana, theme=theme, width=width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert axe(page) == [], (name, theme)
            picture(page, f"{name}-{theme}-{width}")
            page.context.close()
