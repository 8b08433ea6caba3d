"""From the approved source to one more language. Times stay; where no engine speaks the pair, a person gets the cues as they are."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai.capabilities.translate import TranslationRequest
from ai.errors import LanguageUnsupportedError
from core import languages
from core.runs.context import StepContext
from jobs import services
from jobs.models import Job
from jobs.steps.base import JobStep, newest
from media_library.media import webvtt
from media_library.media.lines import fit_translation
from media_library.models import Track

UNSPOKEN = "No engine here translates {source} to {target}: the source cues and times wait for a person."
KINDS = {"captions": Track.Kind.CAPTIONS, "description": Track.Kind.AUDIO_DESCRIPTION}


class Translated(BaseModel):
    """`engine` is empty when nobody here speaks the pair; then `missing` says so. Versions of the source texts are part of the inputs."""

    engine: str = ""
    missing: str = ""
    cues: int = 0


class Translate(JobStep[Translated]):
    Result = Translated

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"language": ctx.item, "sources": self._sources(ctx)}

    def _sources(self, ctx: StepContext) -> dict[str, str]:
        """The approved texts of the source language, by track name."""
        source = self.job(ctx).outputs.get(is_source=True)
        versions = {"captions": newest(source.captions_id), "description": newest(source.description_id)}
        return {name: version.content for name, version in versions.items() if version is not None}

    def run(self, ctx: StepContext) -> Translated:
        job = self.job(ctx)
        sources = self._sources(ctx)
        engine, missing, cues = "", "", 0
        for number, (name, text) in enumerate(sources.items()):
            document = webvtt.parse(text)
            cues += len(document.cues)
            if not missing:
                try:
                    engine = self._translate(ctx, job, document, part=name, done=number / len(sources)) or engine
                except LanguageUnsupportedError as error:
                    ctx.note(error.message)
                    missing = untranslated(job, ctx.item)
            self.texts[name] = document.write()
        if missing:
            # All or nothing: a track half in one language helps nobody.
            self.texts, engine = sources, ""
        return Translated(engine=engine, missing=missing, cues=cues)

    def _translate(self, ctx: StepContext, job: Job, document: webvtt.Document, *, part: str, done: float) -> str:
        """Puts the translation into the document and names who made it. A track without cues needs nobody."""
        cues = document.cues
        if not cues:
            return ""
        ctx.progress(done, f"Translating to {languages.name(ctx.item)}")
        lines = [" ".join(webvtt.plain_text(cue.text).split()) for cue in cues]
        answer = ai.translate(
            TranslationRequest(lines=lines, source=job.source_language, target=ctx.item),
            use=self.use(ctx, "translate", part=part),
            progress=lambda share, note: ctx.progress(done + share / 2, note),
        )
        for cue, fitted in zip(cues, fit_translation(cues, answer.value, language=ctx.item), strict=True):
            cue.text = fitted.text
        return str(answer.engine)

    def intact(self, result: Translated) -> bool:
        # An engine may have been installed since.
        return not result.missing

    def publish(self, ctx: StepContext, result: Translated) -> None:
        output = self.output(ctx)
        for name, text in self.texts.items():
            comment = result.missing or f"Draft translation from {output.job.source_language}"
            services.save_machine_text(
                output, KINDS[name], text, engine=result.engine or "source text", comment=comment
            )
        services.note_engine(
            output,
            "translation",
            result.engine,
            lacking=untranslated(output.job, output.language),
            needs_person=bool(result.missing),
        )


def untranslated(job: Job, target: str) -> str:
    return UNSPOKEN.format(source=languages.name(job.source_language), target=languages.name(target))
