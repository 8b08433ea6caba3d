"""From sound to captions: a transcript with word times, and cues cut from it by the house profile."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ai.errors import LanguageUnsupportedError, ProviderError
from core import languages
from core.runs.context import StepContext
from jobs import services
from jobs.steps.base import JobStep
from jobs.steps.ingest import Surveyed
from media_library.media import webvtt
from media_library.media.quality import HOUSE, check
from media_library.media.segmentation import segment
from media_library.models import Track
from media_library.queries.speech import spoken_words
from media_library.steps import listen
from media_library.steps.intake import Conformed
from media_library.steps.listen import Transcribed

UNHEARD = "No engine here hears {language}: a person writes the captions."


class Transcribe(JobStep[Transcribed], listen.Transcribe):
    excused = (LanguageUnsupportedError,)

    def language(self, ctx: StepContext) -> str:
        return self.job(ctx).source_language

    def unheard(self, ctx: StepContext, error: ProviderError) -> str:  # noqa: ARG002  (the captions say it in their own words)
        return unheard(self.language(ctx))


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
