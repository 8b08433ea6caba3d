"""What an answer is given to quote from, in its numbering."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

SPEECH, PICTURE, DOCUMENT, NAME = "speech", "picture", "document", "name"


@dataclass(frozen=True)
class Word:
    text: str
    start: float
    end: float
    segment_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Source:
    """One quote. Only speech has `words`, and only what has words can be a clip. `clip_id` is set where it is a clip of the cut already.

    `score` ranks; `similarity` is the cosine of meaning where it was compared; `by_words` tells that words asked for stand in it.
    """

    n: int
    kind: str
    asset_id: uuid.UUID
    title: str
    text: str
    speaker: str = ""
    start: float | None = None
    end: float | None = None
    language: str = ""
    words: tuple[Word, ...] = ()
    segment_ids: tuple[uuid.UUID, ...] = ()
    clip_id: uuid.UUID | None = None
    # Between these times nobody says anything else, so that a clip may have some air. None where that is not known.
    free_from: float | None = None
    free_until: float | None = None
    # When its footage came in, so that what belongs together can stand in that order.
    order: int = 0
    score: float = field(default=0.0, compare=False)
    similarity: float | None = field(default=None, compare=False)
    by_words: bool = field(default=False, compare=False)

    def numbered(self, n: int) -> Source:
        return replace(self, n=n)

    @property
    def stored(self) -> dict[str, Any]:
        """As `Message.sources` and `.citations` keep it."""
        return {
            "n": self.n,
            "kind": self.kind,
            "asset_id": str(self.asset_id),
            "segment_id": str(self.segment_ids[0]) if self.segment_ids else None,
            "segment_ids": [str(one) for one in self.segment_ids],
            "clip_id": str(self.clip_id) if self.clip_id else None,
            "title": self.title,
            "speaker": self.speaker,
            "start": self.start,
            "end": self.end,
            "language": self.language,
            "free_from": self.free_from,
            "free_until": self.free_until,
            "order": self.order,
            "text": self.text,
            "score": round(self.score, 5),
            "similarity": None if self.similarity is None else round(self.similarity, 4),
            "by_words": self.by_words,
        }
