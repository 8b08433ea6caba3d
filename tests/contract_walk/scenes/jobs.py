"""Jobs: sent, listed, changed, cloned, deleted, taken up again, validated."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Notification
from core.runs import services as runs
from core.runs.models import Run, Step
from core.storage.uris import gcs_uri
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.tests.factories import give_captions
from qc.models import LanguageReview, ShareLink
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

JOBS = "/api/v1/jobs"
S = Job.Status


def as_it_is(status: str, *, languages: tuple[str, ...] = ("es",), **fields: Any) -> Any:
    """The walk's job in this state, with a run that waits, seen by everybody whom the matrix lets see it."""

    def arrange(stage: Stage) -> None:
        job = stage.world.job
        for tag in languages:
            made, _ = LanguageOutput.objects.get_or_create(job=job, language=tag)
            LanguageReview.objects.get_or_create(output=made)
        LanguageReview.objects.filter(output__job=job).update(
            linguist=stage.world.people["linguist"], reviewer=stage.world.people["reviewer"], state="approved"
        )
        if job.outputs.get(is_source=True).captions_id is None:
            give_captions(job)
        Job.objects.filter(pk=job.pk).update(status=status, **fields)

    return arrange


def with_run(status: str, *done: str, **fields: Any) -> Any:
    """The same with a run of its own, whose steps of these names are done."""

    def arrange(stage: Stage) -> None:
        as_it_is(status, **fields)(stage)
        job = stage.world.job
        run = runs.start(services.KIND, subject_id=job.pk)
        run.steps.filter(name__in=done).update(status=Step.Status.DONE, result={}, finished_at=timezone.now())
        Job.objects.filter(pk=job.pk).update(run=run)

    return arrange


HEARD = ("ingest", "probe", "conform", "survey", "transcribe", "caption", "describe")


def at_the_gate(stage: Stage) -> None:
    with_run(S.PENDING_QC, *HEARD)(stage)
    Step.objects.filter(run__subject_id=stage.world.job.pk, name=workflows.SOURCE_GATE).update(
        status=Step.Status.WAITING
    )
    Run.objects.filter(subject_id=stage.world.job.pk).update(status=Run.Status.WAITING)
    unapproved(stage)


def unapproved(stage: Stage) -> None:
    LanguageReview.objects.filter(output__job=stage.world.job, output__is_source=True).update(state="unassigned")


def row(stage: Stage) -> Job:
    return Job.objects.get(pk=stage.world.job.pk)


def work_is_queued(stage: Stage, _answer: Answer) -> None:
    assert Step.objects.filter(run__subject_id=stage.world.job.pk, status=Step.Status.QUEUED).exists()


def work_has_ended(stage: Stage, _answer: Answer) -> None:
    found = Run.objects.filter(subject_id=stage.world.job.pk).values_list("status", flat=True)
    assert list(found) == [Run.Status.CANCELLED]
    assert not Step.objects.filter(run__subject_id=stage.world.job.pk, status=Step.Status.QUEUED).exists()


def told(kind: str) -> Any:
    def check(stage: Stage, _answer: Answer) -> None:
        assert Notification.objects.filter(user=stage.world.people["client"], kind=kind).exists()

    return check


def is_now(status: str, **fields: Any) -> Any:
    def check(stage: Stage, answer: Answer) -> None:
        assert answer.json()["status"] == row(stage).status == status
        for name, value in fields.items():
            assert answer.json()[name] == value, name

    return check


# Taking a video in.

OUTPUTS = {"captions_vtt": True, "audio_description_vtt": True, "languages": ["es"]}


def announced(stage: Stage, answer: Answer) -> None:
    assert answer.json()["job_id"] in answer.json()["gcs_uri"]
    assert not Job.objects.filter(pk=answer.json()["job_id"]).exists()


ABOUT = {"filename": "launch.mp4", "content_type": "video/mp4", "size_bytes": 4}
scene(
    "accessible.jobs.upload_init",
    who="client",
    body=ABOUT,
    refused=("linguist", "reviewer"),
    errors={"Unsupported content type": (Twist(body={**ABOUT, "content_type": "application/zip"}),)},
    effects=(announced,),
)


def arrived(stage: Stage) -> None:
    """The client's file is there, and its address known."""
    client = stage.other()
    client.token_login("client")
    place = client.send("POST", f"{JOBS}/upload/init", body=ABOUT).json()
    deliver(stage, place["upload_url"])
    stage.kept["uri"] = place["gcs_uri"]


def deliver(stage: Stage, url: str) -> None:
    answer = stage.http.generic("PUT", url, b"film", headers={"Content-Range": "bytes 0-3/4"})
    assert answer.status_code in {200, 201}, answer.content


def order(**fields: Any) -> Any:
    return lambda stage: {
        "gcs_uri": stage.kept["uri"],
        "filename": "launch.mp4",
        "source_language": "en",
        "requested_outputs": OUTPUTS,
        "title": "Launch",
        "client_id": stage.world.ids["client_id"],
        **fields,
    }


def completed_already(stage: Stage) -> None:
    arrived(stage)
    assert stage.send("POST", f"{JOBS}/upload/complete", body=order()(stage)).status_code == 201


def made(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    job = Job.objects.get(pk=body["id"])
    assert (body["status"], body["title"], str(job.client_id)) == ("created", "Launch", stage.world.ids["client_id"])
    assert str(job.pk) in stage.kept.get("uri", str(job.pk))


def checked_by_somebody(_stage: Stage, answer: Answer) -> None:
    reviews = LanguageReview.objects.filter(output__job=answer.json()["id"])
    assert set(reviews.values_list("output__language", "state")) == {("en", "unassigned"), ("es", "unassigned")}


def begun(_stage: Stage, answer: Answer) -> None:
    assert Step.objects.filter(run__subject_id=answer.json()["id"], name="ingest", status="queued").exists()


scene(
    "accessible.jobs.upload_complete",
    who="client",
    given=arrived,
    body=order(),
    refused=("linguist",),
    errors={
        "Uploaded object not found": (
            Twist(body=order(gcs_uri=gcs_uri("jobs/none/source"))),
            Twist(body=order(gcs_uri="gs://elsewhere/jobs/none/source")),
        ),
        "Unsupported language: xx": Twist(body=order(source_language="xx")),
        "Upload already completed": Twist(given=completed_already),
    },
    effects=(made, checked_by_somebody, begun),
)


def form(name: str = "launch.mp4", kind: str = "video/mp4") -> Any:
    return lambda stage: {
        "source_language": "en",
        "requested_outputs": '{"languages": ["es"]}',
        "title": "Launch",
        "client_id": stage.world.ids["client_id"],
        "file": SimpleUploadedFile(name, b"film", content_type=kind),
    }


scene(
    "accessible.jobs.create",
    who="client",
    body=form(),
    refused=("linguist",),
    # Without a file the body is read as JSON, which has other fields.
    unjudged=("file", "requested_outputs"),
    errors={
        "Unsupported content type": Twist(body=form("a.zip", "application/zip")),
        "File too large": Twist(settings={"UPLOAD_DIRECT_MAX_BYTES": 3}),
    },
    effects=(lambda stage, answer: (made(stage, answer), begun(stage, answer)),),
)


def of_this_person_only(stage: Stage, answer: Answer) -> None:
    assert [one["id"] for one in answer.json()["items"]] == [stage.world.ids["job_id"]]
    for query in ({"status": "failed,cancelled"}, {"org_id": stage.world.foreign_ids["org_id"]}):
        assert stage.send("GET", JOBS, query=query).json()["total"] == 0, query


scene("accessible.jobs.list", who="client", unjudged=("status",), checks=(of_this_person_only,))
scene("accessible.jobs.get", who="client", given=with_run(S.INGESTING))

# Changing, copying, taking away.


def languages_have_their_checks(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert (body["title"], body["notes"], body["requested_outputs"]["languages"]) == ("Second", None, ["fr"])
    assert set(body["outputs"]) == {"en", "fr"}
    reviews = LanguageReview.objects.filter(output__job=stage.world.job)
    assert set(reviews.values_list("output__language", flat=True)) == {"en", "fr"}


def not_begun(stage: Stage) -> None:
    with_run(S.PENDING_QC, *HEARD)(stage)
    LanguageReview.objects.filter(output__job=stage.world.job).update(state="unassigned")


CHANGE = {"title": "Second", "notes": None, "status": "completed", "requested_outputs": {"languages": ["fr"]}}
scene(
    "accessible.jobs.update",
    who="production",
    given=not_begun,
    body=CHANGE,
    refused=("linguist", "reviewer"),
    errors={
        "Cannot change requested outputs in status '<status>'": (
            Twist(given=as_it_is(S.RENDERING)),
            Twist(given=as_it_is(S.COMPLETED)),
            Twist(given=as_it_is(S.INGESTING), who="client"),
        )
    },
    effects=(languages_have_their_checks,),
)


def is_gone(stage: Stage, _answer: Answer) -> None:
    assert row(stage).deleted_at is not None
    work_has_ended(stage, _answer)
    assert not ShareLink.objects.filter(job=stage.world.job, revoked_at=None).exists()
    assert stage.send("GET", f"{JOBS}/{stage.world.job.pk}").status_code == 404


scene(
    "accessible.jobs.delete",
    who="client",
    given=with_run(S.INGESTING),
    refused=("linguist", "reviewer"),
    effects=(is_gone,),
)


def same_order(stage: Stage, answer: Answer) -> None:
    body, before = answer.json(), row(stage)
    assert (body["status"], body["cloned_from"]) == ("created", str(before.pk))
    assert body["title"] == f"{before.title} (copy)"
    assert (body["client_id"], body["source_language"]) == (str(before.client_id), before.source_language)
    assert body["upload"]["gcs_uri"] == gcs_uri(f"jobs/{body['id']}/source")
    deliver(stage, body["upload"]["upload_url"])
    stage.kept["uri"] = body["upload"]["gcs_uri"]
    completed = stage.send("POST", f"{JOBS}/upload/complete", body=order(requested_outputs={})(stage))
    assert (completed.status_code, completed.json()["id"]) == (201, body["id"])
    begun(stage, completed)
    assert stage.send("POST", f"{JOBS}/upload/complete", body=order()(stage)).status_code == 409


def nothing_else(_stage: Stage, answer: Answer) -> None:
    outputs = answer.json()["outputs"]
    assert set(outputs) == {"en", "es"}
    for output in outputs.values():
        assert (output["qc_state"], output["captions_vtt"], output["caption_version"]) == ("unassigned", None, None)


scene(
    "accessible.jobs.clone",
    who="project_manager",
    given=as_it_is(S.REJECTED),
    body={},
    refused=("linguist", "reviewer"),
    errors={"Uploaded object not found": Twist(body={"gcs_uri": gcs_uri("jobs/none/source")})},
    effects=(same_order, nothing_else),
)

scene(
    "accessible.jobs.cancel",
    who="project_manager",
    given=with_run(S.INGESTING),
    body={"reason": "Wrong film."},
    refused=("linguist", "reviewer"),
    errors={
        "Cannot cancel a job in status '<status>'": tuple(
            Twist(given=as_it_is(one)) for one in (S.COMPLETED, S.CANCELLED)
        )
    },
    effects=(lambda stage, answer: (is_now(S.CANCELLED)(stage, answer), work_has_ended(stage, answer)),),
)


def failed(stage: Stage) -> None:
    with_run(S.FAILED, failed_step=S.INGESTING, error="Broken.")(stage)
    Step.objects.filter(run__subject_id=stage.world.job.pk, name="ingest").update(status="failed", error="Broken.")
    Run.objects.filter(subject_id=stage.world.job.pk).update(status="failed")


scene(
    "accessible.jobs.retry",
    who="production",
    given=failed,
    refused=("client", "linguist", "reviewer"),
    errors={"Cannot retry a job in status '<status>'": Twist(given=as_it_is(S.INGESTING))},
    effects=(
        lambda stage, answer: (
            is_now(S.INGESTING, failed_step=None, error=None)(stage, answer),
            work_is_queued(stage, answer),
        ),
    ),
)


def names_what_is_missing(_stage: Stage, answer: Answer) -> None:
    body = answer.json()
    kinds = {(one["language"], one["kind"]): one["exists"] for one in body["assets"]}
    # The walk's video has no bytes, and Spanish was never made.
    assert kinds == {("en", "source_video"): False, ("en", "captions_vtt"): True, ("es", "captions_vtt"): False}
    assert body["missing"] == ["en/source_video", "es/captions_vtt"]
    assert body["valid"] is False


scene(
    "accessible.jobs.validate",
    who="production",
    given=as_it_is(S.COMPLETED),
    errors={"Cannot validate a job in status '<status>'": Twist(given=as_it_is(S.RENDERING))},
    checks=(names_what_is_missing,),
)
