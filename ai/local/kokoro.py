"""Kokoro-82M: natural voices in seven languages."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from ai import weights
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.text_to_speech import Speech, Voice
from ai.errors import InvalidAnswerError, LanguageUnsupportedError
from ai.local import phonemes, programs, wav
from ai.local.phonemes import Clause
from core.languages import canonical, name, primary

RATE = 24_000
THREADS = 2
MOST_TOKENS = 500  # the model's own limit is 510 with the two ends; a style row exists for each count
LONG_SENTENCE = 220  # tokens; a longer one is spoken in clauses, which keeps its melody even
SHORT_SENTENCE = 40  # tokens; shorter ones are spoken together with the next, alone they come out hurried
PAUSE = 0.3  # seconds between sentences, what the model itself leaves about them being cut

Style = npt.NDArray[np.float32]
"""[510, 256]: a row for every number of tokens. The first half of a row is the timbre, the second how it is said."""

_lock = threading.Lock()


class _Language(BaseModel):
    phonemes: str
    letter: str
    default: str


class _Card(BaseModel):
    languages: dict[str, _Language]
    voices: dict[str, list[str]]
    symbols: dict[str, int]


class Kokoro:
    engine = Engine("local", "kokoro")

    def voices(self) -> list[Voice]:
        card = _card()
        listed = [
            Voice(id, id[3:].capitalize(), language, "female" if id[1] == "f" else "male")
            for language, spoken in card.languages.items()
            for id in card.voices["names"]  # noqa: A001  the field's name
            if id[0] == spoken.letter and phonemes.known(spoken.phonemes)
        ]
        return sorted(listed, key=lambda voice: card.languages[voice.language].default != voice.id)

    def speak(
        self, text: str, into: Path, *, language: str, voice: str = "", speed: float = 1.0, progress: Progress = silent
    ) -> tuple[Speech, Usage]:
        phonemes.require_words(text)
        chosen = self._voice(language, voice)
        sound = say(text, styles(chosen.id), language=chosen.language, speed=speed, progress=progress)
        seconds = wav.write(into, sound, rate=RATE)
        progress(1.0, "Spoken")
        return Speech(into, seconds, chosen), Usage(seconds=seconds, characters=len(text))

    def _voice(self, language: str, wanted: str) -> Voice:
        """The wanted voice if it speaks the language, else the default of the nearest variety of the language."""
        tag = variety(language)
        able = [voice for voice in self.voices() if primary(voice.language) == primary(tag)]
        named = [voice for voice in able if voice.id == wanted]
        exact = [voice for voice in able if voice.language == tag]
        return (named or exact or able)[0]


def variety(language: str) -> str:
    """The nearest of the languages that are spoken here: en-US for en and en-AU. LanguageUnsupportedError when there is none."""
    tag = canonical(language)
    near = [one for one in _card().languages if primary(one) == primary(tag)]
    able = [one for one in near if phonemes.known(_card().languages[one].phonemes)]
    if not able:
        if near:
            programs.require(phonemes.ESPEAK, what_for=f"Kokoro needs to speak {name(tag)}")
        raise LanguageUnsupportedError(f"Kokoro does not speak {name(tag)}.")
    return tag if tag in able else able[0]


def languages() -> list[str]:
    return [tag for tag, spoken in _card().languages.items() if phonemes.known(spoken.phonemes)]


def names() -> list[str]:
    """All voices, those of languages that are not offered too."""
    return _card().voices["names"]


def default(language: str) -> str:
    return _card().languages[variety(language)].default


def say(text: str, style: Style, *, language: str, speed: float = 1.0, progress: Progress = silent) -> wav.Samples:
    """The sound of the text in a style, which need not be one of the voices'. `language` is one of `languages`."""
    progress(0.0, "Loading Kokoro")
    session = _session()
    pieces = tokens(text, language=language)
    sound: list[wav.Samples] = []
    for number, piece in enumerate(pieces):
        progress(number / len(pieces), f"Speaking sentence {number + 1} of {len(pieces)}")
        said = _say(session, style, piece, speed)
        sound += [np.zeros(int(PAUSE / speed * RATE), np.float32), said] if sound else [said]
    if not sound:
        raise InvalidAnswerError("There is nothing in this text that can be spoken.")
    return np.concatenate(sound)


def tokens(text: str, *, language: str) -> list[list[int]]:
    """The numbers of the text's sounds, in pieces that are spoken at once."""
    return list(_pieces(phonemes.clauses(text, voice=_card().languages[language].phonemes)))


def _pieces(found: list[Clause]) -> Iterator[list[int]]:
    """Tokens of what is spoken at once: sentences, put together when short and divided when long."""
    symbols = _card().symbols
    now: list[int] = []
    for number, clause in enumerate(found):
        tokens = [symbols[sign] for sign in clause.phonemes + clause.mark if sign in symbols]
        if now and len(now) + len(tokens) > LONG_SENTENCE:
            yield now
            now = []
        now += tokens
        while len(now) > MOST_TOKENS:
            cut = _space_before(now, MOST_TOKENS)
            yield now[:cut]
            now = now[cut:]
        if clause.ends_sentence and len(now) >= SHORT_SENTENCE and number + 1 < len(found):
            yield now
            now = []
    if now:
        yield now


def _space_before(tokens: list[int], limit: int) -> int:
    space = _card().symbols[" "]
    return next((place for place in range(limit, limit // 2, -1) if tokens[place] == space), limit)


def _say(session: Any, style: Style, tokens: list[int], speed: float) -> wav.Samples:
    (audio,) = session.run(
        ["audio"],
        {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(len(tokens), len(style)) - 1][None],
            "speed": np.array([speed], np.float32),
        },
    )
    return wav.trimmed(np.asarray(audio, np.float32).ravel(), rate=RATE)


@cache
def _card() -> _Card:
    return _Card.model_validate(tomllib.loads(Path(__file__).with_name("kokoro.toml").read_text("utf-8")))


def _session() -> Any:
    with _lock:
        return _load(weights.require("kokoro") / "model.onnx")


@cache
def _load(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@cache
def styles(voice: str) -> Style:
    return np.fromfile(weights.require("kokoro-voices") / f"{voice}.bin", np.float32).reshape(-1, 256)
