"""What answers have cost."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from chat.models import Conversation


def of_conversation(conversation: Conversation) -> Decimal:
    """All its answers, those of other branches too: they were paid as well."""
    found: Decimal | None = conversation.messages.aggregate(spent=Sum("cost"))["spent"]
    return found or Decimal(0)
