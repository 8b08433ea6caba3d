"""The sample's way through the studio: upload, work, approvals by the demo's people, deliverables."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from accounts.models import User
from core import languages
from core.runs.estimates import eta
from core.runs.models import Step
from jobs import queries, workflows
from jobs.demo.client import Studio, StudioError
from jobs.models import Job, LanguageOutput
from jobs.pipelines import ACCESSIBLE

SAMPLE = settings.ROOT / "tests" / "data" / "sample.mp4"
TITLE = "Sample: Sense and Sensibility"
TARGET = "es"
POLL_SECONDS = 0.5

WORDS = {
    "ingest": "Checking the upload",
    "probe": "Looking at the file",
    "conform": "Preparing the video",
    "survey": "Finding shots, drawing the waveform",
    "transcribe": "Listening to what is said",
    "caption": "Cutting captions",
    "describe": "Describing what is seen",
    "translate": "Translating",
    "speak": "Speaking the description",
    "place": "Fitting it into the gaps",
    "mix": "Mixing the sound",
    "render": "Rendering the accessible video",
    "validate": "Checking the result",
}


def unfinished() -> Job | None:
    """The newest demo job of this sample that is not ended in failure or cancelled: running the demo again goes on with it."""
    ended = (Job.Status.CANCELLED, Job.Status.FAILED, Job.Status.REJECTED)
    return Job.objects.filter(title=TITLE, deleted_at=None).exclude(status__in=ended).order_by("-created_at").first()


def send(studio: Studio, console: Console) -> Job:
    """Uploads the sample as a new job."""
    columns = (TextColumn("{task.description:<38}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task("Uploading the sample", total=Path(SAMPLE).stat().st_size)
        answer = studio.upload(
            Path(SAMPLE),
            content_type="video/mp4",
            tell=lambda sent: bars.update(bar, completed=sent),
            title=TITLE,
            source_language="en",
            requested_outputs={
                "captions_vtt": True,
                "audio_description_vtt": True,
                "audio_description_mp3": True,
                "accessible_video_mp4": True,
                "languages": [TARGET],
            },
        )
    return Job.objects.get(pk=answer["id"])


def follow(job: Job, studio: Studio, people: dict[str, User], console: Console) -> Job:
    """Shows every step with a bar and the time left, and decides at the two gates as the people would."""
    columns = (
        TextColumn("{task.description:<38}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console) as bars:
        whole = bars.add_task("[bold]The job", total=1.0, left="")
        shown: dict[str, TaskID] = {}
        while True:
            answer = studio.get(f"/api/v1/jobs/{job.pk}")
            job = Job.objects.select_related("run").get(pk=job.pk)
            _show(job, bars, whole, shown)
            if answer["status"] == Job.Status.PENDING_QC:
                reviewer = people[User.Role.REVIEWER]
                workflows.approve_source(job, actor=reviewer, comment="Approved by the demo")
                bars.console.print(f"  {reviewer.name} approved the source captions and description.")
            elif answer["status"] == Job.Status.PENDING_FINAL_REVIEW:
                manager = people[User.Role.PROJECT_MANAGER]
                workflows.complete(job, actor=manager, comment="Completed by the demo")
                bars.console.print(f"  {manager.name} completed the job.")
            elif answer["status"] == Job.Status.COMPLETED:
                bars.update(whole, completed=1.0, left="")
                return job
            elif answer["status"] not in Job.PROCESSING:
                raise StudioError(f"The job ended as {answer['status']}: {answer['error'] or 'no reason given'}")
            time.sleep(POLL_SECONDS)


def _show(job: Job, bars: Progress, whole: TaskID, shown: dict[str, TaskID]) -> None:
    left = eta(job.run)
    words = f"about {max(1, round(left.total_seconds()))} s left" if left else ""
    bars.update(whole, completed=job.run.progress if job.run else 0.0, left=words)
    for step in queries.steps(job):
        if ACCESSIBLE.spec(step.name).gate or step.status in {Step.Status.PENDING, Step.Status.QUEUED}:
            continue
        name = str(step)
        if name not in shown:
            where = f", {languages.name(step.item)}" if step.item else ""
            shown[name] = bars.add_task(f"  {WORDS[step.name]}{where}", total=1.0, left="")
        note = step.message if step.status in {Step.Status.SKIPPED, Step.Status.WAITING} else ""
        bars.update(shown[name], completed=1.0 if step.is_finished else step.progress, left=note)
        if step.is_finished:
            bars.stop_task(shown[name])


def deliverables(job: Job, studio: Studio, console: Console) -> None:
    """Everything that came out, with what was checked, and then a link to each: links are too long for a table."""
    table = Table(title=f"{job.title}: deliverables", title_justify="left")
    for heading in ("Language", "What", "Length", "Size", "Checks"):
        table.add_column(heading, justify="right" if heading in {"Length", "Size"} else "left", no_wrap=True)
    found = queries.detailed(Job.objects.filter(pk=job.pk)).get()
    outputs = {output.language: output for output in found.outputs.all()}
    links = []
    for asset in studio.get(f"/api/v1/jobs/{job.pk}/downloads")["assets"]:
        output = outputs[asset["language"]]
        name, seconds = _what(asset, found, output)
        language = languages.name(asset["language"])
        length = f"{seconds:.2f} s" if seconds else ""
        table.add_row(language, name, length, f"{(asset['size_bytes'] or 0) / 1024:,.0f} KB", _checks(asset, output))
        links.append((f"{language}, {name}", asset["url"]))
    console.print(table)
    console.print("\nLinks, good for a quarter of an hour (the job's page has fresh ones):")
    for label, url in links:
        console.print(f"  {label}", style="bold")
        console.print(f"  {url}", soft_wrap=True, style="not bold", highlight=False)


def _what(asset: dict[str, Any], job: Job, output: LanguageOutput) -> tuple[str, float | None]:
    """The deliverable's name, and its length in seconds where it has one."""
    names = {
        "source_video": ("source video", job.source),
        "captions_vtt": ("captions", None),
        "audio_description_vtt": ("description script", None),
        "audio_description_mp3": ("spoken description", output.description_audio),
        "accessible_video_mp4": ("accessible video", output.accessible_video),
    }
    name, made = names[asset["kind"]]
    retimed = output.accessible_captions
    if retimed is not None and asset["filename"] == retimed.filename:
        name = "captions, re-timed"
    return name, made.duration if made else None


def _checks(asset: dict[str, Any], output: LanguageOutput) -> str:
    checks = [check for check in output.checks if check["kind"] == asset["kind"]]
    broken = [check for check in checks if not check["passed"]]
    if not checks:
        return ""
    if broken and all(check["advice"] for check in broken):
        return f"{len(broken)} for a person"
    return f"{len(checks) - len(broken)} of {len(checks)} passed"


def failures(job: Job) -> list[dict[str, Any]]:
    """Checks of the files that did not pass, by language. Advice on texts is for the people who finish them."""
    return [
        {"language": output.language, **check}
        for output in job.outputs.all()
        for check in output.checks
        if not check["passed"] and not check["advice"]
    ]
