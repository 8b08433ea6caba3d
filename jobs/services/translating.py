"""A language of a job and its source: what has to be translated, and putting a translation in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import WrongStateError
from core.runs import services as runs
from core.runs.models import Run
from jobs import policies
from jobs.models import Job, LanguageOutput
from jobs.services.sources import source_version
from jobs.services.tracks import mark_stale, open_output_track
from media_library import services as library
from media_library.media import webvtt
from media_library.media.backfilling import Filled, Origin, Plan, by_person, fill, plan
from media_library.media.profiles import HOUSE, PROFILES, Profile
from media_library.media.sentences import Group, groups, room
from media_library.models import Track, TrackVersion
from media_library.queries.terms import Term, terms_for
from media_library.services.origins import origins_of

KIND = "jobs.translation"
_TRANSLATES_ITSELF = frozenset({Job.Status.APPROVED_SOURCE, Job.Status.TRANSLATING})


@dataclass(frozen=True)
class Work:
    """A track, its source and what is left to do between them. `base` is the version the target had, None before the first."""

    kind: str
    language: str
    source_language: str
    profile: Profile
    source: webvtt.Document
    base: TrackVersion | None

    @cached_property
    def cues(self) -> list[webvtt.Cue]:
        return self.source.cues

    @cached_property
    def groups(self) -> list[Group]:
        return groups(self.cues, join=self.kind == Track.Kind.CAPTIONS)

    @cached_property
    def target(self) -> list[webvtt.Cue]:
        return webvtt.parse(self.base.content).cues if self.base else []

    @cached_property
    def origins(self) -> list[Origin]:
        return list(origins_of(self.base, len(self.target))) if self.base else []

    @cached_property
    def plan(self) -> Plan:
        return plan(self.groups, self.target, self.origins)

    @property
    def people_wrote(self) -> bool:
        return any(by_person(origin) for origin in self.origins)

    def room(self, group: Group) -> int:
        own = self.cues[group.first : group.first + group.count]
        return room(own, language=self.language, profile=self.profile) // len(group.texts)

    def filled(self, translations: Mapping[str, Sequence[str]]) -> Filled:
        return fill(
            self.cues,
            self.groups,
            self.target,
            self.origins,
            translations,
            language=self.language,
            profile=self.profile,
            merge=self.kind == Track.Kind.CAPTIONS,
        )

    def written(self, filled: Filled) -> str:
        """The target's own notes and styles stay; a first translation has the source's."""
        document = webvtt.parse(self.base.content) if self.base else self.source
        first = next((place for place, block in enumerate(document.blocks) if isinstance(block, webvtt.Cue)), None)
        others = [block for block in document.blocks if not isinstance(block, webvtt.Cue)]
        at = len(others) if first is None else first
        return webvtt.Document(
            [*others[:at], *filled.cues, *others[at:]], header=document.header, header_lines=document.header_lines
        ).write()


def translation_work(output: LanguageOutput, kind: str, source_text: str) -> Work:
    """What is to be done as the track stands now."""
    job = output.job
    track = output.track(kind)
    return Work(
        kind=kind,
        language=output.language,
        source_language=job.source_language,
        profile=PROFILES.get(job.quality_profile, HOUSE),
        source=webvtt.parse(source_text),
        base=track.versions.first() if track else None,
    )


def save_translation(
    output: LanguageOutput,
    kind: str,
    source_text: str,
    translations: Mapping[str, Sequence[str]],
    *,
    engine: str,
    comment: str,
    only_drafts: bool = False,
) -> list[int]:
    """The track with these translations in the places of what changed in the source, as a version of its own; people's cues stay.

    Answers the places of cues that people wrote and whose source says something else now. What was approved is left alone, and with
    `only_drafts` what people have written in.
    """
    track = open_output_track(output, kind)
    if track.version and policies.is_approved(output):
        return []
    # Until the version is written nobody saves one that this would not know of.
    Track.objects.select_for_update().get(pk=track.pk)
    work = translation_work(output, kind, source_text)
    if only_drafts and work.people_wrote:
        return []
    filled = work.filled(translations)
    version = library.save_machine_version(
        track,
        work.written(filled),
        engine=engine or (work.base.engine if work.base else "") or "source text",
        comment=comment,
        source=TrackVersion.Source.TRANSLATION,
        origins=filled.origins,
        base_version=work.base.number if work.base else None,
    )
    if work.base is not None and version.pk != work.base.pk:
        mark_stale(output)
    return filled.attention


def terms_of(job: Job, language: str) -> list[Term]:
    """The glossary terms in force between the job's source and this language."""
    return terms_for(
        client=job.client,
        organization=job.organization,
        owner=job.created_by,
        source=job.source_language,
        target=language,
    )


@transaction.atomic
def translate_changes(output: LanguageOutput, *, actor: User) -> Run:
    """Starts bringing one language up to its source. What did not change is neither asked for nor paid for again."""
    policies.require(actor, "translate", output.job)
    if output.is_source:
        raise WrongStateError(f"'{output.language}' is the language of the source.")
    if output.job.status in Job.READ_ONLY:
        raise WrongStateError("Job is read-only")
    if output.job.status in _TRANSLATES_ITSELF or output.translation_status == LanguageOutput.Work.RUNNING:
        raise WrongStateError(f"Language '{output.language}' is being translated already.")
    if policies.is_approved(output):
        raise WrongStateError(f"Language '{output.language}' is approved. Reopen it first.")
    if (
        source_version(output, Track.Kind.CAPTIONS) is None
        and source_version(output, Track.Kind.AUDIO_DESCRIPTION) is None
    ):
        raise WrongStateError("There is no source text to translate yet.")
    run = runs.start(KIND, subject_id=output.pk, created_by=actor)
    audit.record("jobs.language.translate", output, actor=actor, language=output.language)
    return run
