"""Who speaks when, through the ledger, whichever engine tells it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ai import recordings, routing, turns
from ai.capabilities.base import Progress, Usage, silent
from ai.capabilities.diarize import Diarization, Diarize, Span, Turn
from ai.ledger import Use, key_of
from ai.work import Answer, Kept, Work, perform, together
from core.errors import UnsupportedTypeError


def diarize(
    audio: Path,
    *,
    speakers: int | None = None,
    spans: list[Span] | None = None,
    use: Use,
    progress: Progress = silent,
    model: str = "",
) -> Answer[Diarization]:
    """Turns and voices. With `spans` there is one turn a span, in order. A hosted engine gets the recording in pieces; the
    local encoder then tells which voices of different pieces are one person's."""
    routes = routing.routes("diarize", model=model)
    if not any(route.hosted for route in routes):
        return perform(_telling(audio, speakers, spans, use, progress, model), routes)
    # Heavy, and for hosted engines only.
    from ai.local import joining, voiceprints, voices  # noqa: PLC0415  (heavy: only where a voice is compared)

    voiceprints.require()  # before anything is paid
    total = recordings.seconds(audio)
    answers: list[Answer[Diarization]] = []
    heard: list[joining.Heard] = []
    with tempfile.TemporaryDirectory(prefix="voices-") as folder:
        for piece in recordings.pieces(audio, Path(folder)):
            share = recordings.share(progress, piece, total)
            answer = perform(_telling(piece.path, None, None, use, share, model), routes)
            found, _ = voices.recognised(piece.path, answer.value.turns)
            heard.append(joining.Heard(piece.start, answer.value.turns, found))
            piece.path.unlink()
            answers.append(answer)
    if not answers:
        raise UnsupportedTypeError("This file has no sound that can be read.")
    told = joining.joined(heard, speakers)
    known, confidence = voices.recognised(audio, told)
    if spans is not None:
        told, kept = turns.numbered(turns.over(spans, told))
        known = [known[speaker] for speaker in kept]
    return together(Diarization(told, known, confidence), answers)


def _telling(
    audio: Path, speakers: int | None, spans: list[Span] | None, use: Use, progress: Progress, model: str
) -> Work[Diarization]:
    def ask(engine: Diarize) -> tuple[Diarization, Usage]:
        return engine.diarize(audio, speakers=speakers, spans=spans, progress=progress)

    return Work(
        capability="diarize",
        use=use,
        key=key_of(use, "diarize", recordings.digest(audio), str(speakers), json.dumps(spans), model),
        estimate=Usage(seconds=recordings.seconds(audio)),
        asked={**recordings.about(audio), "speakers": speakers, "spans": len(spans) if spans is not None else None},
        ask=ask,
        keep=lambda found, _call: Kept(asdict(found)),
        load=lambda call: _diarization(call.response) if call.response else None,
    )


def _diarization(kept: dict[str, Any]) -> Diarization:
    return Diarization([Turn(**turn) for turn in kept["turns"]], kept["voices"], kept["confidence"])
