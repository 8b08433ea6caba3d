"""From the approved source to one more language: whole sentences, in context, and of a text that is there already only what changed.

Times stay. Where no engine speaks the pair, a person gets the cues as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai.capabilities.translate import TranslationRequest
from ai.errors import InvalidAnswerError, LanguageUnsupportedError
from core import languages
from core.runs.context import StepContext
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.services import translating
from jobs.services.translating import Work
from jobs.steps.base import JobStep, newest
from media_library.media.sentences import Group
from media_library.media.term_use import forbidden_of, occurring
from media_library.models import Track
from media_library.queries.terms import Term

UNSPOKEN = "No engine here translates {source} to {target}: the source cues and times wait for a person."
UNDONE = "Some lines could not be translated: they show the source's words and wait for a person."
KINDS = {"captions": Track.Kind.CAPTIONS, "description": Track.Kind.AUDIO_DESCRIPTION}

BATCH_TEXTS = 60
BATCH_CHARACTERS = 4000
CONTEXT_TEXTS = 4


class Translated(BaseModel):
    """`engine` is empty when nobody here speaks the pair (then `missing` says so), and when nothing had changed.

    `cues` are the source's. `sent` are the texts that were asked for; `undone` those that came back in no usable form. `attention` are
    cues that people wrote and whose source has changed since, by name of their track. Versions of the source are part of the inputs.
    """

    engine: str = ""
    missing: str = ""
    cues: int = 0
    sent: int = 0
    undone: int = 0
    attention: dict[str, list[int]] = {}


@dataclass(frozen=True)
class Text:
    """One text to translate: what a group says, or one of its speakers."""

    group: Group
    said: str
    room: int


class Translate(JobStep[Translated]):
    Result = Translated

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        # By track name: the translations of each group, by its digest.
        self.made: dict[str, dict[str, list[str]]] = {}

    def language(self, ctx: StepContext) -> str:
        return ctx.item

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"language": self.language(ctx), "sources": self._sources(ctx)}

    def _sources(self, ctx: StepContext) -> dict[str, str]:
        """The approved texts of the source language, by track name."""
        source = self.job(ctx).outputs.get(is_source=True)
        versions = {"captions": newest(source.captions_id), "description": newest(source.description_id)}
        return {name: version.content for name, version in versions.items() if version is not None}

    def run(self, ctx: StepContext) -> Translated:
        output = self.output(ctx)
        self.sources = self._sources(ctx)
        result = Translated()
        works = {name: translating.translation_work(output, KINDS[name], text) for name, text in self.sources.items()}
        terms = translating.terms_of(output.job, output.language)
        for number, (name, work) in enumerate(works.items()):
            result.cues += len(work.cues)
            part = _Part(self, ctx, output.job, work, terms, name, number / len(works), 1 / len(works))
            try:
                self.made[name] = part.translated()
            except LanguageUnsupportedError as error:
                ctx.note(error.message)
                result.missing = untranslated(output.job, output.language)
                # All or nothing: a track half in one language helps nobody.
                self.made = {}
                break
            result.engine = part.engine or result.engine
            result.sent += part.sent
            result.undone += part.undone
            if attention := work.filled(self.made[name]).attention:
                result.attention[name] = attention
        if result.missing:
            result.engine, result.sent, result.undone, result.attention = "", 0, 0, {}
        return result

    def intact(self, result: Translated) -> bool:
        # An engine may have been installed since.
        return not result.missing

    def publish(self, ctx: StepContext, result: Translated) -> None:
        output = self.output(ctx)
        draft = "Draft translation" if result.engine.startswith("local:") or not result.engine else "Translation"
        for name, text in self.sources.items():
            attention = translating.save_translation(
                output,
                KINDS[name],
                text,
                self.made.get(name, {}),
                engine=result.engine,
                comment=result.missing or f"{draft} from {output.job.source_language}",
                only_drafts=bool(result.missing),
            )
            if attention:
                ctx.note(f"{name}: the source of {len(attention)} cues that people wrote has changed")
        services.note_engine(
            output,
            "translation",
            result.engine,
            lacking=untranslated(output.job, output.language),
            needs_person=bool(result.missing),
        )
        services.note_engine(output, "translation", "", lacking=UNDONE, needs_person=result.undone > 0)


class Backfill(Translate):
    """One language brought up to its source by itself, outside of the job's own run. The run's subject is the output."""

    def job(self, ctx: StepContext) -> Job:
        return Job.objects.select_related("source", "organization").get(outputs=ctx.subject_id)

    def output(self, ctx: StepContext) -> LanguageOutput:
        return LanguageOutput.objects.select_related("job__source", "captions", "description").get(pk=ctx.subject_id)

    def language(self, ctx: StepContext) -> str:
        return str(self.output(ctx).language)

    def publish(self, ctx: StepContext, result: Translated) -> None:
        # As every change of a job's texts does: whoever saves or completes meanwhile comes before this or after it.
        if workflows.hold(self.job(ctx)).is_read_only:
            ctx.note("The job was finished meanwhile: its texts stay.")
            return
        super().publish(ctx, result)


class _Part:
    """The translation of one track."""

    def __init__(
        self,
        step: Translate,
        ctx: StepContext,
        job: Job,
        work: Work,
        terms: Sequence[Term],
        name: str,
        begun: float,
        share: float,
    ) -> None:
        self.step, self.ctx, self.job, self.work, self.terms, self.name = step, ctx, job, work, terms, name
        self.begun, self.share = begun, share
        self.engine = ""
        self.sent = self.undone = 0
        # Everything that is said, for context.
        self.said = [text for group in work.groups for text in group.texts]

    def translated(self) -> dict[str, list[str]]:
        """The texts of each wanted group, by its digest. A sentence said twice is asked for once."""
        wanted: dict[str, Group] = {}
        for number in self.work.plan.wanted:
            group = self.work.groups[number]
            wanted.setdefault(group.digest, group)
        texts = [Text(group, said, self.work.room(group)) for group in wanted.values() for said in group.texts]
        self.sent = len(texts)
        answers: list[str] = []
        for batch in _batches(texts):
            answers += self._asked(batch, done=len(answers) / len(texts))
        found: dict[str, list[str]] = {}
        for text, answer in zip(texts, answers, strict=True):
            found.setdefault(text.group.digest, []).append(answer)
        whole = {digest: told for digest, told in found.items() if all(told)}
        self.undone = sum(len(told) for digest, told in found.items() if digest not in whole)
        return whole

    def _asked(self, batch: list[Text], *, done: float) -> list[str]:
        """As many answers as texts; empty where none could be used. What is refused as a whole is asked for in halves."""
        try:
            return self._answer(batch, done=done)
        except InvalidAnswerError as error:
            self.ctx.note(f"{error.message} ({len(batch)} texts)")
            if len(batch) == 1:
                return [""]
            middle = len(batch) // 2
            return [*self._asked(batch[:middle], done=done), *self._asked(batch[middle:], done=done)]

    def _answer(self, batch: list[Text], *, done: float) -> list[str]:
        lines = [text.said for text in batch]
        used = [term for term in self.terms if any(occurring(term.source, line, term.case_sensitive) for line in lines)]
        before, after = self._around(batch)
        answer = ai.translate(
            TranslationRequest(
                lines=lines,
                source=self.work.source_language,
                target=self.work.language,
                glossary={term.source: term.alternatives[0] for term in reversed(used) if not term.forbidden},
                forbidden=forbidden_of((term.source, term.alternatives) for term in used if term.forbidden),
                room=[text.room for text in batch],
                title=self.job.title,
                before=before,
                after=after,
            ),
            use=self.step.use(self.ctx, "translate", part=self.name),
            progress=lambda share, note: self.ctx.progress(self.begun + self.share * max(done, share * 0.99), note),
        )
        self.engine = str(answer.engine)
        return answer.value

    def _around(self, batch: list[Text]) -> tuple[list[str], list[str]]:
        first = self.said.index(batch[0].said)
        last = len(self.said) - 1 - self.said[::-1].index(batch[-1].said)
        last = min(last, first + len(batch) + CONTEXT_TEXTS)
        return self.said[max(0, first - CONTEXT_TEXTS) : first], self.said[last + 1 : last + 1 + CONTEXT_TEXTS]


def _batches(texts: Sequence[Text]) -> Iterator[list[Text]]:
    batch: list[Text] = []
    for text in texts:
        if batch and (len(batch) >= BATCH_TEXTS or sum(len(one.said) for one in batch) >= BATCH_CHARACTERS):
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def untranslated(job: Job, target: str) -> str:
    return UNSPOKEN.format(source=languages.name(job.source_language), target=languages.name(target))
