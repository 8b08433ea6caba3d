"""What sockets and pages hear of the library. One stream for all assets, keyed by asset; who hears what is decided at delivery."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from core.live import publish
from core.live.events import percent
from core.runs.models import Run, Step
from media_library.models import Asset

STREAM = "library"


def asset_status(asset: Asset) -> None:
    """It became usable, or could not be prepared, or is being prepared again."""
    progress = 1.0 if asset.status == Asset.Status.ACTIVE else (asset.run.progress if asset.run else 0.0)
    _publish(
        asset.pk,
        {
            "type": "asset.status",
            "status": asset.status,
            "progress": percent(progress),
            "kind": asset.kind,
            "name": asset.name,
            "problem": asset.problem or None,
        },
    )


def asset_progress(run: Run, step: Step) -> None:
    # One that can be used already stays so while more is found out about it.
    status = Asset.objects.values_list("status", flat=True).filter(pk=run.subject_id).first()
    _publish(
        run.subject_id,
        {
            "type": "asset.progress",
            "status": status or Asset.Status.PROCESSING,
            "progress": percent(run.progress),
            "step": step.name,
            "message": step.message or None,
        },
    )


def _publish(asset_id: object, payload: dict[str, Any]) -> None:
    about = {"asset_id": str(asset_id), "timestamp": timezone.now().isoformat()}
    publish(STREAM, {**payload, **about}, key=str(asset_id))
