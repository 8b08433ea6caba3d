"""What the pages show of a job, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core import languages
from core.live.events import percent
from core.models import AuditEvent
from core.runs.models import Step
from core.storage import for_page
from jobs import policies, services
from jobs.models import Job, LanguageOutput
from media_library.models import Asset, Track, TrackVersion

S = Job.Status
Work = LanguageOutput.Work

GROUPS: dict[str, tuple[str, frozenset[str]]] = {
    "working": ("At work", Job.PROCESSING),
    "waiting": ("Wait for a person", frozenset({S.PENDING_QC, S.PENDING_FINAL_REVIEW})),
    "completed": ("Completed", frozenset({S.COMPLETED})),
    "failed": ("Stopped", frozenset({S.FAILED, S.REJECTED, S.BLOCKED_ON_SOURCE})),
    "cancelled": ("Cancelled", frozenset({S.CANCELLED})),
}
STAGES: tuple[tuple[str, str], ...] = (
    (S.CREATED, "Created"),
    (S.INGESTING, "Ingest"),
    (S.AI_PROCESSING, "Drafts"),
    (S.PENDING_QC, "Source review"),
    (S.TRANSLATING, "Translate"),
    (S.TTS_GENERATING, "Voice"),
    (S.RENDERING, "Render"),
    (S.PENDING_FINAL_REVIEW, "Final review"),
    (S.COMPLETED, "Completed"),
)
STOPPED = frozenset({S.FAILED, S.CANCELLED, S.REJECTED, S.BLOCKED_ON_SOURCE})
KINDS = {Track.Kind.CAPTIONS: "Captions", Track.Kind.AUDIO_DESCRIPTION: "Description"}
LEAST_FOR_A_GUESS = 0.03


@dataclass(frozen=True)
class Stage:
    name: str
    kind: str  # done, now, fail or "" for what has not begun
    who: str = ""
    at: datetime | None = None
    seconds: float | None = None


def stages(job: Job, targets: int) -> list[Stage]:
    """The stepper: who did what when, from the audit trail."""
    skipped = {
        S.TRANSLATING: targets == 0,
        S.TTS_GENERATING: not job.wants_speech,
        S.RENDERING: not job.accessible_video_mp4,
    }
    shown = [(status, name) for status, name in STAGES if not skipped.get(S(status), False)]
    entered, left = _moves(job)
    place = _place(job, [status for status, _ in shown], entered)
    result = []
    for index, (status, name) in enumerate(shown):
        here = index == place
        kind = ""
        if index < place or job.status == S.COMPLETED:
            kind = "done"
        elif here:
            kind = "fail" if job.status in STOPPED else "now"
        begun, ended = entered.get(status), left.get(status)
        who = ""
        if status == S.CREATED:
            who = str(job.created_by)
        elif kind == "done":
            who = _person(ended if status != S.COMPLETED else begun)
        took = (ended.at - begun.at).total_seconds() if begun and ended and ended.at > begun.at and not who else None
        at = job.created_at if status == S.CREATED else begun.at if begun and kind else None
        result.append(Stage(name=name, kind=kind, who=who, at=at, seconds=took))
    return result


def _moves(job: Job) -> tuple[dict[str, AuditEvent], dict[str, AuditEvent]]:
    """For each status the last event that entered it, and the last that left it."""
    entered: dict[str, AuditEvent] = {}
    left: dict[str, AuditEvent] = {}
    events = AuditEvent.objects.filter(subject_type="jobs.job", subject_id=str(job.pk)).select_related("actor")
    for event in events.order_by("at", "id"):
        if event.after:
            entered[event.after] = event
        if event.before and event.before != event.after:
            left[event.before] = event
    return entered, left


def _person(event: AuditEvent | None) -> str:
    return str(event.actor) if event is not None and event.actor is not None else ""


def _place(job: Job, shown: list[str], entered: dict[str, AuditEvent]) -> int:
    status = job.status
    if status == S.APPROVED_SOURCE:
        status = shown[shown.index(S.PENDING_QC) + 1]
    elif status == S.FAILED:
        status = job.failed_step
    elif status in STOPPED:
        event = entered.get(status)
        status = event.before if event is not None else S.CREATED
        if status == S.FAILED:
            status = job.failed_step
    return shown.index(status) if status in shown else 0


@dataclass(frozen=True)
class Progress:
    """What a running job's bar shows. `percent` is a whole number."""

    percent: int
    message: str
    left: timedelta | None = None


def progress(jobs: Iterable[Job]) -> dict[Any, Progress]:
    """For each job that works, by its id: share done, what is being done, what is left. One query for all of them."""
    runs = {job.run_id: job for job in jobs if job.run is not None and job.status in Job.PROCESSING}
    steps = Step.objects.filter(run_id__in=list(runs), started_at__isnull=False).exclude(queue="")
    spent: dict[Any, timedelta] = {}
    doing: dict[Any, Step] = {}
    now = timezone.now()
    for step in steps.filter(status__in=[Step.Status.RUNNING, Step.Status.DONE]):
        assert step.started_at is not None  # noqa: S101  (the query says so)
        spent[step.run_id] = spent.get(step.run_id, timedelta(0)) + ((step.finished_at or now) - step.started_at)
        if step.status == Step.Status.RUNNING:
            doing[step.run_id] = step
    result = {}
    for run_id, job in runs.items():
        share = job.run.progress if job.run else 0.0
        now_doing = doing.get(run_id)
        left = spent[run_id] * ((1 - share) / share) if now_doing and share >= LEAST_FOR_A_GUESS else None
        words = describe(now_doing) if now_doing else "Waits for a free worker"
        result[job.pk] = Progress(percent(share), words, left)
    return result


def describe(step: Step) -> str:
    """“Render, Spanish: film 1 of 2”."""
    name = step_name(step)
    return f"{name}: {step.message}" if step.message else name


def step_name(step: Step) -> str:
    name = step.name.replace("_", " ").capitalize()
    return f"{name}, {languages.name(step.item)}" if step.item else name


@dataclass(frozen=True)
class LogLine:
    at: datetime | None
    name: str
    status: str
    text: str
    seconds: float | None
    tries: int


def log(steps: Iterable[Step]) -> list[LogLine]:
    """One line for each step that has begun, in the order of time."""
    lines = []
    for step in steps:
        if step.status == Step.Status.PENDING or (step.started_at is None and step.status != Step.Status.WAITING):
            continue
        text = step.error or step.message or ("Taken from the try before" if step.reused else "")
        took = step.took.total_seconds() if step.took else None
        lines.append(LogLine(step.started_at, step_name(step), step.status, text, took, step.attempt))
    return lines


@dataclass(frozen=True)
class Output:
    """One thing that a job delivers in one language, made or not."""

    kind: str
    name: str
    language: str
    detail: str
    url: str = ""
    edit: str = ""
    stale: bool = False
    running: bool = False
    failed: bool = False


@dataclass(frozen=True)
class LanguageRow:
    output: LanguageOutput
    state: str
    word: str
    tracks: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    passed: int = 0
    open_checks: list[str] = field(default_factory=list)


def rows(job: Job, *, viewer: User) -> list[LanguageRow]:
    """The languages with their own state, their tracks and what was made of them."""
    outputs = list(job.outputs.all())
    links = {}
    if policies.allowed(viewer, "downloads", job):
        for download in services.downloads(job):
            links[download.language, download.kind, download.filename] = download
    machine = machine_made([track for output in outputs for track in (output.captions, output.description) if track])
    return [_row(job, output, viewer=viewer, links=links, machine=machine) for output in outputs]


def machine_made(tracks: list[Track]) -> dict[Any, str]:
    """For each track whose newest version an engine wrote: the engine's name."""
    newest = TrackVersion.objects.filter(track__in=tracks, number=F("track__version"), author=None)
    return dict(newest.values_list("track_id", "engine"))


def _row(
    job: Job, output: LanguageOutput, *, viewer: User, links: dict[tuple[str, str, str], Any], machine: dict[Any, str]
) -> LanguageRow:
    state, word = language_state(output)
    readable = policies.may_read_track(viewer, output)
    tracks = [
        {
            "kind": kind,
            "name": name,
            "version": track.version,
            "machine": machine.get(track.pk, ""),
            "url": reverse("jobs:track", args=[job.pk, output.language, kind]),
        }
        for kind, name in KINDS.items()
        if (track := output.track(kind)) is not None and track.version and readable
    ]
    passed = sum(1 for check in output.checks if check.get("passed"))
    missed = [f"{check['name']}: {check.get('measured', '')}" for check in output.checks if not check.get("passed")]
    return LanguageRow(output, state, word, tracks, list(_outputs(job, output, links)), passed, missed)


def language_state(output: LanguageOutput) -> tuple[str, str]:
    """The review's state where there is one, else where the machines are."""
    if output.needs_person:
        return "unassigned", "Goes to a person"
    for work, state, word in (
        (output.render_status, "rendering", "Rendering"),
        (output.tts_status, "tts_generating", "Speaking"),
        (output.translation_status, "translating", "Translating"),
    ):
        if work == Work.FAILED:
            return "failed", f"{word} failed"
        if work == Work.RUNNING:
            return state, word
    review = getattr(output, "review", None)
    if review is not None:
        return review.state, ""
    if output.captions and output.captions.version:
        return "created", "Drafted"
    return "created", "Not begun"


def _outputs(job: Job, output: LanguageOutput, links: dict[tuple[str, str, str], Any]) -> Iterable[Output]:
    def url(kind: str, asset: Asset | None = None) -> str:
        for (language, found, filename), download in links.items():
            if language == output.language and found == kind and (asset is None or filename == asset.filename):
                return for_page(download.url)
        return ""

    for kind, name, wanted in (
        (Track.Kind.CAPTIONS, "Captions", job.captions_vtt),
        (Track.Kind.AUDIO_DESCRIPTION, "Description", job.wants_description),
    ):
        track = output.track(kind)
        if track is not None and track.version:
            key = "captions_vtt" if kind == Track.Kind.CAPTIONS else "audio_description_vtt"
            yield Output(key, name, output.language, f"WebVTT, version {track.version}", url(key))
        elif wanted:
            yield Output(kind, name, output.language, "Not yet", running=output.translation_status == Work.RUNNING)
    for key, name, asset, work in (
        ("audio_description_mp3", "Description voice", output.description_audio, output.tts_status),
        ("accessible_video_mp4", "Described film", output.accessible_video, output.render_status),
    ):
        if work == Work.NOT_REQUESTED:
            continue
        shape = "MP3" if key.endswith("mp3") else "MP4"
        yield Output(
            key,
            name,
            output.language,
            f"{shape}, {length(asset.duration)}{size(asset.size)}" if asset else "Not yet",
            url(key, asset) if asset else "",
            stale=work == Work.STALE,
            running=work == Work.RUNNING,
            failed=work == Work.FAILED,
        )
    if output.standard_video is not None:
        asset = output.standard_video
        detail = f"MP4, {length(asset.duration)}{size(asset.size)}"
        stale = output.render_status == Work.STALE
        link = url("accessible_video_mp4", asset)
        yield Output("standard_video_mp4", "Film without holds", output.language, detail, link, stale=stale)
    if output.accessible_captions is not None:
        asset = output.accessible_captions
        yield Output(
            "accessible_captions",
            "Captions of the film",
            output.language,
            "WebVTT, with the pauses",
            url("captions_vtt", asset),
        )


def length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}, "


def size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


def facts(job: Job) -> dict[str, Any]:
    """What the probe measured of the source."""
    source = job.source
    known = source.technical if source else {}
    technical = []
    if known.get("width") and known.get("height"):
        technical.append(("Picture", f"{known['width']} × {known['height']}, {known.get('video_codec', '')}"))
    if known.get("fps"):
        technical.append(("Frames a second", f"{known['fps']:.6g}"))
    if known.get("audio_codec"):
        technical.append(("Sound", known["audio_codec"]))
    return {"milliseconds": source.duration * 1000 if source and source.duration else None, "technical": technical}
