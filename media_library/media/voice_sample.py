"""A voice out of a recording: its sound alone, or only the stretches in which one speaker is heard."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from media_library.media.ffmpeg import Input, run
from media_library.media.probe import probe

# A voice does not become clearer after this, and listening to it takes its time.
MOST_SECONDS = 180.0
RATE = 24_000
# What begins or ends in somebody else's word would be heard as a second voice.
_INSIDE_SECONDS = 0.05


def voice_sample(
    source: Path,
    into: Path,
    *,
    spans: Sequence[tuple[float, float]] = (),
    most: float = MOST_SECONDS,
    halt: threading.Event | None = None,
) -> float:
    """Writes a mono WAV file of at most `most` seconds and answers with its length. `spans` are the stretches to keep; all without.

    NoAudioError for a file without sound.
    """
    found = probe(source).require(audio=True)
    chosen = _chosen(spans, most)
    filters = []
    if chosen:
        wanted = "+".join(f"between(t,{start:.3f},{end:.3f})" for start, end in chosen)
        filters.append(f"aselect='{wanted}',asetpts=N/SR/TB")
    length = sum(end - start for start, end in chosen) if chosen else min(found.duration, most)
    run(
        inputs=[Input(path=source, kind=found.kind)],
        options=[
            *("-vn", "-sn", "-map", "0:a:0"),
            *(("-filter:a", ",".join(filters)) if filters else ()),
            *("-t", f"{most:.3f}", "-ac", "1", "-ar", str(RATE), "-c:a", "pcm_s16le"),
        ],
        output=into,
        muxer="wav",
        expected_seconds=length,
        what="Taking the voice out of the recording",
        halt=halt,
    )
    return length


def _chosen(spans: Sequence[tuple[float, float]], most: float) -> list[tuple[float, float]]:
    """The longest stretches first, until there is enough; then in order of time."""
    kept: list[tuple[float, float]] = []
    total = 0.0
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        if total >= most:
            break
        inner = (start + _INSIDE_SECONDS, end - _INSIDE_SECONDS)
        if inner[1] - inner[0] > 0.5:
            kept.append(inner)
            total += inner[1] - inner[0]
    return sorted(kept)
