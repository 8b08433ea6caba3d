"""A job's texts held against a style: what is wrong, what may be mended by itself, and what keeps a language from being submitted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import DomainError, InvalidFieldError, NotAllowedError, NotFoundError, WrongStateError
from core.runs.models import Step
from jobs import policies
from jobs.models import Job, LanguageOutput
from jobs.services.pausing import mode_of
from jobs.services.sources import rewritten_sources
from jobs.services.tracks import TrackText, save_track
from media_library import services as library
from media_library.media import webvtt
from media_library.media.profiles import PROFILES, Profile, profile_named
from media_library.media.quality import Finding, check, score
from media_library.media.quality import Term as CheckedTerm
from media_library.media.quality.fixes import FIXABLE, Context, Proposal, apply, fix
from media_library.media.quality.script import FORM, check_script
from media_library.media.webvtt import Cue, Document
from media_library.models import Track, TrackVersion
from media_library.queries import terms as glossaries
from media_library.queries.speech import spoken_words
from media_library.queries.terms import Term

# The fixes of more findings than this are asked for by themselves; of more than that, in several goes.
MOST_PREVIEWS = 300
MOST_FIXES = 5_000


SOURCE_CHANGED = "The source says something else since this was translated."


@dataclass(frozen=True)
class Report:
    """`version` is None for a text that is not saved. `proposals` are the safe fixes of these findings, by rule and cue."""

    profile: Profile
    findings: list[Finding]
    cues: list[Cue]
    version: int | None
    proposals: dict[tuple[str, int], Proposal] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    @property
    def score(self) -> float:
        return round(score(self.findings, cues=len(self.cues)), 1)


@dataclass(frozen=True)
class Fixed:
    """`text` is None while nothing was saved; `content` is the track as it is with the proposals taken."""

    proposals: list[Proposal]
    content: str
    left: Report
    text: TrackText | None


@dataclass(frozen=True)
class Saved:
    """What the last check of a track's newest version found; None where its style has not been checked yet."""

    language: str
    kind: str
    version: int
    errors: int | None
    warnings: int | None
    score: float | None


def find_profile(name: str) -> Profile:
    found = profile_named(name)
    if found is None:
        raise InvalidFieldError(f"Unknown profile. There are {', '.join(PROFILES)}.", field="profile")
    return found


def check_output(
    output: LanguageOutput, kind: str, *, profile: str = "", content: str | None = None, reader: User
) -> Report:
    """The newest version, or a text that is not saved yet, held against a style (the job's where none is named)."""
    if not policies.may_read_track(reader, output):
        raise NotAllowedError
    style = find_profile(profile or output.job.quality_profile)
    if content is not None:
        return _report(output, kind, style, _cues(content), version=None)
    version = _newest(output, kind)
    if version is None:
        raise NotFoundError("VTT not found")
    return _check_version(output, version, style)


def saved(job: Job, *, reader: User) -> list[Saved]:
    """What is known without checking, for every track that the reader may read. `job` comes from `queries.detailed`."""
    outputs = [output for output in job.outputs.all() if policies.may_read_track(reader, output)]
    newest = library.newest_versions(
        [track for output in outputs for track in (output.captions, output.description) if track]
    )
    found = []
    for output in outputs:
        for kind in Track.Kind.values:
            track = output.track(kind)
            version = newest.get(track.pk) if track else None
            if version is not None:
                found.append(_saved(job, output, kind, version))
    return found


def _saved(job: Job, output: LanguageOutput, kind: str, version: TrackVersion) -> Saved:
    if version.findings is None or version.profile != find_profile(job.quality_profile).name:
        return Saved(output.language, kind, version.number, None, None, None)
    findings = [Finding(**finding) for finding in version.findings]
    errors = sum(finding.severity == "error" for finding in findings)
    counted = round(score(findings, cues=version.cue_count), 1)
    return Saved(output.language, kind, version.number, errors, len(findings) - errors, counted)


def check_all(job: Job, *, reader: User) -> int:
    """Checks every track that the reader may read and keeps what was found; how many."""
    style, checked = find_profile(job.quality_profile), 0
    for output in job.outputs.select_related("review", "captions", "description"):
        output.job = job
        for kind in Track.Kind.values:
            version = _newest(output, kind) if policies.may_read_track(reader, output) else None
            if version is not None:
                _check_version(output, version, style, previews=False)
                checked += 1
    return checked


def gate(output: LanguageOutput) -> list[Finding]:
    """What keeps a language from being submitted: the errors of its style, where the job demands one and no reviewer waived it."""
    job = output.job
    review = getattr(output, "review", None)
    if not job.profile_required or (review is not None and review.waiver):
        return []
    style = find_profile(job.quality_profile)
    found: list[Finding] = []
    for kind in Track.Kind.values:
        version = _newest(output, kind)
        if version is not None:
            report = _check_version(output, version, style, previews=False)
            found += [finding for finding in report.findings if finding.severity == "error"]
    return found


def fix_output(
    output: LanguageOutput,
    kind: str,
    *,
    actor: User,
    profile: str = "",
    content: str | None = None,
    rules: Collection[str] = (),
    findings: Collection[tuple[str, int]] = (),
    dry_run: bool = True,
    base_version: int | None = None,
) -> Fixed:
    """Takes the safe fixes of the chosen rules or findings (of all, when neither is named), as one new version unless it is a trial."""
    if not policies.may_read_track(actor, output) or (not dry_run and not policies.may_edit_track(actor, output)):
        raise NotAllowedError
    style = find_profile(profile or output.job.quality_profile)
    saved = None if content is not None else _newest(output, kind)
    if content is None and saved is None:
        raise NotFoundError("VTT not found")
    document = _document(saved.content if saved else content or "")
    cues, about = document.cues, About(output, style)
    wanted = [
        finding
        for finding in about.findings(kind, cues)
        if (not rules and not findings) or finding.rule in rules or (finding.rule, finding.cue_index) in findings
    ]
    fixable = [finding for finding in wanted if finding.rule in FIXABLE][:MOST_FIXES]
    proposals = _safe(fix(cues, fixable, context=about.context), kind)
    mended = _with(document, apply(cues, proposals), proposals)
    left = Report(style, about.findings(kind, mended.cues), mended.cues, None)
    text = None
    if proposals and not dry_run:
        base = base_version if base_version is not None else (saved.number if saved else None)
        named = ", ".join(dict.fromkeys(proposal.rule for proposal in proposals))
        text, _ = save_track(
            output.job,
            language=output.language,
            kind=kind,
            content=mended.write(),
            author=actor,
            base_version=base,
            comment=f"Fixed: {named}"[:500],
        )
        _keep(text.version, left)
    return Fixed(proposals, mended.write(), left, text)


@transaction.atomic
def require_profile(job: Job, *, profile: str | None, required: bool | None, actor: User) -> Job:
    """Which style the job's captions are held against, and whether one that breaks it can be submitted."""
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.status in Job.READ_ONLY:
        raise WrongStateError("Job is read-only")
    if profile is not None:
        locked.quality_profile = find_profile(profile).name
    if required is not None:
        locked.profile_required = required
    locked.save(update_fields=["quality_profile", "profile_required", "updated_at"])
    audit.record(
        "jobs.job.quality",
        locked,
        actor=actor,
        profile=locked.quality_profile,
        required=locked.profile_required,
    )
    return locked


def terms_for(job: Job, language: str) -> list[Term]:
    """The words in force for the job's client between its source language and this one."""
    return glossaries.terms_for(
        client=job.client,
        organization=job.organization,
        source=job.source_language,
        target=language,
        owner=job.created_by,
    )


class About:
    """What a check of one output needs to know of its film and of the other languages."""

    def __init__(self, output: LanguageOutput, profile: Profile) -> None:
        self.output = output
        self.job = output.job
        results = self._results()
        asset = self.job.source
        conformed, technical = results.get("conform", {}), asset.technical if asset else {}
        self.duration: float | None = conformed.get("duration") or (asset.duration if asset else None)
        self.fps: float | None = conformed.get("fps") or technical.get("fps") or None
        self.shots: list[float] = results.get("survey", {}).get("shots") or technical.get("shots") or []
        self.placed: dict[str, Any] = results.get("place", {})
        words = spoken_words(asset) if asset else []
        self.speech = sorted((word.start, word.end) for word in words)
        self.context = Context(profile, self.fps, output.language, self.shots, self.speech, self.duration)

    def _results(self) -> dict[str, dict[str, Any]]:
        """What the job's run found out, by step; of steps for each language, this one's."""
        if self.job.run_id is None:
            return {}
        steps = Step.objects.filter(
            run_id=self.job.run_id,
            name__in=("conform", "survey", "place"),
            item__in=("", self.output.language),
            status=Step.Status.DONE,
        )
        return {name: result or {} for name, result in steps.values_list("name", "result")}

    def findings(self, kind: str, cues: Sequence[Cue]) -> list[Finding]:
        return self._of_captions(cues) if kind == Track.Kind.CAPTIONS else self._of_description(cues)

    def _of_captions(self, cues: Sequence[Cue]) -> list[Finding]:
        translated = not self.output.is_source
        return check(
            cues,
            profile=self.context.profile,
            fps=self.fps,
            language=self.output.language,
            shots=self.shots,
            speech=self.speech,
            duration=self.duration,
            sources=self._sources(cues) if translated else (),
            terms=self._terms() if translated else (),
        )

    def _of_description(self, cues: Sequence[Cue]) -> list[Finding]:
        texts = [" ".join(webvtt.plain_text(cue).split()) for cue in cues]
        spoken = [" ".join(line["text"].split()) for line in self.placed.get("lines", [])]
        # Once exactly this script was spoken, its measured lengths count and not the planned ones.
        if spoken and sorted(spoken) == sorted(text for text in texts if text):
            form = check(cues, fps=self.fps, language=self.output.language, duration=self.duration, rules=FORM)
            heard = [Finding(**finding) for finding in self.placed.get("findings", [])]
            return sorted([*form, *heard], key=lambda finding: finding.cue_index)
        return check_script(
            cues,
            words=self.speech,
            duration=self.duration,
            language=self.output.language,
            fps=self.fps,
            holds=mode_of(self.output) != LanguageOutput.DescriptionMode.STANDARD,
        )

    def _sources(self, cues: Sequence[Cue]) -> list[str]:
        """The source's text for each cue: the cue of the same number while both have as many, else what is shown at that time."""
        version = TrackVersion.objects.filter(
            track__in=LanguageOutput.objects.filter(job=self.job, is_source=True).values("captions")
        ).first()
        given = webvtt.parse(version.content).cues if version else []
        if len(given) == len(cues):
            return [cue.text for cue in given]
        at = {cue.start_ms: cue.text for cue in given}
        return [at.get(cue.start_ms, "") for cue in cues]

    def _terms(self) -> list[CheckedTerm]:
        return [
            CheckedTerm(term.source, tuple(term.alternatives), term.forbidden, term.case_sensitive)
            for term in terms_for(self.job, self.output.language)
        ]


def _newest(output: LanguageOutput, kind: str) -> TrackVersion | None:
    track = output.track(kind)
    return track.versions.first() if track else None


def _check_version(output: LanguageOutput, version: TrackVersion, style: Profile, *, previews: bool = True) -> Report:
    cues = webvtt.parse(version.content).cues
    report = _report(output, version.track.kind, style, cues, version=version.number, previews=previews)
    _keep(version, report)
    return report


def _report(
    output: LanguageOutput,
    kind: str,
    style: Profile,
    cues: list[Cue],
    *,
    version: int | None,
    previews: bool = True,
) -> Report:
    about = About(output, style)
    changed = [
        Finding("source_changed", place, SOURCE_CHANGED, "warning") for place in rewritten_sources(output, kind, cues)
    ]
    found = about.findings(kind, cues)
    if changed:
        found = sorted([*found, *changed], key=lambda finding: finding.cue_index)
    proposals: list[Proposal] = []
    if previews and len(found) <= MOST_PREVIEWS:
        proposals = _safe(fix(cues, found, context=about.context), kind)
    return Report(style, found, cues, version, {(one.rule, one.cue_index): one for one in proposals})


def _safe(proposals: list[Proposal], kind: str) -> list[Proposal]:
    """A description's cue that has no text still says where somebody wanted one."""
    captions = kind == Track.Kind.CAPTIONS
    return [proposal for proposal in proposals if captions or proposal.after is not None]


def _keep(version: TrackVersion, report: Report) -> None:
    """With the version, so that lists and pages tell it without checking again."""
    findings = [asdict(finding) for finding in report.findings]
    if version.profile != report.profile.name or version.findings != findings:
        version.profile, version.findings = report.profile.name, findings
        version.save(update_fields=["profile", "findings"])


def _cues(content: str) -> list[Cue]:
    return _document(content).cues


def _document(content: str) -> Document:
    try:
        return webvtt.parse(content)
    except webvtt.InvalidWebVTT as error:
        raise DomainError(str(error)) from error


def _with(document: Document, cues: Sequence[Cue], proposals: Sequence[Proposal]) -> Document:
    """The document with these cues in the places of its own; notes and styles stay where they are."""
    gone = {proposal.cue_index for proposal in proposals if proposal.after is None}
    fresh, number, blocks = iter(cues), -1, []
    for block in document.blocks:
        if type(block) is not Cue:
            blocks.append(block)
            continue
        number += 1
        if number not in gone:
            blocks.append(next(fresh))
    document.blocks = blocks
    return document
