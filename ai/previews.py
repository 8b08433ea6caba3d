"""A few words in a voice, as an MP3 to listen to. The same words in the same voice are spoken once, whoever asks."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import structlog
from av.audio.stream import AudioStream

from ai import routing, speaking
from ai.capabilities.base import Usage
from ai.capabilities.text_to_speech import TextToSpeech, Voice
from ai.errors import LanguageUnsupportedError
from ai.ledger import Use
from ai.models import Call
from ai.work import Answer, Kept, Work, perform
from core.errors import StorageFullError
from core.languages import name
from core.storage import store

log = structlog.get_logger(__name__)

CONTENT_TYPE = "audio/mpeg"
BIT_RATE = 64_000


@dataclass(frozen=True)
class Preview:
    path: Path
    seconds: float
    voice: Voice


def preview(text: str, into: Path, *, voice: str, language: str, model: str, written: str, use: Use) -> Answer[Preview]:
    """Writes the MP3 file `into`. `text` is what the engine gets, `written` what stood there before words were respelled."""
    routes = [
        route for route in routing.routes("text_to_speech", model=model) if speaking.route_speaks(route, language)
    ]
    # A voice that its own engine does not lend to this language: the others of the studio may speak it.
    routes = routes or [route for route in routing.routes("text_to_speech") if speaking.route_speaks(route, language)]
    if not routes:
        raise LanguageUnsupportedError(f"No engine here speaks {name(language)}.", missing_languages=[language])

    def ask(engine: TextToSpeech) -> tuple[Preview, Usage]:
        with tempfile.TemporaryDirectory(prefix="preview-") as folder:
            spoken = Path(folder) / "preview.wav"
            speech, usage = engine.speak(text, spoken, language=language, voice=voice)
            encode(spoken, into)
        return Preview(into, speech.seconds, speech.voice), usage

    said = json.dumps([text, voice, language, [str(route.engine) for route in routes]], ensure_ascii=False)
    work = Work(
        capability="text_to_speech",
        use=use,
        # Nobody's in particular: what anyone has paid for is heard by all who may preview.
        key=f"text_to_speech:preview:{hashlib.sha256(said.encode()).hexdigest()}",
        estimate=Usage(seconds=len(text) / 10, characters=len(text)),
        asked={"text": text, "language": language, "voice": voice},
        ask=ask,
        keep=lambda made, call: _keep(made, call, text=text, written=written),
        load=lambda call: _load(call, into),
    )
    return perform(work, routes)


def key_of(call_id: UUID) -> str:
    return f"ai/previews/{call_id}.mp3"


def encode(wav: Path, into: Path) -> None:
    with av.open(str(wav)) as source, av.open(str(into), "w", format="mp3") as target:
        heard = source.streams.audio[0]
        track: AudioStream = target.add_stream("libmp3lame", rate=heard.rate, layout="mono", bit_rate=BIT_RATE)
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=heard.rate)
        for frame in source.decode(heard):
            for part in resampler.resample(frame):
                target.mux(track.encode(part))
        target.mux(track.encode(None))


def _keep(made: Preview, call_id: UUID, *, text: str, written: str) -> Kept:
    about: dict[str, Any] = {"seconds": made.seconds, "voice": asdict(made.voice), "spoken": text, "written": written}
    try:
        store().put(key_of(call_id), made.path, content_type=CONTENT_TYPE)
    except StorageFullError:
        # It can be heard now; only the next listener has to wait for it again.
        log.warning("ai.answer_not_kept", call=str(call_id))
        return Kept(about)
    return Kept(about, key_of(call_id))


def _load(call: Call, into: Path) -> Preview | None:
    if not call.response or not call.response_key or not store().exists(call.response_key):
        return None
    with store().local(call.response_key) as path:
        shutil.copyfile(path, into)
    return Preview(into, call.response["seconds"], Voice(**call.response["voice"]))
