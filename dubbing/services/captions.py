"""What is heard in a dub, as captions and as a transcript: at the times at which it is heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dubbing.models import Dub
from dubbing.queries.desk import SPOKEN, DeskLine
from media_library.media.retime import words_of
from media_library.media.spoken_lines import Line, captions_of
from media_library.media.webvtt.model import Document


def document(dub: Dub, lines: Iterable[DeskLine]) -> Document:
    """Of all lines that have words of their own; a line that is not spoken yet stands in its slot. Muted ones are the original's."""
    told = [one for one in lines if one.line.written_by and one.line.text and not one.line.muted]
    several = len({one.role.pk for one in told}) > 1
    return captions_of(
        [Line(*_times(one), one.line.text, one.role.name) for one in told],
        language=dub.target_language,
        names=several,
        duration=dub.facts.get("duration"),
    )


def written(dub: Dub, lines: Iterable[DeskLine]) -> str:
    return document(dub, lines).write()


def segments(lines: Sequence[DeskLine]) -> list[dict[str, Any]]:
    """As the library keeps them."""
    return [
        {
            "start": start,
            "end": end,
            "text": one.line.text,
            "words": words_of(one.line.text, start, end, language=one.line.dub.target_language),
            "speaker": one.role.name,
        }
        for one in lines
        if one.state in SPOKEN
        for start, end in [_times(one)]
    ]


def _times(one: DeskLine) -> tuple[float, float]:
    line = one.line
    if one.state in SPOKEN and line.placed_start is not None and line.placed_end is not None:
        return line.placed_start, line.placed_end
    return line.start, line.end
