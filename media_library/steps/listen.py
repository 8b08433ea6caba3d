"""From sound to words: what is said, when, in which language, and by whom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel

from ai import services as ai
from ai.capabilities.speech_to_text import Transcription
from ai.errors import EngineMissingError, LanguageUnsupportedError, ProviderError
from core.errors import WrongStateError
from core.runs.context import StepContext
from core.runs.pipelines import Waiting
from core.storage import store
from media_library import services as library
from media_library.models import Transcript
from media_library.queries.speech import spoken_words
from media_library.services.identifying import identify
from media_library.steps.base import AssetStep, media_work
from media_library.steps.intake import Conformed, Probed

BUSY_SECONDS = 20.0
SILENT = "Nobody is heard speaking in this file."


class Transcribed(BaseModel):
    """`digest` stands for the words, which the library keeps. `engine` is empty when nobody here hears the language, and `unheard`
    says so."""

    language: str
    engine: str = ""
    words: int = 0
    digest: str = ""
    unheard: str = ""
    note: str = ""


class Transcribe(AssetStep[Transcribed]):
    """Hears a file once, whoever asks. What people corrected or brought stays theirs."""

    Result = Transcribed
    # What is no failure of the work: it is noted, and the words are left to people.
    excused: ClassVar[tuple[type[ProviderError], ...]] = (LanguageUnsupportedError, EngineMissingError)
    heard: Transcription | None = None

    def language(self, ctx: StepContext) -> str:
        """The language that is spoken; empty to have it found out."""
        return self.source(ctx).language

    def unheard(self, ctx: StepContext, error: ProviderError) -> str:  # noqa: ARG002  (others have words of their own)
        return error.message

    def skip(self, ctx: StepContext) -> str:
        return "" if ctx.result("probe", Probed).audio_codec else "There is no sound."

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256, "language": self.language(ctx)}

    def run(self, ctx: StepContext) -> Transcribed:
        language = self.language(ctx)
        if (there := self.already(ctx, language)) is not None:
            return there
        ctx.progress(0.0, "Listening to what is said")
        with store().local(ctx.result("conform", Conformed).key) as path, media_work(ctx):
            use = self.use(ctx, "transcribe")
            try:
                answer = ai.transcribe(path, language=language or None, use=use, progress=ctx.progress)
            except self.excused as error:
                ctx.note(error.message)
                unheard = self.unheard(ctx, error)
                return Transcribed(language=language, unheard=unheard, note=unheard)
        self.heard = answer.value
        return Transcribed(
            language=language or answer.value.language,
            engine=str(answer.engine),
            words=len(answer.value.words),
            digest=digest_of(answer.value.words),
            note="" if answer.value.words else SILENT,
        )

    def already(self, ctx: StepContext, language: str) -> Transcribed | None:
        """What the file has, if it is in this language or people have worked on it."""
        source = self.source(ctx)
        there = Transcript.objects.filter(asset=source).first()
        if there is None or (there.source == Transcript.Source.HEARD and not there.engine):
            return None
        theirs = there.revision > 0 or there.source == Transcript.Source.IMPORTED
        if language not in {"", there.language} and not theirs:
            return None
        words = spoken_words(source)
        engine = there.engine or "imported"
        return Transcribed(language=there.language, engine=engine, words=len(words), digest=digest_of(words))

    def intact(self, result: Transcribed) -> bool:
        # An engine may have been installed since.
        return not result.unheard

    def publish(self, ctx: StepContext, result: Transcribed) -> None:
        source = self.source(ctx)
        if self.heard is None and (result.engine or Transcript.objects.filter(asset=source).exists()):
            return
        # While this listened, a person may have brought the words.
        if self.already(ctx, result.language) is not None:
            return
        library.write_transcript(
            source,
            language=result.language or "und",
            confidence=self.heard.language_confidence if self.heard else None,
            engine=result.engine,
            segments=segments_of(self.heard) if self.heard else [],
        )


def segments_of(heard: Transcription) -> list[dict[str, Any]]:
    """As the library keeps them."""
    return [
        {
            "start": segment.start,
            "end": segment.end,
            "text": segment.text,
            "words": [{"word": word.pop("text"), **word} for word in map(asdict, segment.words)],
        }
        for segment in heard.segments
    ]


class Told(BaseModel):
    speakers: int


class TellSpeakers(AssetStep[Told]):
    """Who says what, unless somebody has said so already."""

    Result = Told

    def skip(self, ctx: StepContext) -> str:
        heard = ctx.result_or_none("transcribe", Transcribed)
        if heard is None or not heard.words:
            return "Nothing is said."
        there = Transcript.objects.filter(asset=self.source(ctx)).first()
        if there is None or there.speakers_engine or there.speakers.exists():
            return "The speakers are told apart already."
        return ""

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"words": ctx.result("transcribe", Transcribed).digest}

    def run(self, ctx: StepContext) -> Told | Waiting:
        transcript = Transcript.objects.select_related("asset").get(asset=self.source(ctx))
        ctx.progress(0.0, "Telling the speakers apart")
        try:
            found = identify(transcript, by=None, use=self.use(ctx, "identify_speakers"), progress=ctx.progress)
        except WrongStateError as error:
            # A person asked for the same at the same moment.
            return Waiting(BUSY_SECONDS, error.message)
        return Told(speakers=len(found))


class Timed(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


def digest_of(words: Iterable[Timed]) -> str:
    text = "\n".join(f"{word.start:.3f} {word.end:.3f} {word.text}" for word in words)
    return hashlib.sha256(text.encode()).hexdigest()
