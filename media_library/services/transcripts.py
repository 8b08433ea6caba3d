"""Transcripts: what was heard, and what people make of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit, languages
from core.errors import WrongStateError
from core.runs import services as runs
from core.runs.models import Run
from media_library.models import Asset, Segment, Speaker, Transcript, TranscriptEdit
from media_library.services import history

LISTEN = "media_library.transcribe"
HEARABLE = (Asset.Kind.VIDEO, Asset.Kind.AUDIO)


@transaction.atomic
def write_transcript(
    asset: Asset,
    *,
    language: str,
    confidence: float | None,
    engine: str,
    segments: Iterable[dict[str, Any]],
    source: str = Transcript.Source.HEARD,
    actor: User | None = None,
    action: str = TranscriptEdit.Action.LANGUAGE,
    summary: str = "",
) -> Transcript:
    """Replaces the asset's transcript. `segments` are dicts with start, end, text, words and, where known, the speaker's name.

    Where people have changed it, or somebody asked for this, it is an edit: what was there before can be had back.
    """
    transcript, made = Transcript.objects.get_or_create(asset=asset, defaults={"language": language})
    locked = history.hold(transcript)
    edited = actor is not None or (not made and locked.revision > 0)
    before = history.state_of(locked) if edited else None
    locked.language, locked.confidence, locked.engine = language, confidence, engine[:100]
    locked.source, locked.speakers_engine = source, ""
    locked.save(update_fields=[*history.TRANSCRIPT_FIELDS, "updated_at"])
    locked.segments.all().delete()
    locked.speakers.all().delete()
    rows = list(segments)
    speakers = _speakers(locked, rows)
    Segment.objects.bulk_create(
        (
            Segment(
                transcript=locked,
                position=position,
                speaker=speakers.get(row.get("speaker", "")),
                **{name: row[name] for name in ("start", "end", "text", "words")},
            )
            for position, row in enumerate(rows)
        ),
        batch_size=history.BATCH,
    )
    if before is not None:
        after = history.state_of(locked)
        told = summary or f"Heard again in {languages.name(language)}"
        history.record(locked, action, actor=actor, summary=told, before=before, after=after)
        history.index(locked, before, after)
    return locked


def _speakers(transcript: Transcript, rows: list[dict[str, Any]]) -> dict[str, Speaker]:
    names = list(dict.fromkeys(row["speaker"] for row in rows if row.get("speaker")))
    made = Speaker.objects.bulk_create(
        Speaker(transcript=transcript, label=f"speaker_{number}", name=name)
        for number, name in enumerate(names, start=1)
    )
    return dict(zip(names, made, strict=True))


@transaction.atomic
def transcribe_again(asset: Asset, *, language: str, by: User) -> Run:
    """Listens anew, in this language, or in whichever is spoken when it is empty. Refused while somebody listens already."""
    if asset.kind not in HEARABLE:
        raise WrongStateError("Only video and sound can be listened to.")
    wanted = languages.canonical(language) if language else ""
    run = runs.start(LISTEN, subject_id=asset.pk, params={"language": wanted}, created_by=by)
    audit.record("media_library.transcript.listen", asset, actor=by, language=wanted, run=str(run.pk))
    return run
