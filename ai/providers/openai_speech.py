"""OpenAI: hearing, telling voices apart and speaking."""

from __future__ import annotations

import math
import re
import wave
from pathlib import Path
from typing import Any

import numpy as np
import openai

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.diarize import Diarization, Span, Turn
from ai.capabilities.speech_to_text import Segment, Transcription, Word
from ai.capabilities.text_to_speech import Speech, Voice
from ai.catalogue import MULTIPLE, OPENAI_VOICES
from ai.errors import InvalidAnswerError, LanguageUnsupportedError
from ai.providers.http import AUDIO_BYTES, failures
from ai.providers.openai import NAME, json_body, sdk
from ai.providers.openai_languages import CODES, SPOKEN
from ai.wire import Wire
from core.languages import primary

LONGEST_TEXT = 4000  # characters a request; the API takes 4096
FASTEST = 30.0  # characters a second


class OpenAISpeechToText:
    """whisper-1, the model of OpenAI's that reports when each word was said. One request takes at most 25 MB."""

    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("openai", model)
        self._wire = wire

    def languages(self) -> frozenset[str] | None:
        return SPOKEN

    def transcribe(
        self, audio: Path, *, language: str | None = None, progress: Progress = silent
    ) -> tuple[Transcription, Usage]:
        progress(0.0, "Listening")
        options: dict[str, Any] = {"language": primary(language)} if language else {}
        with failures(NAME, sdk=openai), audio.open("rb") as file:
            raw = sdk().audio.transcriptions.with_raw_response.create(
                file=(audio.name, file),
                model=self.engine.model,
                response_format="verbose_json",
                timestamp_granularities=["word", "segment"],
                extra_headers=self._wire.headers,
                **options,
            )
            self._wire.reference(raw.headers.get("x-request-id", ""))
            answer = json_body(raw)
        try:
            usage = Usage(seconds=_seconds(answer["duration"]), provider_ref=raw.headers.get("x-request-id", ""))
            self._wire.used(usage)
            heard = transcription(answer, language)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidAnswerError(f"{NAME}'s transcript could not be read.") from error
        progress(1.0, "Listening")
        return heard, usage


def transcription(answer: dict[str, Any], told: str | None) -> Transcription:
    """Reads a verbose_json answer. Words come without punctuation, so they are found again in the text of their segment."""
    duration = _seconds(answer["duration"])
    spoken = str(answer["language"]).lower()
    words = [
        Word(str(word["word"]).strip(), _seconds(word["start"]), _seconds(word["end"]), 0.0)
        for word in answer.get("words") or []
    ]
    segments: list[Segment] = []
    rest = words
    listed = answer.get("segments") or []
    for number, segment in enumerate(listed):
        start, end = _seconds(segment["start"]), _seconds(segment["end"])
        last = number == len(listed) - 1
        own = [word for word in rest if last or (word.start + word.end) / 2 < end]
        rest = rest[len(own) :]
        confidence = min(math.exp(min(float(segment.get("avg_logprob", 0.0)), 0.0)), 1.0)
        text = str(segment["text"]).strip()
        if text:
            segments.append(Segment(start, max(end, start), text, punctuated(own, text, confidence)))
    if str(answer.get("text", "")).strip() and not segments:
        raise ValueError("text without segments")
    language = told or CODES.get(spoken, spoken if spoken in SPOKEN else "und")
    return Transcription(language, 1.0, duration, segments)


def punctuated(words: list[Word], text: str, confidence: float) -> list[Word]:
    """The words with the letters of `text` that belong to them: what touches a word is its own, spaces part them."""
    letters = [(character.lower()[0], place) for place, character in enumerate(text) if character.isalnum()]
    flat = "".join(letter for letter, _ in letters)
    cursor = 0
    places: list[tuple[int, int]] = []
    for word in words:
        bare = "".join(character.lower()[0] for character in word.text if character.isalnum())
        found = flat.find(bare, cursor) if bare else -1
        if found < 0 or found - cursor > 40:
            return [Word(word.text, word.start, word.end, confidence) for word in words]
        cursor = found + len(bare)
        places.append((letters[found][1], letters[cursor - 1][1] + 1))
    result = []
    begin = 0
    for number, (word, (_, stop)) in enumerate(zip(words, places, strict=True)):
        following = places[number + 1][0] if number + 1 < len(places) else len(text)
        gap = re.search(r"\s", text[stop:following])
        until = stop + gap.start() if gap and number + 1 < len(places) else following
        result.append(Word(text[begin:until].strip(), word.start, max(word.end, word.start), confidence))
        begin = until
    return result


class OpenAIDiarize:
    """gpt-4o-transcribe-diarize. It writes the words too; only who said them when is taken, and it cannot be told how many people
    there are. One request takes at most 25 MB."""

    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("openai", model)
        self._wire = wire

    def diarize(
        self,
        audio: Path,
        *,
        speakers: int | None = None,  # noqa: ARG002  there is no way to say it
        spans: list[Span] | None = None,  # noqa: ARG002  who asks finds its own spans in the turns
        progress: Progress = silent,
    ) -> tuple[Diarization, Usage]:
        progress(0.0, "Listening for voices")
        with failures(NAME, sdk=openai), audio.open("rb") as file:
            raw = sdk().audio.transcriptions.with_raw_response.create(
                file=(audio.name, file),
                model=self.engine.model,
                response_format="diarized_json",
                chunking_strategy="auto",  # must be there for more than half a minute of sound
                extra_headers=self._wire.headers,
            )
            self._wire.reference(raw.headers.get("x-request-id", ""))
            answer = json_body(raw)
        try:
            usage = Usage(seconds=_seconds(answer["duration"]), provider_ref=raw.headers.get("x-request-id", ""))
            self._wire.used(usage)
            found = speaker_turns(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidAnswerError(f"{NAME}'s transcript could not be read.") from error
        progress(1.0, "Told the voices apart")
        return Diarization(found, [], 0.0), usage


def speaker_turns(answer: dict[str, Any]) -> list[Turn]:
    """Reads a diarized_json answer, whose speakers are called A, B and so on."""
    names: dict[str, int] = {}
    found = []
    segments = sorted(answer["segments"], key=lambda segment: float(segment["start"]))
    for segment in segments:
        start, end = _seconds(segment["start"]), _seconds(segment["end"])
        if end > start:
            found.append(Turn(start, end, names.setdefault(str(segment["speaker"]), len(names))))
    if str(answer.get("text", "")).strip() and not found:
        raise ValueError("text without segments")
    return found


class OpenAITextToSpeech:
    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("openai", model)
        self._wire = wire

    def voices(self) -> list[Voice]:
        return [Voice(name, name.capitalize(), MULTIPLE) for name in OPENAI_VOICES]

    def speak(
        self, text: str, into: Path, *, language: str, voice: str = "", speed: float = 1.0, progress: Progress = silent
    ) -> tuple[Speech, Usage]:
        if primary(language) not in SPOKEN:
            raise LanguageUnsupportedError(f"OpenAI's voices do not speak {language}.")
        voices = {known.id: known for known in self.voices()}
        chosen = voices.get(voice.lower(), self.voices()[0])
        parts = pieces(text)
        samples: list[np.ndarray[Any, np.dtype[np.int16]]] = []
        seconds, rate = 0.0, 24_000
        for number, part in enumerate(parts):
            progress(number / len(parts), "Speaking")
            sound, rate = self._piece(part, into.with_name(f".{into.name}.{number}"), chosen.id, speed, number)
            samples.append(sound)
            seconds += len(sound) / rate
            self._wire.used(Usage(seconds=seconds, characters=len(text)))
        write_wav(into, np.concatenate(samples), rate)
        progress(1.0, "Speaking")
        return Speech(into, seconds, Voice(chosen.id, chosen.name, language)), Usage(
            seconds=seconds, characters=len(text)
        )

    def _piece(
        self, text: str, raw: Path, voice: str, speed: float, number: int
    ) -> tuple[np.ndarray[Any, np.dtype[np.int16]], int]:
        headers = {"Idempotency-Key": f"{self._wire.key}-{number}"} if self._wire.key else {}
        try:
            with (
                failures(NAME, sdk=openai),
                sdk(limit=AUDIO_BYTES).audio.speech.with_streaming_response.create(
                    model=self.engine.model,
                    voice=voice,
                    input=text,
                    response_format="wav",
                    speed=min(max(speed, 0.25), 4.0),
                    extra_headers=headers,
                ) as response,
            ):
                self._wire.reference(response.headers.get("x-request-id", ""))
                if not response.headers.get("content-type", "").startswith(("audio/", "application/octet-stream")):
                    raise InvalidAnswerError(f"{NAME} answered with something else than sound.")
                with raw.open("wb") as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)
            samples, rate = read_wav(raw)
        finally:
            raw.unlink(missing_ok=True)
        # Nobody speaks that fast: the sound ends before the text does.
        if len(samples) / rate < len(text) / FASTEST / max(speed, 1.0):
            raise InvalidAnswerError(f"{NAME}'s sound is shorter than its text.")
        return samples, rate


def pieces(text: str) -> list[str]:
    """The text in parts that one request takes, cut after sentences, else after words."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > LONGEST_TEXT:
        head = rest[:LONGEST_TEXT]
        ends = [match.end() for match in re.finditer(r"[.!?…。！？]\s*", head)] or [head.rfind(" ") + 1]
        cut = ends[-1] or LONGEST_TEXT
        parts.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*parts, rest]


def read_wav(path: Path) -> tuple[np.ndarray[Any, np.dtype[np.int16]], int]:
    """Mono samples and rate. A streamed header states no true length, so the length is what arrived."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            stated = file.getnframes() * channels * width
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise InvalidAnswerError(f"{NAME} answered with something else than sound.") from error
    if width != 2 or not 8_000 <= rate <= 96_000 or not data:
        raise InvalidAnswerError(f"{NAME} answered with sound of an unexpected form.")
    # Streaming encoders write a length near 2 or 4 GiB. An ordinary length that was not reached is a cut answer.
    if len(data) < stated < 2**31 - 2**20:
        raise InvalidAnswerError(f"{NAME}'s sound is cut off.")
    samples = np.frombuffer(data[: len(data) // (2 * channels) * 2 * channels], np.int16).reshape(-1, channels)
    return samples.mean(axis=1).astype(np.int16) if channels > 1 else samples[:, 0], rate


def write_wav(path: Path, samples: np.ndarray[Any, np.dtype[np.int16]], rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError("not a time")
    return seconds
