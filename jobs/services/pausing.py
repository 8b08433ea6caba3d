"""Where the picture is held for longer descriptions: what was planned, what a person moved, and making the film say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import BaseModel

from accounts.models import User
from core import audit
from core.errors import DomainError, NotAllowedError, NotFoundError, WrongStateError
from core.runs import services as runs
from core.runs.models import Step
from jobs import events, policies, workflows
from jobs.models import Job, LanguageOutput, PausePoint
from jobs.services.tracks import find_output
from media_library.media import webvtt
from media_library.media.description import Placed, held_elsewhere
from media_library.media.gaps import Gap, gaps, speech_intervals
from media_library.media.pauses import Pause
from media_library.media.timemap import TimeMap
from media_library.media.webvtt.cuetext import escape
from media_library.queries.speech import spoken_words

PLACE = "place"
# What is made anew when a hold was moved. The voice is not: it says the same.
FILM_STEPS = (PLACE, "mix", "render", "validate")
# Points closer than this are one: less than a picture at any rate films have.
SAME_PLACE = 0.008
INSIDE = "Pause point must stay between its neighbours"


class TimedLine(BaseModel):
    """One spoken line as the run placed it. `start` is source time; `planned` is where it stood before a person moved it."""

    index: int
    text: str
    mode: str
    start: float
    speed: float
    seconds: float
    pause_seconds: float
    gap_start: float | None = None
    gap_end: float | None = None
    output_start: float
    planned: float | None = None
    forced: bool = False
    sound: dict[str, Any] = {}

    @property
    def held(self) -> bool:
        return self.mode == "extended"

    def placed(self) -> Placed:
        return Placed(
            self.index,
            self.text,
            self.start,
            "extended" if self.held else "inline",
            self.start,
            self.seconds * self.speed,
            self.speed,
            self.gap_start,
            self.gap_end,
            pause_at=self.start if self.held else None,
            pause_seconds=self.pause_seconds,
        )


class TimedTable(BaseModel):
    """The run's placement of a language, as far as is read here. `unheld` are lines that wanted a hold in a film that holds nothing."""

    lines: list[TimedLine] = []
    unheld: list[TimedLine] = []
    pauses: list[tuple[float, float]] = []
    duration: float = 0.0

    @property
    def source_seconds(self) -> float:
        return self.duration - sum(seconds for _, seconds in self.pauses)


@dataclass(frozen=True)
class Held:
    """One pause point as a person sees it: where it is to be, where it was planned, and how long the picture waits there."""

    line: TimedLine
    at: float
    planned: float
    seconds: float
    edited: bool
    stale: bool


@dataclass(frozen=True)
class EditState:
    output: LanguageOutput
    duration: float | None
    points: list[Held]
    needs_render: bool
    updated_at: datetime


def timetable(output: LanguageOutput) -> TimedTable | None:
    """None until the run has placed the lines of this language."""
    steps = Step.objects.filter(run=output.job.run_id, name=PLACE, item=output.language).exclude(result=None)
    result = steps.values_list("result", flat=True).first() if output.job.run_id else None
    return None if result is None else TimedTable.model_validate(result)


def moved_points(output: LanguageOutput, texts: Mapping[int, str]) -> dict[int, float]:
    """Where people put holds, by cue. One whose cue says something else by now is not meant any more."""
    return {
        point.cue_index: point.at for point in output.pause_points.all() if texts.get(point.cue_index) == point.text
    }


def quiet_gaps(job: Job, *, duration: float) -> list[Gap]:
    if job.source is None:
        return []
    return gaps(speech_intervals(spoken_words(job.source)), duration=duration)


def pause_points(output: LanguageOutput, table: TimedTable) -> list[Held]:
    """In order of time. Holds that were moved since the film was made are as long as they will be."""
    wished = moved_points(output, {line.index: line.text for line in table.lines})
    planned = {line.index: line.start if line.planned is None else line.planned for line in table.lines}
    wanted = {line.index: wished.get(line.index, planned[line.index]) for line in table.lines if line.held}
    # The film's hold stands on a whole picture, the wish anywhere between two.
    near = 0.55 / frame_rate(output.job)
    changed = {
        line.index: wanted[line.index]
        for line in table.lines
        if line.held and abs(line.start - wanted[line.index]) > near
    }
    placed = [line.placed() for line in table.lines]
    if changed:
        placed = held_elsewhere(placed, changed, gaps=quiet_gaps(output.job, duration=table.source_seconds))
    lines = {line.index: line for line in table.lines}
    return [
        Held(
            line=lines[one.cue_index],
            at=one.start,
            planned=planned[one.cue_index],
            seconds=one.pause_seconds,
            edited=one.cue_index in wished,
            stale=one.cue_index in changed,
        )
        for one in sorted(placed, key=lambda one: (one.start, one.cue_index))
        if one.mode == "extended"
    ]


def frame_rate(job: Job) -> float:
    """Frames a second of the picture; 25 where it is not known yet."""
    return float((job.source.technical if job.source else {}).get("fps") or 25)


def edit_state(job: Job, language: str) -> EditState:
    output = find_output(job, language)
    table = timetable(output)
    work = LanguageOutput.Work
    points = pause_points(output, table) if table else []
    unmade = output.render_status in {work.PENDING, work.STALE, work.FAILED}
    return EditState(
        output=output,
        duration=table.source_seconds if table else None,
        points=points,
        needs_render=unmade or any(point.stale for point in points),
        updated_at=output.updated_at,
    )


def find_pause_point(job: Job, language: str, cue_index: int) -> tuple[LanguageOutput, TimedTable, Held]:
    output = find_output(job, language)
    table = timetable(output)
    for point in pause_points(output, table) if table else []:
        if table is not None and point.line.index == cue_index:
            return output, table, point
    raise NotFoundError("Cue not found")


def require_describing(user: User, output: LanguageOutput, *, action: str = "pause_points") -> None:
    """Raises unless this person may say how the description of this language is heard."""
    policies.require(user, action, output.job)
    if policies.role_for(user, output.job) == User.Role.PROJECT_MANAGER:
        return
    if not policies.may_edit_track(user, output):
        raise NotAllowedError


def lock_writable(job: Job) -> Job:
    """The run before the job, as workers do. Against `complete` at the same moment: one of the two comes first."""
    job = workflows.hold(job)
    if job.status in Job.READ_ONLY:
        raise WrongStateError("Job is read-only")
    return job


@transaction.atomic
def move_pause_point(job: Job, language: str, cue_index: int, *, at: float, actor: User) -> Held:
    """Puts the hold of one described cue elsewhere, between its neighbours. The film is stale until it is rendered again."""
    require_describing(actor, find_pause_point(job, language, cue_index)[0])
    job = lock_writable(job)
    # Read once more under the lock: the neighbour may have been moved meanwhile.
    output, table, point = find_pause_point(job, language, cue_index)
    points = pause_points(output, table)
    place = next(number for number, other in enumerate(points) if other.line.index == cue_index)
    before = points[place - 1].at if place else 0.0
    after = points[place + 1].at if place + 1 < len(points) else table.source_seconds
    if not before <= at <= after or at > table.source_seconds:
        raise DomainError(INSIDE)
    if abs(at - point.planned) < SAME_PLACE:
        PausePoint.objects.filter(output=output, cue_index=cue_index).delete()
    else:
        PausePoint.objects.update_or_create(
            output=output,
            cue_index=cue_index,
            defaults={"text": point.line.text, "original": point.planned, "at": at, "moved_by": actor},
        )
    mark_film_stale(output)
    audit.record(
        "jobs.pause_point.move", job, actor=actor, language=output.language, cue_index=cue_index, at=at, was=point.at
    )
    return find_pause_point(job, language, cue_index)[2]


def mark_film_stale(output: LanguageOutput) -> None:
    """The film, and the description as a file of its own, hold the picture elsewhere than is wished now."""
    work = LanguageOutput.Work
    found = LanguageOutput.objects.select_for_update(of=("self",)).get(pk=output.pk)
    for name in ("render_status", "tts_status") if output.job.audio_description_mp3 else ("render_status",):
        if getattr(found, name) == work.DONE:
            setattr(found, name, work.STALE)
    found.save(update_fields=["render_status", "tts_status", "updated_at"])
    output.render_status, output.tts_status = found.render_status, found.tts_status
    output.updated_at = found.updated_at


RENDERED_FROM = frozenset({Job.Status.PENDING_FINAL_REVIEW, Job.Status.FAILED})


@transaction.atomic
def render_again(job: Job, language: str, *, actor: User) -> Job:
    """Makes the film of one language anew; what did not change is taken from the film before. The job goes back to the voices' stage."""
    require_describing(actor, find_output(job, language))
    job = lock_writable(job)
    output = find_output(job, language)
    before = job.status
    if before not in RENDERED_FROM or job.run_id is None:
        raise WrongStateError(f"Cannot render a job in status '{before}'", current_status=before)
    if not job.wants_speech:
        raise DomainError("Audio was not requested for this job")
    asked = {"language": output.language, "again": "film"}
    job = workflows.JOB.move("retry_tts", job, actor=actor, changes={"failed_step": "", "error": ""}, **asked)
    assert job.run_id is not None  # noqa: S101  (looked at above, and moves keep it)
    # A text that was changed since is spoken first. Lines that say the same are paid for already.
    text_changed = output.tts_status != LanguageOutput.Work.DONE
    runs.redo(job.run_id, (("speak",) if text_changed else ()) + FILM_STEPS, item=output.language)
    events.job_status(job, before=before)
    job.refresh_from_db()
    return job


@transaction.atomic
def choose_mode(job: Job, language: str, *, mode: str, actor: User) -> LanguageOutput:
    """How the description of a language is heard: in the gaps only, with the picture held, or as two films."""
    require_describing(actor, find_output(job, language), action="description_mode")
    job = lock_writable(job)
    output = find_output(job, language)
    if output.description_mode == mode:
        return output
    before, output.description_mode = output.description_mode, mode
    output.save(update_fields=["description_mode", "updated_at"])
    mark_film_stale(output)
    audit.record(
        "jobs.description_mode.choose", job, actor=actor, language=output.language, was=before, description_mode=mode
    )
    return output


def mode_of(output: LanguageOutput) -> str:
    """What was chosen, else what the job's outputs ask for: a film holds its picture, a sound file alone has none to hold."""
    modes = LanguageOutput.DescriptionMode
    if not output.job.accessible_video_mp4:
        return modes.STANDARD
    return output.description_mode or modes.EXTENDED


def times_of(output: LanguageOutput) -> TimeMap:
    """From the times of the source to those of the film that was rendered. Notes, chapters and captions are moved by it."""
    film = output.accessible_video
    return TimeMap(Pause(*pause) for pause in film.technical.get("pauses", [])) if film else TimeMap()


def chapters_vtt(output: LanguageOutput) -> str | None:
    """The chapters of the film in this language, in its own times; None where the video has none."""
    chapters = film_chapters(output, times_of(output))
    return webvtt.Document(blocks=list(chapters)).write() if chapters else None


def film_chapters(output: LanguageOutput, times: TimeMap) -> list[webvtt.Cue]:
    """The video's chapters moved along with the holds."""
    source = output.job.source
    cues = [
        webvtt.Cue.at(float(one["start"]), float(one["end"]), escape(str(one["title"])))
        for one in (source.chapters if source else [])
    ]
    return times.chapters(cues)
