"""Letting a matched voice speak. Every door comes through here, and each time the consent must be in force."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from accounts.models import User
from ai import services as ai
from ai.capabilities.base import Progress, silent
from ai.capabilities.match_voice import MatchedVoice
from ai.capabilities.text_to_speech import Speech
from ai.ledger import Use
from ai.local import wav
from ai.work import Answer
from core.errors import WrongStateError
from core.languages import canonical
from core.storage import removal, store
from core.storage.base import FileMissingError
from media_library.media import disclosure
from media_library.models import VoiceProfile
from media_library.services import voices

NOT_READY = "This voice is not matched yet. Wait until it is, or match it again."
GONE = "What was fitted of this voice is gone. Match it again."
# Whoever listens twice listens soon again.
PREVIEW_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class StoredPreview:
    """A WAV file in the store, kept for a day after it was last asked for."""

    key: str
    seconds: float


def require_usable(profile: VoiceProfile) -> None:
    """ConsentRequiredError without a consent in force, WrongStateError before the voice is matched."""
    voices.require_consent(profile)
    if not profile.model_key and not profile.hosted_voice:
        raise WrongStateError(profile.problem or NOT_READY)


def speaks(profile: VoiceProfile, language: str) -> bool:
    """Whether the engine that matched this voice knows the language. For doors, before work starts."""
    return ai.matched_voice_speaks(_voice(profile, None), language)


def speak_as(
    profile: VoiceProfile,
    text: str,
    into: Path,
    *,
    language: str,
    speed: float = 1.0,
    use: Use,
    progress: Progress = silent,
) -> Answer[Speech]:
    """Writes the WAV file `into`, marked as a machine's. LanguageUnsupportedError where its engine does not know the language."""
    require_usable(profile)
    with ExitStack() as stack:
        try:
            fitted = stack.enter_context(store().local(profile.model_key)) if profile.model_key else None
        except FileMissingError as error:
            raise WrongStateError(GONE) from error
        answer = ai.speak_matched(
            _voice(profile, fitted), text, into, language=language, speed=speed, use=use, progress=progress
        )
    disclosure.mark_wav(into, str(answer.engine))
    return answer


def preview(profile: VoiceProfile, text: str, *, language: str, actor: User) -> StoredPreview:
    """The same words of the same voice are spoken once, whoever listens."""
    require_usable(profile)
    language = canonical(language)
    said = json.dumps([text, language, profile.model_key, profile.hosted_voice], ensure_ascii=False)
    digest = hashlib.sha256(said.encode()).hexdigest()
    key = f"{voices.previews_of(profile.pk)}{digest}.wav"
    removal.keep_for(key, PREVIEW_SECONDS)
    try:
        with store().local(key) as path:
            return StoredPreview(key, wav.seconds(path))
    except FileMissingError:
        pass
    use = Use(purpose="media_library.preview_voice", user_id=actor.pk, subject_id=profile.pk)
    with tempfile.TemporaryDirectory(prefix="preview-") as folder:
        into = Path(folder) / "preview.wav"
        speak_as(profile, text, into, language=language, use=use)
        seconds = wav.seconds(into)
        # The consent may have gone while this was spoken, and with it all that was kept.
        voices.require_consent(profile)
        removal.keep_for(key, PREVIEW_SECONDS)
        store().put(key, into, content_type="audio/wav")
    return StoredPreview(key, seconds)


def _voice(profile: VoiceProfile, fitted: Path | None) -> MatchedVoice:
    return MatchedVoice(
        engine=profile.engine,
        model_path=fitted,
        hosted_voice=profile.hosted_voice,
        characteristics=profile.characteristics,
        name=profile.name,
    )
