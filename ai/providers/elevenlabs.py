"""ElevenLabs: a voice cloned from a sample ("instant voice clone"), and speaking with it.

The API bills characters that are spoken and keeps clones in a limited number of places. It promises nothing about repeated requests,
so a clone bears the mark of the work it was made for, and whoever makes it again finds it by that mark.
"""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from django.conf import settings

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.match_voice import Matched, MatchedVoice
from ai.capabilities.text_to_speech import Speech, Voice
from ai.errors import InvalidAnswerError, LanguageUnsupportedError, ProviderRefusedError
from ai.local import wav
from ai.providers.http import AUDIO_BYTES, client
from ai.providers.openai_speech import FASTEST, pieces
from ai.providers.plain import StatusError, failures, json_of
from ai.wire import Wire
from core.languages import canonical, name, primary

NAME = "ElevenLabs"
HOME = "https://api.elevenlabs.io"
RATE = 24_000
LARGEST_SAMPLE = 10 * 2**20  # bytes; the API takes 11 million
SLOWEST, QUICKEST = 0.7, 1.2  # the speeds that it takes
QUOTA = "quota_exceeded"
GONE = frozenset({"voice_does_not_exist", "voice_not_found"})

# elevenlabs.io/docs/models. A model that is not listed is asked for whatever is wanted.
MULTILINGUAL = frozenset(
    "en ja zh de hi fr ko pt it es id nl tr fil tl pl sv bg ro ar cs el fi hr ms sk da ta uk ru".split()  # noqa: SIM905  (a line of codes reads better than a list of them)
)
LANGUAGES = {
    "eleven_multilingual_v2": MULTILINGUAL,
    "eleven_flash_v2_5": MULTILINGUAL | {"hu", "no", "nb", "vi"},
    "eleven_turbo_v2_5": MULTILINGUAL | {"hu", "no", "nb", "vi"},
}
# Models that are told the language; the others refuse to be.
TOLD = frozenset({"eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_v3"})


class VoiceGoneError(ProviderRefusedError):
    """Deleted there by somebody, or by us before."""


class ElevenLabs:
    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("elevenlabs", model)
        self._wire = wire

    def languages(self) -> frozenset[str] | None:
        return LANGUAGES.get(self.engine.model)

    def match(
        self,
        sample: Path,
        into: Path,  # noqa: ARG002  (the protocol's: here the voice stays with the provider)
        *,
        language: str,
        gender: str = "",
        name: str = "",
        mark: str = "",
        progress: Progress = silent,
    ) -> tuple[Matched, Usage]:
        if sample.stat().st_size > LARGEST_SAMPLE:
            raise ProviderRefusedError(f"This sample is larger than {NAME} takes. Use one of at most three minutes.")
        progress(0.1, f"Sending the sample to {NAME}")
        voice_id = (self._made_before(mark) if mark else "") or self._add(
            sample, name or "Voice", mark, language, gender
        )
        # Before anything else is asked: a clone that nobody knows of cannot be deleted.
        self._wire.reference(voice_id)
        progress(0.9, "Listening to the sample")
        pitch, spread = _melody(sample)
        facts = {"engine": str(self.engine), "pitch": pitch, "spread": spread}
        progress(1.0, "Cloned")
        return Matched(None, voice_id, 0.0, 0.0, pitch, spread, facts), Usage(provider_ref=voice_id)

    def speak(
        self,
        voice: MatchedVoice,
        text: str,
        into: Path,
        *,
        language: str,
        speed: float = 1.0,
        progress: Progress = silent,
    ) -> tuple[Speech, Usage]:
        known = self.languages()
        if known is not None and primary(language) not in known:
            raise LanguageUnsupportedError(f"{NAME}'s voices do not speak {name(canonical(language))}.")
        parts = pieces(text)
        samples: list[np.ndarray[Any, np.dtype[np.int16]]] = []
        seconds = 0.0
        for number, part in enumerate(parts):
            progress(number / len(parts), "Speaking")
            sound = self._piece(part, voice.hosted_voice, language, speed, number)
            samples.append(sound)
            seconds += len(sound) / RATE
            spoken = sum(map(len, parts[: number + 1]))
            self._wire.used(Usage(seconds=seconds, characters=spoken))
        seconds = wav.write(into, np.divide(np.concatenate(samples), 32767, dtype=np.float32), rate=RATE)
        progress(1.0, "Speaking")
        told = Voice(voice.hosted_voice, voice.name or "Cloned voice", canonical(language))
        return Speech(into, seconds, told), Usage(seconds=seconds, characters=len(text))

    def forget(self, voice: MatchedVoice) -> None:
        with failures(NAME):
            try:
                self._ask("DELETE", f"/v1/voices/{voice.hosted_voice}")
            except VoiceGoneError:
                return

    def _made_before(self, mark: str) -> str:
        """The clone that an attempt made whose answer was lost."""
        with failures(NAME):
            found = json_of(self._ask("GET", "/v2/voices", params={"search": mark, "page_size": 10}))
        voices = _at(found, "voices")
        if not isinstance(voices, list):
            raise InvalidAnswerError(f"{NAME}'s answer could not be read.")
        return next((str(_at(one, "voice_id")) for one in voices if _at(one, "labels", "studio_work") == mark), "")

    def _add(self, sample: Path, title: str, mark: str, language: str, gender: str) -> str:
        labels = {"studio_work": mark, "language": primary(language)} | ({"gender": gender} if gender else {})
        kind = mimetypes.guess_type(sample.name)[0] or "audio/wav"
        fields = {
            "name": f"{title[:80]} {mark[:8]}".strip(),
            "description": f"Made by the studio for work {mark}.",
            "labels": json.dumps(labels),
            "remove_background_noise": "false",
        }
        with failures(NAME), sample.open("rb") as file:
            made = json_of(
                self._ask("POST", "/v1/voices/add", data=fields, files=[("files", (sample.name, file, kind))])
            )
        voice_id = _at(made, "voice_id")
        if not isinstance(voice_id, str) or not voice_id.isalnum():
            raise InvalidAnswerError(f"{NAME}'s answer could not be read.")
        if _at(made, "requires_verification") is True:
            self.forget(MatchedVoice(str(self.engine), hosted_voice=voice_id))
            raise ProviderRefusedError(f"{NAME} wants this voice verified before it is used. Do that on its own pages.")
        return voice_id

    def _piece(
        self, text: str, voice_id: str, language: str, speed: float, number: int
    ) -> np.ndarray[Any, np.dtype[np.int16]]:
        body: dict[str, Any] = {
            "text": text,
            "model_id": self.engine.model,
            "voice_settings": {"speed": min(max(speed, SLOWEST), QUICKEST)},
        }
        if self.engine.model in TOLD:
            body["language_code"] = primary(language)
        with failures(NAME):
            response = self._ask(
                "POST",
                f"/v1/text-to-speech/{voice_id}",
                params={"output_format": f"pcm_{RATE}"},
                json=body,
                headers={"Idempotency-Key": f"{self._wire.key}-{number}"} if self._wire.key else {},
            )
            self._wire.reference(response.headers.get("request-id", ""))
            if not response.headers.get("content-type", "").startswith(("audio/", "application/octet-stream")):
                raise InvalidAnswerError(f"{NAME} answered with something else than sound.")
            data = response.content
        sound = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)
        # Nobody speaks that fast: the sound ends before the text does.
        if len(sound) / RATE < len(text) / FASTEST / QUICKEST:
            raise InvalidAnswerError(f"{NAME}'s sound is shorter than its text.")
        return sound

    def _ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **what: Any) -> httpx2.Response:
        """Inside `failures`. The whole answer is read: its size and time are bounded by the client."""
        response = client(limit=AUDIO_BYTES).request(
            method,
            (settings.ELEVENLABS_BASE_URL or HOME).rstrip("/") + path,
            headers={"xi-api-key": settings.ELEVENLABS_API_KEY, **(headers or {})},
            **what,
        )
        if response.status_code >= httpx2.codes.BAD_REQUEST:
            raise _refused(response)
        return response


def _at(body: Any, *path: str) -> Any:
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _refused(response: httpx2.Response) -> StatusError:
    """Errors come as {"detail": {"status": …, "message": …}}, those of malformed requests as {"detail": [...]}."""
    try:
        body = response.json()
    except ValueError:
        body = None
    code = str(_at(body, "detail", "status") or _at(body, "detail", "code") or "")
    if code in GONE:
        raise VoiceGoneError(f"{NAME} has this voice no more. Match it again.")
    # An empty account answers 401, as a wrong key does.
    return StatusError(response, code, status=httpx2.codes.PAYMENT_REQUIRED if code == QUOTA else response.status_code)


def _melody(sample: Path) -> tuple[float, float]:
    from ai.local import listening, world  # noqa: PLC0415  (heavy: only where a voice is measured)

    pitch, spread = world.melody(listening.decode(sample), rate=listening.RATE)
    return round(pitch, 1), round(spread, 2)
