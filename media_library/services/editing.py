"""People correct what was heard: the words of a stretch of time, or of one segment."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from django.db.models import F, Q, QuerySet

from accounts.models import User
from core.errors import DomainError, NotFoundError
from media_library.media.retime import Stretch, spread
from media_library.models import Segment, Transcript, TranscriptEdit
from media_library.services import history

LONGEST_TEXT = 10_000
# Times are written with three digits; whoever sends back what was shown must not miss the end by a rounding.
SLACK = 0.001
NO_RANGE = "Invalid time range"


def update_range(
    transcript: Transcript, *, start: float, end: float, text: str, actor: User, revision: int | None = None
) -> int:
    """`text` in the place of all that the segments which overlap the range say; how many those are.

    Unchanged words keep their times. Read in order the segments give exactly `text`; those outside stay as they are.
    """
    text = clean_text(text)
    require_range(transcript, start, end)
    overlapping = Q(start__lt=end, end__gt=start) | Q(start=F("end"), start__gte=start, start__lt=end)
    chosen = Segment.objects.filter(overlapping, transcript=transcript.pk)
    with history.changing(
        transcript, TranscriptEdit.Action.TEXT, actor=actor, revision=revision, only=chosen
    ) as change:
        segments = list(chosen.order_by("position"))
        if not segments:
            raise DomainError(NO_RANGE, reason="Nothing is said in this range.")
        _rewrite(segments, text, language=change.transcript.language)
        change.summary = f"Wrote “{text[:120]}”" if text else "Took words out"
    return len(segments)


def change_segment(segment: Segment, *, text: str, actor: User, revision: int | None = None) -> None:
    """As `update_range`, for exactly one segment."""
    text = clean_text(text)
    chosen = Segment.objects.filter(pk=segment.pk)
    with history.changing(
        segment.transcript, TranscriptEdit.Action.TEXT, actor=actor, revision=revision, only=chosen
    ) as change:
        found = list(chosen)
        if not found:
            raise NotFoundError("Segment not found")
        _rewrite(found, text, language=change.transcript.language)
        change.summary = f"Wrote “{text[:120]}”" if text else "Took words out"
    segment.refresh_from_db()


def _rewrite(segments: Sequence[Segment], text: str, *, language: str) -> None:
    stretches = [Stretch(one.start, one.end, one.text, one.words) for one in segments]
    for segment, changed in zip(segments, spread(stretches, text, language=language), strict=True):
        segment.text, segment.words = changed.text, changed.words
    Segment.objects.bulk_update(segments, ["text", "words"], batch_size=history.BATCH)


def clean_text(text: str) -> str:
    """What can be stored and shown: no control characters but spaces, no half of a surrogate pair, not too long."""
    if len(text) > LONGEST_TEXT:
        raise DomainError(f"The new text has more than {LONGEST_TEXT:,} characters.")
    if any(unicodedata.category(one) == "Cs" or one == "\0" for one in text):
        raise DomainError("The new text holds characters that are no text.")
    return "".join(" " if unicodedata.category(one) == "Cc" else one for one in text).strip()


def require_range(transcript: Transcript, start: float, end: float) -> None:
    """Finite, forward, and inside of what was heard."""
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
        raise DomainError(NO_RANGE)
    if end > ends_at(transcript) + SLACK:
        raise DomainError(NO_RANGE, reason="The range reaches past the end.")


def ends_at(transcript: Transcript) -> float:
    segments: QuerySet[Segment] = Segment.objects.filter(transcript=transcript.pk)
    last = segments.order_by("-end").values_list("end", flat=True).first() or 0.0
    return max(last, transcript.asset.duration or 0.0)
