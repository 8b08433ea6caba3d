"""Reading cue by cue."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from core.errors import NotFoundError
from media_library.media import webvtt
from media_library.media.cue_diff import cue_digest
from qc import queries, workflows
from qc.models import CueReview, LanguageReview


@transaction.atomic
def mark_cue_reviewed(
    review: LanguageReview, *, cue_index: int, kind: str, actor: User, reviewed: bool = True
) -> LanguageReview:
    """Notes that a cue of the newest version is right, or takes the note back. The mark itself says who and when."""
    locked = workflows.begin("mark_cue_reviewed", review, actor=actor)
    cues = queries.current(locked.output.track(kind))
    if cue_index >= len(cues):
        raise NotFoundError("Cue not found")
    digest = cue_digest(cues[cue_index])
    marks = locked.cue_reviews.filter(kind=kind)
    _follow(cues, list(marks))
    if reviewed:
        marks.update_or_create(
            review=locked, kind=kind, cue_index=cue_index, defaults={"text_digest": digest, "by": actor}
        )
    else:
        marks.filter(text_digest=digest).delete()
    locked.save(update_fields=["updated_at"])
    return locked


def _follow(cues: list[webvtt.Cue], marks: list[CueReview]) -> None:
    """Puts marks where their cues stand by now, because cues were added or taken out before them; marks of changed cues go."""
    if all(mark.cue_index < len(cues) and cue_digest(cues[mark.cue_index]) == mark.text_digest for mark in marks):
        return
    places = {cue_digest(cue): index for index, cue in reversed(list(enumerate(cues)))}
    kept = {places[mark.text_digest]: mark for mark in marks if mark.text_digest in places}
    CueReview.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
    CueReview.objects.bulk_create(
        CueReview(review_id=mark.review_id, kind=mark.kind, cue_index=index, text_digest=mark.text_digest, by=mark.by)
        for index, mark in kept.items()
    )
