from __future__ import annotations

import pytest
from django.urls import reverse

from ai.models import Budget, Call

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(db):
    return Call.objects.create(
        capability="chat",
        provider="anthropic",
        model="claude-sonnet-5-5",
        purpose="tests",
        response={"text": "a secret"},
    )


def test_the_ledger_is_read_and_never_edited(admin_client, call):
    assert "claude-sonnet-5-5" in admin_client.get(reverse("admin:ai_call_changelist")).text
    page = admin_client.get(reverse("admin:ai_call_change", args=[call.pk]))

    assert page.status_code == 200
    assert "a secret" not in page.text
    assert admin_client.get(reverse("admin:ai_call_add")).status_code == 403
    assert admin_client.post(reverse("admin:ai_call_delete", args=[call.pk]), {"post": "yes"}).status_code == 403


def test_a_budget_is_set_in_the_admin(admin_client):
    admin_client.post(
        reverse("admin:ai_budget_add"), {"period": "day", "limit_usd": "5", "alert_fraction": "0.5"}, follow=True
    )

    assert str(Budget.objects.get()) == "5.00 USD a day for the studio"


def test_the_studio_has_one_budget_a_period(admin_client):
    Budget.objects.create(limit_usd=5)

    page = admin_client.post(
        reverse("admin:ai_budget_add"), {"period": "month", "limit_usd": "5", "alert_fraction": "0.5"}
    )

    assert page.status_code == 200
    assert Budget.objects.count() == 1
