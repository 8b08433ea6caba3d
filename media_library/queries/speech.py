"""What is said in an asset, as the work that follows needs it."""

from __future__ import annotations

from media_library.media.words import Word
from media_library.models import Asset, Segment


def spoken_words(asset: Asset) -> list[Word]:
    """The transcript's words in order of time."""
    segments = Segment.objects.filter(transcript__asset=asset).values_list("words", flat=True)
    return [Word(text=word["word"], start=word["start"], end=word["end"]) for words in segments for word in words]
