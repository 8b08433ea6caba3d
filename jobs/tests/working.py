"""A worker in the test's own process, small real films, and what a job leaves behind: trail, events and files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from django.conf import settings
from django.test import Client

from accounts.models import User
from ai.models import Call
from core.live.models import LiveEvent
from core.models import AuditEvent
from core.runs import artefacts, invariants
from core.runs.models import Step
from core.storage.local import LocalStore
from core.storage.models import Upload
from core.testing.patience import work_off
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.services import NewJob, Requested
from media_library.models import Asset, TrackVersion

JOBS = "/api/v1/jobs"
SAMPLE = Path("tests/data/sample.mp4").resolve()
EVERYTHING = Requested(
    captions_vtt=True,
    audio_description_vtt=True,
    audio_description_mp3=True,
    accessible_video_mp4=True,
    languages=("es",),
)


def film(path: Path, *options: str, seconds: float = 6.0, picture: bool = True, sound: bool = True) -> Path:
    """Two shots with a tone, already as the studio likes its videos; `options` come before the file's name."""
    half = seconds / 2
    shots = (
        f"testsrc2=size=320x180:rate=25:duration={half}[one];color=navy:size=320x180:rate=25:duration={half}[two]"
        ";[one][two]concat=n=2,format=yuv420p"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    if picture:
        command += ["-f", "lavfi", "-i", shots]
    if sound:
        command += ["-f", "lavfi", "-i", f"sine=frequency=330:sample_rate=48000:duration={seconds}"]
    if not options:
        options = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-movflags", "+faststart")
    subprocess.run([*command, *options, str(path)], check=True, timeout=120)
    return path


def submit(path: Path, *, owner: User, requested: Requested = EVERYTHING, language: str = "en") -> Job:
    """A job made of a file in one piece."""
    new = NewJob(filename=path.name, source_language=language, title="Launch", requested=requested)
    return services.create_from_file(path, owner=owner, new=new, content_type="video/mp4")


def upload(client: Client, path: Path, *, content_type: str = "video/mp4", filename: str = "", **new: Any) -> Job:
    """A job through the doors that a browser uses: reserve, send, complete."""
    content, filename = path.read_bytes(), filename or path.name
    about = {"filename": filename, "content_type": content_type, "size_bytes": len(content)}
    reserved = client.post(f"{JOBS}/upload/init", about, content_type="application/json")
    assert reserved.status_code == 200, reserved.content
    sent = client.put(
        reserved.json()["upload_url"],
        content,
        content_type="application/octet-stream",
        headers={"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"},
    )
    assert sent.status_code in {200, 201}, sent.content
    body = {"filename": filename, "source_language": "en", "requested_outputs": {}, **new}
    body["gcs_uri"] = reserved.json()["gcs_uri"]
    done = client.post(f"{JOBS}/upload/complete", body, content_type="application/json")
    assert done.status_code == 201, done.content
    return Job.objects.get(pk=done.json()["id"])


def work(job: Job, *, until: str = "") -> Job:
    """As far as a worker gets, or until only the step `until` is left to do."""
    work_off(job.run_id, until=until)
    assert not invariants.violations(), invariants.violations()
    return Job.objects.select_related("run").get(pk=job.pk)


def approve(job: Job, *, actor: User) -> Job:
    return workflows.approve_source(Job.objects.get(pk=job.pk), actor=actor)


def steps(job: Job) -> dict[str, Step]:
    return {str(step): step for step in Step.objects.filter(run=job.run_id)}


def attempts(job: Job) -> dict[str, int]:
    return {name: step.attempt for name, step in steps(job).items()}


def output(job: Job, language: str) -> LanguageOutput:
    return LanguageOutput.objects.select_related(
        "captions", "description", "accessible_video", "description_audio"
    ).get(job=job, language=language)


def text(job: Job, language: str, kind: str) -> str:
    """The newest version of a track."""
    track = output(job, language).track(kind)
    version = track.versions.first() if track else None
    assert version is not None
    return version.content


def trail(job: Job) -> list[str]:
    """The statuses that the audit trail saw the job enter, oldest first."""
    events = AuditEvent.objects.filter(subject_id=str(job.pk), action__startswith="jobs.job.")
    return [event.after for event in events.order_by("at")]


def told(job: Job) -> list[str]:
    """The statuses that sockets were told of, oldest first."""
    events = LiveEvent.objects.filter(key=str(job.pk), type="job.status").order_by("seq")
    return [event.payload["status"] for event in events]


def paid(job: Job) -> int:
    """How many uses of models the job has paid for, unfinished ones not counted."""
    return Call.objects.filter(run_id=job.run_id, outcome=Call.Outcome.OK).count()


def left_over() -> list[str]:
    """Files that no row names: in the store, and in the scratch folder of the workers."""
    store = LocalStore(settings.STORAGE_ROOT)
    keys = set(Asset.objects.values_list("key", flat=True))
    keys |= set(Call.objects.exclude(response_key="").values_list("response_key", flat=True))
    keys |= set(Upload.objects.values_list("key", flat=True))
    keys |= {f"tracks/{track}/{number}.vtt" for track, number in TrackVersion.objects.values_list("track", "number")}
    for result in Step.objects.exclude(result=None).values_list("result", flat=True):
        keys |= {name for name in artefacts.names(result) if name.startswith("runs/")}
    known = {store.path_of(key) for key in keys}
    found = [path for path in store.root.rglob("*") if path.is_file() and path not in known]
    scratch = Path(settings.HOME) / "scratch"
    return [str(path) for path in (*found, *(scratch.iterdir() if scratch.exists() else ()))]


def streams(path: Path) -> list[dict[str, Any]]:
    """What another program than ours says is in a file."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return [*found["streams"], {"codec_type": "format", **found["format"]}]
