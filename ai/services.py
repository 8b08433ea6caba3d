"""What models can do for the rest of the studio. Every function goes through the ledger and names who did the work."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import structlog

from ai import catalogue, ledger, recordings, routing, spoken
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.chat import Chat, ChatRequest
from ai.capabilities.describe_image import DescribeImage, Seen
from ai.capabilities.embed import Embed, Vectors
from ai.capabilities.match_voice import Checked, Matched, MatchedVoice
from ai.capabilities.speech_to_text import Segment, SpeechToText, Transcription, Word
from ai.capabilities.text_to_speech import Speech, TextToSpeech, Voice
from ai.capabilities.translate import Translate, TranslationRequest
from ai.conversation import StreamedAnswer
from ai.errors import InvalidAnswerError, LanguageUnsupportedError, UnknownNameError
from ai.generating import Estimate, estimate, generate_image, generate_video
from ai.ledger import Use, key_of
from ai.matching import (
    check_sample,
    forget_voice,
    match_voice,
    matched_voice_speaks,
    similarity,
    speak_matched,
)
from ai.models import Call
from ai.prices import estimate_tokens
from ai.routing import Route
from ai.speakers import diarize
from ai.speaking import route_speaks
from ai.summaries import summarize
from ai.wire import Wire
from ai.work import Answer, Kept, Work, first_able, perform, reserve, together
from core.errors import StorageFullError, UnsupportedTypeError
from core.languages import canonical, name, primary
from core.storage import store

__all__ = [
    "Answer",
    "CatalogueVoice",
    "Checked",
    "Estimate",
    "Matched",
    "MatchedVoice",
    "MissingEngines",
    "StreamedAnswer",
    "Use",
    "chat_complete",
    "chat_stream",
    "check_sample",
    "describe",
    "diarize",
    "embed_passages",
    "embed_query",
    "engine_for",
    "estimate",
    "forget_voice",
    "generate_image",
    "generate_video",
    "match_voice",
    "matched_voice_speaks",
    "missing_languages",
    "require_voice",
    "similarity",
    "speak",
    "speak_matched",
    "summarize",
    "transcribe",
    "translate",
    "voices",
]

log = structlog.get_logger(__name__)

BATCH_LINES = 80
BATCH_CHARACTERS = 5000


def transcribe(
    audio: Path, *, language: str | None = None, use: Use, progress: Progress = silent, model: str = ""
) -> Answer[Transcription]:
    """Words with times. Hosted engines get the recording in pieces, each a call of its own, so a retry pays for the rest only."""
    routes = routing.routes("speech_to_text", model=model)
    if language:
        routes = [route for route in routes if _hears(route, language)]
        if not routes:
            raise _unsupported(f"No engine here understands spoken {name(canonical(language))}.", language)
    if not any(route.hosted for route in routes):
        return perform(_hearing(audio, language, use, progress, model), routes)
    total = recordings.seconds(audio)
    parts: list[tuple[recordings.Piece, Transcription]] = []
    answers: list[Answer[Transcription]] = []
    with tempfile.TemporaryDirectory(prefix="hearing-") as folder:
        for piece in recordings.pieces(audio, Path(folder)):
            answer = perform(
                _hearing(piece.path, language, use, recordings.share(progress, piece, total), model), routes
            )
            piece.path.unlink()
            parts.append((piece, answer.value))
            answers.append(answer)
            if answer.value.segments and answer.value.language != "und":
                language = language or answer.value.language
    if not parts:
        raise UnsupportedTypeError("This file has no sound that can be read.")
    return together(recordings.joined(parts), answers)


def speak(
    text: str,
    into: Path,
    *,
    language: str,
    voice: str = "",
    speed: float = 1.0,
    use: Use,
    progress: Progress = silent,
    model: str = "",
) -> Answer[Speech]:
    """Writes the WAV file `into`. The first engine of the route that speaks `language` does it; the answer names the voice."""
    routes = [route for route in routing.routes("text_to_speech", model=model) if route_speaks(route, language)]
    if not routes:
        raise _unsupported(f"No engine here speaks {name(canonical(language))}.", language)

    def ask(engine: TextToSpeech) -> tuple[Speech, Usage]:
        return engine.speak(text, into, language=language, voice=voice, speed=speed, progress=progress)

    work = Work(
        capability="text_to_speech",
        use=use,
        key=key_of(use, "text_to_speech", text, language, voice, f"{speed:.3f}", model),
        # Nobody speaks slower than ten characters a second for long.
        estimate=Usage(seconds=len(text) / 10 / speed, characters=len(text)),
        asked={"text": text, "language": language, "voice": voice, "speed": speed},
        ask=ask,
        keep=spoken.keep,
        load=lambda call: spoken.load(call, into),
    )
    return perform(work, routes)


def translate(
    request: TranslationRequest, *, use: Use, progress: Progress = silent, model: str = ""
) -> Answer[list[str]]:
    """As many lines as came in. LanguageUnsupportedError when nobody here knows the pair: the work goes to a person."""
    candidates = routing.routes("translate", model=model)
    routes = [route for route in candidates if _translates(route, request.source, request.target)]
    if not routes:
        source, target = name(canonical(request.source)), name(canonical(request.target))
        raise _unsupported(f"No engine here translates from {source} to {target}.", request.target)
    if not any(route.hosted for route in routes):
        return perform(_translating(request, use, progress, model), routes)
    parts = list(_batches(request.lines)) or [[]]
    answers: list[Answer[list[str]]] = []
    done = 0
    for number, lines in enumerate(parts):
        share = _part(progress, number, len(parts))
        part = replace(request, lines=lines, room=request.room[done : done + len(lines)])
        done += len(lines)
        answers.append(perform(_translating(part, use, share, model), routes))
    return together([line for answer in answers for line in answer.value], answers)


def describe(
    frames: list[Path],
    *,
    language: str = "en",
    context: str = "",
    max_words: int | None = None,
    use: Use,
    model: str = "",
) -> Answer[Seen]:
    """Sentences about one shot. `Seen.measured` tells that they come from measurements, not from understanding."""
    routes = [route for route in routing.routes("describe_image", model=model) if _sees_in(route, language)]
    if not routes:
        raise _unsupported(f"No engine here describes pictures in {name(canonical(language))}.", language)

    def ask(engine: DescribeImage) -> tuple[Seen, Usage]:
        return engine.describe(frames, language=language, context=context, max_words=max_words)

    pictures = [hashlib.sha256(frame.read_bytes()).digest() for frame in frames]
    work = Work(
        capability="describe_image",
        use=use,
        key=key_of(use, "describe_image", *pictures, language, context, str(max_words), model),
        estimate=Usage(
            input_tokens=1600 * len(frames) + estimate_tokens(context) + 700, output_tokens=1500, images=len(frames)
        ),
        asked={"pictures": len(frames), "language": language, "context": context, "max_words": max_words},
        ask=ask,
        keep=lambda seen, _call: Kept(asdict(seen)),
        load=lambda call: Seen(**call.response) if call.response else None,
    )
    return perform(work, routes)


def embed_passages(texts: list[str], *, use: Use) -> Answer[Vectors]:
    """One unit vector a text."""

    def ask(engine: Embed) -> tuple[Vectors, Usage]:
        return engine.passages(texts)

    routes = routing.routes("embed")
    # Local vectors are quicker to make again than to fetch.
    key = key_of(use, "embed", *texts) if any(route.hosted for route in routes) else ""
    work = Work(
        capability="embed",
        use=use,
        key=key,
        estimate=Usage(input_tokens=sum(map(estimate_tokens, texts))),
        asked={"texts": len(texts), "characters": sum(map(len, texts))},
        ask=ask,
        keep=_keep_vectors,
        load=_load_vectors,
    )
    return perform(work, routes)


def embed_query(text: str, *, use: Use) -> Answer[Vectors]:
    """One unit vector, comparable with those of passages by dot product."""

    def ask(engine: Embed) -> tuple[Vectors, Usage]:
        return engine.query(text)

    work = Work(
        capability="embed",
        use=use,
        key="",
        estimate=Usage(input_tokens=estimate_tokens(text)),
        asked={"text": text},
        ask=ask,
        keep=_keep_vectors,
        load=_load_vectors,
    )
    return perform(work, routing.routes("embed"))


def chat_complete(request: ChatRequest, *, use: Use, model: str = "") -> Answer[str]:
    """The whole answer. With `request.schema` it is JSON that is valid against the schema."""

    def ask(engine: Chat) -> tuple[str, Usage]:
        return engine.complete(request)

    work = Work(
        capability="chat",
        use=use,
        key=_chat_key(request, use, model),
        estimate=_chat_estimate(request),
        asked=_chat_asked(request),
        ask=ask,
        keep=lambda text, _call: Kept({"text": text}),
        load=lambda call: call.response["text"] if call.response else None,
    )
    return perform(work, routing.routes("chat", model=model))


def chat_stream(request: ChatRequest, *, use: Use, model: str = "") -> StreamedAnswer:
    """Returns when the first words are there; errors before them are raised here and let the next engine of the route try."""
    key = _chat_key(request, use, model)
    if (done := ledger.finished(key)) and done.response:
        return _replayed_chat(done)

    def attempt(route: Route) -> StreamedAnswer:
        opened = ledger.begin(
            capability="chat",
            engine=route.engine,
            use=use,
            key=key,
            estimate=reserve(route, _chat_estimate(request)),
            request=_chat_asked(request),
        )
        if isinstance(opened, Call):
            return _replayed_chat(opened)
        try:
            chat: Chat = route.build(opened.wire)
            stream = chat.stream(request)
            rest = iter(stream)
            first = next(rest, "")
            if not first:
                raise InvalidAnswerError("The model answered with nothing.")
        except BaseException as error:
            opened.fail(error)
            raise
        return StreamedAnswer(
            engine=route.engine, call_id=opened.id, first=first, stream=stream, rest=rest, opened=opened
        )

    return first_able(routing.routes("chat", model=model), attempt, capability="chat")


@dataclass(frozen=True)
class MissingEngines:
    """A target language and what nobody here can do in it."""

    language: str
    translate: bool
    speak: bool

    @property
    def sentence(self) -> str:
        lacks = [word for word, missing in (("translates into", self.translate), ("speaks", self.speak)) if missing]
        return f"No engine here {' or '.join(lacks)} {name(self.language)}: a person will do it."


def missing_languages(*, targets: Iterable[str], source: str | None = None) -> list[MissingEngines]:
    """The target languages that wait for a person, in the order given. Without a source only voices are judged."""
    translators = routing.routes("translate")
    speakers = routing.routes("text_to_speech")
    missing: list[MissingEngines] = []
    for target in targets:
        needed = source is not None and canonical(source) != canonical(target)
        translate_missing = needed and not any(_translates(route, source or "", target) for route in translators)
        speak_missing = not any(route_speaks(route, target) for route in speakers)
        if translate_missing or speak_missing:
            missing.append(MissingEngines(canonical(target), translate_missing, speak_missing))
    return missing


@dataclass(frozen=True)
class CatalogueVoice:
    engine: Engine
    voice: Voice


def voices(*, language: str = "") -> list[CatalogueVoice]:
    """Every voice of this deployment's engines, best default of each language first; only those of `language` if given."""
    return [
        CatalogueVoice(route.engine, voice)
        for route in routing.routes("text_to_speech")
        for voice in _voices(route)
        if not language or primary(voice.language) in {primary(language), catalogue.MULTIPLE}
    ]


def require_voice(voice: str) -> None:
    """Raises UnknownNameError for a voice that neither an engine here nor the catalogue knows. For doors, before work starts."""
    if catalogue.is_known_voice(voice) or any(known.voice.id == voice for known in voices()):
        return
    raise UnknownNameError("Unknown voice", field="voice", kind="unknown_voice")


def engine_for(capability: str, *, model: str = "") -> Engine | None:
    """Who would be asked first, for pages; None when nobody can."""
    routes = routing.routes(capability, model=model)
    return routes[0].engine if routes else None


def _hearing(audio: Path, language: str | None, use: Use, progress: Progress, model: str) -> Work[Transcription]:
    def ask(engine: SpeechToText) -> tuple[Transcription, Usage]:
        return engine.transcribe(audio, language=language, progress=progress)

    return Work(
        capability="speech_to_text",
        use=use,
        key=key_of(use, "speech_to_text", recordings.digest(audio), language or "", model),
        estimate=Usage(seconds=recordings.seconds(audio)),
        asked={**recordings.about(audio), "language": language},
        ask=ask,
        keep=lambda heard, _call: Kept(asdict(heard)),
        load=lambda call: _transcription(call.response) if call.response else None,
    )


def _translating(request: TranslationRequest, use: Use, progress: Progress, model: str) -> Work[list[str]]:
    def ask(engine: Translate) -> tuple[list[str], Usage]:
        lines, usage = engine.translate(request, progress=progress)
        if len(lines) != len(request.lines):
            raise InvalidAnswerError("The translation has another number of lines than the original.")
        return lines, usage

    asked = json.dumps(asdict(request), ensure_ascii=False, sort_keys=True)
    tokens = estimate_tokens(asked)
    return Work(
        capability="translate",
        use=use,
        key=key_of(use, "translate", asked, model),
        estimate=Usage(input_tokens=tokens + 600, output_tokens=tokens * 2, characters=sum(map(len, request.lines))),
        asked=asdict(request),
        ask=ask,
        keep=lambda lines, _call: Kept({"lines": lines}),
        load=lambda call: call.response["lines"] if call.response else None,
    )


def _hears(route: Route, language: str) -> bool:
    engine: SpeechToText = route.build(Wire())
    known = engine.languages()
    return known is None or primary(language) in known


def _voices(route: Route) -> list[Voice]:
    engine: TextToSpeech = route.build(Wire())
    return engine.voices()


def _translates(route: Route, source: str, target: str) -> bool:
    engine: Translate = route.build(Wire())
    return engine.speaks(source, target)


def _sees_in(route: Route, language: str) -> bool:
    engine: DescribeImage = route.build(Wire())
    known = engine.languages()
    return known is None or primary(language) in known


def _unsupported(sentence: str, language: str) -> LanguageUnsupportedError:
    return LanguageUnsupportedError(f"{sentence} The work goes to a person.", missing_languages=[canonical(language)])


def _batches(lines: Sequence[str]) -> Iterable[list[str]]:
    """Parts of a size that a model keeps count of, preferably ending with a sentence, because neighbours are context."""
    part: list[str] = []
    for line in lines:
        part.append(line)
        full = len(part) >= BATCH_LINES or sum(map(len, part)) >= BATCH_CHARACTERS
        nearly = len(part) >= BATCH_LINES * 3 // 4 and line.rstrip().endswith((".", "!", "?", "…", "。"))
        if full or nearly:
            yield part
            part = []
    if part:
        yield part


def _part(progress: Progress, number: int, parts: int) -> Progress:
    return lambda fraction, message: progress((number + fraction) / parts, message)


def _chat_key(request: ChatRequest, use: Use, model: str) -> str:
    return key_of(use, "chat", json.dumps(asdict(request), ensure_ascii=False, sort_keys=True), model)


def _chat_asked(request: ChatRequest) -> dict[str, Any]:
    """The newest turn first: it says most, and what comes last is left out when there is too much."""
    turns = [{"role": turn.role, "text": turn.text} for turn in reversed(request.turns)]
    limits = {"max_tokens": request.max_tokens, "temperature": request.temperature, "schema": bool(request.schema)}
    return {**limits, "turns_newest_first": turns, "system": request.system}


def _chat_estimate(request: ChatRequest) -> Usage:
    asked = estimate_tokens(request.system) + sum(estimate_tokens(turn.text) for turn in request.turns)
    return Usage(input_tokens=asked, output_tokens=request.max_tokens)


def _replayed_chat(call: Call) -> StreamedAnswer:
    return StreamedAnswer(
        engine=Engine(call.provider, call.model), call_id=call.pk, first=(call.response or {})["text"]
    )


def _transcription(kept: dict[str, Any]) -> Transcription:
    segments = [
        Segment(one["start"], one["end"], one["text"], [Word(**word) for word in one["words"]])
        for one in kept["segments"]
    ]
    return Transcription(kept["language"], kept["language_confidence"], kept["duration"], segments)


def _keep_vectors(vectors: Vectors, call_id: UUID) -> Kept:
    key = f"ai/vectors/{call_id}"
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, vectors)
        file.flush()
        try:
            store().put(key, Path(file.name), content_type="application/octet-stream")
        except StorageFullError:
            log.warning("ai.answer_not_kept", call=str(call_id))
            return Kept()
    return Kept(None, key)


def _load_vectors(call: Call) -> Vectors | None:
    if not call.response_key or not store().exists(call.response_key):
        return None
    with store().local(call.response_key) as path:
        vectors: Vectors = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    return vectors
