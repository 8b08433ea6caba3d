"""What a session has cost, by who did the work, from the ledger. Engines of the studio cost nothing and are named too."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from ai.models import Call
from generation.models import GenerationSession

# What Replicate ran is named as the document names it, whatever the model.
REPLICATE = {"generate_image": "replicate_flux", "generate_video": "replicate_luma"}


@dataclass(frozen=True)
class Cost:
    """`cost` in US dollars."""

    service: str
    cost: Decimal
    tokens_used: int | None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Costs:
    """`total` is rounded to cents; `exact` is not. `estimated` is what the steps were thought to cost before."""

    total: Decimal
    exact: Decimal
    estimated: Decimal
    rows: list[Cost]


def spent(session: GenerationSession) -> Decimal:
    """What was paid, and what running calls have set aside."""
    return Call.objects.filter(subject_id=session.pk).spent()


def breakdown(session: GenerationSession) -> Costs:
    rows = _by_service(session)
    exact = sum((row.cost for row in rows), Decimal(0))
    estimated = session.rounds.aggregate(total=Sum("estimate_usd"))["total"] or Decimal(0)
    return Costs(exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP), exact, estimated, rows)


def service_of(provider: str, model: str, capability: str) -> str:
    """Names what ran: Replicate by the document's words, all others by their own."""
    if provider == "replicate" and capability in REPLICATE:
        return REPLICATE[capability]
    return f"{provider}_{model}"


def _by_service(session: GenerationSession) -> list[Cost]:
    groups = (
        Call.objects.filter(subject_id=session.pk)
        .values("provider", "model", "capability")
        .annotate(
            total=Sum("cost"),
            tokens=Sum("input_tokens") + Sum("output_tokens"),
            pictures=Sum("images"),
            length=Sum("seconds"),
            done=Count("pk", filter=Q(outcome=Call.Outcome.OK)),
        )
    )
    found = []
    for row in groups.order_by("capability", "provider", "model"):
        # Asked, and neither answered nor billed.
        if not (row["total"] or row["done"]):
            continue
        details: dict[str, Any] = {"model": row["model"]}
        if row["capability"] == "generate_image":
            details["num_images"] = row["pictures"] or row["done"]
        else:
            details["duration_seconds"] = round(row["length"], 3)
        service = service_of(row["provider"], row["model"], row["capability"])
        found.append(Cost(service, row["total"], row["tokens"] or None, details))
    return found
