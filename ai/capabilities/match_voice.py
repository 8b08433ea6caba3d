"""Speaking like somebody: a voice is fitted, or cloned by a provider, after a recorded sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.text_to_speech import Speech


@dataclass(frozen=True)
class Checked:
    """Whether a recording can be matched. `problem` is a sentence that says what to do; the figures are there even then."""

    ok: bool
    problem: str
    seconds: float  # of the file
    speech_seconds: float  # of it that somebody speaks
    speakers: int
    pitch: float  # Hz, the middle of the voice; 0 when nobody speaks
    spread: float  # semitones, one standard deviation around it
    loudness: float  # dBFS while somebody speaks


@dataclass(frozen=True)
class Matched:
    """`style` is what a local engine fitted, `voice_id` what a provider calls its clone: one of the two is there.

    `similarity` is the cosine of speaker vectors on sentences that the fit never heard (the same person reaches 0.85 to 0.97),
    `best_default` that of the voice which would have spoken otherwise; both 0 when nobody measured.
    """

    style: Path | None
    voice_id: str
    similarity: float
    best_default: float
    pitch: float
    spread: float
    characteristics: dict[str, Any]


@dataclass(frozen=True)
class MatchedVoice:
    """A matched voice as it is kept. `engine` is `provider:model`, as `str(answer.engine)` wrote it."""

    engine: str
    model_path: Path | None = None
    hosted_voice: str = ""
    characteristics: dict[str, Any] = field(default_factory=dict)
    name: str = ""


class MatchVoice(Protocol):
    engine: Engine

    def match(
        self,
        sample: Path,
        into: Path,
        *,
        language: str,
        gender: str = "",
        name: str = "",
        mark: str = "",
        progress: Progress = silent,
    ) -> tuple[Matched, Usage]:
        """Writes the file `into` if it is a local engine. `mark` names the piece of work, the same for every attempt: a provider's
        voice that already bears it is taken instead of made again."""

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
        """Writes the WAV file `into`; LanguageUnsupportedError for a language that the voice cannot speak."""

    def languages(self) -> frozenset[str] | None:
        """Primary codes of what it speaks; None: whatever is asked."""

    def forget(self, voice: MatchedVoice) -> None:
        """Deletes what a provider keeps of the voice. Deleting twice is no error."""
