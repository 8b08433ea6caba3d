"""Whisper base through faster-whisper: speech becomes words with their times."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ai import weights
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.speech_to_text import Segment, Transcription, Word
from ai.errors import LanguageUnsupportedError
from ai.local.listening import RATE, Passage, decode, speech
from ai.local.wav import Samples
from core.languages import name, primary

MODEL = "whisper-base"
THREADS = 2
PAUSE = 1.5  # seconds without speech after which a new passage begins
# Whisper's own codes where they differ from BCP 47.
WHISPER_CODES = {"jv": "jw", "nb": "no", "fil": "tl", "cmn": "zh"}
BCP47_CODES = {"jw": "jv"}
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})  # written without spaces: every piece is a word of its own
MOST_WORDS_A_SECOND = 8.0  # quick speech has about five

_lock = threading.Lock()


class Whisper:
    engine = Engine("local", MODEL)

    def languages(self) -> frozenset[str] | None:
        from faster_whisper.tokenizer import _LANGUAGE_CODES

        return frozenset(BCP47_CODES.get(code, code) for code in _LANGUAGE_CODES) | frozenset(WHISPER_CODES)

    def transcribe(
        self, audio: Path, *, language: str | None = None, progress: Progress = silent
    ) -> tuple[Transcription, Usage]:
        if language and primary(language) not in (self.languages() or ()):
            raise LanguageUnsupportedError(f"Whisper does not hear {name(language)}.")
        progress(0.0, "Loading Whisper")
        model = _model()
        progress(0.02, "Listening")
        samples = decode(audio)
        duration = len(samples) / RATE
        passages = _passages(samples)
        heard: list[Segment] = []
        told, sure = language or "und", 1.0 if language else 0.0
        if passages:
            code = WHISPER_CODES.get(primary(told), primary(told))
            if not language:
                code, sure = _detect(model, samples, passages)
                told = BCP47_CODES.get(code, code)
            segments, _info = model.transcribe(
                samples,
                language=code,
                beam_size=5,
                word_timestamps=True,
                clip_timestamps=[time for passage in passages for time in passage],
                condition_on_previous_text=False,  # one misheard passage must not lead to the next
            )
            for segment in segments:
                progress(
                    min(1.0, 0.02 + 0.98 * segment.end / duration), f"Heard {_clock(segment.end)} of {_clock(duration)}"
                )
                taken = _segment(segment, language=code, not_before=heard[-1].end if heard else 0.0, duration=duration)
                if taken:
                    heard.append(taken)
        progress(1.0, "Heard everything")
        return Transcription(told, float(sure), duration, heard), Usage(seconds=duration)


def _passages(samples: Samples) -> list[Passage]:
    """Where somebody speaks, in seconds, with pauses shorter than PAUSE inside.

    Whisper hears each passage by itself: given silence or music it makes up sentences, and where two passages are put together
    without the pause between them it mixes up the times of the words around it.
    """
    passages: list[Passage] = []
    for start, end in speech(samples, pause_ms=500, margin_ms=200):
        if passages and start - passages[-1][1] < PAUSE:
            passages[-1] = (passages[-1][0], end)
        else:
            passages.append((start, end))
    return passages


def _detect(model: Any, samples: Samples, passages: list[Passage]) -> tuple[str, float]:
    """Whisper's code of the language and how sure it is, from the first half minute of speech."""
    speech = np.concatenate([samples[int(start * RATE) : int(end * RATE)] for start, end in passages])
    code, sure, _all = model.detect_language(speech[: 30 * RATE])
    return str(code), float(sure)


def _segment(segment: Any, *, language: str, not_before: float, duration: float) -> Segment | None:
    """With plain floats, words without spaces around them, and times that never run backwards. None when nobody said it."""
    words: list[Word] = []
    for raw in segment.words or []:
        text = raw.word.strip()
        if not text:
            continue
        start = min(max(float(raw.start), words[-1].end if words else not_before), duration)
        word = Word(text, start, min(max(float(raw.end), start), duration), float(raw.probability))
        # Whisper marks the start of a word by a space: what has none goes on with the word before ("cold", "-hearted").
        goes_on = not any(letter.isalnum() for letter in text) or (
            language not in UNSPACED and not raw.word.startswith(" ")
        )
        if words and goes_on:
            last = words[-1]
            words[-1] = replace(
                last, text=last.text + text, end=word.end, confidence=min(last.confidence, word.confidence)
            )
        else:
            words.append(word)
    if not words or _too_quick(words, language):
        return None
    return Segment(words[0].start, words[-1].end, segment.text.strip(), words)


def _too_quick(words: list[Word], language: str) -> bool:
    """Whether nobody can have spoken these words in that time: Whisper sometimes adds a sentence that belongs to no sound
    ("see you in the next video") where speech ends, and then finds hardly any time for it."""
    if language in UNSPACED or len(words) < 3:
        return words[-1].end == words[0].start
    return len(words) > MOST_WORDS_A_SECOND * (words[-1].end - words[0].start)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _model() -> Any:
    with _lock:
        return _load(weights.require(MODEL))


@cache
def _load(folder: Path) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"  # the weights are here: nothing may be looked up elsewhere
    from faster_whisper import WhisperModel

    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True)
