"""What a session has cost, by who did the work: of hosted engines from the ledger, of the studio's own from what was made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Sum

from ai.models import Call
from generation.models import GenerationSession, Take

# What Replicate ran is named as the document names it, whatever the model.
REPLICATE = {"generate_image": "replicate_flux", "generate_video": "replicate_luma"}
KINDS = {"generate_image": Take.Kind.IMAGE.value, "generate_video": Take.Kind.CLIP.value}
LOCAL = "local"


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
    rows = [*_hosted(session), *_here(session)]
    exact = sum((row.cost for row in rows), Decimal(0))
    estimated = session.rounds.aggregate(total=Sum("estimate_usd"))["total"] or Decimal(0)
    return Costs(exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP), exact, estimated, rows)


def service_of(provider: str, model: str, capability: str) -> str:
    """Names what ran: Replicate by the document's words, all others by their own."""
    if provider == "replicate" and capability in REPLICATE:
        return REPLICATE[capability]
    return f"{provider}_{model}"


def _hosted(session: GenerationSession) -> list[Cost]:
    calls = Call.objects.filter(subject_id=session.pk).exclude(provider=LOCAL)
    groups = calls.values("provider", "model", "capability").annotate(
        total=Sum("cost"),
        tokens=Sum("input_tokens") + Sum("output_tokens"),
        pictures=Sum("images"),
        length=Sum("seconds"),
    )
    found = []
    for row in groups.order_by("capability", "provider", "model"):
        # Asked, and neither answered nor billed.
        if not (row["total"] or row["tokens"] or row["pictures"] or row["length"]):
            continue
        details: dict[str, Any] = {"model": row["model"]}
        if row["capability"] == "generate_image":
            details["num_images"] = row["pictures"]
        else:
            details["duration_seconds"] = round(row["length"], 3)
        service = service_of(row["provider"], row["model"], row["capability"])
        found.append(Cost(service, row["total"], row["tokens"] or None, details))
    return found


def _here(session: GenerationSession) -> list[Cost]:
    """From what was made, which knows longer than the ledger how."""
    made = session.takes.filter(status=Take.Status.READY, made__engine__startswith=f"{LOCAL}:")
    counts: Counter[tuple[str, str]] = Counter()
    lengths: Counter[tuple[str, str]] = Counter()
    for kind, engine, seconds in made.values_list("kind", "made__engine", "seconds"):
        counts[kind, engine] += 1
        lengths[kind, engine] += seconds or 0
    rows = []
    for (kind, engine), count in sorted(counts.items(), reverse=True):
        model = engine.partition(":")[2]
        details: dict[str, Any] = {"model": model}
        if kind == Take.Kind.IMAGE:
            details["num_images"] = count
        else:
            details["duration_seconds"] = round(lengths[kind, engine], 3)
        rows.append(Cost(f"{LOCAL}_{model}", Decimal(0), None, details))
    return rows
