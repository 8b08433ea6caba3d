"""From sound to captions: a transcript with word times, and cues cut from it by the house profile."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai.capabilities.speech_to_text import Transcription
from ai.errors import LanguageUnsupportedError
from core import languages
from core.runs.context import StepContext
from core.storage import store
from jobs import services
from jobs.steps.base import JobStep
from jobs.steps.ingest import Surveyed
from jobs.steps.speech import spoken_words
from media_library import services as library
from media_library.media import webvtt
from media_library.media.quality import HOUSE, check
from media_library.media.segmentation import segment
from media_library.models import Track
from media_library.steps.base import media_work
from media_library.steps.intake import Conformed

UNHEARD = "No engine here hears {language}: a person writes the captions."


class Transcribed(BaseModel):
    """`digest` stands for the words, which the library keeps. `engine` is empty when nobody here hears the language."""

    language: str
    engine: str = ""
    words: int = 0
    digest: str = ""
    unheard: str = ""


class Transcribe(JobStep[Transcribed]):
    Result = Transcribed
    heard: Transcription | None = None

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        video = ctx.result("conform", Conformed)
        return {"video": video.key, "language": self.job(ctx).source_language}

    def run(self, ctx: StepContext) -> Transcribed:
        language = self.job(ctx).source_language
        ctx.progress(0.0, "Listening to what is said")
        with store().local(ctx.result("conform", Conformed).key) as path, media_work(ctx):
            try:
                answer = ai.transcribe(path, language=language, use=self.use(ctx, "transcribe"), progress=ctx.progress)
            except LanguageUnsupportedError as error:
                ctx.note(error.message)
                return Transcribed(language=language, unheard=unheard(language))
        self.heard = answer.value
        words = "\n".join(f"{word.start:.3f} {word.end:.3f} {word.text}" for word in answer.value.words)
        return Transcribed(
            language=language,
            engine=str(answer.engine),
            words=len(answer.value.words),
            digest=hashlib.sha256(words.encode()).hexdigest(),
        )

    def intact(self, result: Transcribed) -> bool:
        # An engine may have been installed since.
        return not result.unheard

    def publish(self, ctx: StepContext, result: Transcribed) -> None:
        heard = self.heard
        segments = [] if heard is None else heard.segments
        library.write_transcript(
            self.source(ctx),
            language=result.language,
            confidence=heard.language_confidence if heard else None,
            engine=result.engine,
            segments=[
                {
                    "start": segment.start,
                    "end": segment.end,
                    "text": segment.text,
                    "words": [{"word": word.pop("text"), **word} for word in map(asdict, segment.words)],
                }
                for segment in segments
            ],
        )


class Captioned(BaseModel):
    """`findings` are the house profile's, which a person sees in the editor."""

    cues: int
    findings: int


class Caption(JobStep[Captioned]):
    Result = Captioned

    text = ""

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {
            "words": ctx.result("transcribe", Transcribed).digest,
            "shots": ctx.result("survey", Surveyed).shots,
            "fps": ctx.result("conform", Conformed).fps,
        }

    def run(self, ctx: StepContext) -> Captioned:
        video, shots = ctx.result("conform", Conformed), ctx.result("survey", Surveyed).shots
        language = self.job(ctx).source_language
        words = spoken_words(self.source(ctx))
        cues = segment(words, language=language, fps=video.fps, shots=shots, duration=video.duration)
        findings = check(cues, profile=HOUSE, fps=video.fps, language=language, shots=shots, duration=video.duration)
        self.text = webvtt.Document(blocks=list(cues)).write()
        for finding in findings:
            ctx.note(f"cue {finding.cue_index + 1}: {finding.message}")
        return Captioned(cues=len(cues), findings=len(findings))

    def publish(self, ctx: StepContext, _result: Captioned) -> None:
        heard = ctx.result("transcribe", Transcribed)
        output = self.output(ctx)
        services.save_machine_text(
            output,
            Track.Kind.CAPTIONS,
            self.text,
            engine=heard.engine or "none",
            comment=heard.unheard or "Heard and cut by the house profile",
        )
        services.note_engine(
            output, "captions", heard.engine, lacking=unheard(heard.language), needs_person=bool(heard.unheard)
        )


def unheard(language: str) -> str:
    return UNHEARD.format(language=languages.name(language))
