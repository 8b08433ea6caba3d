"""Transcripts: what was heard, and what people make of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from media_library.models import Asset, Segment, Transcript


@transaction.atomic
def write_transcript(
    asset: Asset, *, language: str, confidence: float | None, engine: str, segments: Iterable[dict[str, Any]]
) -> Transcript:
    """Replaces the asset's transcript. `segments` are dicts with start, end, text and words."""
    transcript, _ = Transcript.objects.update_or_create(
        asset=asset, defaults={"language": language, "confidence": confidence, "engine": engine}
    )
    transcript.segments.all().delete()
    Segment.objects.bulk_create(
        Segment(transcript=transcript, position=position, **segment) for position, segment in enumerate(segments)
    )
    return transcript
