"""The part of a transcript that lies in a range: its words, with the times of the clip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from media_library.models import Asset, Segment, Speaker, Transcript
from media_library.services.transcripts import write_transcript

Row = dict[str, Any]


def text_of(asset: Asset, *, start: float, end: float) -> str:
    transcript = Transcript.objects.filter(asset=asset).first()
    return " ".join(row["text"] for row, _ in rows(transcript, start=start, end=end)) if transcript else ""


def copy_words(source: Asset, clip: Asset, *, start: float, end: float) -> Transcript | None:
    """What is said in the range becomes the clip's transcript, with who says it; None where nothing is known of what is said."""
    said = Transcript.objects.filter(asset=source).first()
    if said is None:
        return None
    chosen = list(rows(said, start=start, end=end))
    copy = write_transcript(
        clip,
        language=said.language,
        confidence=said.confidence,
        engine=said.engine,
        source=said.source,
        segments=[row for row, _ in chosen],
    )
    copy.speakers_engine = said.speakers_engine
    copy.save(update_fields=["speakers_engine", "updated_at"])
    _copy_speakers(copy, [speaker for _, speaker in chosen])
    return copy


def rows(transcript: Transcript, *, start: float, end: float) -> Iterator[tuple[Row, Speaker | None]]:
    """Segments of the clip, with whoever speaks in the source. A word belongs to the range that its middle lies in."""
    length = end - start
    inside = Segment.objects.filter(transcript=transcript, end__gt=start, start__lt=end)
    for segment in inside.select_related("speaker").order_by("position", "pk"):
        words = [word for word in segment.words if start <= (word["start"] + word["end"]) / 2 < end]
        if segment.words and not words:
            continue
        # Without words of its own a segment cannot be divided.
        if not segment.words and not start <= (segment.start + segment.end) / 2 < end:
            continue
        whole = len(words) == len(segment.words)
        yield (
            {
                "start": _within(segment.start - start, length),
                "end": _within(segment.end - start, length),
                "text": segment.text if whole else _joined(words, like=segment.text),
                "words": [
                    {
                        **word,
                        "start": _within(word["start"] - start, length),
                        "end": _within(word["end"] - start, length),
                    }
                    for word in words
                ],
            },
            segment.speaker,
        )


def _joined(words: list[Row], *, like: str) -> str:
    """With spaces between the words where the text has some."""
    return (" " if any(map(str.isspace, like.strip())) else "").join(word["word"].strip() for word in words)


def _within(seconds: float, length: float) -> float:
    return round(min(max(seconds, 0.0), length), 3)


def _copy_speakers(copy: Transcript, speakers: list[Speaker | None]) -> None:
    known = {one.pk: one for one in speakers if one is not None}
    made = {
        pk: Speaker(transcript=copy, label=one.label, name=one.name, voice=one.voice, voice_engine=one.voice_engine)
        for pk, one in known.items()
    }
    Speaker.objects.bulk_create(made.values())
    segments = list(copy.segments.order_by("position", "pk"))
    for segment, speaker in zip(segments, speakers, strict=True):
        segment.speaker = made[speaker.pk] if speaker is not None else None
    Segment.objects.bulk_update(segments, ["speaker"], batch_size=500)
