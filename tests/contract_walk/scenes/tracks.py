"""Texts of a job's tracks: saved, moved in time, compared, restored, uploaded."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from jobs.models import Job
from jobs.services import save_track
from jobs.tests.factories import VTT, give_captions
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

WORK = Job.Status.PENDING_QC
OTHER = VTT.replace("young man", "old man")
BROKEN = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nOne\n\ntwo\n00:00:0x --> 00:00:04.000\nTwo\n"
EDITORS = ("client", "project_manager")


def versions(count: int = 1, *, status: str = WORK) -> Any:
    """English captions with that many versions, of a job in that state."""

    def act(stage: Stage) -> None:
        job = stage.world.job
        Job.objects.filter(pk=job.pk).update(status=WORK)
        job.refresh_from_db()
        output = job.outputs.get(is_source=True)
        if output.captions_id is None:
            give_captions(job)
        for number in range(1, count):
            text = VTT if number % 2 == 0 else OTHER
            save_track(job, language="en", kind="captions", content=text, author=stage.world.people["admin"])
        job.outputs.update(tts_status="done", render_status="done")
        Job.objects.filter(pk=job.pk).update(status=status)

    return act


def nothing_written(stage: Stage) -> None:
    stage.world.job.outputs.update(captions=None)


def history(stage: Stage) -> list[tuple[int, str]]:
    rows = stage.send("GET", f"/api/v1/jobs/{stage.world.ids['job_id']}/vtt/versions").json()["items"]
    return [(row["version"], row["source"]) for row in rows]


def spoken_and_drawn_anew(stage: Stage, _answer: Answer) -> None:
    output = stage.world.job.outputs.get(is_source=True)
    assert (output.tts_status, output.render_status) == ("stale", "stale")


def one_more_version(source: str) -> Any:
    def check(stage: Stage, answer: Answer) -> None:
        assert history(stage)[0] == (answer.json()["version"], source)
        assert history(stage)[-1] == (1, "ai")

    return check


STALE = {"VTT was changed by someone else (current version 4)": Twist(given=versions(4))}

scene(
    "accessible.jobs.vtt.get",
    who="client",
    given=versions(),
    query={"lang": "en", "kind": "captions"},
    errors={
        "VTT not found": (Twist(query={"lang": "fr"}), Twist(query={"kind": "audio_description"})),
    },
    refused=(),
)


def moved_by_half_a_second(stage: Stage, answer: Answer) -> None:
    assert [cue["start"] for cue in answer.json()["cues"]] == [1.5, 4.5]
    one_more_version("timing")(stage, answer)


scene(
    "accessible.jobs.vtt.update",
    who="production",
    given=versions(),
    body={"content": OTHER, "base_version": 1},
    errors={
        "Invalid WebVTT: line 7: bad timestamp": Twist(body={"content": BROKEN, "base_version": 1}),
        "Language not found on this job": Twist(body={"content": OTHER, "lang": "fr"}),
        **STALE,
    },
    effects=(one_more_version("edit"), spoken_and_drawn_anew),
    refused=EDITORS,
)
scene(
    "accessible.jobs.vtt.adjust_timing",
    who="production",
    given=versions(),
    body={"offset_ms": 500, "base_version": 1},
    errors={
        "Cue 0 would start before 0": Twist(body={"offset_ms": -1001}),
        "VTT not found": (Twist(body={"offset_ms": 500, "lang": "fr"}), Twist(given=nothing_written)),
        **STALE,
    },
    effects=(moved_by_half_a_second,),
    refused=EDITORS,
)
scene("accessible.jobs.vtt.versions.list", who="client", given=versions(3), refused=())
scene(
    "accessible.jobs.vtt.versions.get",
    who="client",
    given=versions(),
    path={"version": 1},
    errors={
        "Version not found": (
            Twist(path={"version": 2}),
            Twist(query={"lang": "fr"}),
            Twist(query={"kind": "audio_description"}),
        ),
    },
    refused=(),
)


def one_cue_changed(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert (body["from"], body["to"], body["modified"], body["added"], body["removed"]) == (1, 2, 1, 0, 0)
    older_names = stage.send("GET", f"/api/v1/jobs/{stage.world.ids['job_id']}/vtt/versions/diff?v1=1&v2=2")
    assert older_names.json() == body


scene(
    "accessible.jobs.vtt.versions.diff",
    who="client",
    given=versions(2),
    query={"from": 1},
    errors={"Version not found": (Twist(query={"from": 9}), Twist(query={"from": 1, "to": 9}))},
    refused=(),
    checks=(one_cue_changed,),
)


def as_at_first(stage: Stage, answer: Answer) -> None:
    assert answer.json()["content"] == VTT
    assert history(stage)[0] == (3, "restore")
    assert history(stage)[1:] == [(2, "edit"), (1, "ai")]


scene(
    "accessible.jobs.vtt.versions.restore",
    who="production",
    given=versions(2),
    body={"version": 1, "base_version": 2},
    errors={"Version not found": Twist(body={"version": 9}), **STALE},
    effects=(as_at_first,),
    refused=EDITORS,
)


def final(data: bytes = OTHER.encode(), **fields: str) -> Any:
    return lambda _stage: {"file": SimpleUploadedFile("final.vtt", data), "language": "en", **fields}


scene(
    "accessible.production.upload_final_vtt",
    who="production",
    given=versions(),
    body=final(),
    errors={
        "Invalid WebVTT": (
            Twist(body=final(BROKEN.encode())),
            Twist(body=final(b"1\n00:00:01,000 --> 00:00:02,000\nSubRip\n")),
            Twist(body=final("WEBVTT\n\n00:01.000 --> 00:02.000\nStraße\n".encode("latin-1"))),
        ),
        "Language not found on this job": Twist(body=final(language="fr")),
        "Job is read-only": (
            Twist(given=versions(status=Job.Status.COMPLETED)),
            Twist(given=versions(status=Job.Status.CANCELLED)),
        ),
    },
    effects=(one_more_version("upload"), spoken_and_drawn_anew),
    refused=("client", "linguist", "reviewer", "project_manager"),
)
