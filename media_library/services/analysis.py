"""What an engine saw in an asset, kept as what it is: a proposal beside what people wrote."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from media_library.models import Asset, Suggestion

PROPOSED = ("description", "tags", "objects", "style", "suitability")


@transaction.atomic
def keep_analysis(asset: Asset, analysis: dict[str, Any], *, call_id: uuid.UUID | None = None) -> None:
    """Writes what was seen, and proposes it to people unless they have decided on such a proposal already."""
    asset.analysis = analysis
    asset.save(update_fields=["analysis", "updated_at"])
    content = {name: analysis[name] for name in PROPOSED if analysis.get(name)}
    proposals = Suggestion.objects.filter(asset=asset, kind=Suggestion.Kind.PICTURE)
    if not content.get("description") or proposals.exclude(status=Suggestion.Status.OPEN).exists():
        return
    Suggestion.objects.update_or_create(
        asset=asset,
        kind=Suggestion.Kind.PICTURE,
        status=Suggestion.Status.OPEN,
        defaults={
            "content": content,
            "engine": str(analysis.get("engine") or "")[:100],
            "measured": bool(analysis.get("measured")),
            "call_id": call_id,
        },
    )
