"""Voices made after a sample, through the ledger: check the sample, match it, speak, forget."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from ai import recordings, routing, spoken
from ai.capabilities.base import Progress, Usage, silent
from ai.capabilities.match_voice import Checked, Matched, MatchedVoice, MatchVoice
from ai.capabilities.text_to_speech import Speech
from ai.errors import EngineMissingError, LanguageUnsupportedError
from ai.ledger import Use, key_of
from ai.models import Call
from ai.routing import Route
from ai.wire import Wire
from ai.work import Answer, Kept, Work, perform
from core.errors import StorageFullError
from core.languages import canonical, name, primary
from core.storage import store

log = structlog.get_logger(__name__)

CAPABILITY = "match_voice"


def check_sample(path: Path) -> Checked:
    """Whether this recording can be matched, and a sentence that says what to do when not. Costs some seconds, no money."""
    from ai.local import samples  # noqa: PLC0415  (heavy: the engines that listen)

    return samples.check(path)


def similarity(a: Path, b: Path) -> float:
    """How alike the voices in two recordings are, -1 to 1: the same person is above 0.85, two people mostly below 0.7."""
    from ai.local.voices import embed_voice  # noqa: PLC0415  (heavy: the engines that listen)

    return float(embed_voice(a) @ embed_voice(b))


def match_voice(
    sample: Path,
    into: Path,
    *,
    language: str,
    gender: str = "",
    name: str = "",
    use: Use,
    model: str = "",
    progress: Progress = silent,
) -> Answer[Matched]:
    """A voice like the sample's. Ask `check_sample` first. A local engine writes its style to `into` (an .npz of some 300 KB);
    `Matched` says which of the two kinds it is. The consent of the person is the caller's to make sure of."""
    work_key = key_of(use, CAPABILITY, recordings.digest(sample), language, model)

    def ask(engine: MatchVoice) -> tuple[Matched, Usage]:
        return engine.match(
            sample,
            into,
            language=language,
            gender=gender,
            name=name,
            mark=hashlib.sha256(work_key.encode()).hexdigest()[:24] if work_key else "",
            progress=progress,
        )

    work = Work(
        capability=CAPABILITY,
        use=use,
        key=work_key,
        estimate=Usage(seconds=recordings.seconds(sample)),
        asked={**recordings.about(sample), "language": language},
        ask=ask,
        keep=_keep,
        load=lambda call: _load(call, into),
    )
    return perform(work, routing.routes(CAPABILITY, model=model))


def speak_matched(
    voice: MatchedVoice,
    text: str,
    into: Path,
    *,
    language: str,
    speed: float = 1.0,
    use: Use,
    progress: Progress = silent,
) -> Answer[Speech]:
    """Writes the WAV file `into`, spoken by the engine that matched the voice: nobody else has it."""
    route = _route(voice)
    if not _speaks(route, language):
        raise LanguageUnsupportedError(
            f"A matched voice does not speak {_name(language)} here. Choose one of the studio's voices for it.",
            missing_languages=[canonical(language)],
        )

    def ask(engine: MatchVoice) -> tuple[Speech, Usage]:
        return engine.speak(voice, text, into, language=language, speed=speed, progress=progress)

    mark = recordings.digest(voice.model_path) if voice.model_path else voice.hosted_voice
    work = Work(
        capability="text_to_speech",
        use=use,
        key=key_of(use, "text_to_speech", text, language, f"{speed:.3f}", voice.engine, mark),
        estimate=Usage(seconds=len(text) / 10 / speed, characters=len(text)),
        asked={"text": text, "language": language, "voice": voice.name or voice.hosted_voice, "speed": speed},
        ask=ask,
        keep=spoken.keep,
        load=lambda call: spoken.load(call, into),
    )
    return perform(work, [route])


def matched_voice_speaks(voice: MatchedVoice, language: str) -> bool:
    """For doors, before work starts."""
    return _speaks(_route(voice), language)


def forget_voice(voice: MatchedVoice) -> None:
    """Deletes what a provider keeps of the voice: when a consent is revoked or the profile deleted. A voice fitted here has nothing
    but its file, which is the caller's."""
    if voice.hosted_voice:
        engine: MatchVoice = _route(voice).build(Wire())
        engine.forget(voice)


def _route(voice: MatchedVoice) -> Route:
    """Of the engine that made the voice, whatever the route for new ones is."""
    provider, _, model = voice.engine.partition(":")
    if not routing.is_configured(provider):
        raise EngineMissingError(
            f"This voice was made by {provider}, which is not configured here. Match it again, or ask an administrator to set "
            f"{provider.upper()}_API_KEY."
        )
    return routing.route(CAPABILITY, f"{provider}:{model}")


def _speaks(route: Route, language: str) -> bool:
    engine: MatchVoice = route.build(Wire())
    known = engine.languages()
    return known is None or primary(language) in known


def _name(language: str) -> str:
    return name(canonical(language))


def _keep(matched: Matched, call_id: UUID) -> Kept:
    about: dict[str, Any] = {**asdict(replace(matched, style=None))}
    if matched.style is None:
        return Kept(about)
    key = f"ai/styles/{call_id}.npz"
    try:
        store().put(key, matched.style, content_type="application/octet-stream")
    except StorageFullError:
        log.warning("ai.answer_not_kept", call=str(call_id))
        return Kept()
    return Kept(about, key)


def _load(call: Call, into: Path) -> Matched | None:
    if not call.response:
        return None
    kept = Matched(**call.response)
    if not call.response_key:
        return kept if kept.voice_id else None
    if not store().exists(call.response_key):
        return None
    with store().local(call.response_key) as path:
        shutil.copyfile(path, into)
    return replace(kept, style=into)
