"""From a video to lines: what is said, by whom, in which voice each is heard, and what it says in the other language."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai.capabilities.translate import TranslationRequest
from ai.errors import LanguageUnsupportedError
from core.languages import name, primary
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.models import Step
from core.runs.pipelines import Waiting
from core.storage import store
from dubbing.models import Dub
from dubbing.services import dubs, preparing, speaking
from dubbing.services.preparing import Heard
from dubbing.steps.base import DubStep
from media_library.media.dub_lines import lines_of
from media_library.media.lines import glue
from media_library.media.pitch import pitches
from media_library.media.term_use import forbidden_of, occurring
from media_library.media.words import Word
from media_library.models import Asset, Segment, Transcript
from media_library.queries.terms import terms_for
from media_library.steps import intake, listen
from media_library.steps.base import media_work
from media_library.steps.intake import Conformed, Probed
from media_library.steps.listen import SILENT, Told, Transcribed

LIBRARY_LISTENS = "The library is listening to this video already."
LOOK_AGAIN_SECONDS = 5.0


class Look(DubStep[Probed], intake.Look):
    needs_picture = needs_sound = True


class Conform(DubStep[Conformed], intake.Conform):
    pass


def library_is_at(source: Asset, step: str) -> bool:
    """Whether the file's own preparation is about to do the same: listening twice would cost twice."""
    at_work = (Step.Status.PENDING, Step.Status.QUEUED, Step.Status.RUNNING, Step.Status.WAITING)
    return source.run_id is not None and Step.objects.filter(run=source.run_id, name=step, status__in=at_work).exists()


class Transcribe(DubStep[Transcribed], listen.Transcribe):
    def run(self, ctx: StepContext) -> Transcribed | Waiting:  # type: ignore[override]  # the base never waits
        source = self.source(ctx)
        if self.already(ctx, source.language) is None and library_is_at(source, "transcribe"):
            return Waiting(LOOK_AGAIN_SECONDS, LIBRARY_LISTENS)
        return super().run(ctx)


class TellSpeakers(DubStep[Told], listen.TellSpeakers):
    def run(self, ctx: StepContext) -> Told | Waiting:
        if library_is_at(self.source(ctx), "speakers"):
            return Waiting(LOOK_AGAIN_SECONDS, LIBRARY_LISTENS)
        return super().run(ctx)


class Laid(BaseModel):
    """The lines of the original. `pitches` are in hertz, by the speaker's id."""

    language: str
    lines: list[Heard]
    pitches: dict[str, float]
    duration: float


class LayLines(DubStep[Laid]):
    """Lines, and a role for each speaker; unless the dub has them already."""

    Result = Laid

    def words(self, ctx: StepContext) -> list[Word]:
        segments = Segment.objects.filter(transcript__asset=self.source(ctx)).order_by("position", "pk")
        return [
            Word(word["word"].strip(), word["start"], word["end"], str(speaker or ""))
            for words, speaker in segments.values_list("words", "speaker")
            for word in words
            if word["word"].strip()
        ]

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        words = [(word.text, word.start, word.end, word.speaker) for word in self.words(ctx)]
        return {"words": words, "target": self.dub(ctx).target_language}

    def run(self, ctx: StepContext) -> Laid:
        heard, dub = ctx.result("transcribe", Transcribed), self.dub(ctx)
        if heard.unheard:
            raise StepError(heard.unheard, code="unheard")
        words = sorted(self.words(ctx), key=lambda word: word.start)
        if not words:
            raise StepError(f"{SILENT} There is nothing to dub.", code="silent")
        transcript = Transcript.objects.get(asset=dub.video_id)
        language = dub.video.language or transcript.language
        if primary(language) == primary(dub.target_language):
            raise StepError(dubs.same_language(dub.target_language), code="same_language")
        conformed = ctx.result("conform", Conformed)
        ctx.progress(0.1, "Dividing into lines")
        lines = lines_of(words, space=glue(language))
        spans: dict[str, list[tuple[float, float]]] = {}
        for line in lines:
            spans.setdefault(line.speaker, []).append((line.start, line.end))
        with store().local(conformed.key) as path, media_work(ctx):
            found = pitches(path, spans, halt=ctx.halt)
        return Laid(
            language=language,
            lines=[
                Heard(start=line.start, end=min(line.end, conformed.duration), text=line.text, speaker=line.speaker)
                for line in lines
                if line.start < conformed.duration - preparing.SHORTEST_SECONDS
            ],
            pitches=found,
            duration=conformed.duration,
        )

    def publish(self, ctx: StepContext, result: Laid) -> None:
        preparing.lay(
            ctx.subject_id,
            lines=result.lines,
            pitches=result.pitches,
            language=result.language,
            duration=result.duration,
        )


class Translated(BaseModel):
    """`texts` by the id of the line; none when `missing` says that nobody here knows the pair."""

    engine: str = ""
    missing: str = ""
    texts: dict[str, str] = {}


class TranslateLines(DubStep[Translated]):
    """Whole sentences, with the house's terms and the room that each has; lines that a person wrote stay theirs."""

    Result = Translated

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        dub = self.dub(ctx)
        rows = dub.lines.order_by("number").values_list("pk", "original", "start", "end")
        return {
            "lines": [[str(pk), *rest] for pk, *rest in rows],
            "from": dub.source_language,
            "to": dub.target_language,
        }

    def run(self, ctx: StepContext) -> Translated:
        dub = self.dub(ctx)
        work = preparing.sentences_of(dub)
        terms = [
            term
            for term in terms_for(
                client=dub.video.client,
                organization=dub.organization,
                owner=dub.owner,
                source=dub.source_language,
                target=dub.target_language,
            )
            if any(occurring(term.source, one.text, term.case_sensitive) for one in work)
        ]
        if not work:
            return Translated()
        try:
            answer = ai.translate(
                TranslationRequest(
                    lines=[one.text for one in work],
                    source=dub.source_language,
                    target=dub.target_language,
                    glossary={term.source: term.alternatives[0] for term in reversed(terms) if not term.forbidden},
                    forbidden=forbidden_of((term.source, term.alternatives) for term in terms if term.forbidden),
                    room=[one.room for one in work],
                    title=dub.video.name,
                ),
                use=self.use(ctx, "translate"),
                progress=ctx.progress,
            )
        except LanguageUnsupportedError as error:
            ctx.note(error.message)
            return Translated(missing=untranslated(dub))
        texts: dict[str, str] = {}
        for one, told in zip(work, answer.value, strict=True):
            texts |= preparing.shared_out(one, told, language=dub.target_language)
        return Translated(engine=str(answer.engine), texts=texts)

    def intact(self, result: Translated) -> bool:
        # An engine may have been installed since.
        return not result.missing

    def publish(self, ctx: StepContext, result: Translated) -> None:
        dub = preparing.write(ctx.subject_id, result.texts, engine=result.engine, missing=result.missing)
        speaking.begin_speaking(dub, actor=dub.owner)


def untranslated(dub: Dub) -> str:
    source, target = name(dub.source_language), name(dub.target_language)
    return f"No engine here translates from {source} to {target}: the lines wait for a person."
