"""hibari: one English voice, made from Kokoro's, that speaks many times quicker. Its weights come with its package."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.text_to_speech import Speech, Voice
from ai.errors import EngineMissingError, InvalidAnswerError, LanguageUnsupportedError
from ai.local import phonemes, wav
from core.languages import name, primary

HEART = Voice("heart", "Heart (quick)", "en-US", "female")
SEED = 1  # its breath is random noise: the same text gives the same sound

_lock = threading.Lock()


class Hibari:
    engine = Engine("local", "hibari")

    def voices(self) -> list[Voice]:
        return [HEART]

    def speak(
        self,
        text: str,
        into: Path,
        *,
        language: str,
        voice: str = "",  # noqa: ARG002  there is only one
        speed: float = 1.0,
        progress: Progress = silent,
    ) -> tuple[Speech, Usage]:
        if primary(language) != "en":
            raise LanguageUnsupportedError(f"hibari speaks only English, not {name(language)}.")
        phonemes.require_words(text)
        progress(0.0, "Speaking")
        with _lock:
            engine = _load()
        sentences = engine.phonemize(text)
        sound = []
        for number, sentence in enumerate(sentences):
            sound.append(engine.from_phonemes(sentence, speed, SEED))
            progress((number + 1) / len(sentences), f"Spoke sentence {number + 1} of {len(sentences)}")
        if not any(len(piece) for piece in sound):
            raise InvalidAnswerError("There is nothing in this text that can be spoken.")
        seconds = wav.write(into, np.concatenate(sound), rate=engine.sample_rate)
        return Speech(into, seconds, HEART), Usage(seconds=seconds, characters=len(text))


@cache
def _load() -> Any:
    try:
        from hibari import Hibari as Package

        return Package(threads=2)
    except (ImportError, OSError) as error:
        raise EngineMissingError(
            "The package hibari-tts is not installed. Install it with: pip install -r requirements.txt"
        ) from error
